#pragma once

#include "core/result.hpp"
#include "json/value.hpp"
#include "model/event.hpp"
#include "transforms/body.hpp"

#include <optional>

namespace headgate::transforms {

// What a rule sees of an event: {id, source, tenant, type, received_at, identity, method, path, params,
// query, query_all, headers, body, body_text}. Shapes: docs/reference/rule-language.md.
//
// A body that is not what its type says makes programs that read `.body` fail with `body_error`; others are
// unaffected: the value carries the error, and the engine raises it when `.body` is read.
struct rule_input {
    json::value value;
    std::optional<error> body_error;
};

struct input_options {
    bool has_id = true;  // While accepting there is none yet.
    body_options body{};
};

// Strings may point into `from`, which outlives the value.
[[nodiscard]] rule_input make_rule_input(event const& from, json::arena& where,
                                         input_options const& options = {});

}  // namespace headgate::transforms
