#include "config/parse.hpp"
#include "config/preset_pages.hpp"
#include "config/presets.hpp"
#include "config/schema.hpp"
#include "json/parse.hpp"
#include "tests/support/json_schema.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <string>

// An editor with the schema says no to what the loader says no to, wherever a schema can.

namespace headgate::config {
namespace {

void write_as_json(node const& from, json::writer& out) {
    static std::regex const number{"-?[0-9]+(\\.[0-9]+)?"};
    if (from.is_mapping()) {
        out.begin_object();
        for (auto const& one : from.members) {
            out.key(one.key);
            write_as_json(one.value, out);
        }
        out.end_object();
    } else if (from.is_list()) {
        out.begin_array();
        for (auto const& one : from.items) write_as_json(one, out);
        out.end_array();
    } else if (from.is_empty() || (!from.quoted && (from.text == "null" || from.text.empty()))) {
        out.null();
    } else if (!from.quoted && (from.text == "true" || from.text == "false")) {
        out.boolean(from.text == "true");
    } else if (!from.quoted && std::regex_match(from.text, number)) {
        out.raw(from.text);
    } else {
        out.string(from.text);
    }
}

bool schema_takes(std::string const& yaml) {
    notes found;
    auto const tree = parse(yaml, found.add_file("one.yaml"), found);
    EXPECT_TRUE(tree) << yaml;
    json::writer out;
    write_as_json(tree.value(), out);
    auto const text = std::move(out).take();
    static std::string const schema = json_schema();
    json::arena own;
    return testing_support::json_schema{json::parse(schema, own)->root}.accepts(json::parse(text, own)->root);
}

// A whole configuration around the lines of one source.
std::string with_source(std::string const& lines) {
    std::string all = "sources:\n  a:\n    path: /a\n    ";
    for (char const c : lines) {
        all += c;
        if (c == '\n') all += "    ";
    }
    return all;
}

std::string mac_with(std::string const& members) {
    return "verify: {mac: {alg: hmac-sha256, content: [body], signature: {from: {header: A}, decode: hex}" +
           members + "}";
}

// One of its keys wrong, or one too many.
std::string jwt_with(std::string const& member) {
    std::string all = "verify: {jwt: {" + member;
    if (!member.starts_with("from")) all += ", from: {header: A}";
    if (!member.starts_with("algs")) all += ", algs: [RS256]";
    if (!member.starts_with("keys")) all += ", keys: {public: {form: pem}}";
    return all + "}}";
}

std::string over(std::string const& content) {
    return "verify: {mac: {alg: hmac-sha1, content: " + content +
           ", signature: {from: {header: A}, decode: hex}}}";
}

std::string shaken(std::string const& handshake) {
    return "verify: {preset: github}\nhandshake: [{" + handshake + "}]";
}

class right_sources : public ::testing::TestWithParam<std::string> {};

TEST_P(right_sources, are_taken) {
    EXPECT_TRUE(schema_takes(with_source(GetParam())));
}

INSTANTIATE_TEST_SUITE_P(
    schema, right_sources,
    ::testing::Values(
        "verify: {preset: github, secrets: [{file: /run/x}, {env: X, until: 2026-10-01T00:00:00Z}]}",
        "verify: {preset: square, params: {notification_url: https://x/y, several: [a, 7]}, public_url: "
        "https://x}",
        "verify: {insecure: true}",
        "verify: {sig: {alg: ed25519, key: {form: raw, name: k, encoding: hex, strip: whpk_}, content: "
        "[{header: T}, body], "
        "signature: {from: {header: A}, decode: hex}}, time: {value: {header: T}}}",
        "verify: {jwt: {from: {header: A, scheme: Bearer}, algs: [RS256], keys: {public: {form: jwk, name: "
        "k}}, iss: [a], aud: 'x', require: [exp], claims: {a: true, /b/c: {param: p}}, leeway: 10s, max_age: "
        "5m, body_hash: {claim: h, alg: sha256, out: hex}, allow_weak: false}, time: {value: {claim: iat}}}",
        "verify: {all: [{jwt: {from: {query: t}, algs: [HS256, HS512], keys: {secret: {encoding: b64}}, iss: "
        "x, aud: {param: p}}}, {equal: {a: {claim: c}, b: {query: q}}}]}",
        "verify: {jwt: {from: {header: A}, algs: [EdDSA], keys: {jwks: 'https://a:8443/k?x=1', ca: ca.pem, "
        "refresh: 1h, interval: 60s, stale: 1d, fetch_within: 5s, bytes_max: 1024}}}",
        "verify: {peer: {mtls: {anchors: ca.pem, san: [a, b], cn: c}}}",
        "verify: {session: {ask: {url: 'http://127.0.0.1:4180/oauth2/auth?allowed_groups=a', ca: ca.pem, "
        "cookie: "
        "c, within: 2s, keep: 30s, kept_max: 1, asking_max: 1, bytes_max: 1024}, groups: [a], emails: a@b, "
        "domains: [b]}}",
        "verify: {all: [{peer: {proxy: ['::1']}}, {session: {headers: x-auth-request, groups: a}}]}",
        "verify: {session: {gap_signature: {alg: hmac-sha1, secret: {name: k, min_bytes: 16}}}}",
        "verify: {session: {jwt: {algs: [RS256], keys: {jwks: 'https://a/k'}, aud: 'x'}}}",
        "verify: {peer: {cidr: ['::1'], mtls: {fingerprints: "
        "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef}}}",
        mac_with("}"), mac_with(", secret: {name: k, strip: k_, encoding: hex, min_bytes: 16}}"),
        mac_with(", allow_weak: true}") + "\nsecrets: {k: [{env: X}]}",
        "verify: {mac: {alg: hmac-sha1, content: body, signature: {from: {header: A}, list: ' ', pair: ',', "
        "take: v1, "
        "parts: {t: once}, prefix: '', decode: hex-any-case}}, time: {value: {part: t}, unit: ms, past: "
        "60s}, "
        "once: {value: {json: /a}, keep: 1h}, when: {method: [POST, PUT], content_type: a/b, body: present, "
        "header: {X-A: 1}, query: {c: d}, query_has: [e], json: {/f: true}}}",
        over("[method, '|', {path: n}, {header: [A, B], scheme: Bearer, decode: b64}, {query: q}, {json: "
             "/a/0}, {json: ''}, "
             "{slice: {array: /0, object: ''}}, {slice: /a}, {form: f}, {form_sorted: {item: [name, value], "
             "unique: true}}, "
             "{url: {base: configured, port: any, decode: [3A, '2F']}}, {part: t}, {param: p}, "
             "{digest: {alg: sha1, of: body, out: b64}}, {const: ''}, {const: 5}]"),
        over("{join: ':', values: [{json: a/b}, {json: c, absent: ''}, 'x']}"),
        over("{lines: true, keys_for: {/Type: {Notification: [Message, 'Subject?']}}}"),
        over("{lines: true, keys: [A]}"),
        "verify: {all: [{equal: {a: {query: token}, b: {secret: token, encoding: b64}}}, {peer: {cidr: "
        "[10.0.0.0/8]}}]}",
        "verify: {any: [{when: {method: GET, body: empty}, peer: {cidr: ['::1/128']}}, {each: {in: /i, "
        "check: {equal: {a: "
        "{json: t}, b: {secret: s}}}}}]}",
        shaken("when: {method: GET}, require: verified, accept: {value: {query: c}, match: '[a-z]{1,9}'}, "
               "reply: {status: 200, "
               "type: text/plain, body: [{query: c}]}"),
        shaken("when: {query_has: [c]}, require: none, reply: {json: {r: ['x=', {mac: hmac-sha256, of: "
               "{query: c}, out: b64}]}, "
               "headers: {X-A: {header: B}}}"),
        shaken(
            "when: {json_has: [/key]}, require: none, accept: {value: {json: /key}, match: '[a-z]+'}, shows: "
            "{json: /key}"),
        shaken("when: {json: {/type: 0}}, require: {equal: {a: {query: t}, b: {secret: s}}}"),
        "verify: {jwt: {from: {header: A}, algs: [ES256], keys: {endpoint: 'https://a/k', json: {id: 'x', s: "
        "{secret: api}}, key_id: kid, key_at: /key, until_at: /key/end, unknown: {/error: no_such_key}, "
        "keys_max: 8, refresh: 1h}, max_age: "
        "5m}}",
        "verify: {sig: {alg: rsa-pkcs1-sha256, cert: {url: {json: /u}, hosts: ['a.{region}.b', c], path: "
        "'/x', "
        "subject: {san: a, cn: [b]}, anchors: ca.pem, ca: tls.pem, certificates_max: 2, interval: 5s}, "
        "content: "
        "[body], signature: {from: {header: A}, decode: b64}}}",
        "verify: {postback: {url: 'https://a/v', credentials: {basic: api}, json: {id: {header: A}, event: "
        "body}, "
        "expect: {json: {/status: OK}}, fetch_within: 2s, at_once_max: 4, bytes_max: 4096, ca: ca.pem}}",
        "verify: {postback: {url: 'https://a/v', method: PUT, body: ['cmd=x&', body], type: a/b, expect: "
        "{body: "
        "VERIFIED}}}",
        shaken("when: {json: {/Type: S}}, require: verified, call: {url: {json: /u}, hosts: [a.b], path: /, "
               "query: {Action: 'C', Token: {json: /t}}, fetch_within: 1s}, reply: {status: 200}"),
        "verify: {preset: github}\nanswers: {ok: 200, ok_body: '[accepted]', overload: 429, budget: 1s, "
        "retry_after: 10s, "
        "headers_on_reject: {X-Why: no}}",
        "verify: {preset: github}\nlimits: {body_bytes_max: 1, handshake_json_bytes_max: 0}\nreplay: "
        "digest"));

class wrong_sources : public ::testing::TestWithParam<std::string> {};

TEST_P(wrong_sources, are_refused) {
    EXPECT_FALSE(schema_takes(with_source(GetParam())));
}

// Each is refused by the loader too: config_verify_test.cpp and auth_loader_test.cpp say with what words.
// Those rows of theirs that are missing here need to know more than one place: names of presets, secrets,
// parts and params.
INSTANTIATE_TEST_SUITE_P(
    schema, wrong_sources,
    ::testing::Values(
        "secrets: {a: [{env: X}]}", "verify: none", "verify: {insecure: false}",
        "verify: {preset: github, secret: x}", "verify: {preset: github, mac: {}}", "verify: [mac]",
        "verify: {}", "verify: {mac: {}, peer: {cidr: ['::1']}}", "verify: {mca: {}}", "verify: {jwt: {}}",
        jwt_with("algs: [none]"), jwt_with("algs: [rs256]"), jwt_with("algs: []"), jwt_with("algs: RS256"),
        jwt_with("keys: {}"), jwt_with("keys: {secret: {}, public: {form: pem}}"),
        jwt_with("keys: {public: {}}"), jwt_with("keys: {jwks: 'http://a/k'}"),
        jwt_with("keys: {jwks: 'https://u@a/k'}"), jwt_with("keys: {jwks: 'https://a', secret: {}}"),
        jwt_with("keys: {jwks: 'https://a', bytes_max: 1}"), jwt_with("keys: {ca: ca.pem}"),
        jwt_with("keys: {public: {form: der}}"), jwt_with("keys: {secret: {}, alg: HS256}"),
        jwt_with("aud: []"), jwt_with("claims: {}"), jwt_with("claims: {a: 5}"), jwt_with("leeway: 10"),
        jwt_with("body_hash: {}"), jwt_with("body_hash: {claim: h, alg: sha1}"), jwt_with("typ: JWT"),
        "verify: {sig: {}}",
        "verify: {sig: {alg: ed25519, content: [body], signature: {from: {header: A}, decode: hex}}}",
        "verify: {sig: {alg: ed25519, key: {encoding: hex}, content: [body], signature: {from: {header: A}, "
        "decode: hex}}}",
        "verify: {sig: {alg: ed448, key: {form: raw}, content: [body], signature: {from: {header: A}, "
        "decode: hex}}}",
        "verify: {sig: {alg: ed25519, key: {form: jwk}, content: [body], signature: {from: {header: A}, "
        "decode: hex}}}",
        "verify: {postback: {}}", "verify: {all: {}}", "verify: {all: []}", "verify: {all: [x]}",
        "verify: {all: [{mca: {}}]}", "verify: {any: [{insecure: true}]}", mac_with(", allowweak: true}"),
        mac_with(", allow_weak: 'true'}"), mac_with("}, secrets: [{env: X}]"), mac_with(", secret: k}"),
        mac_with(", secret: {encoding: base64}}"), mac_with(", secret: {min_bytes: 1025}}"),
        mac_with("}, time: {past: 1s}"), mac_with("}, time: {value: {header: T}, past: 300}"),
        mac_with("}, time: {value: {header: T}, unit: min}"),
        mac_with("}, time: {value: {header: T}, window: 1s}"), mac_with("}, once: {keep: 1h}"),
        mac_with("}, when: {methods: [GET]}"), mac_with("}, when: {body: full}"),
        mac_with("}, when: {json: {a: b}}"), mac_with("}, public_url: hooks.example.com"),
        mac_with("}, params: {p: {}}"),
        "verify: {mac: {alg: hmac-md5, content: [body], signature: {from: {header: A}, decode: hex}}}",
        "verify: {mac: {content: [body], signature: {from: {header: A}, decode: hex}}}",
        "verify: {mac: {alg: hmac-sha1, signature: {from: {header: A}, decode: hex}}}",
        "verify: {mac: {alg: hmac-sha1, content: [body]}}",
        "verify: {mac: {alg: hmac-sha1, content: [body], signature: {from: {header: A}}}}",
        "verify: {mac: {alg: hmac-sha1, content: [body], signature: {decode: hex}}}",
        "verify: {mac: {alg: hmac-sha1, content: [body], signature: {from: {header: A}, decode: base64}}}",
        "verify: {mac: {alg: hmac-sha1, content: [body], signature: {from: {header: A}, decode: hex, pair: "
        "'='}}}",
        "verify: {mac: {alg: hmac-sha1, content: [body], signature: {from: {header: A}, decode: hex, parts: "
        "{t: once}}}}",
        "verify: {mac: {alg: hmac-sha1, content: [body], signature: {from: {header: A}, decode: hex, pair: "
        "'=', take: v, "
        "parts: {t: twice}}}}",
        over("[]"), over("[{heder: x}]"), over("[{header: x, query: y}]"), over("[{header: x, sheme: y}]"),
        over("[{header: ''}]"), over("[{json: /~2}]"), over("[{slice: {arrays: /0}}]"),
        over("[{form_sorted: {item: [value, name]}}]"), over("[{url: {base: host}}]"),
        over("[{url: {decode: [xyz]}}]"), over("[{digest: {alg: md5, of: body}}]"),
        over("[{digest: {alg: sha1}}]"), over("[{secret: s}]"), over("[{mac: hmac-sha1, of: body}]"),
        over("[[body]]"), over("[5]"), over("{join: ':'}"), over("{lines: false, keys: [A]}"),
        over("{lines: true}"), over("{lines: true, keys_for: {/a: {x: [A]}, /b: {x: [A]}}}"),
        "verify: {equal: {a: {header: x}}}", "verify: {equal: {a: {header: x}, b: {secret: s, name: s}}}",
        "verify: {equal: {a: {header: x}, b: {secret: s}, c: body}}", "verify: {peer: {}}",
        "verify: {peer: {cidr: []}}", "verify: {peer: {cidr: 10.0.0.0/8}}",
        "verify: {peer: {cidr: ['::1'], mtls: {}}}", "verify: {peer: {mtls: {san: a}}}",
        "verify: {session: {}}", "verify: {session: {groups: a}}", "verify: {session: {ask: {}}}",
        "verify: {session: {ask: {url: 'ftp://a/b'}}}", "verify: {session: {ask: {url: 'http://u@a/b'}}}",
        "verify: {session: {ask: {url: 'http://a'}}}", "verify: {session: {headers: x-user}}",
        "verify: {session: {ask: {url: 'http://a/b', keep: 5}}}",
        "verify: {session: {ask: {url: 'http://a/b'}, headers: x-forwarded}}",
        "verify: {session: {gap_signature: {}}}", "verify: {session: {gap_signature: {alg: sha256}}}",
        "verify: {session: {jwt: {algs: [RS256], keys: {jwks: 'https://a/k'}}}}",
        "verify: {session: {headers: x-forwarded, group: a}}", "verify: {peer: {proxy: 10.0.0.1}}",
        "verify: {peer: {mtls: {fingerprints: [ab]}}}", "verify: {peer: {mtls: {anchors: a, subject: b}}}",
        "verify: {peer: {cidr: [], mtls: {anchors: a, cn: b}}}",
        "verify: {peer: {mtls: {anchors: a, san: [], cn: b}}}",
        "verify: {peer: {mtls: {anchors: a, san: b, cn: []}}}",
        "verify: {peer: {mtls: {anchors: a, fingerprints: []}}}", jwt_with("iss: []"),
        "verify: {peer: {cidr: ['::1']}, when: {method: []}}",
        "verify: {peer: {cidr: ['::1']}, when: {query_has: []}}",
        "verify: {peer: {cidr: ['::1']}, when: {json_has: []}}", "verify: {each: {in: /a}}",
        "verify: {each: {in: /a, check: []}}", shaken("when: {method: GET}, require: maybe"),
        shaken("when: {}, require: verified"), shaken("when: {method: GET}"), shaken("require: verified"),
        "verify: {postback: {url: 'https://a/v', json: {a: body}, body: [body], expect: {body: V}}}",
        "verify: {postback: {url: 'https://a/v', json: {a: body}}}",
        "verify: {postback: {url: 'https://a/v', method: GET, json: {a: body}, expect: {body: V}}}",
        "verify: {postback: {url: 'https://a/v', json: {a: body}, credentials: {digest: api}, expect: {body: "
        "V}}}",
        "verify: {sig: {alg: ed25519, cert: {url: {json: /u}, hosts: [a], subject: {san: a}}, content: "
        "[body], "
        "signature: {from: {header: A}, decode: b64}}}",
        "verify: {sig: {alg: ed25519, key: {form: raw}, cert: {url: {json: /u}, hosts: [a], path: /, "
        "subject: "
        "{san: a}}, content: [body], signature: {from: {header: A}, decode: b64}}}",
        jwt_with("keys: {endpoint: 'https://a/k', json: {a: body}}"),
        shaken("when: {method: GET}, require: verified, call: {hosts: [a], path: /}"),
        shaken("when: {method: GET}, require: {}"),
        shaken("when: {method: GET}, require: none, accept: {value: {query: c}}"),
        shaken("when: {method: GET}, require: none, reply: {status: 302}"),
        shaken("when: {method: GET}, require: none, reply: {text: x}"),
        shaken("when: {method: GET}, require: none, reply: {type: text/html}"),
        shaken("when: {method: GET}, require: none, reply: {body: [{mac: hmac-sha256}]}"),
        shaken("when: {method: GET}, require: none, call: {url: x}"),
        shaken("when: {method: GET}, require: none, shows: [body]"),
        "verify: {insecure: true}\nanswers: {ok: 99}", "verify: {insecure: true}\nanswers: {ok: 302}",
        "verify: {insecure: true}\nanswers: {overload: 430}",
        "verify: {insecure: true}\nanswers: {retry_after: 5}", "verify: {insecure: true}\nsecrets: {}",
        "verify: {insecure: true}\nsecrets: {a: []}",
        "verify: {insecure: true}\nsecrets: {a: [{file: x, env: y}]}",
        "verify: {insecure: true}\nsecrets: {a: [secret]}",
        "verify: {insecure: true}\nlimits: {handshake_json_bytes_max: 1048577}",
        "verify: {insecure: true}\nreplay: yes"));

TEST(schema, takes_what_is_shown_of_our_presets) {
    for (auto const& one : known_presets()) {
        EXPECT_TRUE(schema_takes(as_own_preset(one) + "sources: {a: {path: /a, verify: {insecure: true}}}"))
            << one.name;
    }
}

TEST(schema, takes_the_examples) {
    namespace fs = std::filesystem;
    std::size_t seen = 0;
    for (auto const& one :
         fs::recursive_directory_iterator{fs::path{HEADGATE_SOURCE_DIR} / "config/examples"}) {
        if (one.path().extension() != ".yaml") continue;
        std::ifstream file{one.path()};
        std::string text{std::istreambuf_iterator<char>{file}, {}};
        bool const is_part = one.path().parent_path().filename() == "many-sources";
        if (is_part && !text.contains("\nsources:"))
            text += "\nsources: {a: {path: /a, verify: {preset: github}}}";
        EXPECT_TRUE(schema_takes(text)) << one.path();
        ++seen;
    }
    EXPECT_GE(seen, 6U);
}

}  // namespace
}  // namespace headgate::config
