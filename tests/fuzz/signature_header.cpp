#include "auth/signature.hpp"
#include "core/check.hpp"
#include "tests/fuzz/looks.hpp"

#include <array>
#include <functional>
#include <string>
#include <utility>

namespace headgate::fuzz {
namespace {

using auth::signature_encoding;

struct shape {
    auth::signature_grammar grammar;
    auth::signature_length length;
};

shape shape_of(std::string list, std::string pair, std::string take, std::vector<std::string> parts,
               signature_encoding decode, auth::signature_length length) {
    shape made{.grammar = {}, .length = length};
    made.grammar.list = std::move(list);
    made.grammar.pair = std::move(pair);
    made.grammar.take = std::move(take);
    made.grammar.parts = std::move(parts);
    made.grammar.decode = decode;
    return made;
}

shape with_prefix(std::string prefix) {
    auto made = shape_of("", "", "", {}, signature_encoding::hex, {32, 32});
    made.grammar.prefix = std::move(prefix);
    return made;
}

// Of Stripe, Svix, GitHub, SendGrid, Fivetran and Paddle.
std::array<shape, 6> const& shapes() {
    static std::array<shape, 6> const all{
        shape_of(",", "=", "v1", {"t"}, signature_encoding::hex, {32, 32}),
        shape_of(" ", ",", "v1", {}, signature_encoding::b64, {32, 32}),
        with_prefix("sha256="),
        shape_of("", "", "", {}, signature_encoding::b64, {8, 72}),
        shape_of("", "", "", {}, signature_encoding::hex_any_case, {32, 32}),
        shape_of(";", "=", "h1", {"ts", "kid"}, signature_encoding::b64url, {1, 64}),
    };
    return all;
}

}  // namespace

bool look_at_signature_header(std::string_view input) {
    if (input.empty()) return false;
    auto const& [grammar, length] = shapes()[static_cast<unsigned char>(input.front()) % shapes().size()];
    auto const header = input.substr(1);
    auto const read = auth::read_signature(grammar, header, length);
    if (!read) return false;
    HEADGATE_CHECK(
        !read->candidates.empty() && read->candidates.size() <= auth::reading_limits{}.signatures_max,
        "there are as many candidates as may be tried");
    for (auto const& each : read->candidates) {
        HEADGATE_CHECK(each.size() >= length.least && each.size() <= length.most, "a candidate fits");
    }
    HEADGATE_CHECK(read->parts.size() == grammar.parts.size(), "each part was captured once");
    for (auto const& part : read->parts) {
        auto const* const begin = header.data();
        auto const* const end = begin + header.size();
        bool const is_inside = std::less_equal<>{}(begin, part.value.data()) &&
                               std::less_equal<>{}(part.value.data() + part.value.size(), end);
        HEADGATE_CHECK(part.value.empty() || is_inside, "a part is a part of the header");
    }
    return true;
}

}  // namespace headgate::fuzz
