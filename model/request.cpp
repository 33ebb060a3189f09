#include "model/request.hpp"

#include "core/encoding.hpp"
#include "core/secret.hpp"
#include "core/text.hpp"

#include <algorithm>

namespace headgate {
namespace {

enum class plus { is_plus, is_blank };

std::optional<std::string> decode(std::string_view text, plus meaning) {
    std::string decoded;
    decoded.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '+' && meaning == plus::is_blank) {
            decoded += ' ';
        } else if (text[i] == '%') {
            if (i + 2 >= text.size()) return std::nullopt;
            auto const high = hex_digit(text[i + 1]);
            auto const low = hex_digit(text[i + 2]);
            if (!high || !low) return std::nullopt;
            decoded += static_cast<char>(*high << 4 | *low);
            i += 2;
        } else {
            decoded += text[i];
        }
    }
    return decoded;
}

}  // namespace

std::optional<std::string_view> sole_header(headers const& all, std::string_view name) {
    std::optional<std::string_view> found;
    for (auto const& line : all) {
        if (line.name != name) continue;
        if (found) return std::nullopt;
        found = line.value;
    }
    return found;
}

std::size_t count_headers(headers const& all, std::string_view name) {
    return static_cast<std::size_t>(std::ranges::count(all, name, &header::name));
}

std::string media_type(headers const& all) {
    auto const header = sole_header(all, "content-type");
    if (!header) return {};
    return to_lower(trimmed(header->substr(0, header->find(';'))));
}

std::string_view request_head::path() const {
    return std::string_view{target}.substr(0, target.find('?'));
}

std::string_view request_head::query() const {
    auto const mark = target.find('?');
    return mark == std::string::npos ? std::string_view{} : std::string_view{target}.substr(mark + 1);
}

std::string request::shown_body() const {
    std::string shown;
    std::size_t done = 0;
    for (auto const& [begin, bytes, as] : hidden) {
        if (begin < done || begin > body.size() || bytes > body.size() - begin) return std::string{redacted};
        shown.append(body, done, begin - done);
        if (as == hidden_place::form::json_value) {
            shown.append(1, '"').append(redacted).append(1, '"');
        } else {
            shown += redacted;
        }
        done = begin + bytes;
    }
    return shown.append(body, done);
}

std::optional<parameters> parse_form(std::string_view text) {
    parameters all;
    while (!text.empty()) {
        auto const end = text.find('&');
        auto const item = text.substr(0, end);
        text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
        if (item.empty()) continue;
        auto const equals = item.find('=');
        auto name = decode(item.substr(0, equals), plus::is_blank);
        auto value = equals == std::string_view::npos ? std::optional<std::string>{""}
                                                      : decode(item.substr(equals + 1), plus::is_blank);
        if (!name || !value) return std::nullopt;
        all.emplace_back(*std::move(name), *std::move(value));
    }
    return all;
}

std::optional<std::string> percent_decode(std::string_view text) {
    return decode(text, plus::is_plus);
}

std::string to_lower(std::string_view text) {
    std::string lower{text};
    for (auto& c : lower) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return lower;
}

}  // namespace headgate
