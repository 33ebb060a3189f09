#include "auth/authenticator.hpp"
#include "auth/crypto.hpp"
#include "auth/encoding.hpp"
#include "tests/support/senders.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

// Checks, values and combinators, working on requests.

namespace headgate::auth {
namespace {

using namespace testing_support;

constexpr auto long_secret = "0123456789abcdef0123456789abcdef";

// HMAC-SHA256 with `long_secret`; the MAC itself is tested against published vectors elsewhere.
std::string signed_hex(std::string_view bytes) {
    return encode(mac_key{mac_algorithm::hmac_sha256, long_secret}.compute(bytes).view(), text_form::hex);
}

settings token_source() {
    auto source = source_with(equal(header_named("x-gitlab-token"), secret_named("signing")),
                              {secret_of(long_secret), secret_of("another-secret-of-some-length")});
    return source;
}

TEST(equal, compares_a_header_with_each_secret) {
    auto const source = authenticator_of(token_source());
    auto const judged = verify(source, post("{}", {{"x-gitlab-token", "another-secret-of-some-length"}}));
    ASSERT_TRUE(judged);
    EXPECT_EQ(judged->sender.verified_by, "equal");
    EXPECT_EQ(judged->sender.key_id, "signing#1");
    EXPECT_EQ(judged->sender.covers, coverage::none);
}

TEST(equal, refuses_everything_else) {
    auto const source = authenticator_of(token_source());
    auto const said = [&](headers fields) { return refusal(source, post("{}", std::move(fields))); };
    auto const wrong = "equal: header x-gitlab-token is not the secret";
    EXPECT_EQ(said({}), "equal: header x-gitlab-token is missing");
    EXPECT_EQ(said({{"x-gitlab-token", ""}}), "equal: header x-gitlab-token is missing");
    EXPECT_EQ(said({{"x-gitlab-token", "0123456789abcdef0123456789abcdeF"}}), wrong);
    EXPECT_EQ(said({{"x-gitlab-token", "0123456789abcdef0123456789abcde"}}), wrong);
    EXPECT_EQ(said({{"x-gitlab-token", "0123456789abcdef0123456789abcdef0"}}), wrong);
    EXPECT_EQ(said({{"x-gitlab-token", long_secret}, {"x-gitlab-token", long_secret}}),
              "equal: header x-gitlab-token stands 2 times");
}

TEST(equal, reads_a_bearer_token_and_basic_credentials) {
    header_value bearer{{"authorization"}, "Bearer", {}};
    auto const tokens =
        authenticator_of(source_with(equal({bearer}, secret_named("signing")), {secret_of(long_secret)}));
    auto const with = [](std::string value) { return post("{}", {{"authorization", std::move(value)}}); };
    EXPECT_EQ(refusal(tokens, with(std::string{"Bearer "} + long_secret)), "accepted");
    EXPECT_EQ(refusal(tokens, with(std::string{"bEARER "} + long_secret)), "accepted");
    for (auto const* scheme : {"", "Basic ", "Bearer", "Bearer\t", "Bearerx "}) {
        EXPECT_EQ(refusal(tokens, with(std::string{scheme} + long_secret)),
                  "equal: header authorization is not of scheme Bearer");
    }
    EXPECT_EQ(refusal(tokens, with(std::string{"Bearer  "} + long_secret)),
              "equal: header authorization is not the secret");

    // RFC 7617 section 2: "Aladdin" and "open sesame".
    header_value basic{{"authorization"}, "Basic", text_form::b64};
    auto const logins = authenticator_of(
        source_with(equal({basic}, secret_named("signing")), {secret_of("Aladdin:open sesame")}));
    EXPECT_EQ(refusal(logins, with("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==")), "accepted");
    EXPECT_EQ(refusal(logins, with("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ")),
              "equal: header authorization cannot be decoded");
}

TEST(equal, takes_one_of_several_values_of_a_param) {
    auto source =
        source_with(all({peer_in({"192.0.2.0/24"}), equal(json_at("/TopicArn"), {param_value{"topics"}})}));
    source.params["topics"] = {"arn:one", "arn:two"};
    auto const made = authenticator_of(source);
    EXPECT_EQ(refusal(made, post(R"({"TopicArn":"arn:two"})")), "accepted");
    EXPECT_EQ(refusal(made, post(R"({"TopicArn":"arn:three"})")),
              "all[1].equal: JSON member /TopicArn is not equal to param topics");
}

TEST(peer, looks_at_the_address_only) {
    auto const source = authenticator_of(source_with(peer_in({"192.0.2.0/24", "2001:db8::/32"})));
    auto incoming = post("{}");
    for (auto const* inside : {"192.0.2.7", "::ffff:192.0.2.7", "2001:db8::7"}) {
        incoming.head.peer = inside;
        EXPECT_EQ(refusal(source, incoming), "accepted") << inside;
    }
    incoming.head.peer = "198.51.100.1";
    EXPECT_EQ(refusal(source, incoming), "peer: the address 198.51.100.1 is in no allowed range");
    for (auto const* unknown : {"", "localhost", "192.0.2.7:80", "fe80::1%eth0"}) {
        incoming.head.peer = unknown;
        EXPECT_EQ(refusal(source, incoming), "peer: the sender's address is not known") << unknown;
    }
}

TEST(all, needs_every_member_and_names_them) {
    auto const source = authenticator_of(
        source_with(all({equal(query_named("token"), secret_named("signing")), peer_in({"192.0.2.0/24"})}),
                    {secret_of(long_secret)}));
    auto incoming = post("{}");
    incoming.head.target = std::string{"/webhooks/airbyte/7?token="} + long_secret;
    auto const judged = verify(source, incoming);
    ASSERT_TRUE(judged);
    EXPECT_EQ(judged->sender.verified_by, "equal+peer");
    EXPECT_EQ(judged->sender.key_id, "signing#0");

    incoming.head.peer = "198.51.100.1";
    EXPECT_EQ(refusal(source, incoming), "all[1].peer: the address 198.51.100.1 is in no allowed range");
    incoming.head.peer = "192.0.2.1";
    incoming.head.target = "/webhooks/airbyte/7?token=wrong";
    EXPECT_EQ(refusal(source, incoming), "all[0].equal: query parameter token is not the secret");
}

TEST(all, asks_cheap_members_first) {
    auto const source = authenticator_of(
        source_with(all({check_of(body_mac("x-signature", "")),
                         equal(header_named("x-token"), secret_named("signing")), peer_in({"10.0.0.0/8"})}),
                    {secret_of(long_secret)}));
    EXPECT_EQ(refusal(source, post("{}")), "all[2].peer: the address 192.0.2.7 is in no allowed range");
    auto incoming = post("{}");
    incoming.head.peer = "10.0.0.1";
    EXPECT_EQ(refusal(source, incoming), "all[1].equal: header x-token is missing");
}

TEST(any, takes_the_branch_that_holds) {
    auto const source = authenticator_of(source_with(
        any({check_of(body_mac("x-one", "")), check_of(body_mac("x-two", ""))}), {secret_of(long_secret)}));
    EXPECT_EQ(refusal(source, post("b", {{"x-one", signed_hex("b")}})), "accepted");
    EXPECT_EQ(refusal(source, post("b", {{"x-two", signed_hex("b")}})), "accepted");
    EXPECT_EQ(refusal(source, post("b", {{"x-two", signed_hex("c")}})),
              "any[0].mac: header x-one is missing; any[1].mac: the signature does not match");
}

TEST(any, a_guard_chooses_a_branch_and_never_admits) {
    auto only_get = check_of(body_mac("x-signature", ""));
    only_get.when = guard{};
    only_get.when->methods = {"GET"};
    auto const source = authenticator_of(source_with(any({only_get}), {secret_of(long_secret)}));
    auto incoming = post("b", {{"x-signature", signed_hex("b")}});
    EXPECT_EQ(refusal(source, incoming), "any: no branch is meant for such a request");
    incoming.head.method = "GET";
    EXPECT_EQ(refusal(source, incoming), "accepted");
    incoming.head.fields.clear();
    EXPECT_EQ(refusal(source, incoming), "any[0].mac: header x-signature is missing");
}

TEST(guard, looks_at_every_condition) {
    auto guarded = check_of(body_mac("x-signature", ""));
    guarded.when = guard{};
    guarded.when->content_type = "application/json";
    guarded.when->body_empty = false;
    guarded.when->headers = {{"x-kind", "event"}};
    guarded.when->query = {{"mode", "on"}};
    guarded.when->query_has = {"id"};
    guarded.when->json = {{{"/type"}, "0"}};
    auto const source = authenticator_of(source_with(guarded, {secret_of(long_secret)}));
    auto const whole = [] {
        std::string const bytes = R"({"type":0})";
        auto made = post(bytes, {{"x-signature", signed_hex(bytes)},
                                 {"content-type", "Application/JSON ; charset=utf-8"},
                                 {"x-kind", "event"}});
        made.head.target = "/x?mode=on&id=7";
        return made;
    };
    EXPECT_EQ(refusal(source, whole()), "accepted");
    auto const refused = "mac: its condition does not hold";
    auto one = whole();
    one.head.fields[1].value = "text/plain";
    EXPECT_EQ(refusal(source, one), refused);
    one = whole();
    one.head.fields[2].value = "events";
    EXPECT_EQ(refusal(source, one), refused);
    for (auto const* target : {"/x?mode=off&id=7", "/x?mode=on", "/x?mode=on&mode=on&id=7",
                               "/x?mode=on&id=", "/x?mode=%zz&id=1"}) {
        one = whole();
        one.head.target = target;
        EXPECT_EQ(refusal(source, one), refused) << target;
    }
    for (auto const* bytes :
         {R"({"type":1})", R"({"type":"00"})", "{}", "", "no json", R"({"type":0,"type":0})"}) {
        one = whole();
        one.body = bytes;
        EXPECT_EQ(refusal(source, one), refused) << bytes;
    }
}

// Adyen's shape: each item is signed, over some of its members.
settings adyen() {
    mac_check mac;
    join_content joined;
    joined.separator = ":";
    joined.items.push_back({json_of_item("/item/reference"), {}});
    joined.items.push_back({json_of_item("/item/original"), ""});
    joined.items.push_back({json_of_item("/item/success"), {}});
    mac.signs = std::move(joined);
    mac.signature.from = json_of_item("/item/signature");
    each_check each;
    each.in.pointer = "/items";
    each.item = std::make_shared<check const>(check_of(std::move(mac)));
    return source_with({std::move(each), {}, {}, {}}, {secret_of(long_secret)});
}

std::string item(std::string const& reference, std::string const& signature) {
    return R"({"item":{"reference":")" + reference + R"(","success":true,"signature":")" + signature +
           R"("}})";
}

TEST(each, accepts_when_every_item_passes) {
    auto const source = authenticator_of(adyen());
    auto const one = item("A1", signed_hex("A1::true"));
    auto const two = item("B2", signed_hex("B2::true"));
    auto const judged = verify(source, post(R"({"items":[)" + one + "," + two + "]}"));
    ASSERT_TRUE(judged) << judged.error().message;
    EXPECT_EQ(judged->sender.verified_by, "mac");
    EXPECT_EQ(judged->sender.key_id, "signing#0");
    EXPECT_EQ(judged->sender.covers, coverage::partial);
}

TEST(each, refuses_the_whole_request_for_one_bad_item) {
    auto const source = authenticator_of(adyen());
    auto const good = item("A1", signed_hex("A1::true"));
    auto const bad = item("B2", signed_hex("A1::true"));
    auto const said = [&](std::string const& body) { return refusal(source, post(body)); };
    EXPECT_EQ(said(R"({"items":[)" + good + "," + bad + "]}"),
              "item 1: each.mac: the signature does not match");
    EXPECT_EQ(said(R"({"items":[)" + bad + "," + good + "]}"),
              "item 0: each.mac: the signature does not match");
    auto const none = "each: JSON member /items is no array with something in it";
    EXPECT_EQ(said(R"({"items":[]})"), none);
    EXPECT_EQ(said(R"({"items":{}})"), none);
    EXPECT_EQ(said(R"({})"), none);
    EXPECT_TRUE(said("").starts_with("the body is not JSON"));
    EXPECT_EQ(said(R"({"items":[7]})"), "item 0: each.mac: JSON member /item/signature is missing");
    // A name that stands twice: this reader would take the one, the workflow's the other.
    auto const twice = R"({"items":[{"item":{"reference":"Z","reference":"A1","success":true,"signature":")" +
                       signed_hex("A1::true") + R"("}}]})";
    EXPECT_TRUE(said(twice).ends_with("goes through a name that stands twice")) << said(twice);
}

TEST(each, looks_at_a_thousand_items_and_refuses_one_more) {
    auto const source = authenticator_of(adyen());
    auto const one = item("A1", signed_hex("A1::true"));
    std::string items = one;
    for (int i = 1; i < 1000; ++i) items += "," + one;
    EXPECT_EQ(refusal(source, post(R"({"items":[)" + items + "]}")), "accepted");
    EXPECT_EQ(refusal(source, post(R"({"items":[)" + items + "," + one + "]}")),
              "each: more than 1000 items");
}

// ---- Values

std::string with_content(values signs, request incoming, std::string_view signed_bytes,
                         settings source = {}) {
    auto mac = body_mac("x-signature", "");
    mac.signs = std::move(signs);
    source.verify = check_of(std::move(mac));
    source.secrets["signing"] = {secret_of(long_secret)};
    incoming.head.fields.push_back({"x-signature", signed_hex(signed_bytes)});
    return refusal(authenticator_of(source), incoming);
}

TEST(content, is_method_path_query_and_body) {
    auto incoming = post("body");
    incoming.head.target = "/webhooks/a%20b/c?x=1%202&y=+";
    incoming.path_parameters = {{"name", "a b"}};
    EXPECT_EQ(with_content({{method_value{}},
                            constant("|"),
                            {path_value{"name"}},
                            constant("|"),
                            query_named("x"),
                            constant("|"),
                            body()},
                           incoming, "POST|a b|1 2|body"),
              "accepted");
    EXPECT_EQ(with_content({body(), query_named("z")}, incoming, "body"),
              "mac: query parameter z is missing");
    EXPECT_EQ(with_content({body(), {path_value{"other"}}}, incoming, "body"),
              "mac: path parameter other is missing");
    incoming.head.target = "/x?x=1&x=1";
    EXPECT_EQ(with_content({query_named("x")}, incoming, "1"),
              "mac: query parameter x is given more than once");
    incoming.head.target = "/x?x=%";
    EXPECT_EQ(with_content({query_named("x")}, incoming, "1"), "mac: the query is malformed");
}

TEST(content, takes_json_members_as_they_are_written) {
    auto const body_text =
        R"({"id":"a\u0062","n":1.50e3,"big":123456789012345678901234567890,"yes":true,"no":null,"o":{}})";
    EXPECT_EQ(with_content({json_at("/id"), json_at("/n"), json_at("/big"), json_at("/yes")}, post(body_text),
                           "ab1.50e3123456789012345678901234567890true"),
              "accepted");
    EXPECT_EQ(with_content({json_at("/no")}, post(body_text), "x"), "mac: JSON member /no is missing");
    EXPECT_EQ(with_content({json_at("/o")}, post(body_text), "x"), "mac: JSON member /o is no text");
    EXPECT_EQ(with_content({json_at("/x")}, post(body_text), "x"), "mac: JSON member /x is missing");
    EXPECT_EQ(with_content({json_at("/id")}, post(R"({"id":""})"), ""), "mac: JSON member /id is missing");
    EXPECT_EQ(with_content({json_at("/id")}, post(R"({"id":"a","id":"a"})"), "a"),
              "mac: JSON member /id goes through a name that stands twice");
    EXPECT_EQ(with_content({json_at("/id")}, post(R"({"id":"a","x":1,"x":2})"), "a"), "accepted");
}

TEST(content, slices_the_bytes_as_they_were_sent) {
    slice_value first;
    first.if_array.pointer = "/0";
    EXPECT_EQ(with_content({{first}}, post(R"([ {"a" : 1.0}, 2])"), R"({"a" : 1.0})"), "accepted");
    EXPECT_EQ(with_content({{first}}, post(R"( {"a" : 1.0} )"), R"({"a" : 1.0})"), "accepted");
    EXPECT_EQ(with_content({{first}}, post("[]"), ""), "mac: JSON text at /0 is missing");
}

TEST(content, reads_forms_only_from_forms) {
    headers const type{{"content-type", "application/x-www-form-urlencoded; charset=UTF-8"}};
    EXPECT_EQ(with_content({{form_value{"b"}}}, post("a=1&b=x+y%21", type), "x y!"), "accepted");
    EXPECT_EQ(with_content({{form_value{"b"}}}, post("a=1&b=x+y%21"), "x y!"),
              "mac: the body is not a well-formed form");
    EXPECT_EQ(with_content({{form_value{"b"}}}, post("b=%", type), "x"),
              "mac: the body is not a well-formed form");
}

TEST(content, sorts_form_parameters_by_name) {
    headers const type{{"content-type", "application/x-www-form-urlencoded"}};
    auto const form = post("To=%2B1&From=%2B2&A=2&A=1&A=2&a=3", type);
    EXPECT_EQ(with_content({{form_sorted_value{}}}, form, "A2A1A2From+2To+1a3"), "accepted");
    EXPECT_EQ(with_content({{form_sorted_value{true}}}, form, "A2A1From+2To+1a3"), "accepted");
}

TEST(content, takes_the_url_from_the_configuration_alone) {
    settings source;
    source.public_url = "https://hooks.example.com/";
    auto incoming = post("b", {{"host", "evil.example.com"}, {"x-forwarded-host", "evil.example.com"}});
    incoming.head.target = "/webhooks/x%2Fy?a=%2F&b=%20";
    EXPECT_EQ(with_content({{url_value{}}, body()}, incoming,
                           "https://hooks.example.com/webhooks/x%2Fy?a=%2F&b=%20b", source),
              "accepted");
    url_value decoding;
    decoding.decode = {"2F"};
    EXPECT_EQ(
        with_content({{decoding}}, incoming, "https://hooks.example.com/webhooks/x/y?a=/&b=%20", source),
        "accepted");
    EXPECT_EQ(with_content({{url_value{}}}, incoming, "https://evil.example.com/webhooks/x%2Fy?a=%2F&b=%20",
                           source),
              "mac: the signature does not match");
}

TEST(content, with_any_port_is_signed_with_the_default_port_or_without) {
    url_value any_port;
    any_port.ports = url_value::port::any;
    auto const incoming = post("b");
    auto const with_base = [&](std::string base, std::string_view signed_bytes) {
        settings source;
        source.public_url = std::move(base);
        return with_content({{any_port}}, incoming, signed_bytes, source);
    };
    EXPECT_EQ(with_base("https://a.example", "https://a.example/webhooks/sender"), "accepted");
    EXPECT_EQ(with_base("https://a.example", "https://a.example:443/webhooks/sender"), "accepted");
    EXPECT_EQ(with_base("http://a.example", "http://a.example:80/webhooks/sender"), "accepted");
    EXPECT_EQ(with_base("https://a.example:8443", "https://a.example/webhooks/sender"), "accepted");
    EXPECT_EQ(with_base("https://a.example", "https://a.example:8443/webhooks/sender"),
              "mac: the signature does not match");
}

TEST(content, may_be_lines_of_named_members) {
    lines_content lines;
    lines.chosen_by = json_path{"/Type"};
    lines.lists["Notification"] = {{"Message", false}, {"Subject", true}, {"Type", false}};
    mac_check mac = body_mac("x-signature", "");
    mac.signs = lines;
    auto const source = authenticator_of(source_with(check_of(mac), {secret_of(long_secret)}));
    auto const said = [&](std::string const& body_text, std::string_view bytes) {
        return refusal(source, post(body_text, {{"x-signature", signed_hex(bytes)}}));
    };
    EXPECT_EQ(said(R"({"Type":"Notification","Message":"m"})", "Message\nm\nType\nNotification\n"),
              "accepted");
    EXPECT_EQ(said(R"({"Type":"Notification","Subject":"s","Message":"m"})",
                   "Message\nm\nSubject\ns\nType\nNotification\n"),
              "accepted");
    EXPECT_EQ(said(R"({"Type":"Notification"})", "x"), "mac: JSON member /Message is missing");
    EXPECT_EQ(said(R"({"Type":"Other"})", "x"), "mac: JSON member /Type names no known list of members");
}

TEST(content, of_a_body_digest_in_a_signed_query_binds_the_body) {
    digest_value digest;
    digest.of = std::make_shared<value const>(body());
    auto by_url = body_mac("x-signature", "");
    by_url.signs = values{{url_value{}}};
    auto source =
        source_with(all({equal(query_named("sum"), {digest}), check_of(by_url)}), {secret_of(long_secret)});
    source.public_url = "https://a.example";
    auto const made = authenticator_of(source);
    EXPECT_EQ(made.covers(), coverage::full);
    auto incoming = post("abc");
    // printf abc | sha256sum
    incoming.head.target = "/x?sum=ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    incoming.head.fields.push_back({"x-signature", signed_hex("https://a.example" + incoming.head.target)});
    EXPECT_EQ(refusal(made, incoming), "accepted");
    incoming.body = "abd";
    EXPECT_EQ(refusal(made, incoming), "all[0].equal: query parameter sum is not equal to digest of body");
}

TEST(once, gives_the_value_to_the_gateway) {
    auto mac = body_mac("x-signature", "");
    mac.signs = values{json_at("/timestamp"), json_at("/token")};
    auto signing = check_of(std::move(mac));
    signing.time = time_in(json_at("/timestamp"));
    signing.once = once_rule{json_at("/token"), std::chrono::seconds{3600}};
    auto const source = authenticator_of(source_with(std::move(signing), {secret_of(long_secret)}));
    auto const judged = verify(source, post(R"({"timestamp":"1700000000","token":"abc"})",
                                            {{"x-signature", signed_hex("1700000000abc")}}));
    ASSERT_TRUE(judged) << judged.error().message;
    EXPECT_EQ(judged->once, std::vector<std::string>{"abc"});
    EXPECT_EQ(judged->sender.covers, coverage::partial);
}

// ---- Facts

TEST(facts_of_a_verdict, leave_out_what_a_request_does_not_say) {
    auto described = token_source();
    described.delivery.id = header_named("x-id");
    described.delivery.event = {{header_named("x-event"), false}, {json_at("/action"), true}};
    auto const source = authenticator_of(described);
    auto const judged = [&](std::string body_text, headers fields) {
        fields.push_back({"x-gitlab-token", long_secret});
        return verify(source, post(std::move(body_text), std::move(fields)))->sender;
    };
    EXPECT_EQ(judged(R"({"action":"open"})", {{"x-event", "issue"}, {"x-id", "7"}}).event_type, "issue.open");
    EXPECT_EQ(judged(R"({"action":"open"})", {{"x-event", "issue"}, {"x-id", "7"}}).delivery_id, "7");
    EXPECT_EQ(judged("not json", {{"x-event", "issue"}}).event_type, "issue");
    EXPECT_EQ(judged("not json", {{"x-event", "issue"}}).delivery_id, "");
    EXPECT_EQ(judged(R"({"action":"open"})", {}).event_type, "");
    EXPECT_EQ(judged("{}", {{"x-id", "7"}, {"x-id", "8"}}).delivery_id, "");
    EXPECT_EQ(judged("{}", {{"x-id", std::string(1024, 'a')}}).delivery_id.size(), 1024U);
    EXPECT_EQ(judged("{}", {{"x-id", std::string(1025, 'a')}}).delivery_id, "");
    EXPECT_EQ(judged("{}", {{"x-event", std::string(257, 'a')}}).event_type, "");
}

TEST(facts_of_a_verdict, of_an_unsigned_request_digest_what_was_sent) {
    auto const source = authenticator_of(token_source());
    headers const token{{"x-gitlab-token", long_secret}};
    auto const one = post("a", token);
    auto const two = post("b", token);
    EXPECT_NE(verify(source, one)->content.digest(), verify(source, two)->content.digest());
    EXPECT_EQ(verify(source, one)->content.digest(), verify(source, one)->content.digest());
}

}  // namespace
}  // namespace headgate::auth
