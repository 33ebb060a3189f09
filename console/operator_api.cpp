#include "console/operator_api.hpp"

#include "console/answers.hpp"
#include "console/views.hpp"
#include "core/digest.hpp"
#include "core/log.hpp"
#include "json/write.hpp"

#include <charconv>
#include <map>
#include <optional>
#include <utility>

namespace headgate::console {

namespace asio = boost::asio;

extern std::string_view const openapi_json;

namespace {

constexpr std::size_t body_bytes_max = 64 * 1024;
constexpr std::size_t page_default = 50;
constexpr std::size_t page_max = 1000;

result<wall_time> time_parameter(std::string_view name, std::string const& text) {
    auto time = parse_rfc3339(text);
    if (!time) return while_doing("?" + std::string{name}, std::move(time).error());
    return time;
}

// The query of a list, each parameter at most once; unknown ones are refused, so that a misspelt filter is
// not "all".
class query_reader {
public:
    static result<query_reader> read(std::string_view query) {
        auto const pairs = parse_form(query);
        if (!pairs)
            return refuse(errc::invalid_argument, "the query has a malformed escape", "encode it anew");
        query_reader reader;
        for (auto const& [name, value] : *pairs) {
            if (reader.values_.emplace(name, value).second) continue;
            return refuse(errc::invalid_argument, "?" + name + " stands twice", "give it once");
        }
        return reader;
    }

    std::optional<std::string> take(std::string const& name) {
        auto const found = values_.find(name);
        if (found == values_.end()) return std::nullopt;
        auto value = std::move(found->second);
        values_.erase(found);
        return value;
    }

    result<std::optional<wall_time>> take_time(std::string const& name) {
        auto const text = take(name);
        if (!text) return std::nullopt;
        HEADGATE_TRY(auto const time, time_parameter(name, *text));
        return time;
    }

    result<store::page_request> take_page() {
        store::page_request which{.cursor = take("after").value_or(""), .limit = page_default};
        auto const text = take("limit");
        if (!text) return which;
        auto const [end, status] = std::from_chars(text->data(), text->data() + text->size(), which.limit);
        bool const is_number = status == std::errc{} && end == text->data() + text->size();
        if (is_number && which.limit >= 1 && which.limit <= page_max) return which;
        return refuse(errc::invalid_argument, "?limit is not a number from 1 to 1000", "leave it out for 50");
    }

    result<void> finish(std::string_view known) const {
        if (values_.empty()) return {};
        return refuse(errc::invalid_argument, "?" + values_.begin()->first + " is not a parameter here",
                      "one of: " + std::string{known});
    }

private:
    std::map<std::string, std::string, std::less<>> values_;
};

std::optional<event_state> event_state_named(std::string_view name) {
    for (auto const state :
         {event_state::accepted, event_state::routed, event_state::unmatched, event_state::quarantined}) {
        if (name_of(state) == name) return state;
    }
    return std::nullopt;
}

struct event_query {
    store::event_filter filter;
    store::page_request which;
};

result<event_query> read_event_query(std::string_view text) {
    HEADGATE_TRY(auto query, query_reader::read(text));
    event_query asked;
    HEADGATE_TRY(asked.which, query.take_page());
    asked.filter.source = query.take("source");
    if (auto const state = query.take("state")) {
        asked.filter.state = event_state_named(*state);
        if (!asked.filter.state) {
            return refuse(errc::invalid_argument, "?state names no state of events",
                          "one of: accepted, routed, unmatched, quarantined");
        }
    }
    HEADGATE_TRY(asked.filter.received_from, query.take_time("from"));
    HEADGATE_TRY(asked.filter.received_before, query.take_time("to"));
    if (auto known = query.finish("source, state, from, to, after, limit"); !known) {
        return std::unexpected{std::move(known).error()};
    }
    return asked;
}

struct delivery_query {
    store::delivery_filter filter;
    store::page_request which;
};

result<delivery_query> read_delivery_query(std::string_view text) {
    HEADGATE_TRY(auto query, query_reader::read(text));
    delivery_query asked;
    HEADGATE_TRY(asked.which, query.take_page());
    asked.filter.source = query.take("source");
    asked.filter.rule = query.take("rule");
    asked.filter.target = query.take("target");
    if (auto const state = query.take("state")) {
        asked.filter.state = delivery_state_named(*state);
        if (!asked.filter.state) {
            return refuse(
                errc::invalid_argument, "?state names no state of deliveries",
                "one of: waiting, starting, started, completed, failed, outcome_unknown, joined, held, dead");
        }
    }
    HEADGATE_TRY(asked.filter.created_from, query.take_time("from"));
    HEADGATE_TRY(asked.filter.created_before, query.take_time("to"));
    if (auto known = query.finish("source, rule, target, state, from, to, after, limit"); !known) {
        return std::unexpected{std::move(known).error()};
    }
    return asked;
}

// The parts of a path below /api/v1: "deliveries", id, act.
std::vector<std::string_view> parts_of(std::string_view path) {
    std::vector<std::string_view> parts;
    while (!path.empty()) {
        auto const slash = path.find('/');
        if (slash != 0) parts.push_back(path.substr(0, slash));
        path = slash == std::string_view::npos ? std::string_view{} : path.substr(slash + 1);
    }
    return parts;
}

class operator_api final : public http::handler {
public:
    operator_api(settings of, surroundings around) : settings_{std::move(of)}, around_{std::move(around)} {}

    http::admission admit(request_head const&) override { return {.body_bytes_max = body_bytes_max}; }

    asio::awaitable<response> handle(request incoming, http::admission) override {
        auto const path = incoming.head.path();
        if (path.starts_with("/api/")) {
            auto answering = answer_api(std::move(incoming));
            co_return co_await std::move(answering);
        }
        if (incoming.head.method != "GET" && incoming.head.method != "HEAD") co_return not_allowed("GET");
        if (path == "/healthz") co_return json_answer(200, R"({"status":"ok"})");
        if (path == "/readyz") co_return show_readiness();
        if (path == "/metrics")
            co_return text_answer("text/plain; version=0.0.4; charset=utf-8", around_.counts.render());
        if (path == "/openapi.json") co_return json_answer(200, std::string{openapi_json});
        co_return problem_answer({errc::not_found, "no such page", "see /openapi.json"});
    }

private:
    static response not_allowed(char const* allowed) {
        auto answer = problem_answer({errc::unimplemented, "this method is not allowed here", ""});
        answer.fields.push_back({"allow", allowed});
        return answer;
    }

    response show_readiness() const {
        auto const now = around_.ready();
        json::writer out;
        auto const list = [&out](char const* key, std::vector<std::string> const& lines) {
            out.key(key).begin_array();
            for (auto const& each : lines) out.string(each);
            out.end_array();
        };
        out.begin_object().key("ready").boolean(now.reasons.empty());
        list("reasons", now.reasons);
        list("notes", now.notes);
        out.end_object();
        return json_answer(now.reasons.empty() ? 200 : 503, std::move(out).take());
    }

    [[nodiscard]] result<operator_settings const*> who_asks(request_head const& head) const {
        if (settings_.operators.empty()) {
            return refuse(
                errc::permission_denied, "no operator is configured",
                "add `operators: [{name: …, role: viewer, token: {file: …}}]` to the configuration");
        }
        auto const header = sole_header(head.fields, "authorization");
        auto const wrong = [] {
            return refuse(errc::unauthenticated, "no valid token",
                          "send `Authorization: Bearer TOKEN` of an operator");
        };
        constexpr std::string_view scheme = "bearer ";
        if (!header || to_lower(header->substr(0, scheme.size())) != scheme) return wrong();
        auto const token = header->substr(scheme.size());
        operator_settings const* found = nullptr;
        for (auto const& each : settings_.operators) {
            if (same_secret(token, each.token.reveal())) found = &each;
        }
        if (found == nullptr) return wrong();
        return found;
    }

    asio::awaitable<response> answer_api(request incoming) {
        auto const who = who_asks(incoming.head);
        if (!who) co_return problem_answer(who.error());
        auto const parts = parts_of(incoming.head.path());
        if (parts.size() < 3 || parts[1] != "v1") {
            co_return problem_answer({errc::not_found, "no such resource", "see /openapi.json"});
        }
        if (parts.size() == 5 && parts[2] == "deliveries") {
            if (incoming.head.method != "POST") co_return not_allowed("POST");
            auto acting = act_on_delivery(**who, std::string{parts[3]}, std::string{parts[4]});
            co_return co_await std::move(acting);
        }
        if (incoming.head.method != "GET") co_return not_allowed("GET");
        auto const query = std::string{incoming.head.query()};
        if (parts.size() == 3 && parts[2] == "events") {
            auto listing = list_events(query);
            co_return co_await std::move(listing);
        }
        if (parts.size() == 3 && parts[2] == "deliveries") {
            auto listing = list_deliveries(query);
            co_return co_await std::move(listing);
        }
        if (parts.size() == 4 && parts[2] == "events") {
            auto showing = show_event(std::string{parts[3]});
            co_return co_await std::move(showing);
        }
        if (parts.size() == 4 && parts[2] == "deliveries") {
            auto showing = show_delivery(std::string{parts[3]});
            co_return co_await std::move(showing);
        }
        co_return problem_answer({errc::not_found, "no such resource", "see /openapi.json"});
    }

    asio::awaitable<response> list_events(std::string query) {
        auto asked = read_event_query(query);
        if (!asked) co_return problem_answer(asked.error());
        auto reading = around_.store.list_events(std::move(asked->filter), std::move(asked->which));
        auto const found = co_await std::move(reading);
        if (!found) co_return problem_answer(found.error());
        co_return json_answer(200, view(*found));
    }

    asio::awaitable<response> list_deliveries(std::string query) {
        auto asked = read_delivery_query(query);
        if (!asked) co_return problem_answer(asked.error());
        auto reading = around_.store.list_deliveries(std::move(asked->filter), std::move(asked->which));
        auto const found = co_await std::move(reading);
        if (!found) co_return problem_answer(found.error());
        co_return json_answer(200, view(*found));
    }

    asio::awaitable<response> show_event(std::string text) {
        auto const id = parse_uuid(text);
        if (!id) co_return problem_answer(id.error());
        auto reading = around_.store.read_event(*id);
        auto const found = co_await std::move(reading);
        if (!found) co_return problem_answer(found.error());
        auto reading_deliveries = around_.store.deliveries_of(*id);
        auto const deliveries = co_await std::move(reading_deliveries);
        if (!deliveries) co_return problem_answer(deliveries.error());
        co_return json_answer(200, view(*found, *deliveries));
    }

    asio::awaitable<response> show_delivery(std::string text) {
        auto const id = parse_uuid(text);
        if (!id) co_return problem_answer(id.error());
        auto reading = around_.store.read_delivery(*id);
        auto const found = co_await std::move(reading);
        if (!found) co_return problem_answer(found.error());
        auto reading_rule = around_.store.rule_text(found->kept.rule_revision);
        auto const rule = co_await std::move(reading_rule);
        co_return json_answer(200, view(*found, rule ? std::optional{*rule} : std::nullopt));
    }

    // What an act makes of a delivery; refused where it makes no sense in this state.
    [[nodiscard]] result<store::transition> change_for(std::string_view act, delivery const& now) const {
        store::transition change{.delivery = now.id, .from = now.state, .to = delivery_state::waiting};
        change.due_at = around_.clock.now();
        if (act == "retry") {
            if (now.state == delivery_state::dead) return change;
            return refuse(
                errc::failed_precondition,
                "only a dead delivery can be retried; this one is " + std::string{name_of(now.state)},
                "see its timeline");
        }
        if (act == "release") {
            // A start that may have happened stays one that may have happened.
            if (now.held_because == hold_cause::unanswered) change.to = delivery_state::starting;
            if (now.state == delivery_state::held) return change;
            return refuse(
                errc::failed_precondition,
                "only a held delivery can be released; this one is " + std::string{name_of(now.state)},
                "see its timeline");
        }
        return refuse(errc::not_found, "no such act", "one of: retry, release");
    }

    asio::awaitable<response> act_on_delivery(operator_settings who, std::string text, std::string act) {
        if (who.may == role::viewer) {
            co_return problem_answer(
                {errc::permission_denied, "a viewer may not act", "use an operator's token"});
        }
        auto const id = parse_uuid(text);
        if (!id) co_return problem_answer(id.error());
        auto reading = around_.store.read_delivery(*id);
        auto const found = co_await std::move(reading);
        if (!found) co_return problem_answer(found.error());
        auto change = change_for(act, found->kept);
        if (!change) co_return problem_answer(change.error());
        std::vector<store::transition> changes{*std::move(change)};
        auto recording = around_.store.record(std::move(changes));
        auto const applied = co_await std::move(recording);
        if (!applied) co_return problem_answer(applied.error());
        if (!applied->front()) {
            co_return problem_answer({errc::aborted, "the delivery changed meanwhile", "look at it again"});
        }
        log(log_level::info, "an operator acted on a delivery",
            {{"operator", who.name}, {"act", act}, {"delivery", to_string(*id)}});
        around_.changed(*id);
        auto showing = show_delivery(std::move(text));
        co_return co_await std::move(showing);
    }

    settings settings_;
    surroundings around_;
};

}  // namespace

std::unique_ptr<http::handler> make_operator_api(settings of, surroundings around) {
    return std::make_unique<operator_api>(std::move(of), std::move(around));
}

}  // namespace headgate::console
