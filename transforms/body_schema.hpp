#pragma once

#include "core/result.hpp"
#include "json/value.hpp"
#include "transforms/program.hpp"
#include "transforms/settings.hpp"

#include <memory>

namespace headgate::transforms {

// What the bodies of a source have to look like: a JSON Schema of draft 7, 6 or 4. Immutable; looks at bodies
// from many threads at once. `format` and what describes content are notes, as draft 7 allows.
class body_schema {
public:
    // Fails with invalid_argument, naming the place in the schema.
    [[nodiscard]] static result<body_schema> compile(std::shared_ptr<kept_document const> from);

    // Fails with failed_precondition where `body` does not match, naming where by JSON pointers, and with
    // resource_exhausted where that cannot be said within the budget's steps and time. No values of the body
    // are in the message, and of its names only those that lead to a mismatch.
    [[nodiscard]] result<void> look_at(json::value const& body, json::arena& scratch,
                                       run_options const& how) const;

private:
    struct compiled;
    explicit body_schema(std::shared_ptr<compiled const> made) : made_{std::move(made)} {}
    std::shared_ptr<compiled const> made_;
};

}  // namespace headgate::transforms
