#pragma once

#include "http/refusal.hpp"
#include "model/response.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace headgate::http {

enum class after_answer : std::uint8_t { keep, close };
enum class answer_body : std::uint8_t { send, leave_out };  // left out: the answer to HEAD

// Puts an answer on the wire's form, at the end of `out`. Adds Date, Content-Length, Connection,
// `X-Content-Type-Options: nosniff` and, unless the handler said otherwise, `Cache-Control: no-store`; what
// the handler said of the others is left out. An answer that could not be sent as it is (a status outside 200
// to 599, a field with control characters) becomes a plain 500: returns the status that was written.
unsigned append_answer(std::string& out, response const& answer, std::string_view date, after_answer then,
                       answer_body body);

// What the sender is told when a request is refused before its handler: constant, and the same for every
// reason of one status.
[[nodiscard]] response answer_to(refusal why);

// 500, for a handler that threw.
[[nodiscard]] response internal_error();

// IMF-fixdate (RFC 9110, 5.6.7) of a time in seconds since 1970: "Sun, 06 Nov 1994 08:49:37 GMT".
[[nodiscard]] std::string http_date(std::int64_t seconds);

}  // namespace headgate::http
