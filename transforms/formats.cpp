#include "core/encoding.hpp"
#include "core/text.hpp"
#include "json/write.hpp"
#include "model/request.hpp"
#include "transforms/operations.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace headgate::transforms {
namespace {

constexpr std::array<std::pair<std::string_view, text_format>, 10> names{{
    {"text", text_format::text},
    {"json", text_format::json},
    {"html", text_format::html},
    {"uri", text_format::uri},
    {"urid", text_format::urid},
    {"csv", text_format::csv},
    {"tsv", text_format::tsv},
    {"sh", text_format::sh},
    {"base64", text_format::base64},
    {"base64d", text_format::base64d},
}};

void append_html(std::string_view text, std::string& out) {
    for (auto const c : text) {
        switch (c) {
            case '<': out += "&lt;"; break;
            case '>': out += "&gt;"; break;
            case '&': out += "&amp;"; break;
            case '\'': out += "&apos;"; break;
            case '"': out += "&quot;"; break;
            default: out += c;
        }
    }
}

void append_replaced(std::string_view text, std::string_view from, std::initializer_list<std::string_view> to,
                     std::string& out) {
    for (auto const c : text) {
        auto const which = from.find(c);
        if (which == from.npos) {
            out += c;
        } else {
            out += to.begin()[which];
        }
    }
}

bool append_cell(runtime& run, text_format format, json::value const& cell, std::string& out) {
    bool const is_csv = format == text_format::csv;
    switch (cell.type()) {
        case json::kind::null: return true;
        case json::kind::boolean:
        case json::kind::number: append_text(cell, out); return true;
        case json::kind::string:
            if (is_csv) {
                out += '"';
                append_replaced(cell.as_string(), "\"", {"\"\""}, out);
                out += '"';
            } else {
                append_replaced(cell.as_string(), "\t\n\r\\", {"\\t", "\\n", "\\r", "\\\\"}, out);
            }
            return true;
        default:
            return run.fail(
                fmt::format("{} is not valid in a {} row", name_of(cell.type()), is_csv ? "csv" : "tsv"));
    }
}

bool append_row(runtime& run, text_format format, json::value const& row, std::string& out) {
    bool const is_csv = format == text_format::csv;
    if (!row.is_array()) {
        return run.fail(fmt::format("{} cannot be {}-formatted, only an array can be", name_of(row.type()),
                                    is_csv ? "csv" : "tsv"));
    }
    bool is_first = true;
    for (auto const& cell : row.items()) {
        if (!is_first) out += is_csv ? ',' : '\t';
        is_first = false;
        if (!append_cell(run, format, cell, out)) return false;
    }
    return true;
}

bool append_word(runtime& run, json::value const& any, std::string& out) {
    if (any.is_array() || any.is_object()) {
        return run.fail(fmt::format("{} can not be escaped for shell", name_of(any.type())));
    }
    if (!any.is_string()) {
        append_text(any, out);
        return true;
    }
    out += '\'';
    append_replaced(any.as_string(), "'", {"'\\''"}, out);
    out += '\'';
    return true;
}

bool append_words(runtime& run, json::value const& any, std::string& out) {
    if (!any.is_array()) return append_word(run, any, out);
    bool is_first = true;
    for (auto const& item : any.items()) {
        if (!is_first) out += ' ';
        is_first = false;
        if (!append_word(run, item, out)) return false;
    }
    return true;
}

std::string text_of(json::value const& any) {
    std::string text;
    append_text(any, text);
    return text;
}

}  // namespace

std::optional<text_format> text_format_named(std::string_view name) {
    auto const* const found =
        std::ranges::find(names, name, &std::pair<std::string_view, text_format>::first);
    return found == names.end() ? std::nullopt : std::optional{found->second};
}

void append_text(json::value const& any, std::string& out) {
    if (any.is_string()) {
        out += any.as_string();
    } else if (any.is_number()) {
        any.append_number_text(out);
    } else {
        json::write(any, out);
    }
}

bool append_formatted(runtime& run, text_format format, json::value const& any, std::string& out) {
    if (any.holds_unreadable()) return run.unreadable(any);
    switch (format) {
        case text_format::text: append_text(any, out); break;
        case text_format::json: json::write(any, out); break;
        case text_format::html: append_html(text_of(any), out); break;
        case text_format::uri: out += percent_encode(text_of(any)); break;
        case text_format::urid: {
            auto const bytes = percent_decode(text_of(any));
            if (!bytes || !is_utf8(*bytes))
                return run.fail(fmt::format("{} is not a valid uri encoding", name_of(any.type())));
            out += *bytes;
            break;
        }
        case text_format::csv:
        case text_format::tsv: return append_row(run, format, any, out);
        case text_format::sh: return append_words(run, any, out);
        case text_format::base64: out += encode_base64(text_of(any), base64_alphabet::standard); break;
        case text_format::base64d: {
            auto const bytes = decode_base64(text_of(any), base64_alphabet::standard, base64_spelling::any);
            if (!bytes) return run.fail(fmt::format("{} is not valid base64 data", name_of(any.type())));
            out += to_utf8(*bytes);
            break;
        }
    }
    return out.size() <= run.limits().memory_bytes_max || run.refuse(limit::memory);
}

}  // namespace headgate::transforms
