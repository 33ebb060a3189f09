#include "console/operator_api.hpp"
#include "core/deadline.hpp"
#include "json/parse.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/memory_store.hpp"
#include "tests/support/run.hpp"
#include "tests/support/sessions.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

namespace headgate::console {
namespace {

namespace asio = boost::asio;

using testing_support::manual_clock;
using testing_support::memory_store;
using testing_support::run;

constexpr char const* viewer_token = "viewer-token-0123456789";
constexpr char const* operator_token = "operator-token-0123456789";

settings two_operators() {
    settings all;
    all.operators.push_back({"eve", role::viewer, secret{viewer_token}, {}});
    all.operators.push_back({"ada", role::operator_, secret{operator_token}, {}});
    return all;
}

std::shared_ptr<operators const> made(settings from) {
    problems found;
    auto all = operators::make(std::move(from), found);
    for (auto const& each : found) EXPECT_EQ(each.weighs, problem::weight::warning) << each.what;
    return all;
}

class api_at_work {
public:
    explicit api_at_work(settings of = two_operators()) {
        counts.make_counter("headgate_things_total", "Things.").add(3);
        api_ = make_operator_api(made(std::move(of)), {.store = store,
                                                       .clock = clock,
                                                       .counts = counts,
                                                       .facts = facts,
                                                       .ready = [this] { return state; },
                                                       .changed = [this](uuid id) { changed.push_back(id); },
                                                       .route = [this](uuid id) { return route(id); }});
    }

    asio::awaitable<result<void>> route(uuid id) {
        routed.push_back(id);
        co_return routing;
    }

    void use(settings next) { api_->use(made(std::move(next))); }

    response ask(std::string method, std::string target, std::string token = operator_token) {
        request incoming;
        incoming.head = {
            .method = std::move(method), .target = std::move(target), .fields = {}, .peer = "127.0.0.1"};
        if (!token.empty()) incoming.head.fields.push_back({"authorization", "Bearer " + token});
        return send(std::move(incoming));
    }

    // With these headers alone.
    response ask_with(headers fields, std::string method = "GET", std::string target = "/api/v1/events") {
        request incoming;
        incoming.head = {.method = std::move(method),
                         .target = std::move(target),
                         .fields = std::move(fields),
                         .peer = "127.0.0.1"};
        return send(std::move(incoming));
    }

    response send(request incoming) {
        auto admitted = api_->admit(incoming.head);
        return run(api_->handle(std::move(incoming), std::move(admitted)));
    }

    delivery const& keep(delivery_state in, hold_cause because = hold_cause::none) {
        delivery old;
        old.rule = "sync";
        old.order.target = "platform";
        old.order.workflow_id = "w";
        old.state = in;
        old.held_because = because;
        return store.keep(std::move(old));
    }

    manual_clock clock;
    memory_store store{clock};
    metrics counts;
    readiness state;
    std::vector<uuid> changed;
    std::vector<uuid> routed;
    result<void> routing;  // What comes of it.
    testing_support::one_proxy facts;

private:
    std::unique_ptr<operator_api> api_;
};

std::string member(response const& answer, std::string_view key) {
    json::arena values;
    auto const parsed = json::parse(answer.body, values);
    EXPECT_TRUE(parsed) << answer.body;
    if (!parsed) return {};
    auto const found = parsed->root.find(key);
    return found && found->is_string() ? std::string{found->as_string()} : std::string{};
}

TEST(operator_api, goes_by_the_operators_of_a_new_configuration_at_once) {
    api_at_work work;
    auto next = two_operators();
    next.operators[1].token = secret{"a-fresh-token-0123456789"};
    work.use(std::move(next));
    EXPECT_EQ(work.ask("GET", "/api/v1/events").status, 401);
    EXPECT_EQ(work.ask("GET", "/api/v1/events", "a-fresh-token-0123456789").status, 200);
    EXPECT_EQ(work.ask("GET", "/api/v1/events", viewer_token).status, 200);
}

TEST(operator_api, health_and_metrics_need_no_token) {
    api_at_work work;
    EXPECT_EQ(work.ask("GET", "/healthz", "").status, 200U);
    auto const metrics = work.ask("GET", "/metrics", "");
    EXPECT_EQ(metrics.status, 200U);
    EXPECT_NE(metrics.body.find("headgate_things_total 3"), std::string::npos);
}

TEST(operator_api, is_not_ready_with_reasons_and_ready_with_notes) {
    api_at_work work;
    work.state.notes = {"target platform: away"};
    EXPECT_EQ(work.ask("GET", "/readyz", "").body,
              R"({"ready":true,"reasons":[],"notes":["target platform: away"]})");
    work.state.reasons = {"store: disk full"};
    auto const answer = work.ask("GET", "/readyz", "");
    EXPECT_EQ(answer.status, 503U);
    EXPECT_NE(answer.body.find("store: disk full"), std::string::npos);
}

TEST(operator_api, says_how_to_configure_an_operator_when_there_is_none) {
    api_at_work work{settings{}};
    auto const answer = work.ask("GET", "/api/v1/events");
    EXPECT_EQ(answer.status, 403U);
    EXPECT_NE(member(answer, "remedy").find("operators"), std::string::npos);
}

class wrong_tokens : public testing::TestWithParam<char const*> {};

TEST_P(wrong_tokens, are_refused) {
    api_at_work work;
    auto const answer = work.ask("GET", "/api/v1/events", GetParam());
    EXPECT_EQ(answer.status, 401U);
    EXPECT_EQ(sole_header(answer.fields, "www-authenticate"), "Bearer");
    auto const metrics = work.ask("GET", "/metrics", "");
    EXPECT_NE(metrics.body.find("headgate_operator_refused_total 1"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(rows, wrong_tokens,
                         testing::Values("", "x", "operator-token-012345678", "operator-token-01234567890",
                                         "OPERATOR-TOKEN-0123456789"));

// People who are logged in: those in `gw-ops` may act, those in `gw-viewers` may look.
settings operators_by_session() {
    auto all = two_operators();
    for (auto const& [name, may, group] :
         {std::tuple{"ops", role::operator_, "gw-ops"}, std::tuple{"lookers", role::viewer, "gw-viewers"}}) {
        auth::settings sender;
        sender.verify =
            testing_support::check_of(testing_support::for_group(group, testing_support::asking()));
        all.operators.push_back({name, may, {}, std::move(sender)});
    }
    return all;
}

response session_of(std::string group, headers more = {}) {
    more.push_back({"x-auth-request-email", "ada@example.com"});
    more.push_back({"x-auth-request-groups", std::move(group)});
    return {.status = 202, .fields = std::move(more), .body = {}};
}

header const session_cookie{"cookie", "_oauth2_proxy=v"};

TEST(operator_api, lets_people_in_who_are_logged_in_and_in_a_group) {
    api_at_work work{operators_by_session()};
    work.facts.says = session_of("gw-viewers");
    EXPECT_EQ(work.ask_with({session_cookie}).status, 200U);
    EXPECT_EQ(work.ask_with({}).status, 401U);
    EXPECT_EQ(
        work.ask_with({{"x-auth-request-email", "ada@example.com"}, {"x-auth-request-groups", "gw-ops"}})
            .status,
        401U);
    auto const id = to_string(work.keep(delivery_state::dead).id);
    auto const retry = "/api/v1/deliveries/" + id + "/retry";
    EXPECT_EQ(work.ask_with({session_cookie}, "POST", retry).status, 403U);
    EXPECT_TRUE(work.changed.empty());
    work.facts.says = session_of("gw-ops");
    EXPECT_EQ(work.ask_with({session_cookie}, "POST", retry).status, 200U);
    EXPECT_EQ(work.changed.size(), 1U);
    EXPECT_EQ(work.ask("GET", "/api/v1/events", viewer_token).status, 200U) << "tokens go on as they are";
}

TEST(operator_api, tells_strangers_from_people_who_may_not_and_both_from_an_outage) {
    api_at_work work{operators_by_session()};
    auto const status = [&](response says) {
        work.facts.says = std::move(says);
        return work.ask_with({session_cookie}).status;
    };
    EXPECT_EQ(status({.status = 401, .fields = {}, .body = {}}), 401U);
    EXPECT_EQ(status({.status = 403, .fields = {}, .body = {}}), 403U);
    EXPECT_EQ(status(session_of("another")), 403U);
    EXPECT_EQ(status({.status = 202, .fields = {}, .body = {}}), 401U);
    EXPECT_EQ(status({.status = 200, .fields = session_of("gw-ops").fields, .body = {}}), 503U);
    EXPECT_EQ(status({.status = 302, .fields = {}, .body = {}}), 503U);
    EXPECT_EQ(status({.status = 500, .fields = {}, .body = {}}), 503U);
    work.facts.is_away = true;
    EXPECT_EQ(work.ask_with({session_cookie}).status, 503U);
    EXPECT_EQ(work.ask_with({}).status, 401U);
    EXPECT_EQ(work.ask("GET", "/api/v1/events", operator_token).status, 200U);
}

TEST(operator_api, hands_a_refreshed_session_to_the_browser) {
    api_at_work work{operators_by_session()};
    work.facts.says = session_of("gw-ops", {{"set-cookie", "_oauth2_proxy=new; HttpOnly"}});
    auto const answer = work.ask_with({session_cookie});
    EXPECT_EQ(sole_header(answer.fields, "set-cookie"), "_oauth2_proxy=new; HttpOnly");
    EXPECT_EQ(count_headers(work.ask("GET", "/api/v1/events").fields, "set-cookie"), 0U);
    auto const lost = work.ask_with({session_cookie}, "GET", "/api/v1/nothing");
    EXPECT_EQ(lost.status, 404U);
    EXPECT_EQ(count_headers(lost.fields, "set-cookie"), 1U);
}

struct sent_by {
    headers fields;
    unsigned status;
};

TEST(operator_api, does_nothing_that_a_page_of_another_site_makes_a_browser_ask_for) {
    for (auto const& [fields, status] :
         {sent_by{{}, 200}, sent_by{{{"sec-fetch-site", "same-origin"}}, 200},
          sent_by{{{"sec-fetch-site", "none"}}, 200}, sent_by{{{"sec-fetch-site", "cross-site"}}, 403},
          sent_by{{{"sec-fetch-site", "same-site"}}, 403}, sent_by{{{"sec-fetch-site", ""}}, 403},
          sent_by{{{"sec-fetch-site", "none"}, {"sec-fetch-site", "cross-site"}}, 403},
          sent_by{{{"origin", "https://gateway.example"}, {"host", "Gateway.example"}}, 200},
          sent_by{{{"origin", "https://gateway.example:8443"}, {"host", "gateway.example"}}, 403},
          sent_by{{{"origin", "https://evil.example"}, {"host", "gateway.example"}}, 403},
          sent_by{{{"origin", "null"}, {"host", "gateway.example"}}, 403},
          sent_by{{{"origin", "https://gateway.example"}}, 403}}) {
        api_at_work work{operators_by_session()};
        work.facts.says = session_of("gw-ops");
        auto const path = "/api/v1/deliveries/" + to_string(work.keep(delivery_state::dead).id) + "/retry";
        auto with_session = fields;
        with_session.push_back(session_cookie);
        EXPECT_EQ(work.ask_with(with_session, "POST", path).status, status);
        EXPECT_EQ(work.changed.size(), status == 200 ? 1U : 0U);
        EXPECT_EQ(work.ask_with(with_session).status, 200U) << "nobody else can read the answer";
        auto by_token = fields;
        by_token.push_back({"authorization", std::string{"Bearer "} + operator_token});
        auto const again = "/api/v1/deliveries/" + to_string(work.keep(delivery_state::dead).id) + "/retry";
        EXPECT_EQ(work.ask_with(by_token, "POST", again).status, 200U);
    }
}

TEST(operator_api, does_nothing_of_that_kind_for_an_address_either) {
    auto all = two_operators();
    auth::settings sender;
    sender.verify =
        auth::check{auth::peer_check{.cidrs = {"127.0.0.1"}, .mtls = {}, .proxies = {}}, {}, {}, {}};
    all.operators.push_back({"here", role::operator_, {}, std::move(sender)});
    api_at_work work{std::move(all)};
    auto const path = "/api/v1/deliveries/" + to_string(work.keep(delivery_state::dead).id) + "/retry";
    EXPECT_EQ(work.ask_with({{"sec-fetch-site", "cross-site"}}, "POST", path).status, 403U);
    EXPECT_EQ(work.ask_with({}, "POST", path).status, 200U);
}

TEST(operators, are_refused_when_their_checks_are_not_sound) {
    auto all = operators_by_session();
    auto& sender = all.operators[2].sender;
    sender->verify = auth::check{auth::session_check{.by = auth::identity_headers{}}, {}, {}, {}};
    problems found;
    EXPECT_EQ(operators::make(std::move(all), found), nullptr);
    EXPECT_NE(std::ranges::find(found, "operators[2].verify.session.headers", &problem::path), found.end());
}

TEST(operators, remember_nothing_so_nothing_can_be_used_once) {
    auto all = two_operators();
    auth::jwt_check jwt;
    jwt.from = {auth::header_value{.names = {"x-token"}, .scheme = {}, .decode = {}}};
    jwt.algorithms = {auth::token_algorithm::hs256};
    jwt.keys = auth::secret_shape{};
    auth::settings sender;
    sender.secrets["signing"] = {{secret{"0123456789abcdef0123456789abcdef"}, {}, {}}};
    sender.verify = auth::check{jwt, {}, {}, auth::once_rule{{auth::claim_value{"jti"}}}};
    all.operators.push_back({"jti", role::viewer, {}, std::move(sender)});
    problems found;
    EXPECT_EQ(operators::make(std::move(all), found), nullptr);
    EXPECT_NE(std::ranges::find(found, "operators[2].verify", &problem::path), found.end());
}

TEST(operator_api, shows_pages_to_a_viewer_but_lets_it_change_nothing) {
    api_at_work work;
    auto const id = to_string(work.keep(delivery_state::dead).id);
    EXPECT_EQ(work.ask("GET", "/api/v1/deliveries", viewer_token).status, 200U);
    EXPECT_EQ(work.ask("POST", "/api/v1/deliveries/" + id + "/retry", viewer_token).status, 403U);
    EXPECT_TRUE(work.changed.empty());
}

TEST(operator_api, shows_the_rule_that_made_a_delivery_as_it_was_then) {
    api_at_work work;
    auto const& kept = work.keep(delivery_state::started);
    auto const path = "/api/v1/deliveries/" + to_string(kept.id);
    EXPECT_NE(work.ask("GET", path).body.find(R"("rule_text":null)"), std::string::npos);
    work.store.keep_rule(kept.rule_revision, "when: .body.ok");
    EXPECT_EQ(member(work.ask("GET", path), "rule_text"), "when: .body.ok");
}

TEST(operator_api, answers_504_when_the_store_does_not_answer_in_time) {
    auto impatient = two_operators();
    impatient.answer_within = std::chrono::milliseconds{1};
    api_at_work work{impatient};
    auto const id = to_string(work.keep(delivery_state::dead).id);
    work.store.writes_hang = true;
    auto const acted = work.ask("POST", "/api/v1/deliveries/" + id + "/retry");
    EXPECT_EQ(acted.status, 504U);
    EXPECT_NE(member(acted, "remedy").find("look at the delivery"), std::string::npos);
    EXPECT_TRUE(work.changed.empty());
    work.store.reads_hang = true;
    for (auto const* const path : {"events", "deliveries"}) {
        EXPECT_EQ(work.ask("GET", std::string{"/api/v1/"} + path).status, 504U) << path;
        EXPECT_EQ(work.ask("GET", std::string{"/api/v1/"} + path + '/' + id).status, 504U) << path;
    }
    EXPECT_EQ(work.ask("GET", "/healthz").status, 200U);
}

TEST(operator_api, an_event_is_routed_again_by_the_dispatcher_and_shown_as_it_is_then) {
    api_at_work work;
    auto const id =
        run(work.store.append({.sender = identity{"mac", "signing#0", coverage::full}}, {}, deadline::max()))
            ->id;
    auto const path = "/api/v1/events/" + to_string(id);
    EXPECT_EQ(work.ask("POST", path + "/route", viewer_token).status, 403U);
    EXPECT_TRUE(work.routed.empty());
    EXPECT_EQ(work.ask("GET", path + "/route").status, 405U);
    EXPECT_EQ(work.ask("POST", path + "/retry").status, 404U);
    work.routing = refuse(errc::failed_precondition, "the event waits for its turn to be routed");
    EXPECT_EQ(work.ask("POST", path + "/route").status, 409U);
    work.routing = {};
    work.routed.clear();
    auto const answer = work.ask("POST", path + "/route");
    EXPECT_EQ(work.routed, std::vector{id});
    EXPECT_EQ(answer.body, work.ask("GET", path).body);
}

TEST(operator_api, a_dead_delivery_can_be_retried_and_the_dispatcher_is_told) {
    api_at_work work;
    auto const id = work.keep(delivery_state::dead).id;
    auto const answer = work.ask("POST", "/api/v1/deliveries/" + to_string(id) + "/retry");
    EXPECT_EQ(answer.status, 200U);
    EXPECT_EQ(member(answer, "state"), "waiting");
    EXPECT_EQ(work.changed, std::vector{id});
}

TEST(operator_api, only_a_dead_delivery_can_be_retried) {
    for (auto const state : {delivery_state::waiting, delivery_state::started, delivery_state::completed,
                             delivery_state::joined, delivery_state::held}) {
        api_at_work work;
        auto const id = to_string(work.keep(state).id);
        EXPECT_EQ(work.ask("POST", "/api/v1/deliveries/" + id + "/retry").status, 409U);
    }
}

TEST(operator_api, a_released_start_that_may_have_happened_stays_one) {
    api_at_work work;
    auto const missing = to_string(work.keep(delivery_state::held, hold_cause::missing).id);
    auto const unanswered = to_string(work.keep(delivery_state::held, hold_cause::unanswered).id);
    EXPECT_EQ(member(work.ask("POST", "/api/v1/deliveries/" + missing + "/release"), "state"), "waiting");
    EXPECT_EQ(member(work.ask("POST", "/api/v1/deliveries/" + unanswered + "/release"), "state"), "starting");
}

// The run that may have taken the signal is closed: asking it again would tell nobody anything.
TEST(operator_api, a_released_signal_of_which_nobody_is_sure_is_sent_as_if_it_never_was) {
    api_at_work work;
    auto const unsure = to_string(work.keep(delivery_state::held, hold_cause::unsure).id);
    auto const answer = work.ask("POST", "/api/v1/deliveries/" + unsure + "/release");
    EXPECT_EQ(member(answer, "state"), "waiting");
}

TEST(operator_api, shows_what_is_signalled_and_that_it_was) {
    api_at_work work;
    delivery told;
    told.order.kind = order_kind::signal;
    told.order.workflow_id = "orders";
    told.order.signal = {.name = "new_release", .inputs = {R"({"n":7})"}, .event_id = {}};
    told.state = delivery_state::starting;
    auto const id = work.store.keep(std::move(told)).id;
    store::transition change{
        .delivery = id, .from = delivery_state::starting, .to = delivery_state::completed};
    change.tried = attempt{1, work.clock.now(), "signalled", ""};
    ASSERT_TRUE(run(work.store.record({change})).value().front());
    auto const shown = work.ask("GET", "/api/v1/deliveries/" + to_string(id)).body;
    EXPECT_NE(shown.find(R"("order":{"signal":{"name":"new_release","input":{"n":7}}})"), std::string::npos)
        << shown;
}

TEST(operator_api, shows_no_secret_of_a_body) {
    api_at_work work;
    event fresh{0, {}, "default", "sender", identity{"equal", "signing#0", coverage::none}, {}};
    fresh.received.body = R"({"token":"confidential","n":1})";
    fresh.received.hidden = {{.begin = 9, .bytes = 14, .as = hidden_place::form::json_value}};
    auto const kept = run(work.store.append(std::move(fresh), {}, from_now(std::chrono::seconds{5}))).value();
    auto const answer = work.ask("GET", "/api/v1/events/" + to_string(kept.id));
    EXPECT_EQ(member(answer, "body"), R"({"token":"<verified>","n":1})");
    EXPECT_EQ(answer.body.find("confidential"), std::string::npos);
}

TEST(operator_api, an_unknown_delivery_is_404_and_a_malformed_id_400) {
    api_at_work work;
    EXPECT_EQ(work.ask("GET", "/api/v1/deliveries/0192f3c0-7b1e-7cc3-9a4f-0123456789ab").status, 404U);
    EXPECT_EQ(work.ask("GET", "/api/v1/deliveries/nonsense").status, 400U);
    EXPECT_EQ(work.ask("GET", "/api/v1/nonsense").status, 404U);
    EXPECT_EQ(work.ask("GET", "/api//v1/events").status, 404U) << "a proxy's rules may see another path";
    EXPECT_EQ(work.ask("GET", "/api/v1/events/").status, 404U);
}

class wrong_queries : public testing::TestWithParam<char const*> {};

TEST_P(wrong_queries, are_refused_because_a_misspelt_filter_would_mean_all) {
    api_at_work work;
    auto const answer = work.ask("GET", std::string{"/api/v1/events?"} + GetParam());
    EXPECT_EQ(answer.status, 400U) << answer.body;
    EXPECT_EQ(sole_header(answer.fields, "content-type"), "application/problem+json");
}

INSTANTIATE_TEST_SUITE_P(rows, wrong_queries,
                         testing::Values("sorce=x", "limit=0", "limit=1001", "limit=ten", "limit=",
                                         "state=lost", "from=yesterday", "source=a&source=b", "source=%zz"));

TEST(operator_api, says_which_method_a_resource_has) {
    api_at_work work;
    EXPECT_EQ(sole_header(work.ask("DELETE", "/api/v1/events").fields, "allow"), "GET");
    EXPECT_EQ(sole_header(work.ask("POST", "/metrics", "").fields, "allow"), "GET");
    auto const id = to_string(work.keep(delivery_state::dead).id);
    EXPECT_EQ(sole_header(work.ask("GET", "/api/v1/deliveries/" + id + "/retry").fields, "allow"), "POST");
}

TEST(operator_api, its_description_is_json) {
    api_at_work work;
    EXPECT_EQ(member(work.ask("GET", "/openapi.json", ""), "openapi"), "3.1.0");
}

}  // namespace
}  // namespace headgate::console
