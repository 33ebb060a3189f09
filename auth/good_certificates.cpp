#include "auth/good_certificates.hpp"

#include <utility>

namespace headgate::auth {

good_certificates::key_ptr good_certificates::find(std::string const& fingerprint, wall_time now) const {
    std::lock_guard const hold{guard_};
    auto const known = all_.find(fingerprint);
    bool const is_good = known != all_.end() && now >= known->second.from && now < known->second.until;
    return is_good ? known->second.key : nullptr;
}

void good_certificates::keep(std::string const& fingerprint, key_ptr key, wall_time from, wall_time until) {
    std::lock_guard const hold{guard_};
    if (all_.size() >= kept_max && !all_.contains(fingerprint)) all_.clear();
    all_.insert_or_assign(fingerprint, good{std::move(key), from, until});
}

}  // namespace headgate::auth
