#pragma once

#include "core/clock.hpp"
#include "core/result.hpp"
#include "json/value.hpp"
#include "transforms/settings.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// The rule language: jq, by our own engine. No input or output, exact numbers, budgets on everything.

namespace headgate::transforms {

// What one run of a program may use. Going over ends the run with resource_exhausted and names the setting.
struct budget {
    std::uint64_t steps_max = 100'000;
    std::size_t memory_bytes_max = std::size_t{16} * 1024 * 1024;  // Of values made while it runs.
    std::size_t outputs_max = 10'000;
    std::size_t depth_max = 512;  // Calls within calls.
    std::chrono::milliseconds
        time_max{};  // Of the thread's work, looked at every thousand steps. Zero: no limit.

    // What the settings' names begin with where these limits come from a configuration, `dispatch.rule_` for
    // example; outlives the run.
    std::string_view configured_by;
};

struct run_options {
    budget limits;
    wall_time now;  // What `now` gives.
    std::vector<std::pair<std::string_view, json::value>>
        variables;                              // $name, for each of the program's `variables()`
    work_clock const* clock = &thread_clock();  // For `time_max`; outlives the run.
};

class evaluation;

// A compiled program: immutable, runs from many threads at once.
class program {
public:
    // Fails with invalid_argument: the message has line and column, the remedy what was meant, a caret under
    // the place in the message's second line. `variables` are the names of `$name`s that a run can give;
    // `tables` is what `lookup` looks into, null where there is nothing.
    [[nodiscard]] static result<program> compile(std::string_view source,
                                                 std::vector<std::string> variables = {},
                                                 std::shared_ptr<lookup_tables const> tables = nullptr);

    // Starts a run over `input`. Values made live in `where`, which, like `input` and the program, outlives
    // the run.
    [[nodiscard]] evaluation start(json::value input, json::arena& where, run_options const& options) const;

    // All outputs. Fails with the first error that no `try` caught, as failed_precondition, or
    // resource_exhausted.
    [[nodiscard]] result<std::vector<json::value>> run(json::value input, json::arena& where,
                                                       run_options const& options) const;

    [[nodiscard]] std::string_view source() const noexcept;

    // Those of the names it was compiled with that it reads, each once.
    [[nodiscard]] std::vector<std::string_view> variables() const;

    program(program&&) noexcept;
    program& operator=(program&&) noexcept;
    program(program const&);  // Shares the code.
    program& operator=(program const&);
    ~program();

private:
    friend class evaluation;
    struct code;
    explicit program(std::shared_ptr<code const> compiled);
    std::shared_ptr<code const> code_;
};

// One run, output by output: jq's generators. Belongs to one thread.
class evaluation {
public:
    // The next output; nothing at the end. After an error or the end, always the same again.
    [[nodiscard]] result<std::optional<json::value>> next();

    [[nodiscard]] std::uint64_t steps() const;  // Taken so far.

    evaluation(evaluation&&) noexcept;
    evaluation& operator=(evaluation&&) noexcept;
    ~evaluation();

private:
    friend class program;
    struct state;
    explicit evaluation(std::unique_ptr<state> fresh);
    std::unique_ptr<state> state_;
};

}  // namespace headgate::transforms
