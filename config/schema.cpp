#include "config/schema.hpp"

#include "config/declare.hpp"
#include "config/verify_schema.hpp"
#include "core/check.hpp"
#include "json/parse.hpp"
#include "json/write.hpp"

#include <charconv>
#include <string>
#include <string_view>

namespace headgate::config {
namespace {

constexpr std::string_view duration_pattern = "^[0-9]+(ms|s|m|h|d)$";
constexpr std::string_view reference_schema =
    R"({"type": "object", "additionalProperties": false, "properties": {
"file": {"type": "string", "minLength": 1,
"description": "A file that holds the value; one line end at its end is dropped."},
"env": {"type": "string", "minLength": 1, "description": "An environment variable that holds the value."}},
"oneOf": [{"required": ["file"]}, {"required": ["env"]}]})";

void write_schema_of(setting const& one, json::writer& out);

void write_properties(setting const& one, json::writer& out) {
    out.key("type").string("object").key("additionalProperties").boolean(false);
    out.key("properties").begin_object();
    for (auto const& inner : one.inside) {
        out.key(inner->key);
        write_schema_of(*inner, out);
    }
    out.end_object();
    bool has_required = false;
    for (auto const& inner : one.inside) {
        if (!inner->required) continue;
        if (!has_required) out.key("required").begin_array();
        has_required = true;
        out.string(inner->key);
    }
    if (has_required) out.end_array();
}

void write_object_of(setting const& one, json::writer& out) {
    out.begin_object();
    write_properties(one, out);
    out.end_object();
}

void write_number(setting const& one, std::string_view type, json::writer& out) {
    out.key("type").string(type).key("minimum").integer(one.least).key("maximum").integer(one.most);
    if (!one.fallback.empty()) out.key("default").raw(one.fallback);
}

void write_text(setting const& one, std::string_view pattern, json::writer& out) {
    out.key("type").string("string");
    if (pattern.empty()) out.key("minLength").integer(1);
    if (!pattern.empty()) out.key("pattern").string(pattern);
    if (!one.fallback.empty()) out.key("default").string(one.fallback);
}

// `when: true` is a program too, and YAML reads it as something else than text.
void write_program(json::writer& out) {
    out.key("type").begin_array().string("string").string("boolean").string("number").end_array();
}

void write_texts(setting const& one, json::writer& out) {
    out.key("type").string("array").key("items").begin_object().key("type").string("string");
    if (!one.pattern.empty()) out.key("pattern").string(one.pattern);
    out.end_object();
}

void write_map_of(setting const& one, json::writer& out) {
    out.key("type").string("object").key("additionalProperties").begin_object();
    if (one.kind == setting_kind::programs) write_program(out);
    if (one.kind == setting_kind::pairs) out.key("type").string("string");
    out.end_object();
}

void write_named(setting const& one, json::writer& out) {
    out.key("type").string("object").key("propertyNames").begin_object();
    out.key("pattern").string(name_pattern).end_object();
    out.key("additionalProperties");
    write_object_of(one, out);
}

// The members of the schema that `text`, an object, has.
void write_members_of(std::string_view text, json::writer& out) {
    json::arena scratch;
    auto const parsed = json::parse(text, scratch);
    HEADGATE_CHECK(parsed.has_value() && parsed->root.is_object(), "a schema written by us is not JSON");
    for (auto const& one : parsed->root.members()) out.key(one.key).write(one.value);
}

void write_kind(setting const& one, json::writer& out) {
    switch (one.kind) {
        case setting_kind::mapping: write_properties(one, out); return;
        case setting_kind::named: write_named(one, out); return;
        case setting_kind::list:
            out.key("type").string("array").key("items");
            write_object_of(one, out);
            return;
        case setting_kind::text: write_text(one, one.pattern, out); return;
        case setting_kind::program:
            write_program(out);
            if (!one.fallback.empty()) out.key("default").string(one.fallback);
            return;
        case setting_kind::flag:
            out.key("type").string("boolean");
            if (!one.fallback.empty()) out.key("default").raw(one.fallback);
            return;
        case setting_kind::whole: write_number(one, "integer", out); return;
        case setting_kind::number: write_number(one, "number", out); return;
        case setting_kind::duration: write_text(one, duration_pattern, out); return;
        case setting_kind::choice:
            out.key("enum").begin_array();
            for (auto const& name : one.choices) out.string(name);
            out.end_array();
            if (!one.fallback.empty()) out.key("default").string(one.fallback);
            return;
        case setting_kind::texts: write_texts(one, out); return;
        case setting_kind::pairs:
        case setting_kind::programs: write_map_of(one, out); return;
        case setting_kind::secret: write_members_of(reference_schema, out); return;
        case setting_kind::special: write_members_of(one.schema, out); return;
    }
}

void write_schema_of(setting const& one, json::writer& out) {
    out.begin_object();
    if (!one.says.empty()) out.key("description").string(one.says);
    write_kind(one, out);
    out.end_object();
}

}  // namespace

setting describe_settings() {
    setting all;
    configuration defaults;
    section root{all};
    declare_configuration(root, defaults);
    return all;
}

std::string json_schema() {
    auto const all = describe_settings();
    json::writer out;
    out.begin_object();
    out.key("$schema").string("https://json-schema.org/draft/2020-12/schema");
    out.key("title").string("Headgate configuration");
    write_properties(all, out);
    out.key("$defs").raw(verify_definitions());
    out.end_object();
    auto const compact = std::move(out).take();
    json::arena scratch;
    auto const parsed = json::parse(compact, scratch);
    HEADGATE_CHECK(parsed.has_value(), "the schema we wrote is not JSON");
    return json::write_indented(parsed->root);
}

}  // namespace headgate::config
