#include "auth/crypto.hpp"
#include "auth/encoding.hpp"
#include "auth/leaves.hpp"
#include "core/encoding.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace headgate::auth {
namespace {

std::string_view bytes_of(sha256_digest const& digest) {
    return {reinterpret_cast<char const*>(digest.data()), digest.size()};
}

// Hashed first, so that neither content nor length shows in the time the comparison takes.
bool same_digest(sha256_digest const& a, sha256_digest const& b) {
    return equal_in_constant_time(bytes_of(a), bytes_of(b));
}

bool is_inside(std::vector<network> const& ranges, std::optional<ip_address> const& address) {
    return address && std::ranges::any_of(ranges, [&](auto const& each) { return each.contains(*address); });
}

bool reads_claims(value const& v) {
    auto const* digest = std::get_if<digest_value>(&v.is);
    return std::holds_alternative<claim_value>(v.is) || (digest && digest->of && reads_claims(*digest->of));
}

}  // namespace

cost equal_node::costs() const {
    return reads_claims(is_.a) || reads_claims(is_.b) ? cost::claims : cost::comparison;
}

equal_node::equal_node(check const& from, std::string name, std::vector<key_bytes> const& keys)
    : leaf{from, std::move(name)}, is_{std::get<equal_check>(from.is)} {
    for (auto const& key : keys) secrets_.push_back({sha256(key.bytes.reveal()), key.label, key.until});
}

void equal_node::name_keys(std::vector<std::string>& into) const {
    for (auto const& each : secrets_) into.push_back(each.label);
}

result<proof> equal_node::look(exam& of) const {
    auto shown = secrets_.empty() ? compare_values(of) : compare_with_secrets(of);
    if (!shown) return shown;
    if (auto taken = take_once(of, *shown); !taken) return std::unexpected{std::move(taken).error()};
    if (of.findings) note(of, "compare", true, "the values are equal");
    return shown;
}

result<proof> equal_node::compare_with_secrets(exam& of) const {
    bool const secret_is_b = std::holds_alternative<secret_value>(is_.b.is);
    auto const& given = secret_is_b ? is_.a : is_.b;
    HEADGATE_TRY(auto const sent, evaluate(given, of));
    auto const digest = sha256(sent.view());
    hashed_secret const* matching = nullptr;
    bool any_active = false;
    for (auto const& each : secrets_) {
        if (each.until && of.now >= *each.until) continue;
        any_active = true;
        if (same_digest(digest, each.digest) && !matching) matching = &each;
    }
    if (!any_active) return fails("every secret has expired", "look at their `until`");
    if (!matching) {
        auto likely = of.findings ? hint(sent.view()) : std::string{};
        return fails(describe(given) + " is not the secret",
                     likely.empty() ? "does the sender use the current one?" : std::move(likely));
    }
    return proof{.verified_by = "equal",
                 .key_id = matching->label,
                 .signed_time = {},
                 .once = {},
                 .signed_pieces = {},
                 .keys = {matching->label}};
}

// The usual mistakes with tokens, tried on what was sent because the secret itself is not kept.
std::string equal_node::hint(std::string_view sent) const {
    auto const blank = sent.find(' ');
    auto const decoded = decode_base64(sent, base64_alphabet::standard);
    std::vector<std::pair<std::string, char const*>> const tried{
        {fmt::format("{}\n", sent), "the secret has a line end after it"},
        {fmt::format("{}\r\n", sent), "the secret has a line end after it"},
        {fmt::format("{} ", sent), "the secret has a blank after it"},
        {fmt::format("\"{}\"", sent), "the secret stands in quotes that do not belong to it"},
        {fmt::format("Bearer {}", sent),
         "the secret begins with \"Bearer \", which this check does not compare"},
        {fmt::format("Basic {}", sent),
         "the secret begins with \"Basic \", which this check does not compare"},
        {std::string{blank == std::string_view::npos ? sent : sent.substr(blank + 1)},
         "the sender puts a scheme before the token: compare with scheme: Bearer"},
        {encode(sent, text_form::b64), "the secret is written in base64; write it as USER:PASSWORD"},
        {decoded.value_or(""), "the sender writes the token in base64"},
    };
    for (auto const& [text, mistake] : tried) {
        auto const digest = sha256(text);
        bool const is_it =
            std::ranges::any_of(secrets_, [&](auto const& each) { return same_digest(digest, each.digest); });
        if (is_it) return fmt::format("it would be equal if: {}", mistake);
    }
    return {};
}

result<proof> equal_node::compare_values(exam& of) const {
    HEADGATE_TRY(auto const sent, evaluate(is_.a, of));
    auto const digest = sha256(sent.view());
    bool equal = false;
    if (auto const* param = std::get_if<param_value>(&is_.b.is)) {
        auto const listed = of.place.params.find(param->name);
        if (listed == of.place.params.end()) return fails(describe(is_.b) + " is missing");
        for (auto const& one : listed->second) equal = same_digest(digest, sha256(one)) || equal;
    } else {
        HEADGATE_TRY(auto const expected, evaluate(is_.b, of));
        equal = same_digest(digest, sha256(expected.view()));
    }
    if (!equal) return fails(fmt::format("{} is not equal to {}", describe(is_.a), describe(is_.b)));
    return proof{.verified_by = "equal", .key_id = {}, .signed_time = {}, .once = {}, .signed_pieces = {}};
}

peer_node::peer_node(check const& from, std::string name, places from_where,
                     std::optional<certificate_rules> certificates)
    : leaf{from, std::move(name)}, places_{std::move(from_where)}, certificates_{std::move(certificates)} {}

void peer_node::name_keys(std::vector<std::string>& into) const {
    if (certificates_) into.emplace_back(certificates_key);
}

result<proof> peer_node::look(exam& of) const {
    if (auto inside = check_proxy(of); !inside) return std::unexpected{std::move(inside).error()};
    if (auto inside = check_sender(of); !inside) return std::unexpected{std::move(inside).error()};
    proof shown{.verified_by = "peer", .key_id = {}};
    if (!certificates_) return shown;
    HEADGATE_TRY(auto found, certificates_->check(of.incoming.head.client_certificate, of.now));
    if (of.findings) note(of, "certificate", true, "the client's certificate is good: " + found.name);
    shown.key_id = "certificate " + found.fingerprint;
    shown.certificate = std::move(found.name);
    shown.keys.push_back(certificates_key);
    return shown;
}

result<void> peer_node::check_proxy(exam& of) const {
    if (places_.proxies.empty()) return {};
    auto const& proxy = of.incoming.head.proxy;
    if (proxy.empty()) {
        return fails("no trusted proxy passed the request on",
                     "is the proxy in front listed in listen.trusted_proxies? else write cidr: instead");
    }
    if (!is_inside(places_.proxies, parse_address(proxy)))
        return fails(fmt::format("the proxy {} is in no allowed range", proxy));
    if (of.findings) note(of, "proxy", true, proxy + " is in an allowed range");
    return {};
}

result<void> peer_node::check_sender(exam& of) const {
    if (places_.senders.empty()) return {};
    auto const& peer = of.incoming.head.peer;
    auto const address = parse_address(peer);
    if (!address) return fails("the sender's address is not known");
    if (!is_inside(places_.senders, address)) {
        return fails(fmt::format("the address {} is in no allowed range", peer),
                     "is the proxy in front listed in listen.trusted_proxies?");
    }
    if (of.findings) note(of, "address", true, peer + " is in an allowed range");
    return {};
}

}  // namespace headgate::auth
