#include "app/stored_event.hpp"

#include "core/encoding.hpp"
#include "json/parse.hpp"

#include <utility>

namespace headgate::app {
namespace {

std::string text_of(json::value const& from, std::string_view key) {
    auto const found = from.find(key);
    return found && found->is_string() ? std::string{found->as_string()} : std::string{};
}

bool flag_of(json::value const& from, std::string_view key) {
    auto const found = from.find(key);
    return found && found->type() == json::kind::boolean && found->as_boolean();
}

std::vector<std::string> texts_of(json::value const& from, std::string_view key) {
    std::vector<std::string> all;
    auto const found = from.find(key);
    if (!found || !found->is_array()) return all;
    for (auto const& each : found->items()) {
        if (each.is_string()) all.emplace_back(each.as_string());
    }
    return all;
}

coverage coverage_named(std::string_view name) {
    if (name == "full") return coverage::full;
    return name == "partial" ? coverage::partial : coverage::none;
}

identity identity_of(json::value const& verdict, std::string type) {
    identity sender{text_of(verdict, "verified_by"), text_of(verdict, "key_id"),
                    coverage_named(text_of(verdict, "covers"))};
    if (auto const time = parse_rfc3339(text_of(verdict, "signed_time"))) sender.signed_time = *time;
    sender.delivery_id = text_of(verdict, "delivery_id");
    sender.delivery_id_signed = flag_of(verdict, "delivery_id_signed");
    sender.event_type = std::move(type);
    sender.subject = text_of(verdict, "subject");
    sender.email = text_of(verdict, "email");
    sender.groups = texts_of(verdict, "groups");
    return sender;
}

headers headers_of(json::value const& shown) {
    headers all;
    auto const found = shown.find("headers");
    if (!found || !found->is_array()) return all;
    for (auto const& line : found->items()) all.push_back({text_of(line, "name"), text_of(line, "value")});
    return all;
}

parameters parameters_of(json::value const& shown) {
    parameters all;
    auto const found = shown.find("params");
    if (!found || !found->is_object()) return all;
    for (auto const& [name, value] : found->members()) {
        if (value.is_string()) all.emplace_back(name, value.as_string());
    }
    return all;
}

}  // namespace

result<event> stored_event(std::string_view json) {
    json::arena values;
    auto const parsed = json::parse(json, values);
    auto const wrong = [] {
        return refuse(errc::data_loss, "the API's answer is no event",
                      "is --api the operator listener of headgate?");
    };
    if (!parsed) return wrong();
    auto const& shown = parsed->root;
    auto const id = parse_uuid(text_of(shown, "id"));
    auto const received_at = parse_rfc3339(text_of(shown, "received_at"));
    auto const verdict = shown.find("verdict");
    if (!id || !received_at || !verdict) return wrong();

    auto body = text_of(shown, "body");
    if (text_of(shown, "body_encoding") == "base64") {
        auto decoded = decode_base64(body, base64_alphabet::standard);
        if (!decoded) return wrong();
        body = *std::move(decoded);
    }
    return event{.sequence = 0,
                 .id = *id,
                 .tenant = text_of(shown, "tenant"),
                 .source = text_of(shown, "source"),
                 .sender = identity_of(*verdict, text_of(shown, "type")),
                 .received = {.head = {.method = text_of(shown, "method"),
                                       .target = text_of(shown, "target"),
                                       .fields = headers_of(shown),
                                       .peer = text_of(shown, "peer")},
                              .body = std::move(body),
                              .path_parameters = parameters_of(shown),
                              .received_at = *received_at}};
}

}  // namespace headgate::app
