#include "app/exit_code.hpp"

namespace headgate::app {

exit_code exit_code_of(errc code) noexcept {
    switch (code) {
        case errc::invalid_argument:
        case errc::not_found:
        case errc::aborted: return exit_no;
        case errc::out_of_range: return exit_usage;
        case errc::cancelled:
        case errc::unknown:
        case errc::deadline_exceeded:
        case errc::already_exists:
        case errc::permission_denied:
        case errc::resource_exhausted:
        case errc::failed_precondition:
        case errc::unimplemented:
        case errc::internal:
        case errc::unavailable:
        case errc::data_loss:
        case errc::unauthenticated: return exit_failed;
    }
    return exit_failed;
}

}  // namespace headgate::app
