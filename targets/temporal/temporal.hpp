#pragma once

#include "core/result.hpp"
#include "targets/settings.hpp"
#include "targets/target.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <memory>

namespace headgate::targets {

// A Temporal namespace as a target: a start is once. Speaks to servers from 1.23 on.
//
// Certificate and key files are read here, once; a changed file needs a new target. Nothing is sent before
// the first call, so a server that is away is no error. Fails with invalid_argument or not_found.
//
// Calls wait on `executor`, whose context must outlive the target. Join the coroutines that call it before it
// is destroyed.
[[nodiscard]] result<std::unique_ptr<target>> make_temporal_target(temporal_settings const& settings,
                                                                   asio::any_io_executor executor);

}  // namespace headgate::targets
