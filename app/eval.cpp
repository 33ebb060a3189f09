#include "app/commands.hpp"
#include "app/exit_code.hpp"
#include "app/files.hpp"
#include "app/plan.hpp"
#include "config/tables.hpp"
#include "json/parse.hpp"
#include "json/write.hpp"
#include "transforms/program.hpp"

#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace headgate::app {
namespace {

constexpr std::size_t input_bytes_max = 256 * 1024 * 1024;

struct inputs {
    std::string text;
    json::arena values;
    std::vector<json::value> all;
};

result<void> read_inputs(eval_options const& asked, inputs& into) {
    if (asked.null_input) {
        into.all.emplace_back();
        return {};
    }
    HEADGATE_TRY(into.text, read_whole(asked.file.empty() ? "-" : asked.file, input_bytes_max));
    HEADGATE_TRY(into.all, json::parse_many(into.text, into.values, {.depth_max = 1000}));
    if (!asked.slurp) return {};
    into.all = {json::value::array(into.all, into.values)};
    return {};
}

void print(json::value const& output, eval_options const& asked) {
    std::string text;
    if (asked.raw && output.is_string()) {
        text = output.as_string();
    } else {
        text = asked.compact ? json::write(output) : json::write_indented(output);
    }
    text += '\n';
    std::fwrite(text.data(), 1, text.size(), stdout);
}

struct variables {
    std::vector<std::string> names;
    std::vector<json::value> values;
};

result<variables> read_variables(eval_options const& asked, json::arena& where) {
    variables all;
    for (auto const& [name, text] : asked.strings) {
        all.names.push_back(name);
        all.values.push_back(json::value::string(text, where));
    }
    for (auto const& [name, text] : asked.values) {
        auto parsed = json::parse(text, where);
        if (!parsed) return while_doing("--argjson " + name, std::move(parsed).error());
        all.names.push_back(name);
        all.values.push_back(parsed->root);
    }
    return all;
}

std::shared_ptr<transforms::lookup_tables const> read_tables(eval_options const& asked, problems& found) {
    std::vector<std::pair<std::string, std::string>> files_by_name;
    for (auto const& given : asked.tables) {
        auto const name = given.substr(0, given.find('='));
        files_by_name.emplace_back(name, given.substr(std::min(name.size() + 1, given.size())));
    }
    return config::read_tables(files_by_name, found);
}

}  // namespace

int eval(eval_options const& asked) {
    json::arena kept;
    auto const given = read_variables(asked, kept);
    if (!given) return print_error(given.error()), exit_usage;
    problems found;
    auto tables = read_tables(asked, found);
    print_problems(found);
    if (std::ranges::any_of(found, is_mistake)) return exit_usage;
    auto const program = transforms::program::compile(asked.program, given->names, std::move(tables));
    if (!program) return print_error(program.error()), exit_usage;
    auto const now =
        asked.at.empty() ? result<wall_time>{system_clock().now()} : typed(parse_rfc3339(asked.at));
    if (!now) return print_error(now.error()), exit_usage;

    inputs from;
    if (auto const read = read_inputs(asked, from); !read) {
        print_error(read.error());
        return exit_code_of(read.error().code);
    }
    transforms::run_options options{.limits = {}, .now = *now, .variables = {}};
    for (std::size_t i = 0; i < given->names.size(); ++i) {
        options.variables.emplace_back(given->names[i], given->values[i]);
    }
    int code = exit_yes;
    for (auto const& input : from.all) {
        json::arena scratch;
        auto running = program->start(input, scratch, options);
        for (;;) {
            auto const output = running.next();
            if (!output) {
                print_error(output.error());
                code = exit_no;
                break;
            }
            if (!*output) break;
            print(**output, asked);
        }
    }
    return code;
}

}  // namespace headgate::app
