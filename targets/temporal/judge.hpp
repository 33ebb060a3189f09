#pragma once

#include "core/result.hpp"
#include "targets/settings.hpp"
#include "targets/target.hpp"
#include "targets/temporal/connection.hpp"

namespace headgate::targets {

// What a failed StartWorkflowExecution means, for every code and detail but one: whose run holds a workflow
// id that is taken (ALREADY_EXISTS) is not in the answer alone. So for a failed signal, but that there is no
// run to take it (NOT_FOUND) is for who sent it to tell. `outcome` must have failed.
//
// `not_now` is only said where the start certainly did not happen; where it may have, `unanswered`.
[[nodiscard]] start_answer judge_failed_start(call_outcome const& outcome, temporal_settings const& settings);

// The same failure for a question about a run or a namespace, where nothing can have been started.
[[nodiscard]] error to_error(call_outcome const& outcome, temporal_settings const& settings);

}  // namespace headgate::targets
