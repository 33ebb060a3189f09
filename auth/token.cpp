#include "auth/token.hpp"

#include "auth/exam.hpp"
#include "core/encoding.hpp"
#include "json/parse.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace headgate::auth {
namespace {

constexpr std::size_t token_depth_max = 8;
constexpr std::size_t date_digits_max = 11;
constexpr char const* wrong_token = "is this where the sender puts the token?";

// By `token_algorithm`.
constexpr std::array<std::string_view, 13> algorithm_names{"HS256", "HS384", "HS512", "RS256", "RS384",
                                                           "RS512", "PS256", "PS384", "PS512", "ES256",
                                                           "ES384", "ES512", "EdDSA"};

// The three parts of "a.b.c".
std::optional<std::array<std::string_view, 3>> parts_of(std::string_view compact) {
    auto const first = compact.find('.');
    if (first == std::string_view::npos) return std::nullopt;
    auto const last = compact.find('.', first + 1);
    if (last == std::string_view::npos) return std::nullopt;
    if (compact.find('.', last + 1) != std::string_view::npos) return std::nullopt;
    return std::array{compact.substr(0, first), compact.substr(first + 1, last - first - 1),
                      compact.substr(last + 1)};
}

// The object's strings are kept by the arena, so that it outlives the text.
result<json::value> read_object(std::string_view encoded, char const* part, json::arena& where) {
    auto const text = decode_base64(encoded, base64_alphabet::url);
    if (!text) return fails(fmt::format("the token's {} is not canonical base64url", part), wrong_token);
    auto const kept = json::value::string(*text, where).as_string();
    auto const parsed = json::parse(kept, where, {.depth_max = token_depth_max});
    if (!parsed || !parsed->root.is_object())
        return fails(fmt::format("the token's {} is no JSON object", part), wrong_token);
    if (parsed->has_duplicates)
        return fails(fmt::format("the token's {} has a name that stands twice", part));
    return parsed->root;
}

// Fills in what the header says of the key.
result<void> read_header(json::value const& header, token& into) {
    if (header.find("crit")) return fails("the token's header is critical about something that is not known");
    auto const algorithm = header.find("alg");
    if (!algorithm || !algorithm->is_string()) return fails("the token names no algorithm");
    auto const known = token_algorithm_named(algorithm->as_string());
    if (!known) return fails("the token's algorithm is not one that can be used");
    into.algorithm = *known;
    auto const key_id = header.find("kid");
    if (!key_id) return {};
    if (!key_id->is_string() || !is_key_id(key_id->as_string())) {
        return fails("the token's kid is not the name of a key");
    }
    into.key_id = key_id->as_string();
    return {};
}

}  // namespace

std::optional<token_algorithm> token_algorithm_named(std::string_view name) noexcept {
    auto const found = std::ranges::find(algorithm_names, name);
    if (found == algorithm_names.end()) return std::nullopt;
    return static_cast<token_algorithm>(found - algorithm_names.begin());
}

std::string_view name_of(token_algorithm algorithm) noexcept {
    return algorithm_names[static_cast<std::size_t>(algorithm)];
}

bool is_key_id(std::string_view text) noexcept {
    return !text.empty() && text.size() <= key_id_bytes_max &&
           std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f; });
}

result<token> read_token(std::string_view compact, std::size_t bytes_max) {
    if (compact.size() > bytes_max) {
        return fails(fmt::format("the token is over {} bytes", bytes_max),
                     "raise limits.token_bytes_max of the source if the issuer makes such tokens");
    }
    auto const parts = parts_of(compact);
    if (!parts) return fails("the token has not three parts", wrong_token);
    auto const& [header_part, claims_part, signature_part] = *parts;

    token read;
    read.values = std::make_shared<json::arena>();
    HEADGATE_TRY(auto const header, read_object(header_part, "header", *read.values));
    if (auto said = read_header(header, read); !said) return std::unexpected{std::move(said).error()};
    HEADGATE_TRY(read.claims, read_object(claims_part, "payload", *read.values));
    auto signature = decode_base64(signature_part, base64_alphabet::url);
    if (!signature || signature->empty()) return fails("the token's signature is not canonical base64url");
    read.signature = *std::move(signature);
    read.signed_part = compact.substr(0, header_part.size() + 1 + claims_part.size());
    return read;
}

std::optional<json::value> find_claim(json::value const& claims, std::string_view name) {
    return name.starts_with('/') ? claims.at_pointer(name) : claims.find(name);
}

std::optional<std::int64_t> numeric_date(json::value const& claim) {
    if (!claim.is_number()) return std::nullopt;
    auto const text = claim.number_text();
    std::string_view const all{text};
    auto const point = all.find('.');
    auto const whole = all.substr(0, point);
    auto const fraction = point == std::string_view::npos ? std::string_view{} : all.substr(point + 1);
    auto const is_digit = [](char c) { return c >= '0' && c <= '9'; };
    bool const is_plain = !whole.empty() && whole.size() <= date_digits_max &&
                          std::ranges::all_of(whole, is_digit) && std::ranges::all_of(fraction, is_digit);
    if (!is_plain) return std::nullopt;
    std::int64_t seconds = 0;
    std::from_chars(whole.data(), whole.data() + whole.size(), seconds);
    return seconds;
}

}  // namespace headgate::auth
