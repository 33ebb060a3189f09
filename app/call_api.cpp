#include "app/api_client.hpp"
#include "app/commands.hpp"
#include "app/exit_code.hpp"
#include "app/files.hpp"
#include "app/tables.hpp"

#include <cstdio>

namespace headgate::app {
namespace {

api_question question_for(api_call_options const& asked) {
    auto path = "/api/v1/" + asked.resource;
    if (!asked.id.empty()) path += "/" + asked.id;
    bool const changes = asked.act == "retry" || asked.act == "release" || asked.act == "route";
    if (changes) path += "/" + asked.act;
    return {.method = changes ? "POST" : "GET", .path = path, .query = asked.filters};
}

}  // namespace

int call_api(api_call_options const& asked) {
    auto const answer = ask_api(asked.api, question_for(asked));
    if (!answer) {
        print_error(answer.error());
        return exit_code_of(answer.error().code);
    }
    auto const text =
        asked.format == output_format::json ? *answer : as_table(asked.resource, asked.act, *answer);
    std::printf("%s\n", text.c_str());
    return exit_yes;
}

}  // namespace headgate::app
