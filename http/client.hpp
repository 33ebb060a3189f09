#pragma once

#include "core/deadline.hpp"
#include "core/result.hpp"
#include "model/request.hpp"
#include "model/response.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <string>

namespace headgate::http {

namespace asio = boost::asio;

// One request that we send.
struct client_request {
    std::string method = "GET";
    std::string url;  // http:// or https://, without user information; a fragment is not sent.
    headers fields;   // Host, Content-Length and Connection are added.
    std::string body;
    std::string
        certificate_authorities;  // PEM file to trust for https; empty: the system's. Read once a minute.
    std::size_t response_bytes_max = 1024 * 1024;  // Of the body; over: resource_exhausted.
};

// Sends one request on a connection of its own and reads the answer, whatever its status: following a
// redirect is the caller's decision. For https the certificate and its name are checked; there is no way
// around that.
//
// Fails with invalid_argument (the URL, the file), unavailable (cannot connect, the connection broke, the
// answer is not HTTP), permission_denied (the certificate), resource_exhausted (the answer is too large) or
// deadline_exceeded. A name that the resolver is slow to find may hold the call past its deadline.
[[nodiscard]] asio::awaitable<result<response>> fetch(client_request request, deadline until);

}  // namespace headgate::http
