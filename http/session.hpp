#pragma once

#include "http/lane.hpp"

#include <boost/asio/awaitable.hpp>

#include <memory>
#include <string>

namespace headgate::http {

// Serves one connection from its first byte to its end, on its lane's thread. Owns `descriptor`. The lane
// outlives it, because it is spawned in the lane's nursery.
[[nodiscard]] asio::awaitable<void> serve_plain(lane& on, int descriptor, std::string peer);
[[nodiscard]] asio::awaitable<void> serve_tls(lane& on, int descriptor, std::string peer,
                                              std::shared_ptr<tls_contexts const> tls);

}  // namespace headgate::http
