#include "auth/token.hpp"

#include "core/check.hpp"
#include "core/encoding.hpp"
#include "tests/fuzz/looks.hpp"

#include <algorithm>
#include <string>

namespace headgate::fuzz {
namespace {

std::string encode_lines(std::string_view lines) {
    std::string compact;
    while (true) {
        auto const end = lines.find('\n');
        compact += encode_base64(lines.substr(0, end), base64_alphabet::url);
        if (end == std::string_view::npos) return compact;
        compact += '.';
        lines.remove_prefix(end + 1);
    }
}

bool is_taken(std::string_view input) {
    auto const read = auth::read_token(input);
    if (!read) return false;
    HEADGATE_CHECK(input.size() <= auth::reading_limits{}.token_bytes_max,
                   "a token is not larger than its limit");
    HEADGATE_CHECK(std::ranges::count(input, '.') == 2, "a token has three parts");
    auto const last = input.rfind('.');
    HEADGATE_CHECK(read->signed_part == input.substr(0, last), "what was signed is all before the signature");
    HEADGATE_CHECK(encode_base64(read->signature, base64_alphabet::url) == input.substr(last + 1),
                   "a signature is written in one way");
    HEADGATE_CHECK(!read->key_id || auth::is_key_id(*read->key_id), "a name of a key is one");
    for (auto const* const name : {"exp", "iat", "sub", "aud", "/a/b", "/0", "/", ""}) {
        auto const claim = auth::find_claim(read->claims, name);
        auto const date = claim ? auth::numeric_date(*claim) : std::nullopt;
        HEADGATE_CHECK(!date || (*date >= 0 && *date <= 99'999'999'999), "a date has eleven digits");
    }
    return true;
}

}  // namespace

bool look_at_token(std::string_view input) {
    auto const encoded =
        input.find('\n') == std::string_view::npos ? std::string{input} : encode_lines(input);
    return is_taken(encoded);
}

}  // namespace headgate::fuzz
