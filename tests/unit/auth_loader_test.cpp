#include "auth/authenticator.hpp"
#include "tests/support/senders.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

// What the loader refuses: every row is a source that would be unsafe, and what its operator reads.

namespace headgate::auth {
namespace {

using namespace testing_support;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

constexpr auto long_secret = "0123456789abcdef0123456789abcdef";

settings plain() {
    return source_with(check_of(body_mac("x-signature", "")), {secret_of(long_secret)});
}

mac_check& mac_of(settings& source) {
    return std::get<mac_check>(source.verify->is);
}

TEST(loader, refuses_whatever_reads_the_header_that_no_request_has) {
    std::string const said =
        ": reads x-removed, which is removed from every request: the certificates of senders come in it";
    auto const with = [](auto const& change) {
        auto source = plain();
        source.removed_header = "x-removed";
        change(source);
        return mistakes_of(source);
    };
    auto const header = header_named("x-removed");
    EXPECT_THAT(with([](settings&) {}), IsEmpty());
    EXPECT_THAT(with([&](settings& source) { mac_of(source).signature.from = header; }),
                ElementsAre("sources.test.verify.mac.signature.from" + said));
    EXPECT_THAT(with([&](settings& source) { mac_of(source).signs = values{body(), header}; }),
                ElementsAre("sources.test.verify.mac.content" + said));
    EXPECT_THAT(with([&](settings& source) { source.verify->once = once_rule{.from = header}; }),
                Contains("sources.test.verify.mac.once" + said));
    EXPECT_THAT(with([&](settings& source) { source.delivery.id = header; }),
                ElementsAre("sources.test.delivery.id" + said));
    EXPECT_THAT(with([&](settings& source) {
                    source.handshakes = {{.when = {.headers = {{"x-removed", "a"}}}, .reply = {}}};
                }),
                Contains("sources.test.handshake[0].when" + said));
    EXPECT_THAT(with([](settings& source) {
                    auto branch = check_of(body_mac("x-signature", ""));
                    branch.when = guard{.headers = {{"x-removed", "a"}}};
                    source.verify = any({std::move(branch), check_of(body_mac("x-other", ""))});
                }),
                ElementsAre("sources.test.verify.any[0].mac.when" + said));
}

TEST(loader, refuses_a_source_that_does_not_say_who_sends) {
    EXPECT_THAT(mistakes_of({}), ElementsAre("sources.test.verify: is missing"));
}

TEST(loader, accepts_everybody_only_where_that_is_spelled_out_and_warns) {
    settings open;
    open.insecure = true;
    EXPECT_THAT(mistakes_of(open), IsEmpty());
    EXPECT_THAT(warnings_of(open), ElementsAre("sources.test.verify: accepts every request from anybody"));
    auto const source = authenticator_of(open);
    auto const judged = verify(source, post("x"));
    ASSERT_TRUE(judged);
    EXPECT_EQ(judged->sender.verified_by, "nothing");
    EXPECT_EQ(judged->sender.covers, coverage::none);

    auto both = plain();
    both.insecure = true;
    EXPECT_THAT(mistakes_of(both), ElementsAre("sources.test.insecure: contradicts `verify`"));
}

TEST(loader, refuses_checks_that_prove_nothing) {
    auto const nothing = "sources.test.verify: proves nothing about the sender";
    EXPECT_THAT(mistakes_of(source_with(equal(header_named("x-a"), constant("b")))), ElementsAre(nothing));
    EXPECT_THAT(mistakes_of(source_with(equal(header_named("x-a"), header_named("x-b")))),
                ElementsAre(nothing));
    EXPECT_THAT(mistakes_of(source_with(
                    any({check_of(body_mac("x-signature", "")), equal(header_named("x-a"), constant("b"))}),
                    {secret_of(long_secret)})),
                ElementsAre(nothing));
    EXPECT_THAT(mistakes_of(source_with(equal(constant("a"), constant("a")))),
                ElementsAre("sources.test.verify.equal: nothing of the request is compared", nothing));
    EXPECT_THAT(mistakes_of(source_with(peer_in({"10.0.0.0/8", "::/0"}))), ElementsAre(nothing));
    EXPECT_THAT(mistakes_of(source_with(peer_in({"::ffff:0.0.0.0/96"}))), ElementsAre(nothing));
}

TEST(loader, refuses_a_list_of_secrets_with_one_that_is_unusable) {
    auto const first = [](std::vector<secret_entry> entries, key_encoding encoding = key_encoding::text,
                          std::size_t bytes_min = 0) {
        auto source = plain();
        mac_of(source).key.strip = "whsec_";
        mac_of(source).key.encoding = encoding;
        mac_of(source).key.bytes_min = bytes_min;
        source.secrets["signing"] = std::move(entries);
        return mistakes_of(source);
    };
    auto const at = [](std::string rest) { return "sources.test.secrets.signing" + rest; };
    auto const good = secret_of(long_secret);
    EXPECT_THAT(first({}), ElementsAre(at(": there is no secret named signing")));
    EXPECT_THAT(first({secret_of("")}), ElementsAre(at("[0]: is empty: everybody could sign with it")));
    EXPECT_THAT(first({good, secret_of("")}), ElementsAre(at("[1]: is empty: everybody could sign with it")));
    EXPECT_THAT(first({secret_of("whsec_")}), ElementsAre(at("[0]: is empty: everybody could sign with it")));
    EXPECT_THAT(first({secret_of("whsec_")}, key_encoding::b64),
                ElementsAre(at("[0]: is empty: everybody could sign with it")));
    EXPECT_THAT(first({secret_of("whsec_")}, key_encoding::hex),
                ElementsAre(at("[0]: is empty: everybody could sign with it")));
    EXPECT_THAT(first({secret_of("not base64!")}, key_encoding::b64),
                ElementsAre(at("[0]: is not canonical b64")));
    EXPECT_THAT(first({secret_of("abc")}, key_encoding::hex), ElementsAre(at("[0]: is not canonical hex")));
    EXPECT_THAT(first({secret_of("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLQ==")}, key_encoding::b64, 24),
                ElementsAre(at("[0]: has 22 bytes; secrets of this sender have 24 or more")));
    EXPECT_THAT(first({secret_of("changeme")}),
                ElementsAre(at("[0]: is a placeholder that everybody knows")));
    EXPECT_THAT(first({secret_of("Secret")}), ElementsAre(at("[0]: is a placeholder that everybody knows")));
    EXPECT_THAT(first(std::vector<secret_entry>(8, good)), IsEmpty());
    EXPECT_THAT(first(std::vector<secret_entry>(9, good)),
                ElementsAre(at(": has 9 secrets, at most 8 are tried")));
}

TEST(loader, warns_about_a_secret_that_could_be_guessed) {
    auto source = plain();
    source.secrets["signing"] = {secret_of("0123456789abcde")};
    EXPECT_THAT(mistakes_of(source), IsEmpty());
    EXPECT_THAT(warnings_of(source),
                ElementsAre("sources.test.secrets.signing[0]: has only 15 bytes and could be guessed"));
    source.secrets["signing"] = {secret_of("0123456789abcdef")};
    EXPECT_THAT(warnings_of(source), IsEmpty());
}

TEST(loader, warns_about_a_secret_that_no_check_uses) {
    auto source = plain();
    source.secrets["singing"] = {secret_of(long_secret)};
    EXPECT_THAT(warnings_of(source), ElementsAre("sources.test.secrets.singing: no check uses this secret"));
}

TEST(loader, refuses_a_time_that_is_not_signed) {
    auto source = plain();
    source.verify->time = time_in(header_named("x-time"));
    EXPECT_THAT(mistakes_of(source),
                ElementsAre("sources.test.verify.mac.time: header x-time is not signed, so "
                            "checking it proves nothing"));
    mac_of(source).signs = values{header_named("x-time"), body()};
    EXPECT_THAT(mistakes_of(source), IsEmpty());
    source.verify->time = time_in(json_at("/time"));
    EXPECT_THAT(mistakes_of(source), IsEmpty());
    mac_of(source).signs = values{json_at("/token")};
    EXPECT_THAT(mistakes_of(source), ElementsAre(HasSubstr("JSON member /time is not signed")));
    source.verify->time = time_in(constant("0"));
    EXPECT_THAT(mistakes_of(source), ElementsAre(HasSubstr("constant is not signed")));
}

TEST(loader, wants_a_time_around_any_signed_in_every_branch) {
    auto with_time = body_mac("x-signature", "");
    with_time.signs = values{header_named("x-time"), body()};
    auto source =
        source_with(any({check_of(with_time), check_of(body_mac("x-other", ""))}), {secret_of(long_secret)});
    source.verify->time = time_in(header_named("x-time"));
    EXPECT_THAT(mistakes_of(source),
                ElementsAre(HasSubstr("sources.test.verify.any.time: header x-time is not")));
    source.verify->is = all_check{{check_of(with_time), check_of(body_mac("x-other", ""))}};
    EXPECT_THAT(mistakes_of(source), IsEmpty());
}

TEST(loader, refuses_a_value_to_be_used_once_that_is_not_signed) {
    auto source = plain();
    source.verify->once = once_rule{header_named("x-nonce"), std::chrono::seconds{60}};
    EXPECT_THAT(mistakes_of(source),
                ElementsAre("sources.test.verify.mac.once: header x-nonce is not signed"));
}

TEST(loader, refuses_a_signature_over_nothing) {
    auto source = plain();
    source.params["a"] = {"b"};
    auto const nothing = ElementsAre("sources.test.verify.mac.content: nothing of the request is signed");
    mac_of(source).signs = values{};
    EXPECT_THAT(mistakes_of(source), nothing);
    mac_of(source).signs = values{constant("x"), {param_value{"a"}}};
    EXPECT_THAT(mistakes_of(source), nothing);
}

TEST(loader, refuses_grammars_that_contradict_themselves) {
    auto source = plain();
    mac_of(source).signature.pair = "=";
    EXPECT_THAT(mistakes_of(source),
                ElementsAre("sources.test.verify.mac.signature: `pair` and `take` belong together"));
    mac_of(source).signature.pair = "";
    mac_of(source).signature.take = "v1";
    EXPECT_THAT(mistakes_of(source),
                ElementsAre("sources.test.verify.mac.signature: `pair` and `take` belong together"));
    mac_of(source).signature.take = "";
    mac_of(source).signature.parts = {"t"};
    EXPECT_THAT(mistakes_of(source), ElementsAre(HasSubstr("parts are captured from labelled items only")));
}

TEST(loader, refuses_values_that_lead_nowhere) {
    auto const with = [](value item) {
        auto source = plain();
        source.path = "/webhooks/{connections}";
        mac_of(source).signs = values{body(), std::move(item)};
        return mistakes_of(source);
    };
    auto const at = std::string{"sources.test.verify.mac.content: "};
    EXPECT_THAT(with({part_value{"t"}}), ElementsAre(at + "no signature beside this captures the part t"));
    EXPECT_THAT(with({param_value{"p"}}), ElementsAre(at + "the param p is not configured"));
    EXPECT_THAT(with({url_value{}}),
                ElementsAre(at + "this sender signs the public URL, which is not configured"));
    EXPECT_THAT(with(json_at("id")), ElementsAre(at + "\"id\" is not a JSON pointer"));
    EXPECT_THAT(with(json_at("/~2")), ElementsAre(at + "\"/~2\" is not a JSON pointer"));
    EXPECT_THAT(with(json_of_item("/id")),
                ElementsAre(at + "\"id\" is relative to an item, and there is none"));
    EXPECT_THAT(with(header_named("X-Upper")), ElementsAre(at + "is not the name of a header"));
    EXPECT_THAT(with(header_named("")), ElementsAre(at + "is not the name of a header"));
    EXPECT_THAT(with(query_named("")), ElementsAre(at + "the query parameter has no name"));
    EXPECT_THAT(
        with({path_value{"connection"}}),
        ElementsAre(at + "the path /webhooks/{connections} has no parameter connection: every request "
                         "would be refused"));
    EXPECT_THAT(with({path_value{"connections"}}), IsEmpty());
    EXPECT_THAT(with({path_value{"webhooks"}}), SizeIs(1));
    EXPECT_THAT(with({path_value{""}}), ElementsAre(at + "the path parameter has no name"));
    EXPECT_THAT(with({digest_value{}}), ElementsAre(at + "a digest of nothing"));
    EXPECT_THAT(with(secret_named("signing")),
                ElementsAre(at + "a secret stands only on one side of `equal`"));
    EXPECT_THAT(with({claim_value{"sub"}}),
                ElementsAre(at + "no token is verified before the claim sub is read"));
}

TEST(loader, refuses_path_parameters_that_the_path_lacks_wherever_they_stand) {
    auto source = plain();
    source.path = "/webhooks/{a}";
    source.delivery.id = value{path_value{"b"}};
    handshake_rule rule;
    rule.when.methods = {"GET"};
    rule.require = equal({path_value{"c"}}, secret_named("signing"));
    rule.reply.body = {{path_value{"d"}}};
    source.handshakes = {rule};
    EXPECT_THAT(mistakes_of(source),
                UnorderedElementsAre(
                    HasSubstr("sources.test.delivery.id: the path /webhooks/{a} has no parameter b"),
                    HasSubstr("handshake[0].require.equal"),
                    HasSubstr("handshake[0].reply.body: the path /webhooks/{a} has no parameter d")));
}

TEST(loader, refuses_a_public_url_with_more_than_scheme_host_and_port) {
    auto source = plain();
    for (auto const* url :
         {"hooks.example.com", "https://", "https://a/b", "https://a?b", "https://u@a", "ftp://a"}) {
        source.public_url = url;
        EXPECT_THAT(mistakes_of(source),
                    ElementsAre("sources.test.verify.public_url: is not scheme, host and port alone"))
            << url;
    }
    for (auto const* url : {"https://a", "https://a/", "http://a:8080", "https://[::1]:8443"}) {
        source.public_url = url;
        EXPECT_THAT(mistakes_of(source), IsEmpty()) << url;
    }
}

TEST(loader, refuses_weak_algorithms_unless_they_are_wanted) {
    auto source = plain();
    mac_of(source).algorithm = mac_algorithm::sha256_prefix;
    EXPECT_THAT(mistakes_of(source),
                ElementsAre("sources.test.verify.mac: sha256-prefix is a weak algorithm"));
    mac_of(source).allow_weak = true;
    EXPECT_THAT(mistakes_of(source), IsEmpty());
    EXPECT_THAT(warnings_of(source), ElementsAre("sources.test.verify.mac: a weak algorithm is allowed"));
}

TEST(loader, names_the_checks_that_this_version_lacks) {
    auto const said = [](decltype(check::is) is) {
        return mistakes_of(source_with({std::move(is), {}, {}, {}}));
    };
    sig_check by_certificate;
    by_certificate.key = certificate_source{};
    by_certificate.signs = values{body()};
    by_certificate.signature.from = header_named("x-signature");
    EXPECT_THAT(said(by_certificate),
                ElementsAre("sources.test.verify.sig.cert.subject: takes the certificate of anybody",
                            "sources.test.verify.sig.cert.hosts: allows no host",
                            "sources.test.verify.sig.cert.path: is missing"));
    EXPECT_THAT(said(jwt_check{}), ::testing::Contains("sources.test.verify.jwt.algs: allows no algorithm"));
    EXPECT_THAT(said(postback_check{}),
                ElementsAre("sources.test.verify.postback.url: \"\" is not an https URL",
                            "sources.test.verify.postback: does not say what is asked",
                            "sources.test.verify.postback.expect: would take every answer"));
}

TEST(loader, finds_problems_deep_in_the_tree_and_says_where) {
    auto const tree =
        all({check_of(body_mac("x-signature", "")), any({peer_in({"10.0.0.1/8"}), peer_in({})})});
    EXPECT_THAT(mistakes_of(source_with(tree, {secret_of(long_secret)})),
                ElementsAre("sources.test.verify.all[1].any[0].peer.cidr[0]: \"10.0.0.1/8\" has address bits "
                            "after its prefix",
                            "sources.test.verify.all[1].any[1].peer: allows no address"));
    EXPECT_THAT(mistakes_of(source_with(all({}))),
                ElementsAre("sources.test.verify.all: has no members", HasSubstr("proves nothing")));
}

TEST(coverage, is_what_the_weakest_branch_binds) {
    auto only_id = body_mac("x-signature", "");
    only_id.signs = values{json_at("/id")};
    auto token = body_mac("x-signature", "");
    token.signs = values{header_named("x-id")};
    auto const covers = [](check const& verify) {
        return authenticator_of(source_with(verify, {secret_of(long_secret)})).covers();
    };
    auto const whole = check_of(body_mac("x-signature", ""));
    EXPECT_EQ(covers(whole), coverage::full);
    EXPECT_EQ(covers(check_of(only_id)), coverage::partial);
    EXPECT_EQ(covers(check_of(token)), coverage::none);
    EXPECT_EQ(covers(equal(header_named("x-token"), secret_named("signing"))), coverage::none);
    EXPECT_EQ(covers(any({whole, check_of(only_id)})), coverage::partial);
    EXPECT_EQ(covers(any({whole, check_of(token)})), coverage::none);
    EXPECT_EQ(covers(all({whole, check_of(token)})), coverage::full);
}

TEST(coverage, warns_when_a_branch_of_any_is_weaker) {
    auto token = body_mac("x-signature", "");
    token.signs = values{header_named("x-id")};
    auto source =
        source_with(any({check_of(body_mac("x-signature", "")), check_of(token)}), {secret_of(long_secret)});
    EXPECT_THAT(
        warnings_of(source),
        ElementsAre("sources.test.verify.any: one branch binds less of the request than another: the source "
                    "counts as covered none"));
    source.covers = coverage::none;
    EXPECT_THAT(warnings_of(source), IsEmpty());
}

TEST(coverage, of_a_checksum_is_nothing_because_it_can_be_forged) {
    auto mac = body_mac("x-signature", "");
    digest_value digest;
    digest.of = std::make_shared<value const>(body());
    digest.algorithm = hash_name::crc32;
    mac.signs = values{header_named("x-id"), {digest}};
    auto source = source_with(check_of(mac), {secret_of(long_secret)});
    EXPECT_EQ(authenticator_of(source).covers(), coverage::none);
    digest.algorithm = hash_name::sha256;
    std::get<mac_check>(source.verify->is).signs = values{header_named("x-id"), {digest}};
    EXPECT_EQ(authenticator_of(source).covers(), coverage::full);
}

TEST(coverage, may_be_declared_lower_and_never_higher) {
    auto source = plain();
    source.covers = coverage::partial;
    EXPECT_EQ(authenticator_of(source).covers(), coverage::partial);
    source.verify = equal(header_named("x-token"), secret_named("signing"));
    EXPECT_THAT(mistakes_of(source),
                ElementsAre("sources.test.covers: says partial, but these checks cover none"));
}

TEST(delivery, says_signed_only_of_an_id_that_is) {
    auto source = plain();
    source.delivery.id = header_named("x-delivery");
    source.delivery.id_signed = true;
    EXPECT_THAT(
        mistakes_of(source),
        ElementsAre("sources.test.delivery.id_signed: header x-delivery is not signed by these checks"));
    source.delivery.id = json_at("/id");
    EXPECT_THAT(mistakes_of(source), IsEmpty());
}

TEST(loader, refuses_answers_that_would_lose_events) {
    auto source = plain();
    source.answers.overload = 400;
    EXPECT_THAT(mistakes_of(source),
                ElementsAre("sources.test.answers.overload: 400 is not between 500 and 599"));
    source.answers.overload = 429;
    source.answers.duplicate = 409;
    EXPECT_THAT(mistakes_of(source),
                ElementsAre("sources.test.answers.duplicate: 409 is not between 200 and 299"));
    source.answers.duplicate = 204;
    EXPECT_THAT(mistakes_of(source), IsEmpty());
    source.methods = {};
    EXPECT_THAT(mistakes_of(source), ElementsAre("sources.test.methods: is not a list of methods"));
    source.methods = {"post"};
    EXPECT_THAT(mistakes_of(source), ElementsAre("sources.test.methods: is not a list of methods"));
}

// What would make every refusal a broken answer, or a 500.
TEST(loader, refuses_headers_of_a_rejection_that_no_answer_can_have) {
    auto const said = [](std::string name, std::string text) {
        auto source = plain();
        source.answers.headers_on_reject = {{std::move(name), std::move(text)}};
        return mistakes_of(source);
    };
    auto const at = std::string{"sources.test.answers.headers_on_reject: "};
    EXPECT_THAT(said("x-slack-no-retry", "1"), IsEmpty());
    for (auto const* name : {"content-length", "transfer-encoding", "set-cookie", "content-type"})
        EXPECT_THAT(said(name, "1"), ElementsAre(at + name + " is not for a configuration to say"));
    for (auto const* name : {"x why", "x:y", ""})
        EXPECT_THAT(said(name, "1"), ElementsAre(at + '"' + name + "\" is not the name of a header"));
    EXPECT_THAT(said("x-why", "a\r\nb: c"), ElementsAre(at + "x-why would have a control character in it"));
}

TEST(loader, says_everything_at_once) {
    auto source = plain();
    source.secrets["signing"] = {secret_of(""), secret_of("")};
    mac_of(source).signs = values{json_at("x")};
    source.verify->time = time_in(header_named("x-time"));
    source.answers.ok = 500;
    EXPECT_EQ(mistakes_of(source).size(), 5U);
}

}  // namespace
}  // namespace headgate::auth
