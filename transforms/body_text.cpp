#include "core/text.hpp"
#include "transforms/body_readers.hpp"
#include "transforms/charset.hpp"
#include "transforms/content_type.hpp"
#include "transforms/grouped.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

// Bodies that are nothing but text: forms, and text itself.

namespace headgate::transforms {
namespace {

result<charset> charset_of(body_reading const& of) {
    auto const label = parameter_of(of.content_type, "charset");
    return label ? charset_named(*label) : charset::utf_8;
}

// The escapes of a form are bytes of its charset, too.
result<parameters> in_charset(parameters form, charset from, body_reading const& of) {
    for (auto& [name, text] : form) {
        for (auto* part : {&name, &text}) {
            HEADGATE_TRY(auto const read, text_in_utf8(from, *part, of.where, of.bounds.decoded_bytes_max));
            *part = std::string{read};
        }
    }
    return form;
}

}  // namespace

result<std::string_view> text_of_body(body_reading const& of) {
    HEADGATE_TRY(auto const from, charset_of(of));
    return text_in_utf8(from, of.bytes, of.where, of.bounds.decoded_bytes_max);
}

result<json::value> read_text(body_reading const& of) {
    HEADGATE_TRY(auto const text, text_of_body(of));
    return json::value::string_view_of(text);
}

result<json::value> read_form(body_reading const& of) {
    if (static_cast<std::size_t>(std::ranges::count(of.bytes, '&')) >= of.bounds.values_max) {
        return refuse(errc::invalid_argument,
                      fmt::format("the body is a form of more than {} values", of.bounds.values_max));
    }
    auto form = parse_form(of.bytes);
    if (!form)
        return refuse(errc::invalid_argument,
                      "the body is not the form that its type says: an escape is malformed");
    HEADGATE_TRY(auto const from, charset_of(of));
    if (from != charset::utf_8 && from != charset::us_ascii) {
        HEADGATE_TRY(form, in_charset(*std::move(form), from, of));
    }
    return object_of(group(*form, of.where), repeated::becomes_array, of.where);
}

}  // namespace headgate::transforms
