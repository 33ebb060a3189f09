#include "core/deadline.hpp"

namespace headgate {

error out_of_time() {
    return {errc::deadline_exceeded, "ran out of time", "raise the deadline or look for a slow neighbour"};
}

}  // namespace headgate
