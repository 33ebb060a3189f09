#include "transforms/cloud_event.hpp"

#include "core/text.hpp"
#include "transforms/content_type.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

namespace headgate::transforms {
namespace {

using json::member;
using json::value;

constexpr std::string_view prefix = "ce-";

std::unexpected<error> not_one(std::string_view why) {
    return refuse(errc::invalid_argument, std::string{why});
}

// Section "Required attributes" of the specification.
result<void> check_required(value const& of) {
    constexpr std::array<std::string_view, 4> required{"specversion", "id", "source", "type"};
    for (auto const name : required) {
        auto const* const given = of.find_pointer(name);
        if (given == nullptr) return not_one(fmt::format("`{}` is missing", name));
        if (!given->is_string() || given->as_string().empty())
            return not_one(fmt::format("`{}` is no text", name));
    }
    if (of.find_pointer("specversion")->as_string() != "1.0") return not_one("`specversion` is not 1.0");
    return {};
}

// HTTP binding, 3.1.3.2: quotes around it are taken off, then it is percent-decoded.
std::string attribute_text(std::string_view raw) {
    std::string text;
    bool const is_quoted = raw.size() >= 2 && raw.starts_with('"') && raw.ends_with('"');
    if (is_quoted) {
        auto const inside = raw.substr(1, raw.size() - 2);
        for (std::size_t at = 0; at < inside.size(); ++at) {
            if (inside[at] == '\\' && at + 1 < inside.size()) ++at;
            text += inside[at];
        }
    } else {
        text = raw;
    }
    auto decoded = percent_decode(text);
    return to_utf8(decoded ? *decoded : text);
}

bool is_attribute(std::string_view name) {
    auto const fits = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
    return !name.empty() && std::ranges::all_of(name, fits) && name != "data" && name != "datacontenttype";
}

// One that its headers say it is.
value binary_event(headers const& fields, decoded_body const& body, json::arena& where) {
    std::vector<member> members;
    for (auto const& [name, text] : fields) {
        if (!name.starts_with(prefix) || !is_attribute(std::string_view{name}.substr(prefix.size())))
            continue;
        if (count_headers(fields, name) != 1) continue;
        members.push_back(
            {std::string_view{name}.substr(prefix.size()), value::string(attribute_text(text), where)});
    }
    if (auto const type = sole_header(fields, "content-type"))
        members.push_back({"datacontenttype", value::string(to_utf8(*type), where)});
    if (!body.is_empty) members.push_back({"data", body.document});
    auto const made = value::object(members, where);
    if (auto const is_one = check_required(made); !is_one) {
        return value::unreadable(fmt::format("the headers are not those of the CloudEvent that they say: {}",
                                             is_one.error().message),
                                 where);
    }
    return made;
}

}  // namespace

result<void> check_cloud_event(value const& document) {
    if (!document.is_object()) return not_one("it is no object");
    if (auto const has_all = check_required(document); !has_all) return has_all;
    if (document.find_pointer("data") != nullptr && document.find_pointer("data_base64") != nullptr)
        return not_one("it has both `data` and `data_base64`");
    return {};
}

result<void> check_cloud_events(value const& documents) {
    if (!documents.is_array()) return not_one("it is no array");
    std::size_t number = 0;
    for (auto const& each : documents.items()) {
        ++number;
        auto const is_one = check_cloud_event(each);
        if (!is_one) return while_doing(fmt::format("event {}", number), is_one.error());
    }
    return {};
}

std::optional<value> cloud_event_of(headers const& fields, decoded_body const& body, json::arena& where) {
    if (body.type == cloud_event_type && !body.is_empty) return body.document;
    if (body.type == cloud_event_batch_type || count_headers(fields, "ce-specversion") == 0)
        return std::nullopt;
    return binary_event(fields, body, where);
}

}  // namespace headgate::transforms
