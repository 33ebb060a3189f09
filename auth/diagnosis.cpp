#include "auth/diagnosis.hpp"

#include "auth/content.hpp"
#include "auth/crypto.hpp"
#include "auth/encoding.hpp"
#include "auth/keyring.hpp"
#include "json/write.hpp"

#include <fmt/format.h>

#include <algorithm>
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
    add(fmt::format("secret {} is the sender's key as text, not decoded", label),
        as(key_encoding::text, bare));
    add(fmt::format("secret {} is the sender's key as text, with its prefix", label),
        as(key_encoding::text, trimmed));
    add(fmt::format("secret {} must be decoded from base64", label), as(key_encoding::b64, bare));
    add(fmt::format("secret {} must be decoded from hex", label), as(key_encoding::hex, bare));
    return variants;
}

std::vector<std::pair<std::string, std::string>> body_variants(std::string const& body) {
    std::vector<std::pair<std::string, std::string>> variants;
    auto const add = [&](std::string mistake, std::string changed) {
        if (changed != body) variants.emplace_back(std::move(mistake), std::move(changed));
    };
    add("a line end was added to the body on the way (curl: use --data-binary)",
        std::string{without_line_ends(body)});
    add("a line feed at the end of the body got lost on the way (curl: use --data-binary)", body + "\n");
    add("a line end at the end of the body got lost on the way (curl: use --data-binary)", body + "\r\n");
    std::string line_feeds;
    for (std::size_t i = 0; i < body.size(); ++i) {
        if (body[i] != '\r' || i + 1 == body.size() || body[i + 1] != '\n') line_feeds += body[i];
    }
    add("the line ends of the body were changed on the way", std::move(line_feeds));
    json::arena where;
    if (auto const parsed = json::parse(body, where)) {
        constexpr auto said = "the body was parsed and written anew on the way: sign and send the same bytes";
        add(said, json::write(parsed->root));
        add(said, json::write_indented(parsed->root));
    }
    return variants;
}

std::vector<std::string> url_variants(exam const& of) {
    auto const host = sole_header(of.incoming.head.fields, "host");
    if (!host) return {};
    return {fmt::format("https://{}", *host), fmt::format("http://{}", *host)};
}

std::vector<content_variant> content_variants(mac_check const& is, exam& of, vantage const& here,
                                              std::vector<request> const& changed) {
    std::vector<content_variant> variants;
    auto const add = [&](std::string mistake, exam& seen) {
        auto pieces = resolve(is.signs, seen, here);
        if (!pieces) return;
        std::vector<text> own;
        for (auto const& piece : *pieces) own.emplace_back(std::string{piece.view()});
        variants.push_back({std::move(mistake), std::move(own)});
    };
    add({}, of);
    auto const bodies = body_variants(of.incoming.body);
    for (std::size_t i = 0; i < bodies.size(); ++i) {
        exam seen{changed[i], of.known, of.now, of.place};
        add(bodies[i].first, seen);
    }
    for (auto const& url : url_variants(of)) {
        auto place = of.place;
        place.public_url = url;
        exam seen{of.incoming, of.known, of.now, place};
        add(fmt::format("the sender signed {} and not public_url {}", url, of.place.public_url), seen);
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
    std::vector<request> changed;
    for (auto& [mistake, body] : body_variants(of.incoming.body)) {
        auto& copy = changed.emplace_back(of.incoming);
        copy.body = std::move(body);
    }
    auto const contents = content_variants(is, of, here, changed);
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

}  // namespace headgate::auth
