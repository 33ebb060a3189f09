#pragma once

#include "core/clock.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace headgate {

// One header line: the name in lower case, the value without blanks around it.
struct header {
    std::string name;
    std::string value;

    [[nodiscard]] bool operator==(header const&) const = default;
};

using headers = std::vector<header>;
using parameters = std::vector<std::pair<std::string, std::string>>;

// The value of the only header of this name; nothing when there is none, and nothing when there are several:
// a header that must be single and is not, is absent. `name` in lower case.
[[nodiscard]] std::optional<std::string_view> sole_header(headers const& all, std::string_view name);

// How many lines have this name (lower case).
[[nodiscard]] std::size_t count_headers(headers const& all, std::string_view name);

// The body's media type in lower case, without parameters; empty without a single one.
[[nodiscard]] std::string media_type(headers const& all);

// What is known of a request before its body was read.
struct request_head {
    std::string method;  // As sent: upper case.
    std::string target;  // As sent: path and query.
    headers fields;      // In the order they came.
    // Address of the sender, without port: the connection's, or what a trusted proxy said of it; empty when
    // the proxy said nothing.
    std::string peer;

    // Address of the trusted proxy that passed it on; empty where the sender itself connected. Never stored.
    std::string proxy{};

    // What the sender showed when it connected and proved to have the key of, or what a trusted proxy says
    // that it showed: PEM, leaf first. Nobody has looked who issued it. Empty without one; never stored.
    std::string client_certificate{};

    [[nodiscard]] std::string_view path() const;   // The target up to '?', undecoded.
    [[nodiscard]] std::string_view query() const;  // The target after '?', undecoded; empty without one.
};

// Where a credential stands in a body.
struct hidden_place {
    enum class form : std::uint8_t {
        text,       // Some bytes.
        json_value  // One whole JSON value, its quotes included.
    };

    std::size_t begin = 0;
    std::size_t bytes = 0;
    form as = form::text;

    [[nodiscard]] bool operator==(hidden_place const&) const = default;
};

// One whole request, exactly as it came.
struct request {
    request_head head;
    std::string body;
    parameters path_parameters;  // `{name}` of the source's path, percent-decoded once; filled in by routing.
    wall_time received_at;
    std::vector<hidden_place> hidden{};  // In order, none inside another; filled in by redaction.

    // The body as people and rules see it: `<verified>` stands where credentials do. Only the store and a
    // check look at the bytes themselves.
    [[nodiscard]] std::string shown_body() const;
};

// The decoded parameters of a query or of a form body, in order: `+` is a blank. Nothing when an escape is
// malformed.
[[nodiscard]] std::optional<parameters> parse_form(std::string_view text);

// Percent-decodes once. Nothing when an escape is malformed.
[[nodiscard]] std::optional<std::string> percent_decode(std::string_view text);

[[nodiscard]] std::string to_lower(std::string_view text);

}  // namespace headgate
