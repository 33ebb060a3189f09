#include "console/operator_api.hpp"

#include "console/answers.hpp"
#include "console/queries.hpp"
#include "console/views.hpp"
#include "core/deadline.hpp"
#include "core/log.hpp"
#include "json/write.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace headgate::console {

namespace asio = boost::asio;

extern std::string_view const openapi_json;

namespace {

constexpr std::size_t body_bytes_max = 64 * 1024;

// The parts of a path: "api", "v1", "deliveries", id, act. Empty ones too: a proxy that guards /api/ must not
// see another path than we do.
std::vector<std::string_view> parts_of(std::string_view path) {
    std::vector<std::string_view> parts;
    path.remove_prefix(1);  // Every path begins with a slash.
    while (true) {
        auto const slash = path.find('/');
        parts.push_back(path.substr(0, slash));
        if (slash == std::string_view::npos) return parts;
        path.remove_prefix(slash + 1);
    }
}

class the_operator_api final : public operator_api {
public:
    the_operator_api(std::shared_ptr<operators const> of, surroundings around)
        : operators_{std::move(of)},
          around_{std::move(around)},
          refused_{around_.counts.make_counter("headgate_operator_refused_total",
                                               "Requests to the operator API of nobody who may send them.")} {
    }

    void use(std::shared_ptr<operators const> next) override { operators_ = std::move(next); }

    http::admission admit(request_head const&) override { return {.body_bytes_max = body_bytes_max}; }

    asio::awaitable<response> handle(request incoming, http::admission) override {
        auto const path = incoming.head.path();
        if (path.starts_with("/api/")) {
            incoming.received_at = around_.clock.now();
            auto answering = answer_in_time(std::move(incoming), from_now(operators_->answer_within()));
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

    // A token is too long to be guessed, so nobody is slowed down; that somebody tries has to be seen.
    asio::awaitable<result<asking_operator>> who_asks(std::shared_ptr<operators const> of,
                                                      request const& incoming, deadline until) {
        if (of->is_empty()) {
            co_return refuse(
                errc::permission_denied, "no operator is configured",
                "add `operators: [{name: …, role: viewer, token: {file: …}}]` to the configuration");
        }
        auto asking = of->who_asks(incoming, around_.facts, until);
        auto who = co_await std::move(asking);
        if (!who && who.error().code != errc::unavailable) {
            refused_.add();
            log_sparingly(log_level::warning, "a request to the operator API is nobody's who may send it",
                          {{"peer", incoming.head.peer}, {"target", std::string{incoming.head.path()}}});
        }
        co_return who;
    }

    // Gives up the wait for the store, not what it was asked to do.
    asio::awaitable<response> answer_in_time(request incoming, deadline until) {
        auto answering = with_deadline(until, answer_api(std::move(incoming), until));
        auto answered = co_await std::move(answering);
        if (answered) co_return *std::move(answered);
        if (answered.error().code != errc::deadline_exceeded) co_return problem_answer(answered.error());
        co_return problem_answer({errc::deadline_exceeded, "the event store did not answer in time",
                                  "look at /readyz; after an act, look at the delivery: it may be done yet"});
    }

    asio::awaitable<result<response>> answer_api(request incoming, deadline until) {
        auto asking = who_asks(operators_, incoming, until);
        HEADGATE_CO_TRY(auto const who, co_await std::move(asking));
        auto answering = answer_to(who, std::move(incoming));
        auto const answered = co_await std::move(answering);
        auto answer = answered ? *answered : problem_answer(answered.error());
        auth::relay_cookies(who.known, answer);
        co_return answer;
    }

    asio::awaitable<result<response>> answer_to(asking_operator who, request incoming) {
        auto const parts = parts_of(incoming.head.path());
        bool const has_empty_part = std::ranges::find(parts, "") != parts.end();
        if (parts.size() < 3 || parts[1] != "v1" || has_empty_part) {
            co_return refuse(errc::not_found, "no such resource", "see /openapi.json");
        }
        if (parts.size() == 5 && parts[2] == "deliveries") {
            if (incoming.head.method != "POST") co_return not_allowed("POST");
            auto acting = act_on_delivery(std::move(who), std::string{parts[3]}, std::string{parts[4]});
            co_return co_await std::move(acting);
        }
        if (parts.size() == 5 && parts[2] == "events") {
            if (incoming.head.method != "POST") co_return not_allowed("POST");
            auto acting = act_on_event(std::move(who), std::string{parts[3]}, std::string{parts[4]});
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
        co_return refuse(errc::not_found, "no such resource", "see /openapi.json");
    }

    asio::awaitable<result<response>> list_events(std::string query) {
        HEADGATE_CO_TRY(auto asked, read_event_query(query));
        auto reading = around_.store.list_events(std::move(asked.filter), std::move(asked.which));
        HEADGATE_CO_TRY(auto const found, co_await std::move(reading));
        co_return json_answer(200, view(found));
    }

    asio::awaitable<result<response>> list_deliveries(std::string query) {
        HEADGATE_CO_TRY(auto asked, read_delivery_query(query));
        auto reading = around_.store.list_deliveries(std::move(asked.filter), std::move(asked.which));
        HEADGATE_CO_TRY(auto const found, co_await std::move(reading));
        co_return json_answer(200, view(found));
    }

    asio::awaitable<result<response>> show_event(std::string text) {
        HEADGATE_CO_TRY(auto const id, parse_uuid(text));
        auto reading = around_.store.read_event(id);
        HEADGATE_CO_TRY(auto const found, co_await std::move(reading));
        auto reading_deliveries = around_.store.deliveries_of(id);
        HEADGATE_CO_TRY(auto const deliveries, co_await std::move(reading_deliveries));
        co_return json_answer(200, view(found, deliveries));
    }

    asio::awaitable<result<response>> show_delivery(std::string text) {
        HEADGATE_CO_TRY(auto const id, parse_uuid(text));
        auto reading = around_.store.read_delivery(id);
        HEADGATE_CO_TRY(auto const found, co_await std::move(reading));
        auto reading_rule = around_.store.rule_text(found.kept.rule_revision);
        auto const rule = co_await std::move(reading_rule);
        co_return json_answer(200, view(found, rule ? std::optional{*rule} : std::nullopt));
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

    static result<uuid> thing_to_act_on(asking_operator const& who, std::string_view text) {
        if (who.may != role::viewer) return parse_uuid(text);
        return refuse(errc::permission_denied, "a viewer may not act", "use an operator's token");
    }

    asio::awaitable<result<response>> act_on_event(asking_operator who, std::string text, std::string act) {
        HEADGATE_CO_TRY(auto const id, thing_to_act_on(who, text));
        if (act != "route") co_return refuse(errc::not_found, "no such act", "one of: route");
        auto routing = around_.route(id);
        auto const routed = co_await std::move(routing);
        if (!routed) co_return std::unexpected{routed.error()};
        log(log_level::info, "an operator acted on an event",
            {{"operator", who.name}, {"person", who.person}, {"act", act}, {"event", to_string(id)}});
        auto showing = show_event(std::move(text));
        co_return co_await std::move(showing);
    }

    asio::awaitable<result<response>> act_on_delivery(asking_operator who, std::string text,
                                                      std::string act) {
        HEADGATE_CO_TRY(auto const id, thing_to_act_on(who, text));
        auto reading = around_.store.read_delivery(id);
        HEADGATE_CO_TRY(auto const found, co_await std::move(reading));
        HEADGATE_CO_TRY(auto change, change_for(act, found.kept));
        change.asked_by = who.person.empty() ? who.name : who.name + " (" + who.person + ")";
        std::vector<store::transition> changes{std::move(change)};
        auto recording = around_.store.record(std::move(changes));
        HEADGATE_CO_TRY(auto const applied, co_await std::move(recording));
        if (!applied.front()) {
            co_return refuse(errc::aborted, "the delivery changed meanwhile", "look at it again");
        }
        log(log_level::info, "an operator acted on a delivery",
            {{"operator", who.name}, {"person", who.person}, {"act", act}, {"delivery", to_string(id)}});
        around_.changed(id);
        auto showing = show_delivery(std::move(text));
        co_return co_await std::move(showing);
    }

    std::shared_ptr<operators const> operators_;
    surroundings around_;
    counter& refused_;
};

}  // namespace

std::unique_ptr<operator_api> make_operator_api(std::shared_ptr<operators const> of, surroundings around) {
    return std::make_unique<the_operator_api>(std::move(of), std::move(around));
}

}  // namespace headgate::console
