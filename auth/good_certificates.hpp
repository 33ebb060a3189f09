#pragma once

#include "auth/public_key.hpp"
#include "core/clock.hpp"

#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace headgate::auth {

// Certificates that were found to be good, and their keys, so that requests do not all pay for the way to an
// authority. Any thread may ask.
class good_certificates {
public:
    static constexpr std::size_t kept_max = 64;  // One more forgets all: they are found good again.

    using key_ptr = std::shared_ptr<public_key const>;

    // Null where none is known to be good at that time.
    [[nodiscard]] key_ptr find(std::string const& fingerprint, wall_time now) const;

    // It is good from the one time to the other.
    void keep(std::string const& fingerprint, key_ptr key, wall_time from, wall_time until);

private:
    struct good {
        key_ptr key;
        wall_time from;
        wall_time until;
    };

    mutable std::mutex guard_;
    std::map<std::string, good> all_;
};

}  // namespace headgate::auth
