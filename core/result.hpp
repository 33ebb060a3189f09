#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

// How Headgate says "no".
//
// Every failure that a sender, an operator or a neighbour can cause is an `error` inside a `result`.
// Exceptions are for bugs and for running out of memory; only the nursery, the io threads and `main` catch
// them.

namespace headgate {

// The canonical gRPC codes, with their numbers: Temporal answers with them, and `gateway/status.hpp` turns
// each one into exactly one HTTP status.
enum class errc : std::uint8_t {
    cancelled = 1,
    unknown = 2,
    invalid_argument = 3,
    deadline_exceeded = 4,
    not_found = 5,
    already_exists = 6,
    permission_denied = 7,
    resource_exhausted = 8,
    failed_precondition = 9,
    aborted = 10,
    out_of_range = 11,
    unimplemented = 12,
    internal = 13,
    unavailable = 14,
    data_loss = 15,
    unauthenticated = 16,
};

struct error {
    errc code = errc::internal;
    std::string message;  // What happened: a sentence an operator can search for. No secret, no payload.
    std::string remedy;   // What to do next. Empty when there is nothing to do.
};

template <class T>
using result = std::expected<T, error>;

// The name of a code as gRPC documents it: "UNAVAILABLE".
[[nodiscard]] std::string_view name_of(errc code) noexcept;

// True when the same call may succeed later with no change by anybody.
[[nodiscard]] bool is_retryable(errc code) noexcept;

// return refuse(errc::unauthenticated, "timestamp is outside the tolerance", "check the clock of the
// sender");
[[nodiscard]] inline std::unexpected<error> refuse(errc code, std::string message, std::string remedy = {}) {
    return std::unexpected{error{code, std::move(message), std::move(remedy)}};
}

// Passes an error on, prefixed with what we were doing: "open the event store: disk full".
[[nodiscard]] std::unexpected<error> while_doing(std::string_view activity, error e);

}  // namespace headgate

#define HEADGATE_CONCAT_INNER(a, b) a##b
#define HEADGATE_CONCAT(a, b) HEADGATE_CONCAT_INNER(a, b)
#define HEADGATE_TRY_INNER(tmp, return_, declaration, ...)     \
    auto tmp = __VA_ARGS__;                                    \
    if (!tmp) return_ std::unexpected{std::move(tmp).error()}; \
    declaration = *std::move(tmp)

// HEADGATE_TRY(auto body, decode(request));                in a function
// HEADGATE_CO_TRY(auto receipt, co_await std::move(append));  in a coroutine
#define HEADGATE_TRY(declaration, ...) \
    HEADGATE_TRY_INNER(HEADGATE_CONCAT(headgate_try_, __COUNTER__), return, declaration, __VA_ARGS__)
#define HEADGATE_CO_TRY(declaration, ...) \
    HEADGATE_TRY_INNER(HEADGATE_CONCAT(headgate_try_, __COUNTER__), co_return, declaration, __VA_ARGS__)
