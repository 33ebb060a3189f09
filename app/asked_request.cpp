#include "app/asked_request.hpp"

#include "app/exit_code.hpp"
#include "app/files.hpp"
#include "auth/certificates.hpp"
#include "auth/fact_finder.hpp"
#include "core/deadline.hpp"
#include "core/run_on.hpp"
#include "gateway/fetches.hpp"
#include "gateway/sessions.hpp"
#include "http/raw_request.hpp"

#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>

namespace headgate::app {
namespace {

constexpr std::size_t request_bytes_max = 64 * 1024 * 1024;

constexpr std::chrono::minutes patience{1};  // The settings of what is asked say less.

// Asks for everything anew.
class fresh_facts final : public auth::fact_finder {
public:
    asio::awaitable<result<auth::fact>> find(auth::wanted_fact wanted, deadline) override {
        auto const url = wanted.asks.url;
        auto fetching = gateway::fetch_fact(*wanted.from, std::move(wanted.asks));
        auto found = co_await std::move(fetching);
        if (!found) co_return while_doing("fetch of " + url, std::move(found).error());
        co_return found;
    }
    asio::awaitable<result<std::shared_ptr<auth::session const>>> find(auth::wanted_session wanted,
                                                                       deadline) override {
        return gateway::ask_about_session(*wanted.from, std::move(wanted.cookies));
    }
};

}  // namespace

result<void> put_on_route(gateway::snapshot const& all, gateway::source const& of, request& incoming) {
    auto const route = all.routes.find(incoming.head.path());
    auto const& name = of.settings.name;
    if (!route || &all.sources[route->source] != &of) {
        return refuse(errc::invalid_argument, "the request's path does not belong to source '" + name + "'",
                      "its path is " + of.settings.path);
    }
    if (!gateway::allows_encoding(of, incoming.head.fields)) {
        return refuse(errc::invalid_argument,
                      "the request's Content-Encoding is none that source '" + name + "' allows",
                      "send it plain, or see `body.encodings` of the source");
    }
    incoming.path_parameters = route->values;
    return {};
}

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
    incoming.head.proxy = options.proxy;
    if (!options.client_certificate.empty()) {
        HEADGATE_TRY(incoming.head.client_certificate,
                     read_whole(options.client_certificate, auth::certificate_bytes_max));
    }
    if (auto const routed = put_on_route(*by.sources, *found, incoming); !routed)
        return std::unexpected{routed.error()};
    asked made{.source = &*found, .incoming = std::move(incoming), .known = {}, .trouble = {}};
    fresh_facts finder;
    auto facts =
        run_here(auth::find_facts(made.source->sender.checks(), made.incoming, finder, from_now(patience)));
    made.known = std::move(facts.known);
    made.trouble = std::move(facts.trouble);
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
