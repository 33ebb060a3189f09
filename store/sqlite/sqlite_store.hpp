#pragma once

#include "core/clock.hpp"
#include "core/metrics.hpp"
#include "core/result.hpp"
#include "store/event_store.hpp"
#include "store/settings.hpp"

#include <memory>

namespace headgate::store {

// The embedded store: one SQLite file, served by one process. Three threads of its own: one writes, one
// writes the log back, one reads. `clock` and `registry` outlive the store; so do the executors of whoever
// waits on it.
//
// Fails with failed_precondition when another process serves the file, when it belongs to another program or
// to a newer version of this one, or when its folder cannot be written; with data_loss or unavailable when
// the disk does not let it be read.
[[nodiscard]] result<std::unique_ptr<event_store>> open_sqlite_store(settings const& chosen,
                                                                     wall_clock const& clock,
                                                                     metrics& registry);

}  // namespace headgate::store
