#include "json/parse.hpp"

#include <boost/json/basic_parser_impl.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <limits>
#include <span>
#include <string>
#include <vector>

namespace headgate::json {
namespace {

namespace bj = boost::json;

// Where values wait until the array or object around them ends. A name waits as a string before its value.
struct waiting {
    std::vector<value> values;
    std::vector<member> members;  // Of the object that just ended.
};

// Kept by the thread from one text to the next, so that reading allocates from the arena alone.
class scratch {
public:
    scratch() : taken_{std::move(spare())} {
        taken_.values.clear();
        taken_.members.clear();
    }
    ~scratch() {
        constexpr std::size_t kept_max = std::size_t{16} * 1024;
        if (taken_.values.capacity() <= kept_max && taken_.members.capacity() <= kept_max) {
            spare() = std::move(taken_);
        }
    }
    scratch(scratch const&) = delete;
    scratch& operator=(scratch const&) = delete;

    [[nodiscard]] waiting& space() noexcept { return taken_; }

private:
    static waiting& spare() {
        thread_local waiting kept;
        return kept;
    }

    waiting taken_;
};

// Receives what Boost.JSON's parser sees, in the form it asks for. The parser checks sizes against these
// constants; the arena sets the limit here.
class builder {
public:
    static constexpr std::size_t max_object_size = std::numeric_limits<std::size_t>::max();
    static constexpr std::size_t max_array_size = std::numeric_limits<std::size_t>::max();
    static constexpr std::size_t max_key_size = std::numeric_limits<std::uint32_t>::max();
    static constexpr std::size_t max_string_size = std::numeric_limits<std::uint32_t>::max();

    builder(std::string_view text, waiting& space, arena& where, parse_limits const& limits)
        : text_{text},
          values_{space.values},
          members_{space.members},
          where_{where},
          values_max_{limits.values_max},
          left_{limits.values_max} {}

    [[nodiscard]] parsed outcome() const { return {values_.front(), values_max_ - left_, has_duplicates_}; }
    [[nodiscard]] bool has_too_many_values() const { return has_too_many_values_; }

    bool on_document_begin(bj::error_code& /*unused*/) { return true; }
    bool on_document_end(bj::error_code& /*unused*/) { return true; }
    bool on_array_begin(bj::error_code& /*unused*/) { return true; }
    bool on_object_begin(bj::error_code& /*unused*/) { return true; }

    bool on_array_end(std::size_t size, bj::error_code& ec) {
        auto const made = value::array(std::span{values_}.last(size), where_);
        values_.resize(values_.size() - size);
        return add(made, ec);
    }

    bool on_object_end(std::size_t size, bj::error_code& ec) {
        auto const pairs = std::span{values_}.last(size * 2);
        members_.resize(size);
        for (std::size_t i = 0; i < size; ++i) members_[i] = {pairs[i * 2].as_string(), pairs[i * 2 + 1]};
        auto const made = value::object(members_, where_, &has_duplicates_);
        values_.resize(values_.size() - size * 2);
        return add(made, ec);
    }

    bool on_key_part(bj::string_view part, std::size_t /*so_far*/, bj::error_code& /*unused*/) {
        pieces_.append(part.data(), part.size());
        return true;
    }
    bool on_key(bj::string_view part, std::size_t /*whole*/, bj::error_code& /*unused*/) {
        values_.push_back(finish_text(part));
        return true;
    }
    bool on_string_part(bj::string_view part, std::size_t /*so_far*/, bj::error_code& /*unused*/) {
        pieces_.append(part.data(), part.size());
        return true;
    }
    bool on_string(bj::string_view part, std::size_t /*whole*/, bj::error_code& ec) {
        return add(finish_text(part), ec);
    }

    // The text is in one piece, so the last part of a number is all of it.
    bool on_number_part(bj::string_view /*part*/, bj::error_code& /*unused*/) { return true; }
    bool on_int64(std::int64_t number, bj::string_view literal, bj::error_code& ec) {
        bool const is_minus_zero = number == 0 && literal.size() > 1;
        return add(is_minus_zero ? literal_of(literal) : value::integer(number), ec);
    }
    bool on_uint64(std::uint64_t /*number*/, bj::string_view literal, bj::error_code& ec) {
        return add(literal_of(literal), ec);
    }
    bool on_double(double /*number*/, bj::string_view literal, bj::error_code& ec) {
        return add(literal_of(literal), ec);
    }
    bool on_bool(bool yes, bj::error_code& ec) { return add(value::boolean(yes), ec); }
    bool on_null(bj::error_code& ec) { return add({}, ec); }
    bool on_comment_part(bj::string_view /*part*/, bj::error_code& /*unused*/) { return false; }
    bool on_comment(bj::string_view /*part*/, bj::error_code& /*unused*/) { return false; }

private:
    static value literal_of(bj::string_view literal) {
        return value::literal_view_of({literal.data(), literal.size()});
    }

    // Without escapes the text stays where it is; parts come from a buffer of the parser's.
    value finish_text(bj::string_view last) {
        if (pieces_.empty() && !last_is_buffered(last))
            return value::string_view_of({last.data(), last.size()});
        pieces_.append(last.data(), last.size());
        auto const made = value::string(pieces_, where_);
        pieces_.clear();
        return made;
    }

    [[nodiscard]] bool last_is_buffered(bj::string_view last) const {
        return std::less{}(last.data(), text_.data()) ||
               std::less{}(text_.data() + text_.size(), last.data());
    }

    bool add(value any, bj::error_code& ec) {
        if (left_ == 0) return refuse_values(ec);
        --left_;
        values_.push_back(any);
        return true;
    }

    bool refuse_values(bj::error_code& ec) {
        has_too_many_values_ = true;
        ec = bj::error::array_too_large;
        return false;
    }

    std::string_view text_;
    std::vector<value>& values_;
    std::vector<member>& members_;
    arena& where_;
    std::size_t values_max_;
    std::size_t left_;
    std::string pieces_;
    bool has_duplicates_ = false;
    bool has_too_many_values_ = false;
};

// "line 3, column 7": columns count bytes, from 1.
std::string place_of(std::string_view text, std::size_t offset) {
    auto const before = text.substr(0, offset);
    auto const line = std::count(before.begin(), before.end(), '\n') + 1;
    auto const line_start = before.rfind('\n') == before.npos ? 0 : before.rfind('\n') + 1;
    return fmt::format("line {}, column {}", line, offset - line_start + 1);
}

std::unexpected<error> refuse_text(std::string_view text, std::size_t offset, bj::error_code const& ec,
                                   parse_limits const& limits, bool has_too_many_values) {
    auto const place = place_of(text, offset);
    if (has_too_many_values) {
        return refuse(errc::invalid_argument,
                      fmt::format("JSON text has more than {} values at {}", limits.values_max, place));
    }
    if (ec == bj::error::too_deep) {
        return refuse(errc::invalid_argument, fmt::format("JSON text is nested deeper than {} levels at {}",
                                                          std::min(limits.depth_max, nesting_max), place));
    }
    if (ec == bj::error::exponent_overflow) {
        return refuse(errc::invalid_argument, "JSON number has an exponent beyond 2^31 at " + place);
    }
    if (ec == bj::error::incomplete) {
        return refuse(errc::invalid_argument, "JSON text ends too early at " + place,
                      "send one whole JSON text");
    }
    return refuse(errc::invalid_argument, "JSON text is malformed at " + place,
                  "send RFC 8259 JSON in UTF-8");
}

}  // namespace

result<parsed> parse(std::string_view text, arena& where, parse_limits const& limits) {
    scratch own;
    bj::parse_options options;
    options.max_depth = std::min(limits.depth_max, nesting_max);
    bj::basic_parser<builder> parser{options, text, own.space(), where, limits};
    bj::error_code ec;
    auto const read = parser.write_some(false, text.data(), text.size(), ec);
    if (!ec && read < text.size()) ec = bj::error::extra_data;
    if (ec) return refuse_text(text, read, ec, limits, parser.handler().has_too_many_values());
    return parser.handler().outcome();
}

}  // namespace headgate::json
