#include "config/verify_values.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <memory>
#include <vector>

namespace headgate::config {
namespace {

constexpr std::array<std::string_view, 15> sources{"const", "path",   "header",      "query",  "json",
                                                   "slice", "form",   "form_sorted", "url",    "part",
                                                   "param", "digest", "claim",       "secret", "mac"};

constexpr names_of<auth::key_encoding, 3> key_encodings{
    {{"text", auth::key_encoding::text}, {"hex", auth::key_encoding::hex}, {"b64", auth::key_encoding::b64}}};
constexpr names_of<auth::signature_encoding, 4> signature_encodings{
    {{"hex", auth::signature_encoding::hex},
     {"hex-any-case", auth::signature_encoding::hex_any_case},
     {"b64", auth::signature_encoding::b64},
     {"b64url", auth::signature_encoding::b64url}}};

constexpr std::string_view value_remedy =
    "write body, method, a constant in quotes, or for example {header: X-Name}";

auth::value_ptr shared(std::optional<auth::value> read) {
    return read ? std::make_shared<auth::value const>(*std::move(read)) : nullptr;
}

// The value under a key, which must be there.
std::optional<auth::value> inner_value(reader& from, std::string_view key) {
    auto const* const found = from.take(key);
    if (found != nullptr) return read_value(*found, from.path_of(key), from.into());
    from.mistake(key, "is missing", std::string{value_remedy});
    return std::nullopt;
}

auth::value header_of(reader& from) {
    auth::header_value made;
    for (auto const& name : one_or_several(from, "header")) made.names.push_back(to_lower(name));
    made.scheme = from.text("scheme").value_or("");
    if (from.has("decode")) made.decode = read_choice(from, "decode", text_forms, auth::text_form::b64);
    return {std::move(made)};
}

auth::value slice_of(reader& from) {
    auth::slice_value made;
    auto const* const found = from.take("slice");
    if (found->is_mapping()) {
        reader inner{*found, from.path_of("slice"), from.into()};
        made.if_array = json_path_of(read_any_text(inner, "array").value_or(""));
        made.if_object = json_path_of(read_any_text(inner, "object").value_or(""));
        inner.finish();
    } else {
        made.if_array = made.if_object = json_path_of(read_any_text(from, "slice").value_or(""));
    }
    return {std::move(made)};
}

auth::value form_sorted_of(reader& from) {
    auth::form_sorted_value made;
    if (auto inner = from.section("form_sorted")) {
        auto const item = inner->texts("item");
        if (!item.empty() && item != std::vector<std::string>{"name", "value"}) {
            inner->mistake("item", "is not a known item", "write [name, value]");
        }
        made.unique = inner->flag("unique").value_or(false);
        inner->finish();
    }
    return {made};
}

auth::value url_of(reader& from) {
    auth::url_value made;
    if (auto inner = from.section("url")) {
        constexpr std::array<std::string_view, 1> bases{"configured"};
        constexpr names_of<auth::url_value::port, 2> ports{
            {{"as-is", auth::url_value::port::as_is}, {"any", auth::url_value::port::any}}};
        static_cast<void>(inner->choice("base", bases));
        made.ports = read_choice(*inner, "port", ports, auth::url_value::port::as_is);
        made.decode = inner->texts("decode");
        inner->finish();
    }
    return {std::move(made)};
}

auth::value digest_of(reader& from) {
    auth::digest_value made;
    if (auto inner = from.section("digest")) {
        made.algorithm = read_choice(*inner, "alg", hashes, auth::hash_name::sha256);
        made.of = shared(inner_value(*inner, "of"));
        made.out = read_choice(*inner, "out", text_forms, auth::text_form::hex);
        inner->finish();
    }
    return {std::move(made)};
}

// The keys that shape a secret, beside the one that names it.
void read_shape_keys(reader& from, auth::secret_shape& into) {
    into.strip = from.text("strip").value_or("");
    into.encoding = read_choice(from, "encoding", key_encodings, auth::key_encoding::text);
    into.bytes_min = static_cast<std::size_t>(from.whole("min_bytes", 0, 1024).value_or(0));
}

auth::value secret_of(reader& from) {
    auth::secret_value made;
    made.shape.name = from.text("secret").value_or("signing");
    read_shape_keys(from, made.shape);
    return {std::move(made)};
}

auth::value mac_of(reader& from) {
    auth::mac_value made;
    made.algorithm = read_choice(from, "mac", mac_algorithms, auth::mac_algorithm::hmac_sha256);
    made.of = shared(inner_value(from, "of"));
    made.out = read_choice(from, "out", text_forms, auth::text_form::hex);
    if (auto const* key = from.take("secret"))
        made.key = read_secret_shape(*key, from.path_of("secret"), from.into());
    return {std::move(made)};
}

// `mac` has a `secret` of its own beside it; of all others exactly one key names the source.
std::optional<std::string_view> source_named_in(reader& from) {
    if (from.has("mac")) return "mac";
    std::vector<std::string_view> named;
    for (auto const source : sources) {
        if (from.has(source)) named.push_back(source);
    }
    if (named.size() == 1) return named.front();
    auto const what = named.empty() ? std::string{"names no source of a value"}
                                    : fmt::format("names several sources: {}", fmt::join(named, ", "));
    from.into().mistake(from.here(), from.path(), what,
                        fmt::format("exactly one of: {}", fmt::join(sources, ", ")));
    return std::nullopt;
}

std::optional<auth::value> scalar_value(node const& at, std::string const& path, notes& into) {
    if (at.quoted) {
        if (at.text == "body" || at.text == "method")
            into.warning(at, path,
                         fmt::format("\"{}\" in quotes is this word, and not the request's", at.text),
                         fmt::format("write {} without quotes, or {{const: {}}} if the word is meant",
                                     at.text, at.text));
        return auth::value{auth::const_value{at.text}};
    }
    if (at.text == "body") return auth::value{auth::body_value{}};
    if (at.text == "method") return auth::value{auth::method_value{}};
    into.mistake(at, path, fmt::format("\"{}\" is not a value", at.text), std::string{value_remedy});
    return std::nullopt;
}

auth::content read_join(reader& from) {
    auth::join_content made;
    made.separator = from.text("join").value_or("");
    auto const* const list = from.take("values");
    if (list == nullptr || !list->is_list()) {
        from.mistake("values", "is not a list of values", std::string{value_remedy});
        return made;
    }
    for (std::size_t i = 0; i < list->items.size(); ++i) {
        auto const path = child_path(from.path_of("values"), i);
        if (!list->items[i].is_mapping()) {
            if (auto item = read_value(list->items[i], path, from.into()))
                made.items.push_back({*std::move(item), {}});
            continue;
        }
        reader one{list->items[i], path, from.into()};
        auto item = read_value_of(one);
        auto absent = read_any_text(one, "absent");
        one.finish();
        if (item) made.items.push_back({*std::move(item), std::move(absent)});
    }
    return made;
}

std::vector<auth::line_member> line_members(std::vector<std::string> const& names) {
    std::vector<auth::line_member> members;
    for (auto const& name : names) {
        bool const optional = name.ends_with('?');
        members.push_back({optional ? name.substr(0, name.size() - 1) : name, optional});
    }
    return members;
}

auth::content read_lines(reader& from) {
    auth::lines_content made;
    if (!from.flag("lines").value_or(false)) from.mistake("lines", "is not true", "write lines: true");
    if (from.has("keys")) made.lists[""] = line_members(from.texts("keys"));
    for (auto& [pointer, lists] : from.named("keys_for")) {
        if (made.chosen_by) from.mistake("keys_for", "has several members that choose", "name one");
        made.chosen_by = json_path_of(pointer);
        for (auto const& one : lists.here().members) made.lists[one.key] = line_members(lists.texts(one.key));
    }
    return made;
}

}  // namespace

std::vector<std::string> at_least_one(reader& from, std::string_view key) {
    auto const* const found = from.take(key);
    if (found != nullptr && found->is_list() && found->items.empty()) {
        from.mistake(key, "is an empty list", "name at least one, or remove the line where any will do");
    }
    return from.texts(key);
}

std::vector<std::string> one_or_several(reader& from, std::string_view key) {
    auto const* const found = from.take(key);
    if (found != nullptr && found->is_list()) return at_least_one(from, key);
    auto one = from.text(key);
    return one ? std::vector{*std::move(one)} : std::vector<std::string>{};
}

auth::json_path json_path_of(std::string_view written) {
    if (written.empty() || written.front() == '/')
        return {std::string{written}, auth::json_path::start::document};
    return {"/" + std::string{written}, auth::json_path::start::item};
}

std::optional<std::string> read_any_text(reader& from, std::string_view key) {
    auto const* const found = from.take(key);
    if (found == nullptr) return std::nullopt;
    if (found->is_scalar()) return found->text;
    from.mistake(key, fmt::format("is {}, not a text", name_of(found->kind)),
                 "write a text, in quotes if it is empty");
    return std::nullopt;
}

std::optional<auth::value> read_value_of(reader& from) {
    auto const source = source_named_in(from);
    if (!source) return std::nullopt;
    auto const text = [&] { return from.text(*source).value_or(""); };
    if (*source == "const") return auth::value{auth::const_value{read_any_text(from, "const").value_or("")}};
    if (*source == "path") return auth::value{auth::path_value{text()}};
    if (*source == "header") return header_of(from);
    if (*source == "query") return auth::value{auth::query_value{text()}};
    if (*source == "json") {
        return auth::value{auth::json_value{json_path_of(read_any_text(from, "json").value_or(""))}};
    }
    if (*source == "slice") return slice_of(from);
    if (*source == "form") return auth::value{auth::form_value{text()}};
    if (*source == "form_sorted") return form_sorted_of(from);
    if (*source == "url") return url_of(from);
    if (*source == "part") return auth::value{auth::part_value{text()}};
    if (*source == "param") return auth::value{auth::param_value{text()}};
    if (*source == "digest") return digest_of(from);
    if (*source == "claim") return auth::value{auth::claim_value{text()}};
    if (*source == "secret") return secret_of(from);
    return mac_of(from);
}

std::optional<auth::value> read_value(node const& at, std::string const& path, notes& into) {
    if (at.is_scalar()) return scalar_value(at, path, into);
    if (!at.is_mapping()) {
        into.mistake(at, path, fmt::format("is {}, not a value", name_of(at.kind)),
                     std::string{value_remedy});
        return std::nullopt;
    }
    reader from{at, path, into};
    auto const mistakes = into.mistakes();
    auto read = read_value_of(from);
    if (into.mistakes() == mistakes) from.finish();
    return read;
}

auth::values read_values(node const& at, std::string const& path, notes& into) {
    auth::values all;
    if (!at.is_list()) {
        if (auto one = read_value(at, path, into)) all.push_back(*std::move(one));
        return all;
    }
    for (std::size_t i = 0; i < at.items.size(); ++i) {
        if (auto one = read_value(at.items[i], child_path(path, i), into)) all.push_back(*std::move(one));
    }
    return all;
}

auth::content read_content(node const& at, std::string const& path, notes& into) {
    bool const shaped = at.find("join") != nullptr || at.find("lines") != nullptr;
    if (!shaped) return read_values(at, path, into);
    reader from{at, path, into};
    auto made = from.has("join") ? read_join(from) : read_lines(from);
    from.finish();
    return made;
}

auth::signature_grammar read_signature(node const& at, std::string const& path, notes& into) {
    reader from{at, path, into};
    auth::signature_grammar made;
    if (auto value = inner_value(from, "from")) made.from = *std::move(value);
    made.list = read_any_text(from, "list").value_or("");
    made.pair = read_any_text(from, "pair").value_or("");
    made.take = from.text("take").value_or("");
    for (auto const& [label, times] : from.text_pairs("parts")) {
        if (times != "once")
            from.mistake("parts", "a part is captured once", fmt::format("write {{{}: once}}", label));
        made.parts.push_back(label);
    }
    made.prefix = read_any_text(from, "prefix").value_or("");
    if (!from.has("decode"))
        from.mistake("decode", "is missing", "write decode: hex, or how the sender writes it");
    made.decode = read_choice(from, "decode", signature_encodings, auth::signature_encoding::hex);
    from.finish();
    return made;
}

auth::secret_shape read_secret_shape(node const& at, std::string const& path, notes& into) {
    reader from{at, path, into};
    auto made = read_secret_shape_of(from);
    from.finish();
    return made;
}

auth::secret_shape read_secret_shape_of(reader& from) {
    auth::secret_shape made;
    made.name = from.text("name").value_or("signing");
    read_shape_keys(from, made);
    return made;
}

auth::guard read_guard(node const& at, std::string const& path, notes& into) {
    reader from{at, path, into};
    auth::guard made;
    made.methods = one_or_several(from, "method");
    made.content_type = to_lower(from.text("content_type").value_or(""));
    constexpr names_of<bool, 2> states{{{"empty", true}, {"present", false}}};
    if (from.has("body")) made.body_empty = read_choice(from, "body", states, true);
    for (auto& [name, expected] : from.text_pairs("header"))
        made.headers.emplace_back(to_lower(name), expected);
    made.query = from.text_pairs("query");
    made.query_has = at_least_one(from, "query_has");
    for (auto& [pointer, expected] : from.text_pairs("json")) {
        made.json.emplace_back(json_path_of(pointer), std::move(expected));
    }
    for (auto const& pointer : at_least_one(from, "json_has")) made.json_has.push_back(json_path_of(pointer));
    from.finish();
    return made;
}

node const* needed(reader& from, std::string_view key, std::string_view example) {
    auto const* const found = from.take(key);
    if (found == nullptr) from.mistake(key, "is missing", fmt::format("add it, for example {}", example));
    return found;
}

void read_value_into(reader& from, std::string_view key, auth::value& into) {
    auto const* const found = needed(from, key, "{header: X-Name}");
    if (found == nullptr) return;
    if (auto read = read_value(*found, from.path_of(key), from.into())) into = *std::move(read);
}

void read_seconds_into(reader& from, std::string_view key, std::chrono::milliseconds most,
                       std::chrono::seconds& into) {
    auto const read = from.duration(key, std::chrono::milliseconds{0}, most);
    if (!read) return;
    into = std::chrono::duration_cast<std::chrono::seconds>(*read);
    if (into != *read) from.mistake(key, "is too fine", "write whole seconds");
}

}  // namespace headgate::config
