#include "app/asked_request.hpp"

#include "app/exit_code.hpp"
#include "app/files.hpp"
#include "auth/certificate_rules.hpp"
#include "core/run_on.hpp"
#include "gateway/key_sets.hpp"
#include "http/raw_request.hpp"

#include <algorithm>
#include <utility>

namespace headgate::app {
namespace {

constexpr std::size_t request_bytes_max = 64 * 1024 * 1024;

void find_facts(asked& of) {
    auto const& checks = of.source->sender.checks();
    for (;;) {
        auto const wanted = checks.needs(of.incoming, of.known, of.incoming.received_at);
        if (wanted.empty()) return;
        for (auto const& each : wanted) {
            auto found = run_here(gateway::fetch_key_set(*each.keys));
            if (!found) of.trouble = while_doing("keys of " + each.keys->url, found.error()).error();
            of.known[each.keys] = found ? *std::move(found) : nullptr;
        }
    }
}

}  // namespace

result<asked> read_asked_request(plan const& by, std::string const& source, request_options const& options) {
    auto const& all = by.sources->sources;
    auto const named = [&](gateway::source const& each) { return each.settings.name == source; };
    auto const found = std::ranges::find_if(all, named);
    if (found == all.end()) {
        return refuse(errc::out_of_range, "no source is named '" + source + "'",
                      "see `sources` in the configuration");
    }
    HEADGATE_TRY(auto const bytes, read_whole(options.file, request_bytes_max));
    HEADGATE_TRY(auto incoming, http::parse_raw_request(bytes, {}));
    HEADGATE_TRY(incoming.received_at, options.at.empty() ? result<wall_time>{system_clock().now()}
                                                          : typed(parse_rfc3339(options.at)));
    incoming.head.peer = options.peer;
    if (!options.client_certificate.empty()) {
        HEADGATE_TRY(incoming.head.client_certificate,
                     read_whole(options.client_certificate, auth::certificate_bytes_max));
    }
    auto const route = by.sources->routes.find(incoming.head.path());
    if (!route || &all[route->source] != &*found) {
        return refuse(errc::invalid_argument, "the request's path does not belong to source '" + source + "'",
                      "its path is " + found->settings.path);
    }
    incoming.path_parameters = route->values;
    asked made{.source = &*found, .incoming = std::move(incoming), .known = {}, .trouble = {}};
    find_facts(made);
    return made;
}

int refusal_code(asked const& from) {
    if (!from.trouble) return exit_no;
    print_error(*from.trouble);
    return exit_code_of(from.trouble->code);
}

event as_event(asked const& from, auth::verdict const& proof) {
    event made{.sequence = 0,
               .id = {},
               .tenant = from.source->settings.tenant,
               .source = from.source->settings.name,
               .sender = proof.sender,
               .received = from.incoming};
    from.source->sender.redact(made.received);
    return made;
}

}  // namespace headgate::app
