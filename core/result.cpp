#include "core/result.hpp"

namespace headgate {

std::string_view name_of(errc code) noexcept {
    switch (code) {
        case errc::cancelled: return "CANCELLED";
        case errc::unknown: return "UNKNOWN";
        case errc::invalid_argument: return "INVALID_ARGUMENT";
        case errc::deadline_exceeded: return "DEADLINE_EXCEEDED";
        case errc::not_found: return "NOT_FOUND";
        case errc::already_exists: return "ALREADY_EXISTS";
        case errc::permission_denied: return "PERMISSION_DENIED";
        case errc::resource_exhausted: return "RESOURCE_EXHAUSTED";
        case errc::failed_precondition: return "FAILED_PRECONDITION";
        case errc::aborted: return "ABORTED";
        case errc::out_of_range: return "OUT_OF_RANGE";
        case errc::unimplemented: return "UNIMPLEMENTED";
        case errc::internal: return "INTERNAL";
        case errc::unavailable: return "UNAVAILABLE";
        case errc::data_loss: return "DATA_LOSS";
        case errc::unauthenticated: return "UNAUTHENTICATED";
    }
    return "UNKNOWN";
}

bool is_retryable(errc code) noexcept {
    return code == errc::unavailable || code == errc::deadline_exceeded || code == errc::resource_exhausted ||
           code == errc::aborted;
}

std::unexpected<error> while_doing(std::string_view activity, error e) {
    e.message.insert(0, std::string{activity} + ": ");
    return std::unexpected{std::move(e)};
}

}  // namespace headgate
