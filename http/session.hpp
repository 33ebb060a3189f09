#pragma once

#include "http/lane.hpp"
#include "http/wire.hpp"

#include <boost/asio/awaitable.hpp>

#include <memory>

namespace headgate::http {

// Serves one connection from its first byte to its end, on its lane's thread. The lane outlives it, because
// it is spawned in the lane's nursery.
[[nodiscard]] asio::awaitable<void> serve(lane& on, std::unique_ptr<wire> sender, caller from);

}  // namespace headgate::http
