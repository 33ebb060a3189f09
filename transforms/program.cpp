#include "transforms/program.hpp"

#include "transforms/compiler.hpp"
#include "transforms/machine.hpp"

#include <utility>

namespace headgate::transforms {

struct program::code {
    std::shared_ptr<compiled const> translated;
};

struct evaluation::state {
    state(std::shared_ptr<compiled const> const& program, json::value input, json::arena& where,
          run_options const& options)
        : runs{*program, input, where, options} {}

    machine runs;
};

program::program(std::shared_ptr<code const> translated) : code_{std::move(translated)} {}
program::program(program&&) noexcept = default;
program& program::operator=(program&&) noexcept = default;
program::program(program const&) = default;
program& program::operator=(program const&) = default;
program::~program() = default;

result<program> program::compile(std::string_view source, std::vector<std::string> variables,
                                 std::shared_ptr<lookup_tables const> tables) {
    HEADGATE_TRY(auto translated, compile_program(source, variables, std::move(tables)));
    return program{std::make_shared<code const>(code{std::move(translated)})};
}

evaluation program::start(json::value input, json::arena& where, run_options const& options) const {
    return evaluation{std::make_unique<evaluation::state>(code_->translated, input, where, options)};
}

result<std::vector<json::value>> program::run(json::value input, json::arena& where,
                                              run_options const& options) const {
    machine running{*code_->translated, input, where, options};
    std::vector<json::value> outputs;
    while (true) {
        HEADGATE_TRY(auto const output, running.next());
        if (!output) return outputs;
        outputs.push_back(*output);
    }
}

std::string_view program::source() const noexcept {
    return code_->translated->source;
}

std::vector<std::string_view> program::variables() const {
    std::vector<std::string_view> names;
    for (auto const& [name, where] : code_->translated->variables) names.emplace_back(name);
    return names;
}

evaluation::evaluation(std::unique_ptr<state> fresh) : state_{std::move(fresh)} {}
evaluation::evaluation(evaluation&&) noexcept = default;
evaluation& evaluation::operator=(evaluation&&) noexcept = default;
evaluation::~evaluation() = default;

result<std::optional<json::value>> evaluation::next() {
    return state_->runs.next();
}

std::uint64_t evaluation::steps() const {
    return state_->runs.steps();
}

}  // namespace headgate::transforms
