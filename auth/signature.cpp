#include "auth/signature.hpp"

#include "core/encoding.hpp"
#include "core/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

namespace headgate::auth {
namespace {

constexpr char const* scheme_remedy = "does the sender sign with this version of its scheme?";

// The items, without blanks around them; those with nothing in them are left out. One more than `items_max`
// at most.
std::vector<std::string_view> split(std::string_view whole, std::string_view separator,
                                    std::size_t items_max) {
    if (separator.empty()) return {whole};
    std::vector<std::string_view> items;
    while (true) {
        auto const end = whole.find(separator);
        auto const item = trimmed(whole.substr(0, end));
        if (!item.empty()) items.push_back(item);
        if (end == std::string_view::npos || items.size() > items_max) return items;
        whole.remove_prefix(end + separator.size());
    }
}

std::optional<std::string> decode_signature(std::string_view text, signature_encoding encoding) {
    switch (encoding) {
        case signature_encoding::hex: return decode_hex(text, hex_case::lower);
        case signature_encoding::hex_any_case: return decode_hex(text, hex_case::any);
        case signature_encoding::b64: return decode_base64(text, base64_alphabet::standard);
        case signature_encoding::b64url: return decode_base64(text, base64_alphabet::url);
    }
    return std::nullopt;
}

std::string_view name_of(signature_encoding encoding) {
    switch (encoding) {
        case signature_encoding::hex: return "lower-case hex";
        case signature_encoding::hex_any_case: return "hex";
        case signature_encoding::b64: return "canonical base64";
        case signature_encoding::b64url: return "canonical base64url without padding";
    }
    return "";
}

// Decodes one item's value. `flaw` keeps why it cannot be used.
std::optional<std::string> candidate_of(signature_grammar const& grammar, std::string_view written,
                                        signature_length length, error& flaw) {
    if (!grammar.prefix.empty()) {
        if (!written.starts_with(grammar.prefix)) {
            flaw.message = fmt::format("the signature does not begin with \"{}\"", grammar.prefix);
            flaw.remedy = "is another kind of signature, or the bare digest, sent in this header?";
            return std::nullopt;
        }
        written.remove_prefix(grammar.prefix.size());
    }
    auto decoded = decode_signature(written, grammar.decode);
    if (!decoded) {
        flaw.message = fmt::format("the signature is not {}", name_of(grammar.decode));
        flaw.remedy = "does the sender write it in another encoding?";
        return std::nullopt;
    }
    if (decoded->size() < length.least || decoded->size() > length.most) {
        auto const expected = length.least == length.most
                                  ? fmt::to_string(length.least)
                                  : fmt::format("{} to {}", length.least, length.most);
        flaw.message = fmt::format("the signature has {} bytes, not {}", decoded->size(), expected);
        flaw.remedy = "does the sender use another algorithm, or was the header cut?";
        return std::nullopt;
    }
    return decoded;
}

}  // namespace

result<signature_items> read_signature(signature_grammar const& grammar, std::string_view whole,
                                       signature_length length, std::size_t items_max) {
    auto const items = split(whole, grammar.list, items_max);
    if (items.size() > items_max) {
        return fails(fmt::format("the signature has more than {} items", items_max),
                     "raise limits.signatures_max of the source if the sender writes so many");
    }
    signature_items read;
    error flaw{errc::unauthenticated,
               grammar.take.empty() ? "the signature is empty"
                                    : fmt::format("the signature has no item labelled {}", grammar.take),
               scheme_remedy};
    for (auto const item : items) {
        auto written = item;
        if (!grammar.pair.empty()) {
            auto const middle = item.find(grammar.pair);
            if (middle == std::string_view::npos) continue;
            auto const label = trimmed(item.substr(0, middle));
            written = trimmed(item.substr(middle + grammar.pair.size()));
            if (std::ranges::find(grammar.parts, label) != grammar.parts.end())
                read.parts.push_back({label, written});
            if (label != grammar.take) continue;
        }
        auto candidate = candidate_of(grammar, written, length, flaw);
        if (candidate) read.candidates.push_back(*std::move(candidate));
    }
    for (auto const& label : grammar.parts) {
        auto const times = std::ranges::count(read.parts, std::string_view{label}, &captured_part::name);
        if (times != 1) {
            return fails(fmt::format("the signature has {} items labelled {}, not one", times, label),
                         scheme_remedy);
        }
    }
    if (read.candidates.empty()) return std::unexpected{std::move(flaw)};
    return read;
}

}  // namespace headgate::auth
