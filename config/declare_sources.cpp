#include "config/addresses.hpp"
#include "config/declare.hpp"
#include "config/presets.hpp"
#include "config/verify.hpp"
#include "config/verify_schema.hpp"
#include "json/value.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <utility>

namespace headgate::config {
namespace {

constexpr std::size_t json_depth_most = json::nesting_max / 2;  // What rules make of a body nests too.

constexpr std::array<std::string_view, 5> methods_known{"GET", "POST", "PUT", "PATCH", "DELETE"};

constexpr std::string_view dedupe_schema = R"({"oneOf": [
{"const": "none"},
{"type": "object", "additionalProperties": false, "required": ["header"], "properties": {
"header": {"type": "string", "minLength": 1, "description": "The header whose value is the key."}}},
{"type": "object", "additionalProperties": false, "required": ["program"], "properties": {
"program": {"type": "string", "minLength": 1,
"description": "Gives the key: one non-empty string or a number."},
"steps_max": {"type": "integer", "minimum": 100, "maximum": 10000000, "default": 10000,
"description": "Steps that the program may take; it runs while the sender waits."},
"values_max": {"type": "integer", "minimum": 100, "maximum": 10000000, "default": 100000,
"description": "Values that a body may have for the program to read it."},
"decoded_bytes_max": {"type": "integer", "minimum": 1024, "maximum": 1073741824, "default": 1048576,
"description": "Size that a packed body may have once it is unpacked, for the program to read it."}}}]})";

bool is_token(std::string_view text) {
    auto const fits = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view{"!#$%&'*+-.^_`|~"}.contains(c);
    };
    return !text.empty() && std::ranges::all_of(text, fits);
}

std::string in_lower_case(std::string text) {
    for (auto& c : text) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return text;
}

void read_dedupe_header(section& at, gateway::dedupe_settings& into) {
    std::string name;
    if (!at.text("header", name, {.says = {}})) return;
    if (!is_token(name))
        at.mistake("header", fmt::format("\"{}\" is not a header's name", name), "correct the name");
    into.key = gateway::dedupe_settings::by::header;
    into.header = in_lower_case(std::move(name));
}

void read_dedupe_program(section& at, gateway::dedupe_settings& into) {
    if (!at.text("program", into.program, {.says = {}})) return;
    into.key = gateway::dedupe_settings::by::program;
    at.whole("steps_max", into.steps_max, 100, 10'000'000, {.says = {}});
    at.whole("values_max", into.values_max, 100, 10'000'000, {.says = {}});
    at.whole("decoded_bytes_max", into.decoded_bytes_max, 1 * kibibyte, 1 * gibibyte, {.says = {}});
}

// `none`, {header: NAME} or {program: TEXT, steps_max: COUNT, values_max: COUNT, decoded_bytes_max: BYTES}.
void declare_dedupe(section& at, gateway::dedupe_settings& into) {
    auto const* const given = at.special(
        "dedupe", dedupe_schema,
        {.says = "Which key decides whether a request is a duplicate: `{header: NAME}`, `{program: '…'}` "
                 "(`steps_max` bounds it, `values_max` and `decoded_bytes_max` the body it reads), or "
                 "`none`: every request is an event.",
         .fallback_says = "the preset's delivery id, or none without one"});
    if (given == nullptr) return;
    if (given->is_scalar() && given->text == "none") {
        into.key = gateway::dedupe_settings::by::none;
        return;
    }
    auto const remedy = std::string{"write `none`, `{header: NAME}` or `{program: '…'}`"};
    if (!given->is_mapping()) {
        at.mistake("dedupe", "is not a key that decides about duplicates", remedy);
        return;
    }
    reader inner{*given, at.reads()->path_of("dedupe"), at.reads()->into()};
    section key{inner};
    if (inner.has("header") == inner.has("program")) {
        at.mistake("dedupe", "needs exactly one of `header` and `program`", remedy);
        return;
    }
    if (inner.has("header")) read_dedupe_header(key, into);
    if (inner.has("program")) read_dedupe_program(key, into);
    inner.finish();
}

void declare_path(section& at, std::string& into) {
    bool const given =
        at.text("path", into,
                {.says = "Path of its requests. `{name}` takes one whole segment and is a parameter.",
                 .is = presence::required,
                 .example = "/webhooks/github",
                 .pattern = "^(/([^/{}?#%]+|\\{[A-Za-z0-9_]+\\}))+$"});
    if (!given) return;
    if (auto const wrong = what_is_wrong_with_path(into)) at.mistake("path", wrong->what, wrong->remedy);
}

void declare_methods(section& at, std::vector<std::string>& into) {
    at.texts("methods", into,
             {.says = "Request methods of events: GET, POST, PUT, PATCH, DELETE.",
              .fallback_says = "the preset's, else POST",
              .pattern = "^(GET|POST|PUT|PATCH|DELETE)$"});
    for (auto const& one : into) {
        if (std::ranges::find(methods_known, one) != methods_known.end()) continue;
        at.mistake("methods", fmt::format("\"{}\" is not a method for events", one),
                   fmt::format("one of: {}", fmt::join(methods_known, ", ")));
    }
}

void declare_limits(section& at, gateway::source_settings& into) {
    at.inside("limits", {.says = "Limits of this source."}, [&](section& limits) {
        limits.whole("body_bytes_max", into.body_bytes_max, 0, 1 * gibibyte,
                     {.says = "Largest body; more is answered 413.",
                      .fallback_says = "the preset's, else that of `listen.webhooks.limits`"});
        limits.whole("handshake_json_bytes_max", into.sender.handshake_json_bytes_max, 0, 1 * mebibyte,
                     {.says = "Largest body that a handshake reads JSON from. It does so before anything is "
                              "proven; a larger body is no handshake of that kind."});
        limits.whole("signatures_max", into.sender.limits.signatures_max, 1, 1'000,
                     {.says = "Signatures that one header may list; with more it is refused."});
        limits.whole("token_bytes_max", into.sender.limits.token_bytes_max, 256, 1 * mebibyte,
                     {.says = "Largest token of a `jwt`."});
        limits.whole(
            "json_depth_max", into.sender.limits.json_depth_max, 1, json_depth_most,
            {.says = "Arrays and objects inside each other in a JSON body: a deeper one is refused by "
                     "checks that read it, and no rule can read it."});
        into.body.json_depth_max = into.sender.limits.json_depth_max;
        limits.whole(
            "each_items_max", into.sender.limits.each_items_max, 1, 100'000,
            {.says = "Items of the array that an `each` looks at; with more the request is refused. A "
                     "batch with more has no delivery id (`id_each`)."});
        limits.whole(
            "key_tries_max", into.sender.limits.key_tries_max, 1, 1'000,
            {.says = "How often a check tries a public key on a signature: signatures times keys, of "
                     "one item. What comes after that is not looked at."});
        limits.whole("requests_per_second", into.limits.requests_per_second, 1, 1'000'000,
                     {.says = "Verified requests for long; more is answered 503 with Retry-After.",
                      .fallback_says = "no limit"});
        bool const has_burst = limits.whole(
            "requests_burst", into.limits.requests_burst, 1, 1'000'000,
            {.says = "Verified requests at once.", .fallback_says = "as many as `requests_per_second`"});
        if (has_burst && !into.limits.requests_per_second) {
            limits.mistake("requests_per_second", "is missing beside requests_burst",
                           "say how many a second, or leave both out");
        }
        limits.whole("events_in_flight_max", into.limits.events_in_flight_max, 1, 1'000'000,
                     {.says = "Events between their verification and their answer; more is answered 503 with "
                              "Retry-After.",
                      .fallback_says = "no limit"});
    });
}

void declare_source(section& at, std::string const& name, preset_nodes const& presets,
                    gateway::settings& all) {
    gateway::source_settings one;
    one.name = name;
    declare_path(at, one.path);
    declare_methods(at, one.methods);
    at.text("tenant", one.tenant,
            {.says = "Whose it is; nothing is shared between tenants.", .pattern = name_pattern});
    if (!is_name(one.tenant)) at.mistake("tenant", "cannot be a name", std::string{name_remedy});
    declare_sender(at, one.sender, presets);
    declare_dedupe(at, one.dedupe);
    constexpr std::array replays{std::pair{std::string_view{"none"}, gateway::replay_key::none},
                                 std::pair{std::string_view{"digest"}, gateway::replay_key::digest}};
    auto replay = gateway::replay_key::none;
    bool const is_said = at.choice(
        "replay", replay, replays,
        {.says = "`digest`: the digest of the signed content is a second key, so that a captured request "
                 "cannot come back under another id. Not for senders with constant bodies."});
    if (is_said) one.replay = replay;
    declare_body(at, one);
    declare_schema(at, one.body);
    declare_limits(at, one);
    all.sources.push_back(std::move(one));
}

}  // namespace

preset_nodes declare_presets(section& root, std::vector<preset_trial>& trials) {
    auto const* const own = root.special(
        "presets", presets_schema(),
        {.says =
             "Senders of your own, by the name that `verify: {preset: NAME}` gives. `headgate presets show "
             "NAME` prints one of ours to begin with. See [presets](presets/README.md)."});
    return own == nullptr ? embedded_preset_nodes() : read_own_presets(*own, root.reads()->into(), trials);
}

void declare_sources(section& root, preset_nodes const& presets, gateway::settings& into) {
    root.named("sources",
               {.says = "Who may send, by name. The name is the source's identity: renaming makes a new one.",
                .is = presence::required},
               [&](section& at, std::string const& name) {
                   auto const mistakes = [&] { return at.reads() ? at.reads()->into().mistakes() : 0; };
                   auto const before = mistakes();
                   declare_source(at, name, presets, into);
                   into.sources.back().is_whole = mistakes() == before;
               });
    bool const is_written = root.reads() != nullptr && root.reads()->has("sources");
    if (is_written && root.reads()->here().find("sources")->is_mapping() && into.sources.empty()) {
        root.mistake("sources", "names none", "add one, or nobody can send anything");
    }
}

}  // namespace headgate::config
