#include "auth/diagnosis.hpp"

#include "auth/content.hpp"
#include "auth/crypto.hpp"
#include "auth/encoding.hpp"
#include "auth/keyring.hpp"
#include "auth/likely_changes.hpp"
#include "core/encoding.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

namespace headgate::auth {
namespace {

// A reading of the secret, and the sentence that names the mistake if it is the one that matches.
struct key_variant {
    std::string mistake;
    secret bytes;
};

struct content_variant {
    std::string mistake;
    std::vector<text> pieces;
};

std::string_view without_line_ends(std::string_view text) {
    auto const last = text.find_last_not_of("\r\n \t");
    return text.substr(0, last == std::string_view::npos ? 0 : last + 1);
}

std::vector<key_variant> key_variants(secret_entry const& entry, std::string const& label,
                                      secret_shape const& shape) {
    std::vector<key_variant> variants;
    auto const add = [&](std::string mistake, std::optional<secret> bytes) {
        if (bytes && !bytes->empty()) variants.push_back({std::move(mistake), *std::move(bytes)});
    };
    auto const as = [](key_encoding encoding, std::string_view bytes) {
        return shape_secret(secret{std::string{bytes}}, {.name = {}, .strip = {}, .encoding = encoding});
    };
    auto const written = entry.value.reveal();
    auto const trimmed = without_line_ends(written);
    auto bare = trimmed;
    if (!shape.strip.empty() && bare.starts_with(shape.strip)) bare.remove_prefix(shape.strip.size());
    add({}, shape_secret(entry.value, shape));
    add(fmt::format("secret {} has a blank or a line end after it", label),
        shape_secret(secret{std::string{trimmed}}, shape));
    if (trimmed.size() > 2 && trimmed.front() == trimmed.back() &&
        (trimmed.front() == '"' || trimmed.front() == '\'')) {
        add(fmt::format("secret {} stands in quotes that do not belong to it", label),
            shape_secret(secret{std::string{trimmed.substr(1, trimmed.size() - 2)}}, shape));
    }
    add(fmt::format("the sender's secret has a line end after it, and {} has not", label),
        shape_secret(secret{std::string{trimmed} + "\n"}, shape));
    add(fmt::format("secret {} is the sender's key as text, not decoded", label),
        as(key_encoding::text, bare));
    add(fmt::format("secret {} is the sender's key as text, with its prefix", label),
        as(key_encoding::text, trimmed));
    add(fmt::format("secret {} must be decoded from base64", label), as(key_encoding::b64, bare));
    add(fmt::format("secret {} must be decoded from hex", label), as(key_encoding::hex, bare));
    return variants;
}

values without_constants(values const& sequence) {
    values rest;
    std::ranges::copy_if(sequence, std::back_inserter(rest),
                         [](value const& item) { return !std::holds_alternative<const_value>(item.is); });
    return rest;
}

std::vector<content_variant> content_variants(content const& signs, exam& of, vantage const& here) {
    std::vector<content_variant> variants;
    auto const add = [&](std::string mistake, exam& seen) {
        auto pieces = resolve(signs, seen, here);
        if (!pieces) return;
        std::vector<text> own;
        for (auto const& piece : *pieces) own.emplace_back(std::string{piece.view()});
        variants.push_back({std::move(mistake), std::move(own)});
    };
    add({}, of);
    for (auto const& change : likely_changes(of)) {
        exam seen{change.incoming, of.known, of.now, change.place};
        add(change.mistake, seen);
    }
    variants.push_back({"the sender signs the body alone: is it another sender, or an older version?",
                        {text{std::string_view{of.incoming.body}}}});
    if (auto const* sequence = std::get_if<values>(&signs)) {
        content const bare{without_constants(*sequence)};
        if (auto pieces = resolve(bare, of, here)) {
            variants.push_back({"the sender puts nothing between what it signs", *std::move(pieces)});
        }
    }
    return variants;
}

std::string both(std::string const& a, std::string const& b) {
    if (a.empty() || b.empty()) return a + b;
    return a + ", and " + b;
}

}  // namespace

std::string diagnose(mac_check const& is, std::vector<secret_entry> const& secrets,
                     std::vector<std::string> const& candidates, exam& of, vantage const& here) {
    auto const contents = content_variants(is.signs, of, here);
    for (std::size_t i = 0; i < secrets.size(); ++i) {
        auto const& entry = secrets[i];
        auto const label = entry.label.empty() ? fmt::format("{}#{}", is.key.name, i) : entry.label;
        for (auto const& [key_mistake, bytes] : key_variants(entry, label, is.key)) {
            mac_key const key{is.algorithm, bytes.reveal()};
            for (auto const& [content_mistake, pieces] : contents) {
                auto const code = key.compute(pieces);
                bool const matches = std::ranges::any_of(candidates, [&](auto const& candidate) {
                    return equal_in_constant_time(candidate, code.view());
                });
                if (!matches) continue;
                bool const expired = entry.until && of.now >= *entry.until;
                auto const named = both(key_mistake, content_mistake);
                if (named.empty() && expired) return fmt::format("secret {} made it, and has expired", label);
                return "it would match if: " + named;
            }
        }
    }
    return "none of the usual mistakes explains it: most likely another secret";
}

std::string diagnose(content const& signs, exam& of, vantage const& here, signature_test const& matches) {
    for (auto const& [mistake, pieces] : content_variants(signs, of, here)) {
        if (!mistake.empty() && matches(pieces)) return "it would match if: " + mistake;
    }
    return "none of the usual mistakes explains it: most likely the public key of another sender";
}

namespace {

// What stands after `before`: of a list with labels, in the first item that has the one to take.
std::string_view digest_in(std::string_view written, signature_grammar const& grammar,
                           std::string_view before) {
    if (before.empty()) return written;
    auto const at = grammar.pair.empty() ? (written.starts_with(before) ? 0 : std::string_view::npos)
                                         : written.find(before);
    if (at == std::string_view::npos) return written;
    auto const rest = written.substr(at + before.size());
    return grammar.list.empty() ? rest : rest.substr(0, rest.find(grammar.list));
}

std::string in_standard_base64(std::string_view written) {
    std::string standard{written.substr(0, written.find('='))};
    std::ranges::replace(standard, '-', '+');
    std::ranges::replace(standard, '_', '/');
    standard.append((4 - standard.size() % 4) % 4, '=');
    return standard;
}

}  // namespace

std::string other_signatures(signature_grammar const& grammar, headers const& fields) {
    auto const* wanted = std::get_if<header_value>(&grammar.from.is);
    std::vector<std::string_view> others;
    for (auto const& line : fields) {
        bool const is_wanted = wanted && std::ranges::find(wanted->names, line.name) != wanted->names.end();
        if (is_wanted) return {};
        if (line.name.contains("signature") || line.name.contains("hmac")) others.push_back(line.name);
    }
    if (others.empty()) return {};
    return fmt::format("there is {}: is it another sender, or another version? see `headgate presets`",
                       fmt::join(others, " and "));
}

std::string what_it_looks_like(std::string_view written, signature_grammar const& grammar,
                               signature_length length) {
    auto const fits = [&](std::optional<std::string> const& bytes) {
        return bytes && bytes->size() >= length.least && bytes->size() <= length.most;
    };
    auto const as_hex = [](std::string_view text) { return decode_hex(text, hex_case::any); };
    auto const as_base64 = [](std::string_view text) {
        return decode_base64(text, base64_alphabet::standard);
    };
    auto const before = grammar.pair.empty() ? grammar.prefix : grammar.take + grammar.pair;
    auto const digits = digest_in(written, grammar, before);
    bool const has_prefix = digits.size() != written.size();
    auto const sign = digits.find('=');
    bool const has_label =
        sign != std::string_view::npos && sign < 12 && fits(as_hex(digits.substr(sign + 1)));
    bool const wants_hex =
        grammar.decode == signature_encoding::hex || grammar.decode == signature_encoding::hex_any_case;
    if (has_label) {
        return fmt::format("\"{}\" stands before the digest: is it another sender's scheme, or an older one?",
                           digits.substr(0, sign + 1));
    }
    if (fits(as_hex(digits)) || fits(as_base64(digits))) {
        bool const is_hex = fits(as_hex(digits));
        if (!before.empty() && !has_prefix) {
            return fmt::format("it is the digest alone: the sender, or a proxy, leaves out \"{}\"", before);
        }
        if (is_hex && !wants_hex) return "it is written in hex";
        if (!is_hex && wants_hex) return "it is written in base64";
        bool const is_upper =
            grammar.decode == signature_encoding::hex && !decode_hex(digits, hex_case::lower);
        if (is_upper) return "it is written in upper case: decode: hex-any-case takes that";
        if (grammar.decode == signature_encoding::b64url)
            return "it is written in base64 with padding: see `decode`";
        return {};  // As it should be: something else is wrong.
    }
    if (fits(decode_base64(in_standard_base64(digits), base64_alphabet::standard))) {
        return "it is written in base64url, or without padding: see `decode`";
    }
    auto const bytes = as_hex(digits);
    if (bytes && bytes->size() == 20)
        return "it has 20 bytes, as SHA-1 has: is this the sender's older signature?";
    if (bytes && bytes->size() == 64) return "it has 64 bytes, as SHA-512 has";
    if (written.find_first_of("\"' ") != std::string_view::npos) return "it has quotes or blanks in it";
    return {};
}

}  // namespace headgate::auth
