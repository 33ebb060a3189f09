#pragma once

#include "auth/settings.hpp"
#include "auth/text.hpp"
#include "core/secret.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

struct evp_mac_ctx_st;  // OpenSSL's.

// The few operations of OpenSSL that checks are made of. None of them fails on any input.

namespace headgate::auth {

inline constexpr std::size_t mac_bytes_max = 64;

// The output of a MAC.
class mac_code {
public:
    [[nodiscard]] std::string_view view() const noexcept {
        return {reinterpret_cast<char const*>(bytes_.data()), size_};
    }

private:
    friend class mac_key;
    std::array<unsigned char, mac_bytes_max> bytes_;
    std::size_t size_ = 0;
};

// A key that is ready to be used: its schedule is computed once. Any thread may compute with it.
class mac_key {
public:
    // `key` is not empty (checked: a MAC with no key would verify for everybody).
    mac_key(mac_algorithm algorithm, std::string_view key);
    mac_key(mac_key&&) noexcept;
    mac_key& operator=(mac_key&&) noexcept;
    ~mac_key();

    // Over the pieces one after the other.
    [[nodiscard]] mac_code compute(std::span<text const> pieces) const;
    [[nodiscard]] mac_code compute(std::string_view bytes) const;

private:
    mac_algorithm algorithm_;
    struct release {
        void operator()(evp_mac_ctx_st* context) const noexcept;
    };
    std::unique_ptr<evp_mac_ctx_st, release> ready_;  // Null for sha256_prefix.
    secret plain_;                                    // Only for sha256_prefix.
};

[[nodiscard]] std::size_t output_bytes(mac_algorithm algorithm) noexcept;

// False for lengths that differ; otherwise looks at every byte.
[[nodiscard]] bool equal_in_constant_time(std::string_view a, std::string_view b) noexcept;

// The digest as text; crc32 is zlib's, four bytes big endian, and `dec` its decimal number.
[[nodiscard]] std::string digest_text(std::string_view bytes, hash_name algorithm, text_form out);

}  // namespace headgate::auth
