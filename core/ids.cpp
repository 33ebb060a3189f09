#include "core/ids.hpp"

#include "core/digest.hpp"
#include "core/encoding.hpp"

#include <algorithm>

namespace headgate {
namespace {

bool is_dash_position(std::size_t i) {
    return i == 8 || i == 13 || i == 18 || i == 23;
}

// The next greater id with the same version and variant bits: the random part counted up, carrying into the
// time.
uuid successor(uuid id) {
    for (std::size_t i = 16; i-- > 0;) {
        std::uint8_t const fixed = i == 6 ? 0xf0 : i == 8 ? 0xc0 : 0;
        auto const counted = static_cast<std::uint8_t>((id.bytes[i] & ~fixed) + 1);
        bool const carries = (counted & static_cast<std::uint8_t>(~fixed)) == 0;
        id.bytes[i] = static_cast<std::uint8_t>((id.bytes[i] & fixed) | (counted & ~fixed));
        if (!carries) break;
    }
    return id;
}

}  // namespace

std::string to_string(uuid const& id) {
    auto text = to_hex(id.bytes);
    for (auto const position : {8U, 13U, 18U, 23U}) text.insert(position, 1, '-');
    return text;
}

result<uuid> parse_uuid(std::string_view text) {
    auto const wrong = [] {
        return refuse(errc::invalid_argument, "not an id",
                      "ids look like 0192f3c0-7b1e-7cc3-9a4f-0123456789ab");
    };
    if (text.size() != 36) return wrong();
    uuid id;
    std::size_t digit = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (is_dash_position(i)) {
            if (text[i] != '-') return wrong();
            continue;
        }
        auto const value = hex_digit(text[i]);
        if (!value) return wrong();
        auto& byte = id.bytes[digit / 2];
        byte = static_cast<std::uint8_t>(byte << 4 | *value);
        ++digit;
    }
    return id;
}

uuid uuid_of_name(uuid const& name_space, std::string_view name) {
    std::string named{name_space.bytes.begin(), name_space.bytes.end()};
    named += name;
    auto const hash = sha1(named);
    uuid id;
    std::copy_n(hash.begin(), id.bytes.size(), id.bytes.begin());
    id.bytes[6] = static_cast<std::uint8_t>((id.bytes[6] & 0x0f) | 0x50);
    id.bytes[8] = static_cast<std::uint8_t>((id.bytes[8] & 0x3f) | 0x80);
    return id;
}

uuid_sequence::uuid_sequence(uuid last) : last_{last} {}

void uuid_sequence::take_random(uuid& id) {
    if (random_left_ == 0) {
        fill_random(random_);
        random_left_ = random_.size();
    }
    random_left_ -= id.bytes.size();
    std::copy_n(random_.begin() + static_cast<std::ptrdiff_t>(random_left_), id.bytes.size(),
                id.bytes.begin());
}

uuid uuid_sequence::next(wall_time now) {
    uuid id;
    take_random(id);
    auto const milliseconds = static_cast<std::uint64_t>(now.time_since_epoch().count());
    for (std::size_t i = 0; i < 6; ++i)
        id.bytes[i] = static_cast<std::uint8_t>(milliseconds >> (8 * (5 - i)));
    id.bytes[6] = static_cast<std::uint8_t>(0x70 | (id.bytes[6] & 0x0f));
    id.bytes[8] = static_cast<std::uint8_t>(0x80 | (id.bytes[8] & 0x3f));
    if (id <= last_) id = successor(last_);
    last_ = id;
    return id;
}

}  // namespace headgate
