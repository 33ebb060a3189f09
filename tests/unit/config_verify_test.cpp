#include "config/parse.hpp"
#include "config/reader.hpp"
#include "config/section.hpp"
#include "config/verify.hpp"
#include "json/parse.hpp"
#include "tests/support/scratch_folder.hpp"
#include "tests/support/senders.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

namespace headgate::config {
namespace {

using namespace testing_support;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// A source's settings and what was said about them.
struct outcome {
    auth::settings sender;
    std::vector<std::string> said;
};

outcome declared(std::string const& yaml, preset_nodes const& known = embedded_preset_nodes()) {
    ::setenv("TEST_SECRET", "0123456789abcdef0123456789abcdef", 1);
    ::setenv("TEST_OTHER", "fedcba9876543210fedcba9876543210", 1);
    notes found;
    outcome made;
    auto const file = found.add_file("headgate.yaml");
    auto const tree = parse(yaml, file, found);
    if (tree) {
        reader from{*tree, "sources.a", found};
        section at{from};
        declare_sender(at, made.sender, known);
        from.finish();
    }
    for (auto const& one : found.found()) {
        made.said.push_back(one.path + ": " + one.what);
        EXPECT_FALSE(one.remedy.empty()) << one.what;
        EXPECT_GT(one.line, 0) << one.what;
    }
    return made;
}

TEST(verify, takes_a_preset_with_its_secrets) {
    auto const [sender, said] = declared(R"(
verify:
  preset: github
  secrets: [{env: TEST_SECRET}, {env: TEST_OTHER, until: 2026-10-01T00:00:00Z}]
)");
    EXPECT_THAT(said, IsEmpty());
    EXPECT_EQ(sender.preset, "github");
    ASSERT_EQ(sender.secrets.at("signing").size(), 2U);
    EXPECT_EQ(sender.secrets.at("signing")[0].value.reveal(), "0123456789abcdef0123456789abcdef");
    EXPECT_EQ(sender.secrets.at("signing")[1].label, "signing#1");
    // date -u -d 2026-10-01 +%s
    EXPECT_EQ(sender.secrets.at("signing")[1].until, second(1790812800));
    EXPECT_EQ(authenticator_of(sender).covers(), coverage::full);
}

TEST(verify, takes_checks_that_are_written_out) {
    auto const [sender, said] = declared(R"(
verify: {all: [{equal: {a: {query: token}, b: {secret: token}}}, {peer: {cidr: [192.0.2.0/24]}}]}
secrets: {token: [{env: TEST_SECRET}]}
)");
    EXPECT_THAT(said, IsEmpty());
    auto const source = authenticator_of(sender);
    auto incoming = post("{}");
    incoming.head.target = "/x?token=0123456789abcdef0123456789abcdef";
    EXPECT_EQ(refusal(source, incoming), "accepted");
    incoming.head.peer = "198.51.100.1";
    EXPECT_EQ(refusal(source, incoming), "all[1].peer: the address 198.51.100.1 is in no allowed range");
}

TEST(verify, takes_every_part_of_a_mac) {
    auto [sender, said] = declared(R"(
verify:
  mac:
    alg: hmac-sha512
    secret: {name: key, strip: "k_", encoding: hex, min_bytes: 16}
    content: [method, "|", {path: name}, {header: [X-Time, Time]}, {query: q}, {json: /a/0},
              {slice: {array: /0, object: ""}}, {form: f}, {form_sorted: {item: [name, value], unique: true}},
              {url: {base: configured, port: any, decode: ["3A"]}}, {part: t}, {param: p},
              {digest: {alg: sha1, of: body, out: b64}}, {const: "x"}, body]
    signature: {from: {header: X-Sig}, list: ",", pair: "=", take: v1, parts: {t: once}, prefix: "s=",
                decode: hex-any-case}
  time: {value: {part: t}, unit: ms, past: 60s, future: 1m}
  once: {value: {json: /a/0}, keep: 1h}
  when: {method: [POST, PUT], content_type: Application/JSON, body: present, header: {X-A: b},
         query: {c: d}, query_has: [e], json: {/f: g}}
  public_url: https://hooks.example.com
  params: {p: 7, several: [a, b]}
secrets: {key: [{env: TEST_SECRET}]}
)");
    EXPECT_THAT(said, IsEmpty());
    sender.path = "/webhooks/{name}";
    EXPECT_THAT(mistakes_of(sender), IsEmpty());
    auto const& mac = std::get<auth::mac_check>(sender.verify->is);
    EXPECT_EQ(mac.algorithm, auth::mac_algorithm::hmac_sha512);
    EXPECT_EQ(mac.key.name, "key");
    EXPECT_EQ(mac.key.encoding, auth::key_encoding::hex);
    EXPECT_EQ(mac.key.bytes_min, 16U);
    auto const& signs = std::get<auth::values>(mac.signs);
    ASSERT_EQ(signs.size(), 15U);
    EXPECT_TRUE(std::holds_alternative<auth::method_value>(signs[0].is));
    EXPECT_EQ(std::get<auth::const_value>(signs[1].is).bytes, "|");
    EXPECT_EQ(std::get<auth::header_value>(signs[3].is).names, (std::vector<std::string>{"x-time", "time"}));
    EXPECT_EQ(std::get<auth::slice_value>(signs[6].is).if_array.pointer, "/0");
    EXPECT_EQ(std::get<auth::slice_value>(signs[6].is).if_object.pointer, "");
    EXPECT_TRUE(std::get<auth::form_sorted_value>(signs[8].is).unique);
    EXPECT_EQ(std::get<auth::url_value>(signs[9].is).ports, auth::url_value::port::any);
    EXPECT_EQ(std::get<auth::digest_value>(signs[12].is).out, auth::text_form::b64);
    EXPECT_EQ(mac.signature.decode, auth::signature_encoding::hex_any_case);
    EXPECT_EQ(mac.signature.parts, std::vector<std::string>{"t"});
    EXPECT_EQ(sender.verify->time->unit, auth::time_unit::milliseconds);
    EXPECT_EQ(sender.verify->time->past, std::chrono::seconds{60});
    EXPECT_EQ(sender.verify->once->keep, std::chrono::seconds{3600});
    EXPECT_EQ(sender.verify->when->content_type, "application/json");
    EXPECT_EQ(sender.verify->when->body_empty, false);
    EXPECT_EQ(sender.params.at("several").size(), 2U);
}

TEST(verify, reads_a_jwt) {
    auto const read = declared(R"(verify:
  jwt:
    from: {header: Authorization, scheme: Bearer}
    algs: [RS256, RS512]
    keys: {public: {form: jwk, name: issuer}}
    iss: https://issuer.example
    aud: {param: audience}
    require: [exp, sub]
    claims: {email_verified: true, email: 'a@b', quoted: 'true', /realm/roles: {param: role}}
    leeway: 10s
    max_age: 5m
    body_hash: {claim: sha, alg: sha256, out: b64url}
    allow_weak: true
  params: {audience: [a, b], role: ops}
secrets: {issuer: [{env: TEST_SECRET}]}
)");
    EXPECT_THAT(read.said, IsEmpty());
    auto const& jwt = std::get<auth::jwt_check>(read.sender.verify->is);
    EXPECT_EQ(std::get<auth::header_value>(jwt.from.is).scheme, "Bearer");
    EXPECT_THAT(jwt.algorithms, ElementsAre(auth::token_algorithm::rs256, auth::token_algorithm::rs512));
    auto const& keys = std::get<auth::token_key_shape>(jwt.keys);
    EXPECT_EQ(keys.from.name, "issuer");
    EXPECT_EQ(keys.is, auth::token_key_shape::form::jwk);
    EXPECT_THAT(jwt.issuers, ElementsAre("https://issuer.example"));
    EXPECT_EQ(std::get<auth::param_value>(jwt.audience->is).name, "audience");
    EXPECT_THAT(jwt.require, ElementsAre("exp", "sub"));
    ASSERT_EQ(jwt.claims.size(), 4U);
    EXPECT_TRUE(std::get<bool>(jwt.claims[0].is));
    EXPECT_TRUE(std::holds_alternative<auth::value>(jwt.claims[2].is));
    EXPECT_EQ(jwt.claims[3].name, "/realm/roles");
    EXPECT_EQ(jwt.leeway, std::chrono::seconds{10});
    EXPECT_EQ(jwt.age_max, std::chrono::seconds{300});
    EXPECT_EQ(jwt.binds_body->out, auth::text_form::b64url);
    EXPECT_TRUE(jwt.allow_weak);
}

TEST(verify, reads_a_key_set_and_how_it_is_kept) {
    scratch_folder const folder;
    std::ofstream{folder.path() / "ca.pem"} << "-----BEGIN CERTIFICATE-----";
    auto const read = declared(R"(verify:
  jwt:
    from: {header: A}
    algs: [ES256]
    keys: {jwks: 'https://a/k', ca: )" +
                               (folder.path() / "ca.pem").string() +
                               R"(, refresh: 2h, interval: 90s, stale: 3d, fetch_within: 7s, bytes_max: 4096}
)");
    EXPECT_THAT(read.said, IsEmpty());
    auto const& keys = std::get<auth::fetch_rule>(std::get<auth::jwt_check>(read.sender.verify->is).keys);
    EXPECT_EQ(keys.url, "https://a/k");
    EXPECT_TRUE(keys.certificate_authorities.ends_with("ca.pem"));
    EXPECT_EQ(keys.refresh, std::chrono::hours{2});
    EXPECT_EQ(keys.interval, std::chrono::seconds{90});
    EXPECT_EQ(keys.stale, std::chrono::hours{72});
    EXPECT_EQ(keys.fetch_within, std::chrono::seconds{7});
    EXPECT_EQ(keys.bytes_max, 4096U);
}

TEST(verify, wants_an_end_of_every_token_unless_told_otherwise) {
    auto const required = [](std::string const& more) {
        auto const read = declared("verify: {jwt: {from: {header: A}, algs: [HS256], keys: {secret: {}}" +
                                   more + "}}\nsecrets: {signing: [{env: TEST_SECRET}]}");
        EXPECT_THAT(read.said, IsEmpty()) << more;
        return std::get<auth::jwt_check>(read.sender.verify->is).require;
    };
    EXPECT_THAT(required(""), ElementsAre("exp"));
    EXPECT_THAT(required(", max_age: 5m"), ElementsAre("iat"));
    EXPECT_THAT(required(", max_age: 5m, require: [jti]"), ElementsAre("jti"));
    EXPECT_THAT(required(", require: []"), IsEmpty());
}

// Discord's form, with the key, message and signature of RFC 8032, 7.1, test 3: the message is time and body.
TEST(verify, takes_a_public_key) {
    ::setenv("TEST_KEY", "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", 1);
    auto const [sender, said] = declared(R"(
verify:
  sig:
    alg: ed25519
    key: {form: raw, encoding: hex}
    content: [body]
    signature: {from: {header: X-Signature-Ed25519}, decode: hex}
secrets: {signing: [{env: TEST_KEY}]}
)");
    EXPECT_THAT(said, IsEmpty());
    auto const source = authenticator_of(sender);
    EXPECT_EQ(source.covers(), coverage::full);
    auto const incoming =
        post("\xaf\x82", {{"x-signature-ed25519",
                           "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
                           "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"}});
    EXPECT_EQ(refusal(source, incoming), "accepted");
    auto changed = incoming;
    changed.body += ' ';
    EXPECT_EQ(refusal(source, changed), "sig: the signature does not match");
}

TEST(verify, takes_items_joins_and_lines) {
    auto const items = declared(R"(
verify:
  each:
    in: /items
    check:
      mac:
        alg: hmac-sha256
        content: {join: ":", values: [{json: a/b}, {json: c, absent: ""}, "x"]}
        signature: {from: {json: sig}, decode: b64}
secrets: {signing: [{env: TEST_SECRET}]}
)");
    EXPECT_THAT(items.said, IsEmpty());
    EXPECT_THAT(mistakes_of(items.sender), IsEmpty());
    auto const& each = std::get<auth::each_check>(items.sender.verify->is);
    auto const& joined = std::get<auth::join_content>(std::get<auth::mac_check>(each.item->is).signs);
    ASSERT_EQ(joined.items.size(), 3U);
    EXPECT_EQ(std::get<auth::json_value>(joined.items[0].item.is).path.from, auth::json_path::start::item);
    EXPECT_FALSE(joined.items[0].absent);
    EXPECT_EQ(joined.items[1].absent, "");

    auto const lines = declared(R"(
verify:
  mac:
    alg: hmac-sha1
    content: {lines: true, keys_for: {/Type: {Notification: [Message, "Subject?"]}}}
    signature: {from: {json: /Signature}, decode: b64}
secrets: {signing: [{env: TEST_SECRET}]}
)");
    EXPECT_THAT(lines.said, IsEmpty());
    auto const& content =
        std::get<auth::lines_content>(std::get<auth::mac_check>(lines.sender.verify->is).signs);
    EXPECT_EQ(content.chosen_by->pointer, "/Type");
    ASSERT_EQ(content.lists.at("Notification").size(), 2U);
    EXPECT_TRUE(content.lists.at("Notification")[1].optional);
    EXPECT_EQ(content.lists.at("Notification")[1].name, "Subject");
}

TEST(verify, reads_how_a_sender_is_asked_back) {
    auto const read = declared(
        "verify: {postback: {url: 'https://a/v', method: PATCH, body: [body], type: a/b, expect: {body: "
        "V}}}");
    EXPECT_THAT(read.said, IsEmpty());
    auto const& back = std::get<auth::postback_check>(read.sender.verify->is);
    EXPECT_EQ(back.method + " " + back.asked.url + " " + back.type + " " + back.expect_body,
              "PATCH https://a/v a/b V");
}

TEST(verify, takes_handshakes_and_answers_on_top_of_a_preset) {
    auto const [sender, said] = declared(R"(
verify: {preset: github, secrets: [{env: TEST_SECRET}]}
secrets: {verify: [{env: TEST_OTHER}]}
answers: {ok: 200, ok_body: "[accepted]", budget: 1s, retry_after: 10s, headers_on_reject: {X-Why: "no"}}
handshake:
  - when: {method: GET, query: {hub.mode: subscribe}}
    require: {equal: {a: {query: hub.verify_token}, b: {secret: verify}}}
    accept: {value: {query: hub.challenge}, match: "[A-Za-z0-9_.-]{1,128}"}
    reply: {status: 200, type: text/plain, body: [{query: hub.challenge}]}
  - when: {method: GET, query_has: [crc_token]}
    require: none
    accept: {value: {query: crc_token}, match: "[A-Za-z0-9_+/=-]{1,128}"}
    reply:
      status: 200
      json: {response_token: ["sha256=", {mac: hmac-sha256, of: {query: crc_token}, out: b64}]}
)");
    EXPECT_THAT(said, IsEmpty());
    EXPECT_THAT(mistakes_of(sender), IsEmpty());
    EXPECT_EQ(sender.answers.ok, 200U);
    EXPECT_EQ(sender.answers.ok_body, "[accepted]");
    EXPECT_EQ(sender.answers.unauthenticated, 401U);
    EXPECT_EQ(sender.answers.retry_after, std::chrono::seconds{10});
    ASSERT_EQ(sender.handshakes.size(), 2U);
    EXPECT_TRUE(std::holds_alternative<auth::check>(sender.handshakes[0].require));
    EXPECT_TRUE(std::holds_alternative<auth::require_nothing>(sender.handshakes[1].require));
    EXPECT_EQ(sender.handshakes[1].reply.json[0].parts.size(), 2U);
}

TEST(verify, takes_a_preset_of_ones_own) {
    notes found;
    preset_nodes known;
    known["ours"] = *parse(R"(
title: Ours
verify: {mac: {alg: hmac-sha256, content: [body], signature: {from: {header: X-Ours}, decode: hex}}}
)",
                           found.add_file("ours.yaml"), found);
    auto const [sender, said] = declared("verify: {preset: ours, secrets: [{env: TEST_SECRET}]}", known);
    EXPECT_THAT(said, IsEmpty());
    EXPECT_THAT(mistakes_of(sender), IsEmpty());
}

constexpr auto with_params = R"(
title: Ours
params:
  key_header: {says: where the key is, default: X-Key}
  stamp: {says: where the time is, optional: true}
verify:
  mac: {alg: hmac-sha256, content: [body], signature: {from: {header: {param: key_header}}, decode: hex}}
verify_with:
  stamp:
    mac:
      alg: hmac-sha256
      content: [{header: {param: stamp}}, ":", body]
      signature: {from: {header: {param: key_header}}, decode: hex}
    time: {value: {header: {param: stamp}}, unit: s}
)";

TEST(verify, names_headers_and_chooses_checks_by_the_params_of_a_preset) {
    notes found;
    preset_nodes known;
    known["ours"] = *parse(with_params, found.add_file("ours.yaml"), found);
    auto const with = [&](std::string const& params) {
        return declared("verify: {preset: ours, secrets: [{env: TEST_SECRET}]" + params + "}", known);
    };
    auto const plain = with("");
    EXPECT_THAT(plain.said, IsEmpty());
    EXPECT_THAT(mistakes_of(plain.sender), IsEmpty());
    auto const& mac = std::get<auth::mac_check>(plain.sender.verify->is);
    EXPECT_EQ(std::get<auth::header_value>(mac.signature.from.is).names, (std::vector<std::string>{"x-key"}));
    EXPECT_FALSE(plain.sender.verify->time);

    auto const timed = with(", params: {key_header: X-Ours, stamp: X-Stamp}");
    EXPECT_THAT(timed.said, IsEmpty());
    EXPECT_THAT(mistakes_of(timed.sender), IsEmpty());
    auto const& other = std::get<auth::mac_check>(timed.sender.verify->is);
    EXPECT_EQ(std::get<auth::header_value>(other.signature.from.is).names,
              (std::vector<std::string>{"x-ours"}));
    ASSERT_TRUE(timed.sender.verify->time);
    EXPECT_EQ(std::get<auth::header_value>(timed.sender.verify->time->from.is).names,
              (std::vector<std::string>{"x-stamp"}));

    EXPECT_THAT(with(", params: {stmp: X-Stamp}").said,
                ElementsAre("sources.a.verify.params.stmp: is no param of this preset"));
    EXPECT_THAT(declared("verify: {preset: github, secrets: [{env: TEST_SECRET}], params: {a: b}}").said,
                ElementsAre("sources.a.verify.params.a: is no param of this preset"));
    EXPECT_THAT(
        declared("verify: {equal: {a: {header: {param: where}}, b: {secret: t}}, params: {where: X-T}}\n"
                 "secrets: {t: [{env: TEST_SECRET}]}")
            .said,
        IsEmpty());
}

TEST(verify, must_be_there_and_open_doors_are_spelled_out) {
    EXPECT_THAT(declared("secrets: {a: [{env: TEST_SECRET}]}").said,
                ElementsAre("sources.a.verify: is missing"));
    EXPECT_THAT(declared("verify: none").said,
                ElementsAre("sources.a.verify: accepts every request from anybody"));
    auto const open = declared("verify: {insecure: true}");
    EXPECT_THAT(open.said, IsEmpty());
    EXPECT_TRUE(open.sender.insecure);
    EXPECT_FALSE(declared("verify: {insecure: false}").sender.insecure);
}

struct mistaken_row {
    std::string yaml;
    std::string said;
};

TEST(verify, says_what_is_wrong_and_where) {
    std::string const mac =
        "verify: {mac: {alg: hmac-sha256, content: [body], signature: {from: {header: A}, decode: hex}";
    for (auto const& [yaml, said] : {
             mistaken_row{"verify: {preset: gihub}",
                          "sources.a.verify.preset: no sender is known as \"gihub\""},
             mistaken_row{"verify: {preset: github, secret: x}", "sources.a.verify.secret: is not a setting"},
             mistaken_row{"verify: [mac]", "sources.a.verify: is a list, not a mapping"},
             mistaken_row{"verify: {}", "sources.a.verify: has no check"},
             mistaken_row{"verify: {mac: {}, peer: {}}", "sources.a.verify: has several checks: mac, peer"},
             mistaken_row{"verify: {mca: {}}", "sources.a.verify: has no check"},
             mistaken_row{"verify: {postback: {}}", "sources.a.verify.postback.url: is missing"},
             mistaken_row{"verify: {postback: {method: GET}}",
                          "sources.a.verify.postback.method: \"GET\" is not known"},
             mistaken_row{"verify: {jwt: {}}", "sources.a.verify.jwt.from: is missing"},
             mistaken_row{"verify: {jwt: {}}", "sources.a.verify.jwt.algs: is missing"},
             mistaken_row{"verify: {jwt: {}}", "sources.a.verify.jwt.keys: is missing"},
             mistaken_row{"verify: {jwt: {algs: [none]}}",
                          "sources.a.verify.jwt.algs: \"none\" is not known"},
             mistaken_row{"verify: {jwt: {algs: [rs256]}}",
                          "sources.a.verify.jwt.algs: \"rs256\" is not known"},
             mistaken_row{"verify: {jwt: {keys: {}}}",
                          "sources.a.verify.jwt.keys: does not say one place of the keys"},
             mistaken_row{"verify: {jwt: {keys: {secret: {}, public: {form: pem}}}}",
                          "sources.a.verify.jwt.keys: does not say one place of the keys"},
             mistaken_row{"verify: {jwt: {keys: {jwks: https://a, secret: {}}}}",
                          "sources.a.verify.jwt.keys: does not say one place of the keys"},
             mistaken_row{"verify: {jwt: {keys: {jwks: https://a, ca: [x]}}}",
                          "sources.a.verify.jwt.keys.ca: is not the name of a file"},
             mistaken_row{"verify: {jwt: {keys: {jwks: https://a, ca: /none/ca.pem}}}",
                          "sources.a.verify.jwt.keys.ca: cannot use /none/ca.pem: not there, empty, or over "
                          "1048576 bytes"},
             mistaken_row{"verify: {jwt: {keys: {jwks: https://a, ca: " HEADGATE_SOURCE_DIR "/README.md}}}",
                          "sources.a.verify.jwt.keys.ca: " HEADGATE_SOURCE_DIR
                          "/README.md has no certificate in it"},
             mistaken_row{"verify: {jwt: {keys: {jwks: https://a, interval: 100ms}}}",
                          "sources.a.verify.jwt.keys.interval: 100ms is not from 1s to 1h"},
             mistaken_row{
                 "verify: {jwt: {keys: {jwks: https://a, bytes_max: 1023}}}",
                 "sources.a.verify.jwt.keys.bytes_max: \"1023\" is not a whole number from 1024 to 16777216"},
             mistaken_row{"verify: {jwt: {keys: {public: {}}}}",
                          "sources.a.verify.jwt.keys.public.form: is missing"},
             mistaken_row{"verify: {jwt: {aud: https://x}}",
                          "sources.a.verify.jwt.aud: \"https://x\" is not a value"},
             mistaken_row{"verify: {jwt: {leeway: 61s}}",
                          "sources.a.verify.jwt.leeway: 61s is not from 0s to 1m"},
             mistaken_row{"verify: {jwt: {claims: {a: 5}}}",
                          "sources.a.verify.jwt.claims.a: \"5\" is not a value"},
             mistaken_row{"verify: {jwt: {body_hash: {}}}",
                          "sources.a.verify.jwt.body_hash.claim: is missing"},
             mistaken_row{"verify: {jwt: {typ: JWT}}", "sources.a.verify.jwt.typ: is not a setting"},
             mistaken_row{"verify: {peer: {mtls: {anchors: /none/ca.pem}}}",
                          "sources.a.verify.peer.mtls.anchors: cannot use /none/ca.pem: not there, empty, "
                          "or over 1048576 bytes"},
             mistaken_row{"verify: {peer: {mtls: {anchors: [ca.pem]}}}",
                          "sources.a.verify.peer.mtls.anchors: is not the name of a file"},
             mistaken_row{"verify: {peer: {cidr: []}}", "sources.a.verify.peer.cidr: is an empty list"},
             mistaken_row{"verify: {peer: {cidr: [], mtls: {fingerprints: [ab]}}}",
                          "sources.a.verify.peer.cidr: is an empty list"},
             mistaken_row{"verify: {peer: {cidr: ['::1'], mtls: {anchors: a, san: [], cn: b}}}",
                          "sources.a.verify.peer.mtls.san: is an empty list"},
             mistaken_row{"verify: {peer: {cidr: ['::1'], mtls: {anchors: a, san: b, cn: []}}}",
                          "sources.a.verify.peer.mtls.cn: is an empty list"},
             mistaken_row{"verify: {peer: {cidr: ['::1'], mtls: {anchors: a, fingerprints: []}}}",
                          "sources.a.verify.peer.mtls.fingerprints: is an empty list"},
             mistaken_row{"verify: {jwt: {iss: []}}", "sources.a.verify.jwt.iss: is an empty list"},
             mistaken_row{"verify: {jwt: {claims: {}}}", "sources.a.verify.jwt.claims: names no claim"},
             mistaken_row{"verify: {peer: {cidr: ['::1']}, when: {method: []}}",
                          "sources.a.verify.when.method: is an empty list"},
             mistaken_row{"verify: {peer: {cidr: ['::1']}, when: {query_has: []}}",
                          "sources.a.verify.when.query_has: is an empty list"},
             mistaken_row{"verify: {peer: {cidr: ['::1']}, when: {json_has: []}}",
                          "sources.a.verify.when.json_has: is an empty list"},
             mistaken_row{"verify: {peer: {mtls: {subject: a}}}",
                          "sources.a.verify.peer.mtls.subject: is not a setting"},
             mistaken_row{"verify: {sig: {}}", "sources.a.verify.sig.alg: is missing"},
             mistaken_row{"verify: {sig: {alg: ed25519}}", "sources.a.verify.sig.key: is missing"},
             mistaken_row{"verify: {sig: {alg: ed25519, key: {}}}",
                          "sources.a.verify.sig.key.form: is missing"},
             mistaken_row{"verify: {sig: {alg: ed25519, cert: {url: x}}}",
                          "sources.a.verify.sig.cert.path: is missing"},
             mistaken_row{"verify: {all: {}}", "sources.a.verify.all: is a mapping, not a list of checks"},
             mistaken_row{"verify: {all: [x]}", "sources.a.verify.all[0]: is a text, not a check"},
             mistaken_row{mac + ", allowweak: true}}", "sources.a.verify.mac.allowweak: is not a setting"},
             mistaken_row{mac + "}, secrets: [{env: TEST_SECRET}]}",
                          "sources.a.verify.secrets: belongs beside `verify`"},
             mistaken_row{mac + "}, time: {value: {header: T}, past: 8d}}",
                          "sources.a.verify.time.past: 8d is not from 0s to 7d"},
             mistaken_row{mac + "}, time: {value: {header: T}, past: 100ms}}",
                          "sources.a.verify.time.past: is too fine"},
             mistaken_row{
                 "verify: {mac: {alg: hmac-md5, content: [body], signature: {from: body, decode: hex}}}",
                 "sources.a.verify.mac.alg: \"hmac-md5\" is not known"},
             mistaken_row{"verify: {mac: {content: [body], signature: {from: body, decode: hex}}}",
                          "sources.a.verify.mac.alg: is missing"},
             mistaken_row{
                 "verify: {mac: {alg: hmac-sha1, content: [bodi], signature: {from: body, decode: hex}}}",
                 "sources.a.verify.mac.content[0]: \"bodi\" is not a value"},
             mistaken_row{"verify: {mac: {alg: hmac-sha1, content: [{heder: x}], signature: {from: body, "
                          "decode: hex}}}",
                          "sources.a.verify.mac.content[0]: names no source of a value"},
             mistaken_row{"verify: {mac: {alg: hmac-sha1, content: [{header: x, query: y}], signature: "
                          "{from: body, decode: hex}}}",
                          "sources.a.verify.mac.content[0]: names several sources: header, query"},
             mistaken_row{"verify: {mac: {alg: hmac-sha1, content: [{header: x, sheme: y}], signature: "
                          "{from: body, decode: hex}}}",
                          "sources.a.verify.mac.content[0].sheme: is not a setting"},
             mistaken_row{"verify: {mac: {alg: hmac-sha1, content: [body], signature: {from: body}}}",
                          "sources.a.verify.mac.signature.decode: is missing"},
             mistaken_row{"verify: {equal: {a: {header: x}}}", "sources.a.verify.equal.b: is missing"},
             mistaken_row{"verify: {insecure: true}\nhandshake: [{when: {method: GET}, require: maybe}]",
                          "sources.a.handshake[0].require: \"maybe\" is not known"},
             mistaken_row{"verify: {insecure: true}\nanswers: {ok: 99}",
                          "sources.a.answers.ok: \"99\" is not a whole number from 200 to 599"},
             mistaken_row{"verify: {insecure: true}\nsecrets: {}", "sources.a.secrets: is empty"},
             mistaken_row{"verify: {preset: github, secrets: [{env: TEST_SECRET}]}\nsecrets: {signing: "
                          "[{env: TEST_SECRET}]}",
                          "sources.a.secrets.signing: is given here and in `verify`"},
             mistaken_row{
                 "verify: {preset: github, secrets: [{env: TEST_UNSET}]}",
                 "sources.a.verify.secrets[0].env: the environment has no TEST_UNSET, or an empty one"},
         }) {
        auto const heard = declared(yaml).said;
        EXPECT_THAT(heard, ::testing::Contains(said)) << yaml;
    }
}

TEST(verify, describes_itself_for_the_schema) {
    setting described;
    section at{described};
    auth::settings unused;
    declare_sender(at, unused, embedded_preset_nodes());
    std::vector<std::string> keys;
    for (auto const& one : described.inside) {
        keys.push_back(one->key);
        EXPECT_FALSE(one->says.empty());
        json::arena where;
        EXPECT_TRUE(json::parse(one->schema, where)) << one->key;
    }
    EXPECT_THAT(keys, ElementsAre("verify", "secrets", "answers", "handshake"));
}

}  // namespace
}  // namespace headgate::config
