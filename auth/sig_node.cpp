#include "auth/diagnosis.hpp"
#include "auth/leaves.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <utility>

namespace headgate::auth {
namespace {

signature_length length_of(signature_algorithm algorithm) {
    switch (algorithm) {
        case signature_algorithm::ed25519:
        case signature_algorithm::ecdsa_p256_sha256_raw: return {64, 64};
        case signature_algorithm::ecdsa_p256_sha256_der: return {8, 72};  // Two numbers of 1 to 33 bytes.
        case signature_algorithm::rsa_pkcs1_sha256:
        case signature_algorithm::rsa_pkcs1_sha1: break;
    }
    return {256, 1024};  // Moduli of 2048 to 8192 bits.
}

std::string const& secret_name_of(sig_check const& is) {
    static std::string const none;
    auto const* const shape = std::get_if<public_key_shape>(&is.key);
    return shape ? shape->from.name : none;
}

signed_leaf::description described(sig_check const& is) {
    return {.kind = "sig",
            .signs = is.signs,
            .grammar = is.signature,
            .length = length_of(is.algorithm),
            .secret_name = secret_name_of(is)};
}

}  // namespace

sig_node::sig_node(check const& from, std::string name, std::vector<timed_key<public_key>> keys,
                   std::vector<value const*> const& times)
    : signed_leaf{from, std::move(name), described(std::get<sig_check>(from.is)), times},
      is_{std::get<sig_check>(from.is)},
      keys_{std::move(keys)} {}

void sig_node::name_keys(std::vector<std::string>& into) const {
    for (auto const& each : keys_) into.push_back(each.label);
}

result<void> sig_node::check_keys(exam& of) const {
    bool const any = std::ranges::any_of(keys_, [&](auto const& each) { return each.is_active(of.now); });
    if (!any) return all_expired();
    return {};
}

// Nothing here is secret, so the first match ends it; and a public key costs a hundred MACs, so that a header
// full of items must not buy one for each.
std::string const* sig_node::matching_key(std::vector<std::string> const& candidates,
                                          std::vector<text> const& pieces, exam const& of) const {
    std::size_t tries = 0;
    for (auto const& candidate : candidates) {
        for (auto const& each : keys_) {
            if (!each.is_active(of.now)) continue;
            if (++tries > of.place.limits.key_tries_max) return nullptr;
            if (each.key.verifies(candidate, pieces)) return &each.label;
        }
    }
    return nullptr;
}

std::string sig_node::hint(std::vector<std::string> const& candidates, exam& of, vantage const& here) const {
    auto const keys = std::ranges::count_if(keys_, [&](auto const& each) { return each.is_active(of.now); });
    auto const tries_max = of.place.limits.key_tries_max;
    if (candidates.size() * static_cast<std::size_t>(keys) > tries_max) {
        return fmt::format(
            "only {} pairs of a key and a signature were tried: see limits.key_tries_max of the source",
            tries_max);
    }
    return diagnose(is_.signs, of, here, [&](std::vector<text> const& pieces) {
        return matching_key(candidates, pieces, of) != nullptr;
    });
}

certified_node::certified_node(check const& from, std::string name, allowed_urls urls, trust_anchors anchors,
                               std::vector<value const*> const& times)
    : signed_leaf{from, std::move(name), described(std::get<sig_check>(from.is)), times},
      is_{std::get<sig_check>(from.is)},
      source_{std::get<certificate_source>(is_.key)},
      urls_{std::move(urls)},
      anchors_{std::move(anchors)} {}

result<std::string> certified_node::url(exam& of) const {
    HEADGATE_TRY(auto const named, evaluate(source_.url, of));
    if (urls_.allow(named.view())) return std::string{named.view()};
    return fails(describe(source_.url) + " is not at an allowed place",
                 "is it the sender's own? compare it with hosts and path");
}

bool certified_node::was_given(exam const& of) const {
    return of.known.fetched.contains(&source_.kept);
}

// A request that is refused with any key makes nobody fetch a certificate.
std::vector<fetch> certified_node::needs(exam& of) const {
    if (was_given(of) || !applies(of) || !looks_right(of)) return {};
    auto const from = url(of);
    if (!from) return {};
    return {wanted_fact{.from = &source_.kept,
                        .name = *from,
                        .asks = {.method = "GET", .url = *from, .fields = {}, .body = {}}}};
}

result<void> certified_node::check_keys(exam& of) const {
    HEADGATE_TRY(auto const from, url(of));
    auto const known = of.known.fetched.find(&source_.kept);
    if (known == of.known.fetched.end() || !known->second.certificate) {
        return fails("the certificate of the signature is not known");
    }
    auto const& chain = *known->second.certificate;
    if (auto const key = good_key(chain, of.now); !key) return std::unexpected{key.error()};
    if (of.findings)
        note(of, "certificate", true, fmt::format("{} is good, SHA-256 {}", from, chain.fingerprint()));
    return {};
}

result<good_certificates::key_ptr> certified_node::good_key(certificate_chain const& shown,
                                                            wall_time now) const {
    if (auto known = good_->find(shown.fingerprint(), now)) return known;
    auto const until = anchors_.check(shown, trust_anchors::purpose::any, now);
    if (!until) {
        return fails(fmt::format("the certificate of the signature is not good: {}", until.error()),
                     "where its file lacks a certificate in between, name that one in `anchors`");
    }
    auto const common = shown.common_name();
    bool const has_common = common && std::ranges::find(source_.cn, *common) != source_.cn.end();
    if (!source_.cn.empty() && !has_common) return fails("the certificate has another common name");
    if (!source_.san.empty() && !shown.wanted_name(source_.san)) {
        return fails("the certificate has none of the names");
    }
    auto key = public_key::read(shown.public_key(), public_key_shape::form::spki, scheme_of(is_.algorithm));
    if (!key) return fails("the certificate has another kind of key: " + key.error().message);
    auto made = std::make_shared<public_key const>(*std::move(key));
    good_->keep(shown.fingerprint(), made, now, *until);
    return made;
}

std::string const* certified_node::matching_key(std::vector<std::string> const& candidates,
                                                std::vector<text> const& pieces, exam const& of) const {
    auto const& chain = *of.known.fetched.at(&source_.kept).certificate;
    auto const key = good_key(chain, of.now);
    if (!key) return nullptr;
    auto const made = [&](std::string const& candidate) { return (*key)->verifies(candidate, pieces); };
    auto const tried =
        std::span{candidates}.first(std::min(candidates.size(), of.place.limits.key_tries_max));
    return std::ranges::any_of(tried, made) ? &chain.fingerprint() : nullptr;
}

std::string certified_node::hint(std::vector<std::string> const& candidates, exam& of,
                                 vantage const& here) const {
    return diagnose(is_.signs, of, here, [&](std::vector<text> const& pieces) {
        return matching_key(candidates, pieces, of) != nullptr;
    });
}

}  // namespace headgate::auth
