#include "transforms/rule_input.hpp"

#include "core/clock.hpp"
#include "core/text.hpp"
#include "transforms/cloud_event.hpp"
#include "transforms/grouped.hpp"

#include <array>
#include <map>

namespace headgate::transforms {
namespace {

using json::member;
using json::value;

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

}  // namespace

rule_input make_rule_input(event const& from, json::arena& where, input_options const& options) {
    auto const& received = from.received;
    auto const query = group(parse_form(received.head.query()).value_or(parameters{}), where);
    std::string_view bytes = received.body;
    if (!received.hidden.empty()) bytes = value::string(received.shown_body(), where).as_string();
    auto body = decode_body(received.head.fields, bytes, where, options.body);
    rule_input made;
    made.body_error = body.trouble;
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
        {"body", body.document},
        {"body_text", body.text},
    };
    if (options.body.as.has_base64) members.push_back({"body_base64", body.base64});
    if (auto const one = cloud_event_of(received.head.fields, body, where))
        members.push_back({"cloudevent", *one});
    if (options.has_id) {
        members.front().value = value::string(to_string(from.id), where);
    } else {
        members.erase(members.begin());
    }
    made.value = value::object(members, where);
    return made;
}

}  // namespace headgate::transforms
