#pragma once

#include "auth/settings.hpp"
#include "config/node.hpp"
#include "config/notes.hpp"
#include "config/reader.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

// The words of the verification model, as YAML writes them. Each function notes what is wrong and gives what
// could be read, so that the mistakes further on are found too.

namespace headgate::config {

// {header: NAME}, {json: /pointer} …, `body`, `method`, or a constant in quotes. Reads the keys of the value
// and leaves the other ones of the mapping to the caller.
[[nodiscard]] std::optional<auth::value> read_value_of(reader& from);

// The same, where nothing else may stand beside it.
[[nodiscard]] std::optional<auth::value> read_value(node const& at, std::string const& path, notes& into);

// One value, or a list of them.
[[nodiscard]] auth::values read_values(node const& at, std::string const& path, notes& into);

// A list of values, {join: ":", values: […]} or {lines: true, …}.
[[nodiscard]] auth::content read_content(node const& at, std::string const& path, notes& into);

[[nodiscard]] auth::signature_grammar read_signature(node const& at, std::string const& path, notes& into);

// {name, strip, encoding, min_bytes}; the keys beside `name`, for {secret: NAME, …} too.
[[nodiscard]] auth::secret_shape read_secret_shape(node const& at, std::string const& path, notes& into);

// The same, where the caller reads other keys beside them.
[[nodiscard]] auth::secret_shape read_secret_shape_of(reader& from);

[[nodiscard]] auth::guard read_guard(node const& at, std::string const& path, notes& into);

// "/a/b" from the document's root, "a/b" from the item that an `each` looks at.
[[nodiscard]] auth::json_path json_path_of(std::string_view written);

// A list of texts, at least one. An empty list would be read as no rule at all, and so let in whatever the
// rule was to keep out: it is what a template leaves where a value was forgotten.
[[nodiscard]] std::vector<std::string> at_least_one(reader& from, std::string_view key);

// One text or a list of them, at least one.
[[nodiscard]] std::vector<std::string> one_or_several(reader& from, std::string_view key);

// A key that must be there; null, and noted, when it is not.
[[nodiscard]] node const* needed(reader& from, std::string_view key, std::string_view example);

// The value under a key that must be there.
void read_value_into(reader& from, std::string_view key, auth::value& into);

// A duration in whole seconds; leaves `into` as it is where the key is absent.
void read_seconds_into(reader& from, std::string_view key, std::chrono::milliseconds most,
                       std::chrono::seconds& into);

// A text that may be empty.
[[nodiscard]] std::optional<std::string> read_any_text(reader& from, std::string_view key);

template <class Enum, std::size_t Count>
using names_of = std::array<std::pair<std::string_view, Enum>, Count>;

// One of the names; `fallback` when absent or wrong.
template <class Enum, std::size_t Count>
[[nodiscard]] Enum read_choice(reader& from, std::string_view key, names_of<Enum, Count> const& names,
                               Enum fallback) {
    std::array<std::string_view, Count> texts;
    for (std::size_t i = 0; i < Count; ++i) texts[i] = names[i].first;
    auto const read = from.choice(key, texts);
    return read ? names[*read].second : fallback;
}

inline constexpr names_of<auth::hash_name, 3> hashes{{{"sha256", auth::hash_name::sha256},
                                                      {"sha1", auth::hash_name::sha1},
                                                      {"crc32", auth::hash_name::crc32}}};
inline constexpr names_of<auth::text_form, 4> text_forms{{{"hex", auth::text_form::hex},
                                                          {"b64", auth::text_form::b64},
                                                          {"b64url", auth::text_form::b64url},
                                                          {"dec", auth::text_form::dec}}};
inline constexpr names_of<auth::mac_algorithm, 5> mac_algorithms{
    {{"hmac-sha1", auth::mac_algorithm::hmac_sha1},
     {"hmac-sha256", auth::mac_algorithm::hmac_sha256},
     {"hmac-sha384", auth::mac_algorithm::hmac_sha384},
     {"hmac-sha512", auth::mac_algorithm::hmac_sha512},
     {"sha256-prefix", auth::mac_algorithm::sha256_prefix}}};

}  // namespace headgate::config
