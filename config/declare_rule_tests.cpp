#include "config/data_file.hpp"
#include "config/declare.hpp"
#include "core/clock.hpp"
#include "core/encoding.hpp"
#include "core/text.hpp"
#include "json/write.hpp"

#include <fmt/format.h>

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// The tests of a rule: which event comes in, and what has to come out.

namespace headgate::config {
namespace {

constexpr std::size_t tests_max = 100;  // Of one rule.
constexpr std::size_t name_bytes_max = 200;
constexpr std::size_t request_bytes_max = 1 * mebibyte;

constexpr std::string_view default_id = "01890000-0000-7000-8000-000000000000";
constexpr std::string_view default_time = "2026-01-01T00:00:00Z";

using text_pairs = std::vector<std::pair<std::string, std::string>>;

std::string json_of(node const& from) {
    json::arena scratch;
    return json::write(to_json(from, scratch));
}

void declare_name(section& at, std::string& into) {
    bool const given = at.text("name", into,
                               {.says = "What the test claims, in at most 200 bytes and one line.",
                                .is = presence::required,
                                .example = "a published release is synced"});
    if (given && (into.size() > name_bytes_max || has_controls(into)))
        at.mistake("name", "is no short line", "write at most 200 bytes in one line");
}

// The same id and time in every run, so that what is made of them can be expected.
written_event usual_event() {
    written_event made;
    made.id = parse_uuid(default_id).value();
    made.incoming.received_at = parse_rfc3339(default_time).value();
    return made;
}

void declare_id_and_time(section& at, written_event& into) {
    std::string id{default_id};
    at.text("id", id, {.says = "The event's id, a UUID."});
    if (auto const read = parse_uuid(id)) {
        into.id = *read;
    } else {
        at.mistake("id", fmt::format("\"{}\" is not a UUID", id),
                   fmt::format("write for example {}", default_id));
    }
    std::string time{default_time};
    at.text("received_at", time, {.says = "When it came, as in RFC 3339; `now` gives it too."});
    if (auto const read = parse_rfc3339(time)) {
        into.incoming.received_at = *read;
    } else {
        at.mistake("received_at", fmt::format("\"{}\" is not a time", time),
                   fmt::format("write it as in RFC 3339, for example {}", default_time));
    }
}

std::string query_of(text_pairs const& parameters) {
    std::string query;
    for (auto const& [name, value] : parameters) {
        query += query.empty() ? '?' : '&';
        query += percent_encode(name) + '=' + percent_encode(value);
    }
    return query;
}

void declare_head(section& at, request& into) {
    at.text("method", into.head.method,
            {.says = "The request's method.", .fallback_says = "the first of the source's"});
    std::string path;
    bool const has_path = at.text("path", path,
                                  {.says = "The request's path.",
                                   .fallback_says = "the source's, as it is configured",
                                   .pattern = "^/[^?#]*$"});
    if (has_path && (!path.starts_with('/') || path.find_first_of("?#") != path.npos))
        at.mistake("path", fmt::format("\"{}\" is not a path", path),
                   "write it as /webhooks/github, and `query` apart");
    at.pairs("params", into.path_parameters, {.says = "The `{name}` parts of the source's path."});
    text_pairs query;
    at.pairs("query", query, {.says = "Parameters of the query."});
    into.head.target = path + query_of(query);
    text_pairs headers;
    at.pairs(
        "headers", headers,
        {.says = "Headers, their names in any case. Credentials in them are hidden from the rule as ever."});
    for (auto& [name, value] : headers) into.head.fields.push_back({to_lower(name), std::move(value)});
}

bool is_json(std::string_view type) {
    return type == "application/json" || type == "text/json" || type.ends_with("+json");
}

void declare_test_body(section& at, request& into) {
    auto const* const document = at.special(
        "body", "{}",
        {.says = "The body's document: it becomes JSON, and is read as the source reads its bodies."});
    bool const has_text =
        at.text("body_text", into.body,
                {.says = "The body as text instead, for what is no JSON; `headers` says its content-type."});
    if (document == nullptr) return;
    if (has_text) {
        at.mistake("body_text", "stands beside `body`", "keep one of the two");
        return;
    }
    if (document->is_empty()) return;
    into.body = json_of(*document);
    if (count_headers(into.head.fields, "content-type") == 0)
        into.head.fields.push_back({"content-type", "application/json"});
    if (!is_json(media_type(into.head.fields)))
        at.mistake("body", "is written as JSON, and the content-type says something else",
                   "write `body_text`, or correct the header");
}

void declare_identity(section& at, written_event& into) {
    at.inside("identity", {.says = "Who sent it: in a test nobody is asked."}, [&](section& who) {
        who.text("verified_by", into.verified_by,
                 {.says = "What was checked.", .fallback_says = "`nothing`: no check was made"});
        who.text("key_id", into.key_id, {.says = "Which secret matched, as `signing#0`."});
        constexpr std::array names{std::pair{std::string_view{"none"}, coverage::none},
                                   std::pair{std::string_view{"partial"}, coverage::partial},
                                   std::pair{std::string_view{"full"}, coverage::full}};
        auto covers = coverage::full;
        bool const is_said = who.choice(
            "covers", covers, names,
            {.says = "How much of the request was proven.", .fallback_says = "what the source proves"});
        if (is_said) into.covers = covers;
        who.text("delivery_id", into.delivery_id,
                 {.says = "The sender's own id.", .fallback_says = "as the source's preset finds it"});
        who.text("subject", into.subject, {.says = "Whom a token or session names."});
        who.text("email", into.email, {.says = "Likewise."});
        who.texts("groups", into.groups, {.says = "Likewise."});
    });
}

void declare_event(section& at, written_event& into) {
    at.inside(
        "event",
        {.says =
             "The event, of which only what the rule looks at has to be written: `{type: release.published, "
             "body: {action: published}}`. Everything else has a default."},
        [&](section& event) {
            event.text("type", into.type,
                       {.says = "The kind of event, `.type`.",
                        .fallback_says = "as the source's preset finds it in headers and body"});
            declare_id_and_time(event, into);
            declare_head(event, into.incoming);
            declare_test_body(event, into.incoming);
            declare_identity(event, into);
        });
}

void declare_request(section& at, rule_trial& into) {
    std::string file;
    bool const given = at.text(
        "request", file,
        {.says =
             "Instead of `event`: a file with one raw HTTP/1.1 request of at most 1 MiB, as `headgate verify "
             "--request` takes it. Its signature is not judged. A change of it is a change of the "
             "configuration."});
    if (!given) return;
    if (auto const read = data_file::read(*at.reads(), "request", file, request_bytes_max))
        into.raw_request = std::string{read->bytes()};
}

// What of a start may be expected, called as the rule calls it.
constexpr std::array<std::string_view, 8> parts_of_start{"target", "workflow", "task_queue",        "id",
                                                         "input",  "memo",     "search_attributes", "signal"};

std::string const& starts_schema() {
    static std::string const start =
        R"({"type": "object", "additionalProperties": false, "properties": {
"id": {}, "target": {}, "workflow": {}, "task_queue": {}, "input": {}, "memo": {"type": "object"},
"search_attributes": {"type": "object"}, "signal": {"type": "object"}}})";
    static std::string const schema =
        R"({"oneOf": [{"const": "nothing"}, )" + start + R"(, {"type": "array", "items": )" + start + "}]}";
    return schema;
}

void read_start(node const& from, std::string const& path, notes& into, std::vector<std::string>& starts) {
    if (from.is_empty()) into.mistake(from, path, "is empty", "write `{}` for a start, whatever it is");
    reader one{from, path, into};
    for (auto const part : parts_of_start) {
        auto const* const given = one.take(part);
        bool const has_names = part == "memo" || part == "search_attributes" || part == "signal";
        if (given != nullptr && has_names && !given->is_mapping())
            one.mistake(part, "is not a mapping", "write each name with its value, `{name: value}`");
    }
    one.finish();
    starts.push_back(from.is_mapping() ? json_of(from) : "{}");
}

void declare_starts(section& at, rule_trial& into) {
    auto const* const given = at.special(
        "starts", starts_schema(),
        {.says =
             "What has to be started: `nothing`; or `{id: …, input: …}`, of which only what is written is "
             "compared; or a list of such, one for each start. See [rules](rules.md#tests)."});
    if (given == nullptr) return;
    auto const path = at.reads()->path_of("starts");
    auto& found = at.reads()->into();
    if (given->is_scalar() && given->text == "nothing") return;
    if (given->is_mapping()) return read_start(*given, path, found, into.starts);
    if (!given->is_list()) {
        at.mistake("starts", "does not say what is started",
                   "write `nothing`, or for example `{id: orders-v1}`; `{}` is one start, whatever it is");
        return;
    }
    for (std::size_t i = 0; i < given->items.size(); ++i)
        read_start(given->items[i], child_path(path, i), found, into.starts);
}

void declare_fails(section& at, rule_trial& into) {
    std::string part;
    bool const given = at.text(
        "fails", part, {.says = "Instead of `starts`: the rule fails, and this is a part of the reason."});
    if (given) into.fails = std::move(part);
}

void needs_one_of(section& at, std::string_view one, std::string_view other, std::string remedy) {
    if (at.reads() == nullptr || at.reads()->has(one) != at.reads()->has(other)) return;
    at.reads()->into().mistake(at.reads()->here(), at.reads()->path(),
                               fmt::format("needs exactly one of `{}` and `{}`", one, other),
                               std::move(remedy));
}

}  // namespace

void declare_rule_tests(section& at, std::string const& rule, std::vector<rule_trial>& into) {
    std::size_t tests = 0;
    at.each(
        "tests",
        {.says = "Events, and what the rule has to make of them. `headgate test` shows what came of each; a "
                 "configuration of which one fails is refused. At most 100. See [rules](rules.md#tests)."},
        [&](section& test) {
            rule_trial one{.path = {}, .rule = rule, .name = {}, .given = usual_event()};
            declare_name(test, one.name);
            declare_event(test, one.given);
            declare_request(test, one);
            needs_one_of(test, "event", "request", "write for example `event: {type: release.published}`");
            declare_starts(test, one);
            declare_fails(test, one);
            needs_one_of(test, "starts", "fails", "write for example `starts: nothing`");
            if (test.reads() != nullptr) one.path = test.reads()->path();
            if (++tests <= tests_max) into.push_back(std::move(one));
        });
    if (tests > tests_max)
        at.mistake("tests", fmt::format("has more than {} tests", tests_max), "keep those that can fail");
}

}  // namespace headgate::config
