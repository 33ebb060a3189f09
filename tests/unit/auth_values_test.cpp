#include "auth/authenticator.hpp"
#include "auth/crypto.hpp"
#include "auth/encoding.hpp"
#include "tests/support/senders.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>

// Where values come from: each source is signed, and the signature must match exactly those bytes.

namespace headgate::auth {
namespace {

using namespace testing_support;

constexpr auto long_secret = "0123456789abcdef0123456789abcdef";

// HMAC-SHA256 with `long_secret`; the MAC itself is tested against published vectors elsewhere.
std::string signed_hex(std::string_view bytes) {
    return encode(mac_key{mac_algorithm::hmac_sha256, long_secret}.compute(bytes).view(), text_form::hex);
}

std::string with_content(values signs, request incoming, std::string_view signed_bytes,
                         settings source = {}) {
    auto mac = body_mac("x-signature", "");
    mac.signs = std::move(signs);
    source.verify = check_of(std::move(mac));
    source.path = "/webhooks/{name}/{other}";
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
    // As twilio 9.8 (PyPI) signs it: sorted(set(values)) of each name.
    EXPECT_EQ(with_content({{form_sorted_value{true}}}, form, "A1A2From+2To+1a3"), "accepted");
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
    EXPECT_EQ(said(R"({"Type":"Notification","Message":"m\nn"})", "Message\nm\nn\nType\nNotification\n"),
              "accepted");
    EXPECT_EQ(said(R"({"Type":"Notification"})", "x"), "mac: JSON member /Message is missing");
    EXPECT_EQ(said(R"({"Type":"Other"})", "x"), "mac: JSON member /Type names no known list of members");
}

// "Message⏎m⏎Id⏎i⏎Subject⏎s⏎" would else be signed for {Id: "i⏎Subject⏎s"} as well, which is another id.
TEST(content, of_lines_has_one_meaning) {
    lines_content lines;
    lines.lists[""] = {{"Message", false}, {"Id", false}, {"Subject", true}};
    mac_check mac = body_mac("x-signature", "");
    mac.signs = lines;
    auto const source = authenticator_of(source_with(check_of(mac), {secret_of(long_secret)}));
    auto const said = [&](std::string const& body_text) {
        return refusal(source,
                       post(body_text, {{"x-signature", signed_hex("Message\nm\nId\n7\nSubject\ns\n")}}));
    };
    EXPECT_EQ(said(R"({"Message":"m","Id":"7","Subject":"s"})"), "accepted");
    EXPECT_EQ(said(R"({"Message":"m","Id":"7\nSubject\ns"})"),
              "mac: JSON member /Id has a line break, and only the first may");
    EXPECT_EQ(said(R"({"Message":"m","Id":7,"Subject":"s"})"), "mac: JSON member /Id is no text");
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

}  // namespace
}  // namespace headgate::auth
