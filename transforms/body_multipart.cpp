#include "core/digest.hpp"
#include "core/encoding.hpp"
#include "core/text.hpp"
#include "transforms/body_readers.hpp"
#include "transforms/charset.hpp"
#include "transforms/content_type.hpp"
#include "transforms/grouped.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

// Forms with files: RFC 7578, in the framing of RFC 2046, 5.1.1.

namespace headgate::transforms {
namespace {

using json::member;
using json::value;

std::unexpected<error> not_multipart(std::string_view why) {
    return refuse(errc::invalid_argument,
                  fmt::format("the body is not the multipart form that its type says: {}", why));
}

bool is_boundary(std::string_view text) {
    auto const fits = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view{"'()+_,-./:=? "}.contains(c);
    };
    return !text.empty() && text.size() <= 70 && !text.ends_with(' ') && std::ranges::all_of(text, fits);
}

// Goes from one boundary line to the next.
class splitter {
public:
    splitter(std::string_view bytes, std::string_view boundary)
        : rest_{bytes}, line_{fmt::format("\r\n--{}", boundary)} {}

    // Past the first boundary, which may stand at the very front; what is before it means nothing.
    [[nodiscard]] bool begin() {
        auto const at_front = std::string_view{line_}.substr(2);
        if (rest_.starts_with(at_front)) {
            auto const whole = std::exchange(rest_, rest_.substr(at_front.size()));
            if (ends_line()) return true;
            rest_ = whole;
        }
        return next().has_value();
    }

    [[nodiscard]] bool is_at_end() const noexcept { return is_last_; }

    // What is before the next boundary, which it goes past; nothing where there is none.
    [[nodiscard]] std::optional<std::string_view> next() {
        auto const whole = rest_;
        std::size_t from = 0;
        for (;;) {
            auto const at = whole.find(line_, from);
            if (at == std::string_view::npos) return std::nullopt;
            rest_ = whole.substr(at + line_.size());
            if (ends_line()) return whole.substr(0, at);
            from = at + 1;  // The beginning of a longer word: a part's own text.
        }
    }

private:
    // What may stand behind the boundary on its line: `--` at the last one, and blanks. The line's end stays
    // where the boundary after an empty part begins with it.
    bool ends_line() {
        auto here = rest_;
        bool const is_last = here.starts_with("--");
        if (is_last) here.remove_prefix(2);
        here.remove_prefix(std::min(here.find_first_not_of(" \t"), here.size()));
        if (!here.starts_with("\r\n") && !(is_last && here.empty())) return false;
        rest_ = here;
        is_last_ = is_last;
        return true;
    }

    std::string_view rest_;
    std::string line_;
    bool is_last_ = false;
};

struct part {
    std::string disposition;
    std::string type;
    std::string_view content;
};

// A part begins with the end of its boundary's line. Its headers end with an empty line, which may come at
// once.
std::optional<part> read_part(std::string_view raw) {
    part made;
    for (;;) {
        if (!raw.starts_with("\r\n")) return std::nullopt;
        raw.remove_prefix(2);
        if (raw.starts_with("\r\n")) break;
        auto const end = raw.find("\r\n");
        if (end == std::string_view::npos) return std::nullopt;
        auto const line = raw.substr(0, end);
        raw.remove_prefix(end);
        auto const colon = line.find(':');
        if (colon == std::string_view::npos) return std::nullopt;
        auto const name = to_lower(line.substr(0, colon));
        auto const text = line.substr(std::min(line.find_first_not_of(" \t", colon + 1), line.size()));
        if (name == "content-disposition") made.disposition = text;
        if (name == "content-type") made.type = text;
    }
    made.content = raw.substr(2);
    return made;
}

// A field is a string, in the charset that its part names.
value field_of(part const& from, body_reading const& of) {
    auto const label = parameter_of(from.type, "charset");
    auto const known = label ? charset_named(*label) : result<charset>{charset::utf_8};
    auto const text = known ? text_in_utf8(*known, from.content, of.where, of.bounds.decoded_bytes_max)
                            : result<std::string_view>{std::unexpected{known.error()}};
    return text ? value::string_view_of(*text) : text_of(from.content, of.where);
}

value file_of(part const& from, std::string const& filename, body_reading const& of) {
    bool const is_shown = from.content.size() <= of.as.file_text_bytes_max && is_utf8(from.content);
    std::array const members{
        member{"filename", value::string(to_utf8(filename), of.where)},
        member{"content_type", from.type.empty() ? value{} : value::string(to_utf8(from.type), of.where)},
        member{"size", value::integer(static_cast<std::int64_t>(from.content.size()))},
        member{"sha256", value::string(to_hex(sha256(from.content)), of.where)},
        member{"text", is_shown ? value::string_view_of(from.content) : value{}}};
    return value::object(members, of.where);
}

}  // namespace

result<json::value> read_multipart(body_reading const& of) {
    auto const boundary = parameter_of(of.content_type, "boundary");
    if (!boundary || !is_boundary(*boundary)) return not_multipart("the type names no boundary");
    splitter parts{of.bytes, *boundary};
    if (!parts.begin()) return not_multipart("its boundary is nowhere in it");
    std::vector<member> members;
    while (!parts.is_at_end()) {
        auto const number = members.size() + 1;
        if (number > of.bounds.values_max) {
            return refuse(
                errc::invalid_argument,
                fmt::format("the body is a multipart form of more than {} parts", of.bounds.values_max));
        }
        auto const raw = parts.next();
        if (!raw) return not_multipart("it ends before its last boundary");
        auto const one = read_part(*raw);
        if (!one) return not_multipart(fmt::format("part {} has malformed headers", number));
        auto const name = parameter_of(one->disposition, "name");
        if (!name || without_parameters(one->disposition) != "form-data")
            return not_multipart(fmt::format("part {} has no name", number));
        auto const filename = parameter_of(one->disposition, "filename");
        members.push_back({value::string(to_utf8(*name), of.where).as_string(),
                           filename ? file_of(*one, *filename, of) : field_of(*one, of)});
    }
    return object_of(group(members), repeated::becomes_array, of.where);
}

}  // namespace headgate::transforms
