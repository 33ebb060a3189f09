// What the check `mac` costs for a body of 1 KiB, beside bare HMACs of the same bytes by OpenSSL.
//
//   auth_mac
//
// In turn and interleaved: a whole verdict (headers, signature, comparison, facts), `HMAC()` as most programs
// call it, and an EVP_MAC context that has its key already and is duplicated, which is the least that OpenSSL
// 3 can do. Prints the lowest of nine medians of each in microseconds, and what the verdict is of each.

#include "auth/authenticator.hpp"
#include "core/encoding.hpp"
#include "tests/bench/median.hpp"

#include <fmt/format.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <limits>
#include <memory>
#include <string>

namespace headgate {
namespace {

using bench::median_of;

constexpr int batches = 2001;
constexpr std::string_view key = "0f6c1d2e3b4a59687786a5b4c3d2e1f0";
unsigned kept = 0;  // What is measured ends here, so that it is not left out.

using mac_context = std::unique_ptr<EVP_MAC_CTX, decltype(&EVP_MAC_CTX_free)>;

mac_context keyed() {
    std::unique_ptr<EVP_MAC, decltype(&EVP_MAC_free)> const mac{EVP_MAC_fetch(nullptr, "HMAC", nullptr),
                                                                &EVP_MAC_free};
    mac_context made{EVP_MAC_CTX_new(mac.get()), &EVP_MAC_CTX_free};
    std::string digest = "SHA256";
    std::array const params{
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest.data(), digest.size()),
        OSSL_PARAM_construct_end()};
    if (EVP_MAC_init(made.get(), reinterpret_cast<unsigned char const*>(key.data()), key.size(),
                     params.data()) != 1) {
        std::abort();
    }
    return made;
}

std::string by_context(EVP_MAC_CTX const* ready, std::string_view bytes) {
    mac_context const own{EVP_MAC_CTX_dup(ready), &EVP_MAC_CTX_free};
    std::array<unsigned char, 32> code{};
    std::size_t size = 0;
    bool const is_made =
        EVP_MAC_update(own.get(), reinterpret_cast<unsigned char const*>(bytes.data()), bytes.size()) == 1 &&
        EVP_MAC_final(own.get(), code.data(), &size, code.size()) == 1;
    if (!is_made) std::abort();
    kept += code[0];
    return {code.begin(), code.end()};
}

void by_one_call(std::string_view bytes) {
    std::array<unsigned char, 32> code{};
    unsigned size = 0;
    HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
         reinterpret_cast<unsigned char const*>(bytes.data()), bytes.size(), code.data(), &size);
    kept += code[0];
}

auth::authenticator signed_source() {
    auth::mac_check mac;
    mac.signs = auth::values{{auth::body_value{}}};
    mac.signature.from = {auth::header_value{.names = {"x-hub-signature-256"}, .scheme = {}, .decode = {}}};
    mac.signature.prefix = "sha256=";
    auth::settings source;
    source.verify = auth::check{std::move(mac), {}, {}, {}};
    source.delivery.id =
        auth::value{auth::header_value{.names = {"x-github-delivery"}, .scheme = {}, .decode = {}}};
    source.secrets["signing"] = {{secret{std::string{key}}, {}, {}}};
    problems found;
    return auth::authenticator::make(source, "sources.bench", found).value();
}

int run() {
    request incoming;
    incoming.head.method = "POST";
    incoming.head.target = "/webhooks/github";
    incoming.body = std::string(1024, 'x');
    auto const ready = keyed();
    incoming.head.fields = {
        {"host", "hooks.example.com"},
        {"content-type", "application/json"},
        {"x-github-delivery", "72d3162e-cc78-11e3-81ab-4c9367dc0958"},
        {"x-hub-signature-256", "sha256=" + to_hex(by_context(ready.get(), incoming.body))}};
    auto const source = signed_source();
    auth::facts const known;
    if (!source.checks().verify(incoming, known, {})) return 1;

    std::array lowest{1e9, 1e9, 1e9};
    for (int i = 0; i < 9; ++i) {
        lowest[0] = std::min(
            lowest[0],
            median_of([&] { kept += source.checks().verify(incoming, known, {}).has_value() ? 1U : 0U; },
                      batches));
        lowest[1] = std::min(lowest[1], median_of([&] { by_one_call(incoming.body); }, batches));
        lowest[2] = std::min(lowest[2], median_of([&] { by_context(ready.get(), incoming.body); }, batches));
    }
    fmt::print(
        "verdict {:.3f} us; HMAC() {:.3f} us, {:.2f} of it; EVP_MAC with its key {:.3f} us, {:.2f} of it\n",
        lowest[0], lowest[1], lowest[0] / lowest[1], lowest[2], lowest[0] / lowest[2]);
    return kept == 0 ? 1 : 0;
}

}  // namespace
}  // namespace headgate

int main() {
    return headgate::run();
}
