#include "transforms/rule_input.hpp"

#include "core/clock.hpp"
#include "core/text.hpp"
#include "json/parse.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <span>

namespace headgate::transforms {
namespace {

using json::member;
using json::value;

// Strings of the event stay where they are, unless they are no UTF-8: then a repaired copy is made.
value text_of(std::string_view kept, json::arena& where) {
    if (is_utf8(kept)) return value::string_view_of(kept);
    return value::string(to_utf8(kept), where);
}

value text_or_null(std::string_view kept, json::arena& where) {
    return kept.empty() ? value{} : text_of(kept, where);
}

value time_of(wall_time time, json::arena& where) {
    return value::string(to_rfc3339(time), where);
}

value texts_of(std::vector<std::string> const& all, json::arena& where) {
    std::vector<value> items;
    for (auto const& each : all) items.push_back(text_of(each, where));
    return value::array(items, where);
}

value identity_of(identity const& sender, json::arena& where) {
    std::array const members{
        member{"verified_by", text_of(sender.verified_by, where)},
        member{"key_id", text_or_null(sender.key_id, where)},
        member{"covers", value::string_view_of(name_of(sender.covers))},
        member{"signed_time", sender.signed_time ? time_of(*sender.signed_time, where) : value{}},
        member{"delivery_id", text_or_null(sender.delivery_id, where)},
        member{"delivery_id_signed", value::boolean(sender.delivery_id_signed)},
        member{"subject", text_or_null(sender.subject, where)},
        member{"email", text_or_null(sender.email, where)},
        member{"groups", texts_of(sender.groups, where)},
    };
    return value::object(members, where);
}

// Values of equal names, each name once, in the order they first came.
struct grouped {
    std::string_view name;
    std::vector<value> values;
};

std::vector<grouped> group(parameters const& all, json::arena& where) {
    std::vector<grouped> groups;
    std::map<std::string_view, std::size_t> places;
    for (auto const& [name, text] : all) {
        auto const [place, is_new] = places.try_emplace(name, groups.size());
        if (is_new) groups.push_back({value::string(to_utf8(name), where).as_string(), {}});
        groups[place->second].values.push_back(value::string(to_utf8(text), where));
    }
    return groups;
}

enum class repeated : std::uint8_t { becomes_null, becomes_array, is_always_array };

value object_of(std::vector<grouped> const& groups, repeated how, json::arena& where) {
    std::vector<member> members;
    members.reserve(groups.size());
    for (auto const& one : groups) {
        bool const is_sole = one.values.size() == 1;
        value here;
        if (how == repeated::is_always_array || (how == repeated::becomes_array && !is_sole)) {
            here = value::array(one.values, where);
        } else if (is_sole) {
            here = one.values.front();
        }
        members.push_back({one.name, here});
    }
    return value::object(members, where);
}

value params_of(parameters const& all, json::arena& where) {
    std::vector<member> members;
    for (auto const& [name, text] : all) members.push_back({name, text_of(text, where)});
    return value::object(members, where);
}

value headers_of(headers const& fields, json::arena& where) {
    std::vector<member> members;
    std::map<std::string_view, std::string> joined;
    for (auto const& field : fields) {
        auto const [place, is_new] = joined.try_emplace(field.name, field.value);
        if (!is_new) place->second += ", " + field.value;
    }
    members.reserve(joined.size());
    for (auto const& field : fields) {
        auto const place = joined.find(field.name);
        if (place == joined.end()) continue;  // Already there, in the place of the first.
        members.push_back(
            {text_of(field.name, where).as_string(), value::string(to_utf8(place->second), where)});
        joined.erase(place);
    }
    return value::object(members, where);
}

result<value> decode_body(headers const& fields, std::string_view body, json::arena& where,
                          std::size_t values_max) {
    auto const type = media_type(fields);
    if (body.empty()) return value{};
    if (type == "application/json" || type.ends_with("+json")) {
        auto const read = json::parse(body, where, {.values_max = values_max});
        if (!read)
            return std::unexpected{while_doing("the body is not the JSON that its type says", read.error())};
        return read->root;
    }
    if (type == "application/x-www-form-urlencoded") {
        if (static_cast<std::size_t>(std::ranges::count(body, '&')) >= values_max) {
            return refuse(errc::invalid_argument,
                          fmt::format("the body is a form of more than {} values", values_max));
        }
        auto const form = parse_form(body);
        if (!form)
            return refuse(errc::invalid_argument,
                          "the body is not the form that its type says: an escape is malformed");
        return object_of(group(*form, where), repeated::becomes_array, where);
    }
    return value{};
}

}  // namespace

rule_input make_rule_input(event const& from, json::arena& where, input_options const& options) {
    auto const& received = from.received;
    auto const query = group(parse_form(received.head.query()).value_or(parameters{}), where);
    std::string_view bytes = received.body;
    if (!received.hidden.empty()) bytes = value::string(received.shown_body(), where).as_string();
    rule_input made;
    auto body = decode_body(received.head.fields, bytes, where, options.values_max);
    if (!body) {
        made.body_error = body.error();
        body = value::unreadable(body.error().message, where);
    }
    std::vector<member> members{
        {"id", value{}},
        {"source", text_of(from.source, where)},
        {"tenant", text_of(from.tenant, where)},
        {"type", text_or_null(from.sender.event_type, where)},
        {"received_at", time_of(received.received_at, where)},
        {"identity", identity_of(from.sender, where)},
        {"method", text_of(received.head.method, where)},
        {"path", text_of(received.head.path(), where)},
        {"params", params_of(received.path_parameters, where)},
        {"query", object_of(query, repeated::becomes_null, where)},
        {"query_all", object_of(query, repeated::is_always_array, where)},
        {"headers", headers_of(received.head.fields, where)},
        {"body", *body},
        {"body_text", is_utf8(bytes) ? value::string_view_of(bytes) : value{}},
    };
    if (options.has_id) {
        members.front().value = value::string(to_string(from.id), where);
    } else {
        members.erase(members.begin());
    }
    made.value = value::object(members, where);
    return made;
}

}  // namespace headgate::transforms
