#pragma once

#include "core/result.hpp"

// What a sender sees of an error: a number made from the code alone.

namespace headgate::gateway {

// Our own trouble is never the sender's fault: 503, never another 4xx.
[[nodiscard]] constexpr unsigned http_status(errc code) noexcept {
    switch (code) {
        case errc::invalid_argument:
        case errc::out_of_range: return 400;
        case errc::unauthenticated:
        case errc::permission_denied: return 401;
        case errc::not_found: return 404;
        case errc::cancelled:
        case errc::unknown:
        case errc::deadline_exceeded:
        case errc::already_exists:
        case errc::resource_exhausted:
        case errc::failed_precondition:
        case errc::aborted:
        case errc::unimplemented:
        case errc::internal:
        case errc::unavailable:
        case errc::data_loss: return 503;
    }
    return 503;
}

}  // namespace headgate::gateway
