#include "core/deadline.hpp"
#include "core/encoding.hpp"
#include "gateway/acceptor.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/memory_store.hpp"
#include "tests/support/no_facts.hpp"
#include "tests/support/run.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace headgate::gateway {
namespace {

using testing_support::manual_clock;
using testing_support::memory_store;
using testing_support::no_facts;
using testing_support::run;

// GitHub's documented example ("Validating webhook deliveries"): secret, body and signature.
constexpr char const* secret_text = "It's a Secret to Everybody";
constexpr char const* body_text = "Hello, World!";
constexpr char const* signature_text =
    "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";

auth::settings github() {
    auth::mac_check mac;
    mac.signs = auth::values{{auth::body_value{}}};
    mac.signature.from = {auth::header_value{.names = {"x-hub-signature-256"}, .scheme = {}, .decode = {}}};
    mac.signature.prefix = "sha256=";
    auth::settings from;
    from.verify = auth::check{.is = mac, .when = {}, .time = {}, .once = {}};
    from.secrets["signing"].push_back({secret{secret_text}, std::nullopt, "signing#0"});
    from.delivery.id =
        auth::value{auth::header_value{.names = {"x-github-delivery"}, .scheme = {}, .decode = {}}};
    return from;
}

source_settings github_source() {
    source_settings from;
    from.name = "github";
    from.path = "/webhooks/github";
    from.sender = github();
    return from;
}

request signed_request(std::string delivery = "d1") {
    request made;
    made.head = {
        .method = "POST",
        .target = "/webhooks/github",
        .fields = {{"x-hub-signature-256", signature_text}, {"x-github-delivery", std::move(delivery)}},
        .peer = "192.0.2.1"};
    made.body = body_text;
    return made;
}

class acceptor_at_work {
public:
    explicit acceptor_at_work(source_settings from = github_source(), settings all = {},
                              wall_clock const* other_clock = nullptr) {
        in_force = snapshot_of(std::move(from), std::move(all));
        worker_ = std::make_unique<acceptor>(in_force, store, other_clock != nullptr ? *other_clock : clock,
                                             facts, counts, in_flight);
    }

    void use(source_settings from) {
        in_force = snapshot_of(std::move(from), {});
        worker_->use(in_force);
    }

    response answer(request incoming) {
        auto admitted = worker_->admit(incoming.head);
        if (admitted.refusal) return *admitted.refusal;
        return run(worker_->handle(std::move(incoming), std::move(admitted)));
    }

    bool admits_handshake(std::string const& address) { return worker_->admits_handshake(address); }
    http::admission admit(request const& incoming) { return worker_->admit(incoming.head); }
    response handle(request incoming, http::admission admitted) {
        return run(worker_->handle(std::move(incoming), std::move(admitted)));
    }

    manual_clock clock;
    memory_store store{clock};
    metrics counts;
    no_facts facts;
    load in_flight{0};
    std::shared_ptr<snapshot const> in_force;

private:
    static std::shared_ptr<snapshot const> snapshot_of(source_settings from, settings all) {
        all.sources.push_back(std::move(from));
        problems found;
        auto made = make_snapshot(std::move(all), found);
        EXPECT_TRUE(made) << (found.empty() ? "" : found.front().what);
        return made;
    }

    std::unique_ptr<acceptor> worker_;
};

TEST(acceptor, keeps_what_is_signed_and_answers_its_id) {
    acceptor_at_work work;
    auto const answer = work.answer(signed_request());
    EXPECT_EQ(answer.status, 202U);
    ASSERT_EQ(work.store.events().size(), 1U);
    auto const& kept = work.store.events().begin()->second.kept;
    EXPECT_EQ(answer.body, R"({"id":")" + to_string(kept.id) + R"("})");
    EXPECT_EQ(kept.received.body, body_text);
    EXPECT_EQ(kept.sender.key_id, "signing#0");
    EXPECT_EQ(kept.sender.delivery_id, "d1");
    EXPECT_EQ(kept.received.received_at, work.clock.now());
}

TEST(acceptor, ends_a_request_with_the_snapshot_it_began_with) {
    acceptor_at_work work;
    auto begun = work.admit(signed_request());
    auto rotated = github_source();
    rotated.sender.secrets.clear();
    rotated.sender.secrets["signing"].push_back({secret{"another secret"}, std::nullopt, "signing#0"});
    work.use(std::move(rotated));
    EXPECT_EQ(work.handle(signed_request(), std::move(begun)).status, 202U);
    EXPECT_EQ(work.answer(signed_request()).status, 401U);
}

bool shows(acceptor_at_work const& work, std::string const& line) {
    return work.counts.render().find(line + "\n") != std::string::npos;
}

// An old secret is seen to be unused: its counter is there from the first request, and stands still.
TEST(acceptor, counts_what_each_key_proves) {
    auto from = github_source();
    from.sender.secrets["signing"].push_back({secret{"another secret"}, std::nullopt, "signing#1"});
    acceptor_at_work work{from};
    auto forged = signed_request();
    forged.body += "!";
    EXPECT_EQ(work.answer(forged).status, 401U);
    EXPECT_TRUE(shows(work, R"(headgate_verified_total{source="github",key="signing#0"} 0)"));
    EXPECT_EQ(work.answer(signed_request()).status, 202U);
    EXPECT_EQ(work.answer(signed_request()).status, 200U) << "a duplicate is genuine too";
    EXPECT_TRUE(shows(work, R"(headgate_verified_total{source="github",key="signing#0"} 2)"));
    EXPECT_TRUE(shows(work, R"(headgate_verified_total{source="github",key="signing#1"} 0)"));

    from.sender.secrets["signing"].push_back({secret{"a third secret"}, std::nullopt, "signing#2"});
    work.use(std::move(from));
    EXPECT_EQ(work.answer(signed_request()).status, 200U);
    EXPECT_TRUE(shows(work, R"(headgate_verified_total{source="github",key="signing#0"} 3)"));
    EXPECT_TRUE(shows(work, R"(headgate_verified_total{source="github",key="signing#2"} 0)"));
}

TEST(acceptor, gives_a_duplicate_the_first_id) {
    acceptor_at_work work;
    auto const first = work.answer(signed_request());
    auto const second = work.answer(signed_request());
    EXPECT_EQ(second.status, 200U);
    EXPECT_EQ(second.body, first.body.substr(0, first.body.size() - 1) + R"(,"duplicate":true})");
    EXPECT_EQ(work.store.events().size(), 1U);
}

TEST(acceptor, a_delivery_without_its_id_falls_back_to_the_digest) {
    acceptor_at_work work;
    auto without = signed_request();
    without.head.fields.pop_back();
    EXPECT_EQ(work.answer(without).status, 202U);
    EXPECT_EQ(work.answer(without).status, 200U);
    EXPECT_EQ(work.answer(signed_request()).status, 202U);
}

TEST(acceptor, replay_digest_finds_the_same_content_under_a_fresh_id) {
    auto from = github_source();
    from.replay = replay_key::digest;
    acceptor_at_work work{from};
    EXPECT_EQ(work.answer(signed_request("d1")).status, 202U);
    EXPECT_EQ(work.answer(signed_request("d2")).status, 200U);
}

TEST(acceptor, dedupe_none_makes_every_request_an_event) {
    auto from = github_source();
    from.dedupe.key = dedupe_settings::by::none;
    acceptor_at_work work{from};
    EXPECT_EQ(work.answer(signed_request()).status, 202U);
    EXPECT_EQ(work.answer(signed_request()).status, 202U);
}

// The program runs while the sender waits: what it cannot do within its budgets is not waited for.
TEST(acceptor, a_dedupe_program_that_goes_over_a_budget_falls_back_to_the_digest) {
    auto const numbered = [](char const* body) {
        auto made = signed_request();
        made.head.fields = {{"content-type", "application/json"}};
        made.body = body;
        return made;
    };
    auto const second_status = [&](dedupe_settings const& dedupe) {
        auto from = github_source();
        from.sender.verify.reset();
        from.sender.secrets.clear();
        from.sender.insecure = true;
        from.dedupe = dedupe;
        acceptor_at_work work{from};
        EXPECT_EQ(work.answer(numbered(R"({"id":7,"try":1})")).status, 202U);
        return work.answer(numbered(R"({"id":7,"try":2})")).status;
    };
    dedupe_settings by_id{.key = dedupe_settings::by::program, .header = {}, .program = ".body.id"};
    EXPECT_EQ(second_status(by_id), 200U);
    by_id.values_max = 2;
    EXPECT_EQ(second_status(by_id), 202U);
    by_id.values_max = 3;
    EXPECT_EQ(second_status(by_id), 200U);
    by_id.program = "last(range(100000) | 7)";
    EXPECT_EQ(second_status(by_id), 202U);
    by_id.steps_max = 300'000;
    EXPECT_EQ(second_status(by_id), 200U);
}

// printf '{"id":7,"try":1}' | gzip -n | base64, and the same with another try.
TEST(acceptor, a_dedupe_program_reads_what_was_packed_within_a_limit) {
    auto const second_status = [](std::size_t decoded_bytes_max) {
        auto from = github_source();
        from.sender.verify.reset();
        from.sender.secrets.clear();
        from.sender.insecure = true;
        from.dedupe = {.key = dedupe_settings::by::program,
                       .header = {},
                       .program = ".body.id",
                       .decoded_bytes_max = decoded_bytes_max};
        acceptor_at_work work{from};
        auto packed = signed_request();
        packed.head.fields = {{"content-type", "application/json"}, {"content-encoding", "gzip"}};
        packed.body =
            decode_base64("H4sIAAAAAAAAA6tWykxRsjLXUSopqlSyMqwFAPGQ068QAAAA", base64_alphabet::standard)
                .value();
        EXPECT_EQ(work.answer(packed).status, 202U);
        packed.body =
            decode_base64("H4sIAAAAAAAAA6tWykxRsjLXUSopqlSyMqoFADLD/oQQAAAA", base64_alphabet::standard)
                .value();
        return work.answer(packed).status;
    };
    EXPECT_EQ(second_status(16), 200U);
    EXPECT_EQ(second_status(15), 202U);
}

TEST(acceptor, a_forged_body_and_an_unknown_path_cannot_be_told_apart_by_their_bodies) {
    acceptor_at_work work;
    auto forged = signed_request();
    forged.body += "!";
    auto lost = signed_request();
    lost.head.target = "/webhooks/gitlab";
    auto const refused = work.answer(forged);
    auto const unknown = work.answer(lost);
    EXPECT_EQ(refused.status, 401U);
    EXPECT_EQ(unknown.status, 404U);
    EXPECT_EQ(refused.body, unknown.body);
    EXPECT_TRUE(work.store.events().empty());
}

TEST(acceptor, a_store_that_refuses_is_503_and_nothing_is_acknowledged) {
    acceptor_at_work work;
    work.store.refusing = true;
    auto const answer = work.answer(signed_request());
    EXPECT_EQ(answer.status, 503U);
    EXPECT_TRUE(sole_header(answer.fields, "retry-after"));
    work.store.refusing = false;
    EXPECT_EQ(work.answer(signed_request()).status, 202U);
}

// Asked before a request is verified; remembers when, and takes its time.
class slow_clock final : public wall_clock {
public:
    [[nodiscard]] wall_time now() const override {
        asked_at = std::chrono::steady_clock::now();
        while (std::chrono::steady_clock::now() <= asked_at) {
        }
        return manual_clock{}.now();
    }

    mutable deadline asked_at;
};

TEST(acceptor, the_time_that_verifying_takes_is_part_of_its_deadline) {
    settings all;
    all.accept_within = std::chrono::minutes{1};
    slow_clock const clock;
    acceptor_at_work work{github_source(), all, &clock};
    EXPECT_EQ(work.answer(signed_request()).status, 202U);
    EXPECT_LE(work.store.last_until, clock.asked_at + all.accept_within);
    EXPECT_GT(work.store.last_until, clock.asked_at);
}

// Whatever is taken then is not earned again while the test runs.
pace::instant in_an_hour() {
    return from_now(std::chrono::hours{1});
}

TEST(acceptor, answers_a_flood_of_one_address_429_before_it_looks_at_anything) {
    settings all;
    all.each_address = {.requests_per_second = 1, .requests_burst = 1, .addresses_max = 64};
    acceptor_at_work work{github_source(), all};
    EXPECT_FALSE(work.in_force->flood->take("192.0.2.1", in_an_hour()));
    auto lost = signed_request();
    lost.head.target = "/webhooks/gitlab";
    auto wrong_method = signed_request();
    wrong_method.head.method = "PUT";
    auto forged = signed_request();
    forged.body += "!";
    for (auto const& each : {signed_request(), lost, wrong_method, forged}) {
        auto const answer = work.answer(each);
        EXPECT_EQ(answer.status, 429U);
        EXPECT_EQ(answer.body, R"({"error":"too many requests"})");
        EXPECT_TRUE(sole_header(answer.fields, "retry-after"));
        EXPECT_FALSE(sole_header(answer.fields, "allow"));
    }
    EXPECT_TRUE(work.store.events().empty());
    EXPECT_NE(work.counts.render().find("headgate_flood_refusals_total 4\n"), std::string::npos);

    auto other = signed_request();
    other.head.peer = "192.0.2.2";
    EXPECT_EQ(work.answer(other).status, 202U);
}

TEST(acceptor, takes_a_tls_handshake_for_a_request_of_its_address) {
    settings all;
    all.each_address = {.requests_per_second = 1, .requests_burst = 1, .addresses_max = 64};
    acceptor_at_work work{github_source(), all};
    EXPECT_FALSE(work.in_force->flood->take("192.0.2.1", in_an_hour()));
    EXPECT_FALSE(work.admits_handshake("192.0.2.1"));
    auto const before = pace::instant::clock::now();
    EXPECT_TRUE(work.admits_handshake("192.0.2.2"));
    EXPECT_TRUE(work.in_force->flood->take("192.0.2.2", before)) << "the handshake took the only one";
    EXPECT_NE(work.counts.render().find("headgate_flood_refusals_total 1\n"), std::string::npos);
}

TEST(acceptor, lets_any_flood_in_when_told_so) {
    settings all;
    all.each_address = {.requests_per_second = 0, .requests_burst = 1, .addresses_max = 64};
    acceptor_at_work work{github_source(), all};
    for (int i = 0; i < 10; ++i) EXPECT_EQ(work.answer(signed_request(std::to_string(i))).status, 202U);
}

TEST(acceptor, answers_a_source_over_its_rate_503_and_never_429) {
    auto from = github_source();
    from.limits.requests_per_second = 1;
    acceptor_at_work work{from};
    EXPECT_TRUE(work.in_force->sources.front().limiter->enter(in_an_hour()));
    auto forged = signed_request();
    forged.body += "!";
    auto const over = work.answer(signed_request());
    EXPECT_EQ(over.status, 503U);
    EXPECT_EQ(sole_header(over.fields, "retry-after"), "5");
    EXPECT_EQ(work.answer(forged).body, over.body) << "says nothing about who signed";
    EXPECT_TRUE(work.store.events().empty());
    EXPECT_NE(work.counts.render().find(R"(source="github",result="limited"} 2)"), std::string::npos)
        << work.counts.render();
}

TEST(acceptor, forged_requests_do_not_use_up_what_a_source_may_send) {
    auto from = github_source();
    from.limits.requests_per_second = 1;
    acceptor_at_work work{from};
    auto forged = signed_request();
    forged.body += "!";
    for (int i = 0; i < 10; ++i) EXPECT_EQ(work.answer(forged).status, 401U);
    EXPECT_EQ(work.answer(signed_request()).status, 202U);
}

TEST(acceptor, says_which_methods_a_path_has) {
    acceptor_at_work work;
    auto get = signed_request();
    get.head.method = "GET";
    auto const answer = work.answer(get);
    EXPECT_EQ(answer.status, 405U);
    EXPECT_EQ(sole_header(answer.fields, "allow"), "POST");
}

request packed_by(std::string coding) {
    auto made = signed_request();
    made.head.fields.push_back({"content-encoding", std::move(coding)});
    return made;
}

TEST(acceptor, refuses_a_content_encoding_before_the_body_is_read) {
    acceptor_at_work work;
    auto const refused = work.answer(packed_by("deflate"));
    EXPECT_EQ(refused.status, 415U);
    EXPECT_EQ(sole_header(refused.fields, "accept-encoding"), "gzip, zstd, br, identity");
    EXPECT_EQ(work.answer(packed_by("gzip, br")).status, 415U);
    EXPECT_EQ(work.answer(packed_by("identity")).status, 202U);
}

// The bytes that were verified: nobody unpacks them before they are kept.
TEST(acceptor, keeps_a_packed_body_as_it_came) {
    acceptor_at_work work;
    EXPECT_EQ(work.answer(packed_by("gzip")).status, 202U);
    ASSERT_EQ(work.store.events().size(), 1U);
    EXPECT_EQ(work.store.events().begin()->second.kept.received.body, body_text);
}

TEST(acceptor, allows_the_encodings_that_the_source_does) {
    auto from = github_source();
    from.content_encodings = {transforms::content_coding::br};
    acceptor_at_work work{from};
    auto const refused = work.answer(packed_by("gzip"));
    EXPECT_EQ(refused.status, 415U);
    EXPECT_EQ(sole_header(refused.fields, "accept-encoding"), "br, identity");
    EXPECT_EQ(work.answer(packed_by("br")).status, 202U);
}

TEST(acceptor, admits_as_much_body_as_the_source_says) {
    auto from = github_source();
    from.body_bytes_max = 12;
    acceptor_at_work work{from};
    EXPECT_EQ(work.admit(signed_request()).body_bytes_max, 12U);
}

TEST(acceptor, keeps_no_credentials) {
    acceptor_at_work work;
    auto incoming = signed_request();
    incoming.head.fields.push_back({"authorization", "Bearer abc"});
    incoming.head.fields.push_back({"cookie", "session=1"});
    EXPECT_EQ(work.answer(incoming).status, 202U);
    auto const& fields = work.store.events().begin()->second.kept.received.head.fields;
    EXPECT_EQ(sole_header(fields, "authorization"), redacted);
    EXPECT_EQ(sole_header(fields, "cookie"), redacted);
    EXPECT_EQ(sole_header(fields, "x-hub-signature-256"), signature_text);
}

}  // namespace
}  // namespace headgate::gateway
