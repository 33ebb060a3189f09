#include "core/secret.hpp"

#include "core/digest.hpp"

#include <string.h>
#include <utility>

namespace headgate {

secret::secret(std::string bytes) : bytes_{std::move(bytes)} {}

secret::~secret() {
    wipe();
}

secret::secret(secret&& other) noexcept : bytes_{std::move(other.bytes_)} {
    other.wipe();
}

secret& secret::operator=(secret&& other) noexcept {
    if (this == &other) return *this;
    wipe();
    bytes_ = std::move(other.bytes_);
    other.wipe();
    return *this;
}

secret& secret::operator=(secret const& other) {
    if (this == &other) return *this;
    wipe();
    bytes_ = other.bytes_;
    return *this;
}

bool operator==(secret const& a, secret const& b) {
    return same_secret(a.bytes_, b.bytes_);
}

void secret::wipe() noexcept {
    explicit_bzero(bytes_.data(), bytes_.size());
    bytes_.clear();
}

}  // namespace headgate
