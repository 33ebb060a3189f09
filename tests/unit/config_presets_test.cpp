#include "config/parse.hpp"
#include "config/preset_pages.hpp"
#include "config/preset_vectors.hpp"
#include "config/presets.hpp"
#include "tests/support/senders.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

// The senders that are data: read from their YAML, loaded by the engine, tried with what they publish.

namespace headgate::config {
namespace {

using namespace testing_support;
using ::testing::ElementsAre;

preset const& preset_named(std::string_view name) {
    return *std::ranges::find(known_presets(), name, &preset::name);
}

auth::settings settings_of(std::string_view name, std::string secret_text) {
    notes found;
    static_cast<void>(found.add_file("preset.yaml"));
    auto sender =
        read_preset(std::string{name}, preset_named(name).tree, "presets", {}, {}, "presets", found);
    for (auto const& one : found.found()) ADD_FAILURE() << to_text(one);
    sender.secrets["signing"] = {secret_of(std::move(secret_text))};
    return sender;
}

TEST(presets, are_listed_by_name) {
    std::vector<std::string> names;
    for (auto const& one : known_presets()) names.push_back(one.name);
    EXPECT_THAT(
        names,
        ElementsAre("adyen-platform", "adyen-standard", "airbyte-notifications", "airtable", "alertmanager",
                    "argo-cd-notifications", "auth0-log-streams", "aws-sns", "azure-event-grid", "basic",
                    "bitbucket", "bitbucket-data-center", "calendly", "cloudevents-http-webhook", "dbt-cloud",
                    "discord", "docker-hub", "dropbox", "fivetran", "github", "gitlab",
                    "gitlab-signing-token", "google-pubsub", "grafana", "hmac", "hubspot-v1", "hubspot-v2",
                    "hubspot-v3", "intercom", "jira", "jwt", "linear", "mailgun", "meta", "monday", "mtls",
                    "notion", "okta", "paddle", "pagerduty", "paypal", "paypal-offline", "plaid", "postmark",
                    "segment", "sendgrid", "sentry", "shopify", "slack", "square", "standard-webhooks",
                    "standard-webhooks-ed25519", "stripe", "svix", "token", "twilio", "typeform", "vercel",
                    "workos", "x-account-activity", "zendesk", "zoom"));
}

TEST(presets, say_what_they_are_and_where_that_is_written) {
    for (auto const& one : known_presets()) {
        EXPECT_FALSE(one.title.empty()) << one.name;
        EXPECT_FALSE(one.what.empty()) << one.name;
        EXPECT_FALSE(one.status.empty()) << one.name;
        EXPECT_TRUE(one.link.starts_with("https://")) << one.name;
        EXPECT_NE(one.tree.find("covers"), nullptr) << one.name;
    }
}

std::string text_of(std::filesystem::path const& file) {
    std::ifstream stream{file, std::ios::binary};
    return {std::istreambuf_iterator<char>{stream}, {}};
}

void expect_page(std::filesystem::path const& page, std::string const& text) {
    if (std::getenv("HEADGATE_WRITE_REFERENCE") != nullptr) {
        std::filesystem::create_directories(page.parent_path());
        std::ofstream{page} << text;
    }
    EXPECT_EQ(text_of(page), text) << "a preset changed: HEADGATE_WRITE_REFERENCE=1 <this program> "
                                      "--gtest_filter='*reference.*' writes the page";
}

TEST(preset_reference, pages_are_what_the_presets_say) {
    auto const folder = std::filesystem::path{HEADGATE_SOURCE_DIR} / "docs/reference/presets";
    expect_page(folder / "README.md", presets_index());
    for (auto const& one : known_presets()) expect_page(folder / (one.name + ".md"), preset_page(one));
    auto const pages = std::distance(std::filesystem::directory_iterator{folder}, {});
    EXPECT_EQ(static_cast<std::size_t>(pages), known_presets().size() + 1) << "a page without a preset";
}

auth::settings settings_with(std::string_view name, preset_params params, notes& found) {
    static_cast<void>(found.add_file("preset.yaml"));
    return read_preset(std::string{name}, preset_named(name).tree, "presets", std::move(params), {}, "params",
                       found);
}

TEST(params, that_may_be_left_out_leave_nothing_behind) {
    notes found;
    auto const open = settings_with("jwt", {{"algorithm", {"HS256"}}, {"audience", {"a"}}}, found);
    EXPECT_TRUE(std::get<auth::jwt_check>(open.verify->is).issuers.empty());
    EXPECT_TRUE(found.found().empty());
    auto const said = settings_with("mtls", {{"cn", {"a"}}}, found);
    EXPECT_TRUE(found.found().empty());
    EXPECT_THAT(mistakes_of(said), ElementsAre("sources.test.verify.peer.mtls: takes the certificate of "
                                               "anybody"));
}

TEST(params, that_are_needed_are_asked_for_by_name) {
    notes found;
    static_cast<void>(settings_with("jwt", {{"audience", {"a"}}}, found));
    EXPECT_EQ(found.found().front().what, "the param algorithm is not configured");
}

TEST(params, that_only_switch_something_on_take_no_other_word_for_it) {
    auto const of_topic = [](std::string sha1, notes& found) {
        return settings_with("aws-sns", {{"topics", {"t"}}, {"sha1", {std::move(sha1)}}}, found);
    };
    for (auto const* said : {"no", "false", "off", ""}) {
        notes found;
        static_cast<void>(of_topic(said, found));
        ASSERT_FALSE(found.found().empty()) << said;
        EXPECT_EQ(found.found().front().path, "params.sha1");
        EXPECT_EQ(found.found().front().what, "\"" + std::string{said} + "\" is no value of this param");
        EXPECT_EQ(found.found().front().remedy, "write yes, or leave it out");
    }
    notes found;
    static_cast<void>(of_topic("yes", found));
    EXPECT_TRUE(found.found().empty());
}

TEST(presets, say_in_words_where_things_may_be_that_requests_name) {
    notes found;
    auto const sns = settings_with("aws-sns", {{"topics", {"t"}}}, found);
    auto const& sig = std::get<auth::sig_check>(std::get<auth::all_check>(sns.verify->is).members.at(1).is);
    EXPECT_EQ(std::get<auth::certificate_source>(sig.key).kept.url,
              "https://sns.{region}.amazonaws.com/SimpleNotificationService-*");
    EXPECT_EQ(sns.handshakes.at(0).call->asked.url, "https://sns.{region}.amazonaws.com/");
}

TEST(params, may_have_several_values_where_several_may_stand) {
    notes found;
    auto const given = settings_with("jwt",
                                     {{"algorithm", {"RS256", "RS384"}},
                                      {"audience", {"a", "b"}},
                                      {"issuer", {"x", "y"}},
                                      {"jwks", {"https://a/keys"}}},
                                     found);
    EXPECT_TRUE(found.found().empty());
    auto const& jwt = std::get<auth::jwt_check>(given.verify->is);
    EXPECT_THAT(jwt.algorithms, ElementsAre(auth::token_algorithm::rs256, auth::token_algorithm::rs384));
    EXPECT_THAT(jwt.issuers, ElementsAre("x", "y"));
}

// What `presets show` prints stands in a configuration as it is, and means the same.
TEST(presets, can_be_taken_as_ones_own) {
    for (auto const& one : known_presets()) {
        notes found;
        auto const tree = parse(as_own_preset(one), found.add_file("own.yaml"), found);
        ASSERT_TRUE(tree) << one.name;
        std::vector<preset_trial> trials;
        auto const all = read_own_presets(*tree->find("presets"), found, trials);
        for (auto const& each : found.found()) ADD_FAILURE() << to_text(each);
        ASSERT_TRUE(all.contains("my-" + one.name)) << one.name;
        EXPECT_TRUE(all.at("my-" + one.name).is_mapping()) << one.name;
    }
}

// docs.github.com, "Testing the webhook payload validation".
TEST(presets, github_accepts_its_documented_example) {
    auto const source = authenticator_of(settings_of("github", "It's a Secret to Everybody"));
    auto incoming = post(
        "Hello, World!",
        {{"x-hub-signature-256", "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"},
         {"x-github-event", "ping"},
         {"x-github-delivery", "72d3162e-cc78-11e3-81ab-4c9367dc0958"}});
    auto const judged = verify(source, incoming);
    ASSERT_TRUE(judged) << judged.error().message;
    EXPECT_EQ(judged->sender.delivery_id, "72d3162e-cc78-11e3-81ab-4c9367dc0958");
    EXPECT_EQ(judged->sender.event_type, "ping");
    EXPECT_EQ(source.body_bytes_max(), 25U * 1024 * 1024);
    incoming.body += ' ';
    EXPECT_FALSE(verify(source, incoming));
}

// The specification's vector; also with the names in the list that a rotation sends.
TEST(presets, standard_webhooks_accepts_the_published_vector) {
    auto const source =
        authenticator_of(settings_of("standard-webhooks", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"));
    auto const incoming =
        post(R"({"test": 2432232314})", {{"webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek"},
                                         {"webhook-timestamp", "1614265330"},
                                         {"webhook-signature",
                                          "v1,bm9ldHUjKzFob2VudXRob2VodWUzMjRvdWVvdW9ldQo= "
                                          "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="}});
    auto const judged = verify(source, incoming, second(1614265330));
    ASSERT_TRUE(judged) << judged.error().message;
    EXPECT_EQ(judged->sender.delivery_id, "msg_p5jXN8AQM9LWM0D4loKWxJek");
    EXPECT_TRUE(judged->sender.delivery_id_signed);
    EXPECT_EQ(judged->sender.signed_time, second(1614265330));
    EXPECT_FALSE(verify(source, incoming, second(1614265330 + 301)));
}

TEST(presets, standard_webhooks_wants_24_bytes_of_secret) {
    // printf 0123456789abcdef0123456 | base64
    EXPECT_THAT(
        mistakes_of(settings_of("standard-webhooks", "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY=")),
        ElementsAre("sources.test.secrets.signing[0]: has 23 bytes; secrets of this sender have 24 or "
                    "more"));
}

// api.slack.com, "Verifying requests from Slack".
TEST(presets, slack_accepts_its_documented_example_and_answers_its_challenge) {
    auto const source = authenticator_of(settings_of("slack", "8f742231b10e8888abcd99yyyzzz85a5"));
    auto const form = post(
        "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V"
        "&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text="
        "&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F"
        "96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c",
        {{"x-slack-request-timestamp", "1531420618"},
         {"x-slack-signature", "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"}});
    EXPECT_TRUE(verify(source, form, second(1531420618)));
    EXPECT_EQ(source.handshake_for(form), nullptr);

    // printf 'v0:1531420618:{"type":"url_verification","challenge":"3eZb"}' |
    //   openssl dgst -sha256 -hmac 8f742231b10e8888abcd99yyyzzz85a5
    auto const challenge =
        post(R"({"type":"url_verification","challenge":"3eZb"})",
             {{"x-slack-request-timestamp", "1531420618"},
              {"x-slack-signature", "v0=5fe43b49e0ece1bdd995e70adbb4cffe5a70a4ee49a5c9dc421d13c1c159e528"}});
    auto const* which = source.handshake_for(challenge);
    ASSERT_NE(which, nullptr);
    auto const reply = source.answer(*which, challenge, {}, second(1531420618));
    ASSERT_TRUE(reply) << reply.error().message;
    EXPECT_EQ(reply->body, "3eZb");
    EXPECT_EQ(source.answers().headers_on_reject, (headers{{"x-slack-no-retry", "1"}}));
    EXPECT_EQ(source.answers().budget, std::chrono::milliseconds{2500});
}

// docs.stripe.com, "Verify manually":
//   printf '1492774577.{"id":"evt_1","type":"charge.succeeded"}' |
//     openssl dgst -sha256 -hmac whsec_0123456789abcdef0123456789abcdef
TEST(presets, stripe_reads_the_whole_secret_as_text) {
    auto const source = authenticator_of(settings_of("stripe", "whsec_0123456789abcdef0123456789abcdef"));
    auto const incoming =
        post(R"({"id":"evt_1","type":"charge.succeeded"})",
             {{"stripe-signature",
               "t=1492774577,v1=" + std::string(64, '0') +
                   ",v1=e00cb1409ce210b696887b85bc801cb865140fe47bb526ea4aee4ca22cfc1b4c,v0=00"}});
    auto const judged = verify(source, incoming, second(1492774577));
    ASSERT_TRUE(judged) << judged.error().message;
    EXPECT_EQ(judged->sender.delivery_id, "evt_1");
    EXPECT_TRUE(judged->sender.delivery_id_signed);
    EXPECT_EQ(judged->sender.event_type, "charge.succeeded");
}

TEST(presets, gitlab_compares_the_token_and_covers_nothing) {
    auto const source = authenticator_of(settings_of("gitlab", "a-token-of-some-length"));
    auto incoming = post("{}", {{"x-gitlab-token", "a-token-of-some-length"},
                                {"x-gitlab-event", "Push Hook"},
                                {"idempotency-key", "f5e5f430-f57b-4e6e-9fac-d9128cd7232f"}});
    auto const judged = verify(source, incoming);
    ASSERT_TRUE(judged) << judged.error().message;
    EXPECT_EQ(judged->sender.covers, coverage::none);
    EXPECT_EQ(judged->sender.event_type, "Push Hook");
    EXPECT_EQ(judged->sender.delivery_id, "f5e5f430-f57b-4e6e-9fac-d9128cd7232f");
    source.redact(incoming);
    EXPECT_EQ(incoming.head.fields.front().value, "<verified>");
}

}  // namespace
}  // namespace headgate::config
