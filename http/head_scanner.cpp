#include "http/head_scanner.hpp"

#include "core/encoding.hpp"
#include "core/text.hpp"
#include "http/characters.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <utility>

namespace headgate::http {
namespace {

constexpr std::size_t method_bytes_max = 32;

bool is_token(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) {
        return c == '_' || field_name_table[static_cast<unsigned char>(c)] != 0;
    });
}

bool is_version(std::string_view text) {
    return text.size() == 8 && text.starts_with("HTTP/") && is_digit(text[5]) && text[6] == '.' &&
           is_digit(text[7]);
}

bool is_supported_method(std::string_view method) {
    if (method.size() > method_bytes_max || method == "CONNECT" || method == "TRACE") return false;
    return std::ranges::all_of(method, [](char c) { return (c >= 'A' && c <= 'Z') || c == '-'; });
}

// RFC 3986, 3.3 and 3.4: what may stand in a path; a query may also have brackets and bars, because forms
// send them unescaped and nobody reads them in two ways.
consteval character_table make_target_table() {
    character_table table{};
    constexpr char path_and_query = 2;
    constexpr char query_only = 1;
    for (unsigned char c = 0x21; c < 0x7f; ++c) table[c] = path_and_query;
    for (auto const c : std::string_view{"\"<>\\^{}`#"}) table[static_cast<unsigned char>(c)] = 0;
    for (auto const c : std::string_view{"[]|"}) table[static_cast<unsigned char>(c)] = query_only;
    return table;
}

constexpr character_table target_table = make_target_table();

bool has_only_allowed_characters(std::string_view path_and_query) {
    char needed = 2;
    for (std::size_t i = 0; i < path_and_query.size(); ++i) {
        auto const c = path_and_query[i];
        if (target_table[static_cast<unsigned char>(c)] < needed) return false;
        if (c == '?') needed = 1;
        if (c != '%') continue;
        if (path_and_query.size() - i < 3) return false;
        if (!hex_digit(path_and_query[i + 1]) || !hex_digit(path_and_query[i + 2])) return false;
    }
    return true;
}

bool is_port(std::string_view text) {
    unsigned value = 0;
    auto const [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
    return failure == std::errc{} && end == text.data() + text.size() && is_digit(text.front()) &&
           value <= 65535;
}

// RFC 9110, 7.2, without user information, escapes and anything a proxy might read in another way.
bool is_host(std::string_view text) {
    if (text.empty()) return false;
    std::string_view port;
    bool const is_literal = text.front() == '[';
    auto const literal_end = is_literal ? text.find(']') : 0;
    if (literal_end == std::string_view::npos) return false;
    if (auto const colon = text.find(':', literal_end); colon != std::string_view::npos) {
        port = text.substr(colon + 1);
        text = text.substr(0, colon);
        if (port.empty() || !is_port(port)) return false;
    }
    if (is_literal) {
        if (text.size() < 4 || text.back() != ']') return false;
        auto const address = text.substr(1, text.size() - 2);
        return std::ranges::all_of(address, [](char c) { return hex_digit(c) || c == ':' || c == '.'; });
    }
    return !text.empty() && std::ranges::all_of(text, [](char c) {
        return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'z') || c == '.' || c == '-' || c == '_';
    });
}

bool names_close(std::string_view connection) {
    while (!connection.empty()) {
        auto const comma = connection.find(',');
        if (equals_ignoring_case(trimmed(connection.substr(0, comma)), "close")) return true;
        connection = comma == std::string_view::npos ? std::string_view{} : connection.substr(comma + 1);
    }
    return false;
}

bool contains_chunked(std::string_view value) {
    return to_lower(value).find("chunked") != std::string::npos;
}

}  // namespace

std::expected<bool, refusal> head_scanner::scan(std::string_view received) {
    if (line_begin_ == 0 && !received.empty() &&
        field_name_table[static_cast<unsigned char>(received[0])] == 0) {
        return std::unexpected{refusal::malformed_request_line};
    }
    while (true) {
        auto const* const newline = std::memchr(received.data() + scanned_, '\n', received.size() - scanned_);
        if (newline == nullptr) {
            scanned_ = received.size();
            if (auto const bad = check_unfinished_line(scanned_ - line_begin_)) return std::unexpected{*bad};
            return false;
        }
        auto const end = static_cast<std::size_t>(static_cast<char const*>(newline) - received.data());
        if (end == line_begin_ || received[end - 1] != '\r') return std::unexpected{refusal::bare_line_feed};
        auto const line = received.substr(line_begin_, end - 1 - line_begin_);
        line_begin_ = scanned_ = end + 1;
        if (has_request_line_ && line.empty()) {
            if (auto const bad = check_whole()) return std::unexpected{*bad};
            return true;
        }
        if (auto const bad = take_line(line)) return std::unexpected{*bad};
    }
}

framed_head head_scanner::take() {
    found_.keeps_alive = !is_http_1_0_ && !closes_;
    auto taken = std::move(found_);
    found_ = {};
    line_begin_ = scanned_ = fields_bytes_ = 0;
    has_request_line_ = is_http_1_0_ = closes_ = false;
    has_authorization_ = has_content_type_ = has_expect_ = false;
    host_.reset();
    target_authority_.reset();
    return taken;
}

// A line that never ends must not be waited for: its limit counts before its end was seen. One byte more than
// the limit may be its carriage return.
head_scanner::verdict head_scanner::check_unfinished_line(std::size_t bytes) const {
    if (!has_request_line_) {
        if (bytes > bounds_.request_line_bytes_max + 1) return refusal::request_line_too_long;
        return {};
    }
    if (bytes > 0 && fields_bytes_ + bytes > bounds_.headers_bytes_max + 1) return refusal::headers_too_large;
    return {};
}

head_scanner::verdict head_scanner::take_line(std::string_view line) {
    return has_request_line_ ? take_field(line) : take_request_line(line);
}

head_scanner::verdict head_scanner::take_request_line(std::string_view line) {
    has_request_line_ = true;
    if (line.size() > bounds_.request_line_bytes_max) return refusal::request_line_too_long;
    auto const first_blank = line.find(' ');
    auto const last_blank = line.rfind(' ');
    if (first_blank == last_blank) return refusal::malformed_request_line;
    auto const method = line.substr(0, first_blank);
    auto const target = line.substr(first_blank + 1, last_blank - first_blank - 1);
    auto const version = line.substr(last_blank + 1);
    if (!is_token(method) || !is_version(version)) return refusal::malformed_request_line;
    is_http_1_0_ = version == "HTTP/1.0";
    if (!is_http_1_0_ && version != "HTTP/1.1") return refusal::version_not_supported;
    if (!is_supported_method(method)) return refusal::method_not_supported;
    found_.head.method = method;
    found_.head.fields.reserve(16);
    return take_target(target);
}

head_scanner::verdict head_scanner::take_target(std::string_view target) {
    if (target == "*" && found_.head.method == "OPTIONS") {
        found_.head.target = target;
        return {};
    }
    auto const scheme_end = target.find("://");
    if (auto const scheme = target.substr(0, scheme_end);
        scheme_end != std::string_view::npos &&
        (equals_ignoring_case(scheme, "http") || equals_ignoring_case(scheme, "https"))) {
        target.remove_prefix(scheme_end + 3);
        auto const path_begin = std::min(target.find_first_of("/?#"), target.size());
        target_authority_ = target.substr(0, path_begin);
        target.remove_prefix(path_begin);
        if (!target.starts_with('/')) found_.head.target = '/';
    } else if (!target.starts_with('/')) {
        return refusal::malformed_target;
    }
    if (!has_only_allowed_characters(target)) return refusal::malformed_target;
    found_.head.target += target;
    return {};
}

head_scanner::verdict head_scanner::take_field(std::string_view line) {
    fields_bytes_ += line.size() + 2;
    if (fields_bytes_ > bounds_.headers_bytes_max) return refusal::headers_too_large;
    if (found_.head.fields.size() == bounds_.header_lines_max) return refusal::too_many_fields;
    if (line.front() == ' ' || line.front() == '\t') return refusal::folded_field;
    auto const colon = line.find(':');
    if (colon == std::string_view::npos || colon == 0) return refusal::malformed_field;
    auto const value = trimmed(line.substr(colon + 1));
    if (!is_field_value(value)) return refusal::malformed_field;

    auto& field = found_.head.fields.emplace_back(std::string(colon, '\0'), std::string{value});
    bool is_name = true;
    for (std::size_t i = 0; i < colon; ++i) {
        field.name[i] = field_name_table[static_cast<unsigned char>(line[i])];
        is_name &= field.name[i] != '\0';
    }
    if (!is_name) return refusal::malformed_field;
    return note_field(field);
}

// Remembers what the framing needs. By length first: most lines are of no interest here.
head_scanner::verdict head_scanner::note_field(header const& field) {
    auto const& [name, value] = field;
    switch (name.size()) {
        case 4:
            if (name != "host") return {};
            if (host_ || !is_host(value)) return refusal::bad_host;
            host_ = value;
            return {};
        case 6:
            if (name != "expect") return {};
            if (std::exchange(has_expect_, true)) return refusal::repeated_field;
            if (!equals_ignoring_case(value, "100-continue")) return refusal::unknown_expectation;
            found_.expects_continue = !is_http_1_0_;
            return {};
        case 10:
            if (name == "connection") closes_ = closes_ || names_close(value);
            return {};
        case 12:
            if (name == "content-type" && std::exchange(has_content_type_, true))
                return refusal::repeated_field;
            return {};
        case 13:
            if (name == "authorization" && std::exchange(has_authorization_, true)) {
                return refusal::repeated_field;
            }
            return {};
        case 14: return name == "content-length" ? note_content_length(value) : verdict{};
        case 17: return name == "transfer-encoding" ? note_transfer_encoding(value) : verdict{};
        default: return {};
    }
}

head_scanner::verdict head_scanner::note_content_length(std::string_view value) {
    bool const is_canonical =
        !value.empty() && std::ranges::all_of(value, is_digit) && (value.size() == 1 || value.front() != '0');
    if (found_.content_length || !is_canonical) return refusal::bad_content_length;
    std::uint64_t bytes = 0;
    auto const [end, failure] = std::from_chars(value.data(), value.data() + value.size(), bytes);
    if (failure != std::errc{} || end != value.data() + value.size()) return refusal::bad_content_length;
    found_.content_length = bytes;
    return {};
}

head_scanner::verdict head_scanner::note_transfer_encoding(std::string_view value) {
    if (found_.chunked || is_http_1_0_) return refusal::bad_transfer_encoding;
    if (!equals_ignoring_case(value, "chunked")) {
        return value.empty() || contains_chunked(value) ? refusal::bad_transfer_encoding
                                                        : refusal::unknown_transfer_encoding;
    }
    found_.chunked = true;
    return {};
}

head_scanner::verdict head_scanner::check_whole() const {
    if (!host_ && !is_http_1_0_) return refusal::bad_host;
    if (target_authority_ && (!host_ || !equals_ignoring_case(*target_authority_, *host_))) {
        return refusal::bad_host;
    }
    if (found_.chunked && found_.content_length) return refusal::bad_content_length;
    return {};
}

}  // namespace headgate::http
