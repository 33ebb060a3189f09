#include "core/log_line.hpp"

#include "core/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace headgate {
namespace {

std::string_view name_of(log_level level) {
    switch (level) {
        case log_level::debug: return "debug";
        case log_level::info: return "info";
        case log_level::warning: return "warning";
        case log_level::error: return "error";
    }
    return "error";
}

std::string json_string(std::string_view text, std::size_t bytes_max) {
    auto const shown = shortened(text, bytes_max);
    std::string out;
    append_json_string(shown.size() < text.size() ? std::string{shown} + "…" : std::string{shown}, out);
    return out;
}

std::string harmless(std::string_view text) {
    auto const whole = to_utf8(text);
    std::string out;
    for (std::string_view rest = whole; !rest.empty();) {
        auto const character = rest.substr(0, character_bytes(rest));
        bool const is_escaped_later = character.size() == 1;
        out += !is_escaped_later && is_control(character) ? replacement_character : character;
        rest.remove_prefix(character.size());
    }
    return out;
}

bool is_plain_word(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) {
        return static_cast<unsigned char>(c) > 0x20 && c != 0x7f && c != '"' && c != '=' && c != '\\';
    });
}

std::string text_value(std::string_view text) {
    auto const shown = harmless(shortened(text, log_value_bytes_max));
    if (shown.size() == text.size() && is_plain_word(shown)) return shown;
    return json_string(text.size() > log_value_bytes_max ? shown + "…" : shown, std::string_view::npos);
}

// The message is ours; a control character in it still must not end the line.
std::string text_message(std::string_view message) {
    auto shown = harmless(shortened(message, log_value_bytes_max));
    std::ranges::replace_if(
        shown, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, ' ');
    return shown;
}

}  // namespace

std::string log_line(log_format format, wall_time at, log_level level, std::string_view message,
                     std::span<log_field const> fields) {
    bool const is_json = format == log_format::json;
    // An escape is six bytes for one at most: half a value leaves room for it.
    auto line = is_json ? fmt::format(R"({{"time":"{}","level":"{}","message":{})", to_rfc3339(at),
                                      name_of(level), json_string(message, log_value_bytes_max / 2))
                        : fmt::format("{} {:7} {}", to_rfc3339(at), name_of(level), text_message(message));
    for (auto const& [name, value] : fields) {
        auto const field = is_json ? fmt::format(",{}:{}", json_string(name, log_value_bytes_max),
                                                 json_string(value, log_value_bytes_max))
                                   : fmt::format(" {}={}", name, text_value(value));
        if (line.size() + field.size() < log_line_bytes_max) line += field;
    }
    if (is_json) line += '}';
    return line;
}

std::optional<std::uint64_t> repetition::admit(std::string_view message, std::string_view about,
                                               instant now) {
    std::string key{message};
    if (seen_.size() < kinds_max || seen_.contains(key + '\0' + std::string{about}))
        key.append(1, '\0').append(about);
    auto& here = seen_[key];
    if (now < here.until) {
        ++here.left_out;
        return std::nullopt;
    }
    here.until = now + std::chrono::seconds{1};
    return std::exchange(here.left_out, 0);
}

}  // namespace headgate
