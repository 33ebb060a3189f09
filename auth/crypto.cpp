#include "auth/crypto.hpp"

#include "auth/authenticator.hpp"
#include "auth/encoding.hpp"
#include "core/check.hpp"
#include "core/digest.hpp"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <utility>

namespace headgate::auth {
namespace {

// Fetched once: a fetch takes locks and costs as much as hashing a kilobyte.
EVP_MAC* hmac() {
    static EVP_MAC* const fetched = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
    HEADGATE_CHECK(fetched != nullptr, "OpenSSL has no HMAC");
    return fetched;
}

EVP_MD const* sha1() {
    static EVP_MD* const fetched = EVP_MD_fetch(nullptr, "SHA1", nullptr);
    HEADGATE_CHECK(fetched != nullptr, "OpenSSL has no SHA-1");
    return fetched;
}

EVP_MD const* sha256_algorithm() {
    static EVP_MD* const fetched = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    HEADGATE_CHECK(fetched != nullptr, "OpenSSL has no SHA-256");
    return fetched;
}

char const* digest_name(mac_algorithm algorithm) {
    switch (algorithm) {
        case mac_algorithm::hmac_sha1: return "SHA1";
        case mac_algorithm::hmac_sha256: return "SHA256";
        case mac_algorithm::hmac_sha384: return "SHA384";
        case mac_algorithm::hmac_sha512: return "SHA512";
        case mac_algorithm::sha256_prefix: break;
    }
    HEADGATE_CHECK(false, "sha256-prefix is no HMAC");
    return "";
}

std::uint32_t crc32(std::string_view bytes) {
    std::uint32_t crc = 0xffffffff;
    for (char const c : bytes) {
        crc ^= static_cast<unsigned char>(c);
        for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (0xedb88320 & (0U - (crc & 1)));
    }
    return ~crc;
}

// As bytes; crc32 big endian.
std::string digest_of(std::string_view bytes, hash_name algorithm) {
    switch (algorithm) {
        case hash_name::sha256: {
            auto const digest = sha256(bytes);
            return {reinterpret_cast<char const*>(digest.data()), digest.size()};
        }
        case hash_name::sha1: {
            std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
            unsigned size = 0;
            HEADGATE_CHECK(EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, sha1(), nullptr) == 1,
                           "SHA-1 failed");
            return {reinterpret_cast<char const*>(digest.data()), size};
        }
        case hash_name::crc32: {
            auto const crc = crc32(bytes);
            std::string big_endian;
            for (int shift = 24; shift >= 0; shift -= 8) big_endian += static_cast<char>(crc >> shift & 0xff);
            return big_endian;
        }
    }
    return {};
}

}  // namespace

void mac_key::release::operator()(evp_mac_ctx_st* context) const noexcept {
    EVP_MAC_CTX_free(context);
}

mac_key::mac_key(mac_algorithm algorithm, std::string_view key) : algorithm_{algorithm} {
    HEADGATE_CHECK(!key.empty(), "a MAC with an empty key verifies for everybody");
    if (algorithm == mac_algorithm::sha256_prefix) {
        plain_ = secret{std::string{key}};
        return;
    }
    ready_.reset(EVP_MAC_CTX_new(hmac()));
    HEADGATE_CHECK(ready_ != nullptr, "out of memory");
    OSSL_PARAM const parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, const_cast<char*>(digest_name(algorithm)), 0),
        OSSL_PARAM_construct_end()};
    auto const* bytes = reinterpret_cast<unsigned char const*>(key.data());
    HEADGATE_CHECK(EVP_MAC_init(ready_.get(), bytes, key.size(), parameters) == 1, "HMAC refused its key");
}

mac_key::mac_key(mac_key&&) noexcept = default;
mac_key& mac_key::operator=(mac_key&&) noexcept = default;

mac_key::~mac_key() = default;

mac_code mac_key::compute(std::span<text const> pieces) const {
    mac_code code;
    if (algorithm_ == mac_algorithm::sha256_prefix) {
        std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> const hashing{EVP_MD_CTX_new(),
                                                                              EVP_MD_CTX_free};
        bool ok = hashing && EVP_DigestInit_ex2(hashing.get(), sha256_algorithm(), nullptr) == 1 &&
                  EVP_DigestUpdate(hashing.get(), plain_.reveal().data(), plain_.size()) == 1;
        for (auto const& piece : pieces) {
            ok = ok && EVP_DigestUpdate(hashing.get(), piece.view().data(), piece.view().size()) == 1;
        }
        unsigned size = 0;
        ok = ok && EVP_DigestFinal_ex(hashing.get(), code.bytes_.data(), &size) == 1;
        HEADGATE_CHECK(ok, "SHA-256 failed");
        code.size_ = size;
        return code;
    }
    std::unique_ptr<EVP_MAC_CTX, release> const own{EVP_MAC_CTX_dup(ready_.get())};
    bool ok = own != nullptr;
    for (auto const& piece : pieces) {
        auto const bytes = piece.view();
        ok = ok && EVP_MAC_update(own.get(), reinterpret_cast<unsigned char const*>(bytes.data()),
                                  bytes.size()) == 1;
    }
    ok = ok && EVP_MAC_final(own.get(), code.bytes_.data(), &code.size_, code.bytes_.size()) == 1;
    HEADGATE_CHECK(ok, "HMAC failed");
    return code;
}

mac_code mac_key::compute(std::string_view bytes) const {
    text const only{bytes};
    return compute(std::span{&only, 1});
}

std::size_t output_bytes(mac_algorithm algorithm) noexcept {
    switch (algorithm) {
        case mac_algorithm::hmac_sha1: return 20;
        case mac_algorithm::hmac_sha256: return 32;
        case mac_algorithm::hmac_sha384: return 48;
        case mac_algorithm::hmac_sha512: return 64;
        case mac_algorithm::sha256_prefix: return 32;
    }
    return 0;
}

bool equal_in_constant_time(std::string_view a, std::string_view b) noexcept {
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string digest_text(std::string_view bytes, hash_name algorithm, text_form out) {
    if (out == text_form::dec) return std::to_string(crc32(bytes));
    return encode(digest_of(bytes, algorithm), out);
}

void burn_time(std::string_view body) {
    static mac_key const nobodys = [] {
        std::array<std::uint8_t, 32> bytes;
        fill_random(bytes);
        return mac_key{mac_algorithm::hmac_sha256,
                       std::string_view{reinterpret_cast<char const*>(bytes.data()), bytes.size()}};
    }();
    static_cast<void>(nobodys.compute(body));
}

}  // namespace headgate::auth
