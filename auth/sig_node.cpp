#include "auth/diagnosis.hpp"
#include "auth/leaves.hpp"

#include <algorithm>
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

signed_leaf::description described(sig_check const& is) {
    return {.kind = "sig",
            .signs = is.signs,
            .grammar = is.signature,
            .length = length_of(is.algorithm),
            .secret_name = std::get<public_key_shape>(is.key).from.name};
}

}  // namespace

sig_node::sig_node(check const& from, std::string name, std::vector<timed_key<public_key>> keys,
                   std::vector<value const*> const& times)
    : signed_leaf{from, std::move(name), described(std::get<sig_check>(from.is)), times},
      is_{std::get<sig_check>(from.is)},
      keys_{std::move(keys)} {}

bool sig_node::has_active_key(wall_time now) const {
    return std::ranges::any_of(keys_, [&](auto const& each) { return each.is_active(now); });
}

// Nothing here is secret, so the first match ends it; and a public key costs a hundred MACs, so that a header
// full of items must not buy one for each.
std::string const* sig_node::matching_key(std::vector<std::string> const& candidates,
                                          std::vector<text> const& pieces, wall_time now) const {
    std::size_t tries = 0;
    for (auto const& candidate : candidates) {
        for (auto const& each : keys_) {
            if (!each.is_active(now)) continue;
            if (++tries > public_key_tries_max) return nullptr;
            if (each.key.verifies(candidate, pieces)) return &each.label;
        }
    }
    return nullptr;
}

std::string sig_node::hint(std::vector<std::string> const& candidates, exam& of, vantage const& here) const {
    return diagnose(is_.signs, of, here, [&](std::vector<text> const& pieces) {
        return matching_key(candidates, pieces, of.now) != nullptr;
    });
}

}  // namespace headgate::auth
