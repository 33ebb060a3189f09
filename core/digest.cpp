#include "core/digest.hpp"

#include "core/check.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <memory>
#include <sys/random.h>

namespace headgate {
namespace {

// Fetched once: EVP_MD_fetch per call would cost more than hashing a key does.
EVP_MD const* algorithm() {
    static EVP_MD* const fetched = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    HEADGATE_CHECK(fetched != nullptr, "OpenSSL has no SHA-256");
    return fetched;
}

EVP_MD_CTX* context() {
    thread_local std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> const own{EVP_MD_CTX_new(),
                                                                                   EVP_MD_CTX_free};
    HEADGATE_CHECK(own != nullptr, "out of memory");
    HEADGATE_CHECK(EVP_DigestInit_ex2(own.get(), algorithm(), nullptr) == 1, "SHA-256 could not start");
    return own.get();
}

sha256_digest finish(EVP_MD_CTX* hashing) {
    sha256_digest digest;
    HEADGATE_CHECK(EVP_DigestFinal_ex(hashing, digest.data(), nullptr) == 1, "SHA-256 could not finish");
    return digest;
}

}  // namespace

sha256_digest sha256(std::string_view bytes) {
    auto* const hashing = context();
    HEADGATE_CHECK(EVP_DigestUpdate(hashing, bytes.data(), bytes.size()) == 1, "SHA-256 could not go on");
    return finish(hashing);
}

sha256_digest sha256_of_fields(std::span<std::string_view const> fields) {
    auto* const hashing = context();
    for (auto const field : fields) {
        std::array<std::uint8_t, 8> length{};
        for (std::size_t i = 0; i < 8; ++i)
            length[i] = static_cast<std::uint8_t>(field.size() >> (8 * (7 - i)));
        bool const fed = EVP_DigestUpdate(hashing, length.data(), length.size()) == 1 &&
                         EVP_DigestUpdate(hashing, field.data(), field.size()) == 1;
        HEADGATE_CHECK(fed, "SHA-256 could not go on");
    }
    return finish(hashing);
}

std::array<std::uint8_t, 20> sha1(std::string_view bytes) {
    std::array<std::uint8_t, 20> digest{};
    bool const is_made =
        EVP_Digest(bytes.data(), bytes.size(), digest.data(), nullptr, EVP_sha1(), nullptr) == 1;
    HEADGATE_CHECK(is_made, "SHA-1 could not finish");
    return digest;
}

sha256_digest hmac_sha256(std::string_view key, std::string_view bytes) {
    sha256_digest code;
    auto const* const made =
        HMAC(algorithm(), key.data(), static_cast<int>(key.size()),
             reinterpret_cast<unsigned char const*>(bytes.data()), bytes.size(), code.data(), nullptr);
    HEADGATE_CHECK(made != nullptr, "HMAC-SHA-256 could not finish");
    return code;
}

bool same_secret(std::string_view a, std::string_view b) {
    auto const hashed_a = sha256(a);
    auto const hashed_b = sha256(b);
    return CRYPTO_memcmp(hashed_a.data(), hashed_b.data(), hashed_a.size()) == 0;
}

void fill_random(std::span<std::uint8_t> bytes) {
    std::size_t filled = 0;
    while (filled < bytes.size()) {
        auto const got = getrandom(bytes.data() + filled, bytes.size() - filled, 0);
        HEADGATE_CHECK(got > 0, "the kernel gave no random bytes");
        filled += static_cast<std::size_t>(got);
    }
}

}  // namespace headgate
