#include "auth/keyring.hpp"

#include "core/encoding.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace headgate::auth {
namespace {

std::string_view name_of(key_encoding encoding) {
    switch (encoding) {
        case key_encoding::text: return "text";
        case key_encoding::hex: return "hex";
        case key_encoding::b64: return "b64";
    }
    return "";
}

// What stands in tutorials. Whoever tries a door tries these first.
bool is_placeholder(std::string_view written) {
    constexpr std::array<std::string_view, 8> known{"secret",   "password",    "changeme", "change-me",
                                                    "changeit", "your-secret", "<secret>", "<verified>"};
    return std::ranges::find(known, to_lower(written)) != known.end();
}

}  // namespace

std::optional<secret> shape_secret(secret const& written, secret_shape const& shape) {
    auto bytes = written.reveal();
    if (!shape.strip.empty() && bytes.starts_with(shape.strip)) bytes.remove_prefix(shape.strip.size());
    switch (shape.encoding) {
        case key_encoding::text: return secret{std::string{bytes}};
        case key_encoding::hex: {
            auto decoded = decode_hex(bytes, hex_case::any);
            if (!decoded) return std::nullopt;
            return secret{*std::move(decoded)};
        }
        case key_encoding::b64: {
            auto decoded = decode_base64(bytes, base64_alphabet::standard);
            if (!decoded) return std::nullopt;
            return secret{*std::move(decoded)};
        }
    }
    return std::nullopt;
}

namespace {

// What is wrong with one secret of a list, if anything is: the first thing only.
struct flaw {
    std::string what;
    std::string remedy;
};

std::optional<flaw> flaw_of(secret_entry const& entry, std::optional<secret> const& shaped,
                            secret_shape const& shape) {
    if (!shaped) {
        return flaw{fmt::format("is not canonical {}", name_of(shape.encoding)),
                    "copy the secret again as the sender shows it, without blanks or line ends"};
    }
    if (shaped->empty()) {
        return flaw{"is empty: everybody could sign with it", "put the sender's secret there"};
    }
    if (entry.value.size() > secret_bytes_max) {
        return flaw{fmt::format("is longer than {} bytes", secret_bytes_max), "is this the right file?"};
    }
    if (is_placeholder(entry.value.reveal())) {
        return flaw{"is a placeholder that everybody knows", "make a secret: openssl rand -hex 32"};
    }
    if (shaped->size() < shape.bytes_min) {
        return flaw{fmt::format("has {} bytes; secrets of this sender have {} or more", shaped->size(),
                                shape.bytes_min),
                    "copy the whole secret as the sender shows it"};
    }
    return std::nullopt;
}

}  // namespace

std::vector<key_bytes> shape_secrets(settings const& from, secret_shape const& shape, std::string const& path,
                                     reporter& notes) {
    auto const list = path + ".secrets." + shape.name;
    auto const named = from.secrets.find(shape.name);
    if (named == from.secrets.end() || named->second.empty()) {
        notes.mistake(list, fmt::format("there is no secret named {}", shape.name),
                      fmt::format("write secrets: {{{}: [{{file: /run/secrets/…}}]}}", shape.name));
        return {};
    }
    auto const& entries = named->second;
    if (entries.size() > secrets_max) {
        notes.mistake(list, fmt::format("has {} secrets, at most {} are tried", entries.size(), secrets_max),
                      "remove those that no sender uses any more");
        return {};
    }

    std::vector<key_bytes> keys;
    for (std::size_t i = 0; i < entries.size(); ++i) {
        auto const at = fmt::format("{}[{}]", list, i);
        auto shaped = shape_secret(entries[i].value, shape);
        if (auto flawed = flaw_of(entries[i], shaped, shape)) {
            notes.mistake(at, std::move(flawed->what), std::move(flawed->remedy));
            continue;
        }
        if (shaped->size() < secret_bytes_advised) {
            notes.warning(at, fmt::format("has only {} bytes and could be guessed", shaped->size()),
                          fmt::format("use {} or more: openssl rand -hex 32", secret_bytes_advised));
        }
        auto label = entries[i].label.empty() ? fmt::format("{}#{}", shape.name, i) : entries[i].label;
        keys.push_back({*std::move(shaped), std::move(label), entries[i].until});
    }
    if (keys.size() != entries.size()) keys.clear();
    return keys;
}

}  // namespace headgate::auth
