#include "config/load.hpp"
#include "config/notes.hpp"
#include "json/write.hpp"
#include "tests/support/scratch_folder.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

namespace headgate::config {
namespace {

using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// A folder with some secrets, into which a test writes its configuration.
class configurations : public ::testing::Test {
protected:
    configurations() {
        write("secret", "a secret of some length\n");
        write("own", "a secret of another source\n");
        write("third", "a secret of a third source\n");
        write("token", "operator-0123456789abcdef\n");
        for (auto const* name : {"secret", "own", "third", "token"}) {
            std::filesystem::permissions(folder_.path() / name, std::filesystem::perms::owner_read);
        }
    }

    void write(std::string_view name, std::string_view text) {
        std::ofstream{folder_.path() / name, std::ios::binary} << text;
    }

    // `text` below a source and a store that are right.
    [[nodiscard]] std::vector<std::string> said_about(std::string_view text) {
        write("headgate.yaml", std::string{right} + std::string{text});
        return lines(load(folder_.path() / "headgate.yaml"));
    }

    [[nodiscard]] std::vector<std::string> lines(loaded const& outcome) const {
        std::vector<std::string> all;
        for (auto const& one : outcome.found) {
            all.push_back((one.weighs == problem::weight::warning ? "warning: " : "") + to_text(one));
        }
        return all;
    }

    // Five lines, so that what a test adds starts on line 6.
    static constexpr std::string_view right =
        "store: {sqlite: {path: headgate.db}}\n"
        "sources:\n"
        "  github:\n"
        "    path: /webhooks/github\n"
        "    verify: {preset: github, secrets: [{file: secret}]}\n";

    testing_support::scratch_folder folder_;
};

TEST_F(configurations, bound_what_checks_and_rules_read_of_a_source) {
    write("headgate.yaml", std::string{right} +
                               "    limits: {signatures_max: 3, token_bytes_max: 4096, json_depth_max: 100, "
                               "each_items_max: 7, key_tries_max: 2}\n");
    auto const made = load(folder_.path() / "headgate.yaml").made;
    ASSERT_TRUE(made);
    auto const& source = made->gateway.sources.at(0);
    EXPECT_EQ(source.sender.limits.signatures_max, 3U);
    EXPECT_EQ(source.sender.limits.token_bytes_max, 4096U);
    EXPECT_EQ(source.sender.limits.json_depth_max, 100U);
    EXPECT_EQ(source.body.json_depth_max, 100U);
    EXPECT_EQ(source.sender.limits.each_items_max, 7U);
    EXPECT_EQ(source.sender.limits.key_tries_max, 2U);
}

TEST_F(configurations, with_ten_mistakes_list_ten_problems_each_with_line_and_remedy) {
    write("headgate.yaml",
          "listen:\n"
          "  webhooks: {address: \"0.0.0.0\"}\n"
          "  webhook: {}\n"
          "operators:\n"
          "  - {name: ci, role: owner, token: {file: token}}\n"
          "store: {sqlite: {path: headgate.db}, backlog_max: many}\n"
          "retention: {events: 30}\n"
          "targets:\n"
          "  platform: {temporal: {address: temporal}}\n"
          "sources:\n"
          "  github:\n"
          "    path: webhooks/github\n"
          "    verify: {preset: github, secrets: [{file: nowhere}]}\n"
          "rules:\n"
          "  - name: orders\n"
          "    source: gitbub\n"
          "    start: {target: platform, workflow: Sync}\n");
    auto const outcome = load(folder_.path() / "headgate.yaml");
    EXPECT_FALSE(outcome.made);
    auto const nowhere = (folder_.path() / "nowhere").string();
    EXPECT_THAT(
        lines(outcome),
        ElementsAre(
            "listen.webhooks.address (line 2): \"0.0.0.0\" has no port — write for example 0.0.0.0:8080",
            "listen.webhook (line 3): is not a setting — did you mean webhooks? one of: webhooks, operator, "
            "trusted_proxies, drain_within",
            "operators[0].role (line 5): \"owner\" is not known — one of: viewer, operator",
            "store.backlog_max (line 6): \"many\" is not a whole number from 1 to 1000000000000 — write "
            "digits "
            "only, for example 1",
            "retention.events (line 7): \"30\" is not a duration — write a whole number and a unit (ms, s, "
            "m, h, "
            "d), for example 300s",
            "targets.platform.temporal.address (line 9): \"temporal\" has no port — write for example "
            "temporal:7233",
            "sources.github.path (line 12): \"webhooks/github\" does not begin with '/' — write for example "
            "/webhooks/github or /webhooks/airbyte/{connection}",
            "sources.github.verify.secrets[0].file (line 13): " + nowhere +
                " cannot be read: No such file or directory — create it, readable by the user that runs "
                "headgate",
            "rules[0].start.task_queue (line 17): is missing — add it, for example `task_queue: "
            "data-platform`",
            "rules[0].source (line 16): \"gitbub\" is not a source — did you mean github? one of: github"));
    for (auto const& one : outcome.found) EXPECT_NE(one.remedy, "") << one.path;
    EXPECT_FALSE(std::filesystem::exists(folder_.path() / "headgate.db"));
}

TEST_F(configurations, that_are_right_are_made_and_nothing_is_said) {
    EXPECT_THAT(said_about(""), IsEmpty());
    auto const outcome = load(folder_.path() / "headgate.yaml");
    ASSERT_TRUE(outcome.made);
    EXPECT_EQ(outcome.made->webhooks.address, "127.0.0.1:8080");
    EXPECT_EQ(outcome.made->gateway.sources[0].sender.secrets.at("signing")[0].value.reveal(),
              "a secret of some length");
    EXPECT_EQ(outcome.made->store.sqlite.path, (folder_.path() / "headgate.db").string());
}

TEST_F(configurations, take_presets_of_ones_own_and_say_what_is_wrong_with_one_once) {
    auto const ours = [](std::string_view covers) {
        return fmt::format(
            "  b: {{path: /b, verify: {{preset: ours, secrets: [{{file: own}}]}}}}\n"
            "  c: {{path: /c, verify: {{preset: ours, secrets: [{{file: third}}]}}}}\n"
            "presets:\n"
            "  ours:\n"
            "    covers: {}\n"
            "    verify: {{equal: {{a: {{header: X-Token}}, b: {{secret: signing}}}}}}\n",
            covers);
    };
    EXPECT_THAT(said_about(ours("none")), Each(HasSubstr("has no key that tells a repeated request")));
    EXPECT_EQ(load(folder_.path() / "headgate.yaml").made->gateway.sources[2].sender.preset, "ours");
    EXPECT_THAT(said_about(ours("nothing")), ElementsAre(HasSubstr("presets.ours.covers (line 10): ")));
}

TEST_F(configurations, that_use_a_preset_wrongly_are_told_so_once_and_where_they_use_it) {
    auto const using_jwt = [&](std::string_view beside) {
        return said_about(
            fmt::format("  b:\n    path: /b\n    dedupe: none\n"
                        "    verify:\n      preset: jwt\n      secrets: [{{file: own}}]\n{}",
                        beside));
    };
    EXPECT_THAT(using_jwt("\n"),
                ElementsAre("sources.b.verify (line 9): the param algorithm is not configured — "
                            "write params: {algorithm: …} beside the preset"));
    EXPECT_THAT(using_jwt("      params:\n        audience: [us]\n        algorithm: HS255\n"),
                ElementsAre(HasSubstr("(line 12): \"HS255\" is not known")));
}

TEST_F(configurations, have_the_schema_of_a_source_as_it_stands_or_in_a_file) {
    write("schema.json", R"({"type": "object", "properties": {"n": {"maximum": 1e400}}})");
    write("schema.yaml", "type: object\nproperties: {n: {maximum: 1e400}}\n");
    for (auto const* schema : {"{type: object, properties: {n: {maximum: 1e400}}}", "{file: schema.json}",
                               "{file: schema.yaml}"}) {
        EXPECT_THAT(said_about(fmt::format("    schema: {}\n", schema)), IsEmpty()) << schema;
        auto const outcome = load(folder_.path() / "headgate.yaml");
        ASSERT_TRUE(outcome.made);
        EXPECT_EQ(json::write(outcome.made->gateway.sources[0].body.schema->root),
                  R"({"type":"object","properties":{"n":{"maximum":1e400}}})");
    }
    write("schema.json", "{");
    EXPECT_THAT(said_about("    schema: {file: schema.json}\n"),
                ElementsAre(HasSubstr("sources.github.schema.file (schema.json): JSON text ends too early")));
    write("schema.json", '"' + std::string(1024 * 1024, 'x') + '"');
    EXPECT_THAT(said_about("    schema: {file: schema.json}\n"),
                ElementsAre(HasSubstr("has more than 1048576 bytes")));
}

struct row {
    std::string_view name;
    std::string_view text;
    std::string_view said;
};

// Each: what is written below a configuration that is right, and what the operator reads.
constexpr row rows[]{
    {"unknown_section", "listn: {}\n",
     "listn (line 6): is not a setting — did you mean listen? one of: listen, "},
    {"schema_list", "    schema: []\n",
     "sources.github.schema (line 6): is not a schema — write {file: NAME}, or the schema itself"},
    {"schema_nowhere", "    schema: {file: nowhere.json}\n", "sources.github.schema.file (line 6): "},
    {"preset_of_ours", "presets: {github: {verify: {insecure: true}}}\n",
     "presets.github (line 6): is the name of a preset of ours — choose another name"},
    {"preset_without_checks", "presets: {ours: {title: Ours}}\n", "presets.ours.verify (line 6): is missing"},
    {"preset_misspelt", "presets: {ours: {verify: {peer: {cidr: [10.0.0.0/8]}}, handshakes: []}}\n",
     "presets.ours.handshakes (line 6): is not a setting — did you mean handshake?"},
    {"preset_name", "presets: {\"a b\": {verify: {peer: {cidr: [10.0.0.0/8]}}}}\n",
     "presets.a b (line 6): cannot be a name"},
    {"http_target", "targets:\n  x: {http: {}}\n",
     "targets.x.http (line 7): is not available in this version — "},
    {"target_without_kind", "targets:\n  x: {starts_in_flight_max: 1}\n",
     "targets.x.temporal (line 7): is missing"},
    {"target_name", "targets:\n  \"a b\": {temporal: {address: \"t:1\"}}\n", "\"a b\" cannot be a name"},
    {"listener_host_name", "listen: {webhooks: {address: \"localhost:80\"}}\n",
     "listen.webhooks.address (line 6): \"localhost:80\" does not begin with an IP address"},
    {"listener_port", "listen: {webhooks: {address: \"0.0.0.0:65536\"}}\n",
     "has a port that is not a number"},
    {"two_listeners_on_one_address", "listen: {operator: {address: \"127.0.0.1:8080\"}}\n",
     "listen.operator.address (line 6): 127.0.0.1:8080 is the address of webhooks too"},
    {"certificate_is_not_there", "listen: {webhooks: {tls: [{certificate: c.pem, key: k.pem}]}}\n",
     "listen.webhooks.tls[0].certificate (line 6): there is no file "},
    {"proxy_range", "listen: {trusted_proxies: [10.0.0.1/8]}\n",
     "\"10.0.0.1/8\" has address bits after its prefix — write 10.0.0.0/8"},
    {"every_proxy", "listen: {trusted_proxies: [\"::/0\"]}\n",
     "listen.trusted_proxies (line 6): lets everybody say who they are"},
    {"every_proxy_written_otherwise", "listen: {trusted_proxies: [\"::ffff:0.0.0.0/96\"]}\n",
     "listen.trusted_proxies (line 6): lets everybody say who they are"},
    {"asks_for_certificates_without_tls", "listen: {webhooks: {ask_for_client_certificates: true}}\n",
     "listen.webhooks.ask_for_client_certificates (line 6): asks nobody: there is no TLS here"},
    {"certificate_header_of_nobody", "listen: {webhooks: {client_certificate_header: ssl-client-cert}}\n",
     "listen.webhooks.client_certificate_header (line 6): is believed of nobody — name the proxy in "
     "listen.trusted_proxies"},
    {"certificate_header_is_no_header",
     "listen: {trusted_proxies: [10.0.0.1], webhooks: {client_certificate_header: ssl_client_cert}}\n",
     "listen.webhooks.client_certificate_header (line 6): is not the name of a header"},
    {"certificate_header_that_forwarding_needs",
     "listen: {trusted_proxies: [10.0.0.1], webhooks: {client_certificate_header: X-Forwarded-For}}\n",
     "listen.webhooks.client_certificate_header (line 6): \"x-forwarded-for\" means something else already"},
    {"certificate_header_that_http_needs",
     "listen: {trusted_proxies: [10.0.0.1], webhooks: {client_certificate_header: Content-Type}}\n",
     "listen.webhooks.client_certificate_header (line 6): \"content-type\" means something else already"},
    {"certificate_header_that_tells_duplicates",
     "    dedupe: {header: SSL-Client-Cert}\n"
     "listen: {trusted_proxies: [10.0.0.1], webhooks: {client_certificate_header: ssl-client-cert}}\n",
     "sources.github.dedupe (line 6): reads ssl-client-cert, which is removed from every request"},
    {"limit_one_past", "listen: {webhooks: {limits: {header_lines_max: 10001}}}\n",
     "listen.webhooks.limits.header_lines_max (line 6): \"10001\" is not a whole number from 1 to 10000"},
    {"signatures_one_past", "    limits: {signatures_max: 1001}\n",
     "sources.github.limits.signatures_max (line 6): \"1001\" is not a whole number from 1 to 1000"},
    {"token_bytes_one_past", "    limits: {token_bytes_max: 1048577}\n",
     "sources.github.limits.token_bytes_max (line 6): \"1048577\" is not a whole number from 256 to 1048576"},
    {"json_depth_one_past", "    limits: {json_depth_max: 501}\n",
     "sources.github.limits.json_depth_max (line 6): \"501\" is not a whole number from 1 to 500"},
    {"items_one_past", "    limits: {each_items_max: 100001}\n",
     "sources.github.limits.each_items_max (line 6): \"100001\" is not a whole number from 1 to 100000"},
    {"key_tries_one_past", "    limits: {key_tries_max: 1001}\n",
     "sources.github.limits.key_tries_max (line 6): \"1001\" is not a whole number from 1 to 1000"},
    {"short_token", "operators: [{name: a, token: {env: HEADGATE_TEST_SHORT}}]\n",
     "operators[0].token (line 6): has 15 bytes, fewer than 16"},
    {"token_written_inline", "operators: [{name: a, token: abc}]\n",
     "operators[0].token (line 6): is not a reference; secrets are references, never values"},
    {"operator_twice",
     "operators:\n  - {name: a, token: {file: token}}\n  - {name: a, token: {file: secret}}\n",
     "operators[1].name (line 8): \"a\" is the name of two operators, first on line 7"},
    {"token_twice", "operators:\n  - {name: a, token: {file: token}}\n  - {name: b, token: {file: token}}\n",
     "operators[1].token (line 8): is the token of a too"},
    {"jwt_operator", "operators:\n  - {name: a, jwt: {}, token: {file: token}}\n",
     "operators[0].jwt (line 7): is not available in this version"},
    {"retention_too_fine", "retention: {events: 90m}\n",
     "retention.events (line 6): 90m is too fine — write a multiple of 1h"},
    {"retry_order", "dispatch: {retry_first: 2m}\n",
     "retry_longest (line 6): 1m is shorter than retry_first, 2m"},
    {"rule_twice",
     "targets: {t: {temporal: {address: \"t:1\"}}}\nrules:\n"
     "  - {name: a, source: github, start: {target: t, workflow: W, task_queue: q}}\n"
     "  - {name: a, source: github, start: {target: t, workflow: W, task_queue: q}}\n",
     "rules[1].name (line 9): \"a\" is the name of two rules, first on line 8"},
    {"rule_without_target",
     "rules: [{name: a, source: github, start: {target: t, workflow: W, task_queue: q}}]\n",
     "rules[0].start.target (line 6): \"t\" is not a target — add it to `targets`"},
    {"inputs_of_a_mapping",
     "rules: [{name: a, source: github, start: {target: t, workflow: W, task_queue: q, input: {a: .}}}]\n",
     "rules[0].start.input (line 6): is a mapping, not one value"},
    {"inputs_with_a_mapping",
     "rules: [{name: a, source: github, start: {target: t, workflow: W, task_queue: q, input: [., {a: "
     ".}]}}]\n",
     "rules[0].start.input[1] (line 6): is a mapping, not a text"},
    {"attribute_of_no_type",
     "rules: [{name: a, source: github, start: {search_attributes: {A: {type: number, value: .a}}}}]\n",
     "rules[0].start.search_attributes.A.type (line 6): "},
    {"attribute_without_value",
     "rules: [{name: a, source: github, start: {search_attributes: {A: {type: int}}}}]\n",
     "rules[0].start.search_attributes.A.value (line 6): is missing"},
    {"attribute_misspelt",
     "rules: [{name: a, source: github, start: {search_attributes: {A: {type: int, value: .a, typ: 1}}}}]\n",
     "rules[0].start.search_attributes.A.typ (line 6): is not a setting"},
    {"reuse_without_an_id", "rules: [{name: a, source: github, start: {reuse: allow_duplicate}}]\n",
     "warning: rules[0].start.reuse (line 6): changes nothing"},
    {"rule_each_empty", "rules: [{name: a, source: github, each: '', start: {}}]\n",
     "rules[0].each (line 6): is empty — give it a value, or remove the line"},
    {"rule_final_no_flag", "rules: [{name: a, source: github, final: 'yes', start: {}}]\n",
     "rules[0].final (line 6): \"yes\" is neither true nor false"},
    {"log_level", "log: {level: loud}\n",
     "log.level (line 6): \"loud\" is not known — one of: debug, info, warning, error"},
    {"log_lines_one_past", "log: {lines_waiting_max: 20001}\n",
     "log.lines_waiting_max (line 6): \"20001\" is not a whole number from 1 to 20000"},
    // Further sources, by indentation.
    {"same_path", "  other: {path: /webhooks/github, verify: {preset: github, secrets: [{file: secret}]}}\n",
     "sources.other.path (line 6): \"/webhooks/github\" is the path of github too, on line 4"},
    {"no_verify", "  other: {path: /o}\n", "sources.other.verify (line 6): is missing"},
    {"method", "    methods: [get]\n",
     "sources.github.methods (line 6): \"get\" is not a method for events — one of: GET, "},
    {"body_encoding", "    body: {encodings: [gzip, deflate]}\n",
     "sources.github.body.encodings (line 6): \"deflate\" is not decoded here — one of: gzip, zstd, br, "
     "identity"},
    {"body_no_encoding", "    body: {encodings: []}\n",
     "sources.github.body.encodings (line 6): is empty — write [identity] where only plain bodies are "
     "allowed"},
    {"body_duplicate_keys", "    body: {duplicate_keys: first}\n",
     "sources.github.body.duplicate_keys (line 6): \"first\" is not known — one of: last, refuse"},
    {"dedupe_neither", "    dedupe: {}\n",
     "sources.github.dedupe (line 6): needs exactly one of `header` and `program`"},
    {"dedupe_both", "    dedupe: {header: X, program: .id}\n", "needs exactly one of `header` and `program`"},
    {"dedupe_text", "    dedupe: X-Id\n",
     "sources.github.dedupe (line 6): is not a key that decides about duplicates"},
    {"dedupe_header", "    dedupe: {header: \"X Id\"}\n", "\"X Id\" is not a header's name"},
    {"replay", "    replay: yes\n",
     "sources.github.replay (line 6): \"yes\" is not known — one of: none, digest"},
};

TEST_F(configurations, with_a_mistake_are_refused_and_it_is_named) {
    ASSERT_EQ(setenv("HEADGATE_TEST_SHORT", "123456789012345", 1), 0);
    for (auto const& one : rows) {
        auto const said = said_about(one.text);
        EXPECT_THAT(said, Contains(HasSubstr(std::string{one.said}))) << one.name;
        EXPECT_FALSE(load(folder_.path() / "headgate.yaml").made) << one.name;
    }
}

TEST_F(configurations, with_only_warnings_are_made) {
    write("headgate.yaml",
          "store: {sqlite: {path: missing/headgate.db}}\n"
          "sources:\n"
          "  own:\n"
          "    path: /own\n"
          "    verify: {equal: {a: {header: X-Token}, b: {secret: token}}}\n"
          "    secrets: {token: [{file: secret}]}\n");
    auto const outcome = load(folder_.path() / "headgate.yaml");
    EXPECT_TRUE(outcome.made);
    EXPECT_THAT(
        lines(outcome),
        ElementsAre(HasSubstr("warning: store.sqlite.path (line 1): there is no folder "),
                    "warning: sources.own (line 3): has no key that tells a repeated request; each "
                    "repetition will be an event — add dedupe: {header: NAME}, or dedupe: none if that is "
                    "what you want"));
}

TEST_F(configurations, tell_each_source_which_header_no_request_has) {
    write("headgate.yaml", std::string{right} +
                               "listen: {trusted_proxies: [10.0.0.1], webhooks: {client_certificate_header: "
                               "SSL-Client-Cert}}\n");
    auto const outcome = load(folder_.path() / "headgate.yaml");
    ASSERT_TRUE(outcome.made);
    EXPECT_EQ(outcome.made->gateway.sources.at(0).sender.removed_header, "ssl-client-cert");
}

TEST_F(configurations, are_warned_of_a_secret_that_two_sources_share) {
    EXPECT_THAT(
        said_about("  other: {path: /other, verify: {preset: github, secrets: [{file: secret}]}}\n"
                   "  third: {path: /third, verify: {preset: github, secrets: [{file: own}]}}\n"),
        Contains("warning: sources.other (line 6): has a secret of github too, on line 3: what is sent to "
                 "one can be sent to the other by whoever captures it — give each source a secret of "
                 "its own"));
}

TEST_F(configurations, say_where_a_certificate_is_wanted_that_nobody_is_asked_for) {
    std::string const pinned = "{peer: {mtls: {fingerprints: " + std::string(64, 'a') + "}}}";
    std::string const token = "{equal: {a: {header: X-T}, b: {secret: token}}}";
    auto const said_of = [&](std::string const& verify, std::string const& more = "") {
        return said_about("  own: {path: /own, dedupe: none, verify: " + verify +
                          ", secrets: {token: [{file: own}]}}\n" + more);
    };
    auto const refuses = ElementsAre(
        "sources.own.verify (line 6): accepts nothing: every request must have a client certificate, and "
        "nobody is asked for one — see listen.webhooks: ask_for_client_certificates, or "
        "client_certificate_header where a proxy asks");
    auto const warns = ElementsAre(
        HasSubstr("warning: sources.own.verify (line 6): has a branch that accepts nothing: it wants a"));
    EXPECT_THAT(said_of(pinned), refuses);
    EXPECT_THAT(said_of("{all: [" + token + ", " + pinned + "]}"), refuses);
    EXPECT_THAT(said_of("{any: [" + pinned + ", {all: [" + pinned + ", " + token + "]}]}"), refuses);
    EXPECT_THAT(said_of("{each: {in: /a, check: " + pinned + "}}"), refuses);
    EXPECT_THAT(said_of("{any: [" + token + ", " + pinned + "]}"), warns);
    EXPECT_THAT(said_of("{all: [" + token + ", {any: [" + token + ", " + pinned + "]}]}"), warns);
    EXPECT_THAT(said_of(token), IsEmpty());
    EXPECT_THAT(said_of(pinned,
                        "listen: {trusted_proxies: [10.0.0.1], webhooks: {client_certificate_header: "
                        "ssl-client-cert}}\n"),
                IsEmpty());
}

TEST_F(configurations, are_warned_of_tokens_that_travel_in_plain_http) {
    auto const said_of = [this](std::string const& address, std::string const& more) {
        write("headgate.yaml", "listen: {operator: {address: \"" + address + "\"}}\n" + more);
        return lines(load(folder_.path() / "headgate.yaml"));
    };
    std::string const operators = "operators: [{name: a, role: viewer, token: {file: secret}}]\n";
    auto const warns = Contains(HasSubstr("warning: listen.operator.address (line 1): "));
    EXPECT_THAT(said_of("0.0.0.0:9090", operators), warns);
    EXPECT_THAT(said_of("[2001:db8::1]:9090", operators), warns);
    EXPECT_THAT(said_of("127.0.0.1:9090", operators), Not(warns));
    EXPECT_THAT(said_of("[::1]:9090", operators), Not(warns));
    EXPECT_THAT(said_of("0.0.0.0:9090", ""), Not(warns)) << "nobody has a token";
}

TEST_F(configurations, are_warned_of_a_certificate_header_that_many_machines_can_write) {
    auto const said_of = [this](std::string const& proxies, std::string const& header) {
        write("headgate.yaml", "listen: {trusted_proxies: " + proxies + ", webhooks: {" + header + "}}\n");
        return lines(load(folder_.path() / "headgate.yaml"));
    };
    auto const warns = [](std::string const& of) {
        return Contains(
            "warning: listen.webhooks.client_certificate_header (line 1): is believed of every "
            "machine in " +
            of + " — name in listen.trusted_proxies the proxies' own addresses");
    };
    std::string const header = "client_certificate_header: ssl-client-cert";
    for (std::string const wide : {"10.0.0.0/23", "10.0.0.0/8", "fd00::/63", "::ffff:10.0.0.0/119"}) {
        EXPECT_THAT(said_of("[192.0.2.1, \"" + wide + "\"]", header), warns(wide));
        EXPECT_THAT(said_of("[\"" + wide + "\"]", ""), Not(warns(wide))) << "nobody's header is believed";
    }
    for (std::string const narrow :
         {"10.0.0.0/24", "10.0.0.1", "10.0.0.1/32", "fd00::/64", "fd00::1", "::ffff:10.0.0.0/120"}) {
        EXPECT_THAT(said_of("[\"" + narrow + "\"]", header), Not(warns(narrow)));
    }
}

TEST_F(configurations, are_warned_of_a_word_in_quotes_that_looks_like_the_body) {
    auto const said_of = [this](std::string const& content) {
        return said_about(
            "  own: {path: /own, verify: {mac: {alg: hmac-sha256, secret: own, content: " + content +
            ", signature: {from: {header: X-S}, decode: hex}}}, secrets: {own: [{file: own}]}}\n");
    };
    EXPECT_THAT(said_of("[{header: X-T}, \"body\"]"), Contains(HasSubstr("\"body\" in quotes is this word")));
    EXPECT_THAT(said_of("[{header: X-T}, body]"), Not(Contains(HasSubstr("in quotes"))));
}

TEST_F(configurations, name_paths_that_no_request_could_have) {
    for (std::string_view const path : {"/", "//a", "/a/", "/a/../b", "/a?b", "/a#b", "/a%20b", "/a b", "/{}",
                                        "/{a-b}", "/{a}/{a}", "/x{a}", "/{a"}) {
        auto const said = said_about("  other: {path: \"" + std::string{path} +
                                     "\", verify: {preset: github, secrets: [{file: own}]}}\n");
        EXPECT_THAT(said, ElementsAre(HasSubstr("sources.other.path (line 6): "))) << path;
    }
}

TEST_F(configurations, of_paths_that_differ_only_in_a_parameters_name_are_refused) {
    EXPECT_THAT(
        said_about("  a: {path: \"/x/{b}\", verify: {preset: github, secrets: [{file: own}]}}\n"
                   "  c: {path: \"/x/{d}\", verify: {preset: github, secrets: [{file: third}]}}\n"),
        ElementsAre(HasSubstr("sources.c.path (line 7): \"/x/{d}\" is the path of a too, on line 6")));
}

TEST_F(configurations, that_are_absent_or_empty_say_so) {
    EXPECT_THAT(lines(load(folder_.path() / "none.yaml")),
                ElementsAre(HasSubstr("none.yaml cannot be read — name a file that exists")));
    write("empty.yaml", "# nothing\n");
    EXPECT_THAT(lines(load(folder_.path() / "empty.yaml")),
                Contains(HasSubstr("sources (line 1): is missing")));
    write("list.yaml", "- a\n");
    EXPECT_THAT(lines(load(folder_.path() / "list.yaml")),
                ElementsAre(HasSubstr("the file is a list, not a mapping")));
    write("no-sources.yaml", "store: {sqlite: {path: headgate.db}}\nsources: {}\n");
    EXPECT_THAT(lines(load(folder_.path() / "no-sources.yaml")),
                ElementsAre(HasSubstr("sources (line 2): names none")));
    auto const folder = folder_.path() / "folder";
    std::filesystem::create_directory(folder);
    EXPECT_THAT(lines(load(folder)), ElementsAre(HasSubstr("has 0 configuration files, not 1 to 256")));
}

TEST_F(configurations, of_a_folder_name_both_places_of_what_is_there_twice) {
    auto const folder = folder_.path() / "folder";
    std::filesystem::create_directory(folder);
    write("folder/a.yaml",
          "store: {sqlite: {path: headgate.db}}\nsources:\n  github:\n    path: /a\n"
          "    verify: {preset: github, secrets: [{file: ../secret}]}\n");
    write("folder/b.yml",
          "store: {}\nsources:\n  github: {}\n  other:\n    path: /a\n"
          "    verify: {preset: github, secrets: [{file: ../own}]}\n");
    write("folder/.hidden.yaml", "not: read\n");
    write("folder/notes.txt", "not: read\n");
    auto const outcome = load(folder);
    EXPECT_THAT(
        lines(outcome),
        ElementsAre("store (b.yml, line 1): is also in a.yaml, line 1 — write it in one file only",
                    "sources.github (b.yml, line 3): is also in a.yaml, line 3 — keep one of the two, or "
                    "rename one",
                    "sources.other.path (b.yml, line 5): \"/a\" is the path of github too, on a.yaml, line 4 "
                    "— give each source a path of its own"));
}

TEST_F(configurations, with_other_bytes_have_another_revision) {
    write("headgate.yaml", right);
    auto const first = load(folder_.path() / "headgate.yaml").made->revision;
    EXPECT_EQ(load(folder_.path() / "headgate.yaml").made->revision, first);
    write("headgate.yaml", std::string{right} + "# changed\n");
    EXPECT_NE(load(folder_.path() / "headgate.yaml").made->revision, first);
}

TEST_F(configurations, give_lines_to_problems_that_are_found_later) {
    write("headgate.yaml", std::string{right} +
                               "targets: {t: {temporal: {address: \"t:1\"}}}\n"
                               "rules:\n"
                               "  - name: a\n"
                               "    source: github\n"
                               "    start: {target: t, workflow: W, task_queue: q}\n");
    auto const outcome = load(folder_.path() / "headgate.yaml");
    ASSERT_TRUE(outcome.made);
    problem later{.path = "rules[0].start.id", .what = "does not compile", .remedy = "correct it"};
    outcome.places.locate(later);
    EXPECT_EQ(to_text(later), "rules[0].start.id (line 10): does not compile — correct it");
    EXPECT_EQ(outcome.places.of("nothing.like.it").line, 1);
}

}  // namespace
}  // namespace headgate::config
