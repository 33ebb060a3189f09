#include "json/hash.hpp"

#include "core/digest.hpp"

#include <array>
#include <cstring>
#include <span>

namespace headgate::json {
namespace {

// Odd, so that multiplying loses nothing.
std::array<std::uint64_t, 3> random_key() {
    std::array<std::uint8_t, 24> bytes;
    fill_random(bytes);
    std::array<std::uint64_t, 3> key;
    std::memcpy(key.data(), bytes.data(), bytes.size());
    for (auto& part : key) part |= 1;
    return key;
}

std::array<std::uint64_t, 3> const process_key = random_key();

std::uint64_t read(char const* from, std::size_t bytes) {
    std::uint64_t read = 0;
    std::memcpy(&read, from, bytes);
    return read;
}

// The two halves of the full product, folded: each bit of the result depends on all bits of both.
std::uint64_t fold(std::uint64_t a, std::uint64_t b) {
    __extension__ using wide = unsigned __int128;
    auto const product = static_cast<wide>(a) * b;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

}  // namespace

std::uint64_t hash_of(std::string_view key) noexcept {
    auto const* at = key.data();
    auto left = key.size();
    auto mixed = process_key[0] ^ left;
    for (; left > 16; at += 16, left -= 16) {
        mixed = fold(read(at, 8) ^ process_key[1], read(at + 8, 8) ^ mixed);
    }
    std::uint64_t first = 0;
    std::uint64_t last = 0;
    if (left >= 8) {
        first = read(at, 8);
        last = read(at + left - 8, 8);
    } else if (left >= 4) {
        first = read(at, 4);
        last = read(at + left - 4, 4);
    } else if (left > 0) {
        first = static_cast<unsigned char>(at[0]);
        last = static_cast<std::uint64_t>(static_cast<unsigned char>(at[left / 2])) << 8 |
               static_cast<unsigned char>(at[left - 1]);
    }
    return fold(fold(first ^ process_key[1], last ^ mixed), process_key[2]);
}

}  // namespace headgate::json
