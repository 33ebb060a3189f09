#include "app/asked_request.hpp"
#include "app/commands.hpp"
#include "app/exit_code.hpp"
#include "app/files.hpp"
#include "app/verdict_view.hpp"
#include "json/write.hpp"

#include <cstdio>

namespace headgate::app {
namespace {

void print(std::string const& json) {
    std::printf("%s\n", json.c_str());
}

}  // namespace

int verify(verify_options const& asked) {
    auto const planned = make_plan(asked.config);
    if (!planned.made) {
        print_problems(planned.found);
        return exit_no;
    }
    auto const from = read_asked_request(*planned.made, asked.source, asked.request);
    if (!from) {
        print_error(from.error());
        return exit_code_of(from.error().code);
    }
    auto const& sender = from->source->sender;
    auto const now = from->incoming.received_at;
    if (auto const* const handshake = sender.handshake_for(from->incoming)) {
        auto const answer = sender.answer(*handshake, from->incoming, from->known, now);
        print(handshake_view(answer, sender.explain(from->incoming, from->known, now)));
        return answer ? exit_yes : refusal_code(*from);
    }
    auto const verdict = sender.checks().verify(from->incoming, from->known, now);
    print(verdict_view(verdict, sender.explain(from->incoming, from->known, now)));
    return verdict ? exit_yes : refusal_code(*from);
}

}  // namespace headgate::app
