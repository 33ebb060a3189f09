#include "core/secret.hpp"

#include "core/digest.hpp"

#include <string.h>
#include <utility>

namespace headgate {

namespace {

// A short string's bytes stay behind in the string it was moved out of, so all that it has room for is wiped.
void wipe(std::string& bytes) noexcept {
    bytes.resize(bytes.capacity());
    explicit_bzero(bytes.data(), bytes.size());
    bytes.clear();
}

}  // namespace

secret::secret(std::string&& bytes) : bytes_{std::move(bytes)} {
    wipe(bytes);
}

secret::~secret() {
    wipe(bytes_);
}

secret::secret(secret&& other) noexcept : bytes_{std::move(other.bytes_)} {
    wipe(other.bytes_);
}

secret& secret::operator=(secret&& other) noexcept {
    if (this == &other) return *this;
    wipe(bytes_);
    bytes_ = std::move(other.bytes_);
    wipe(other.bytes_);
    return *this;
}

secret& secret::operator=(secret const& other) {
    if (this == &other) return *this;
    wipe(bytes_);
    bytes_ = other.bytes_;
    return *this;
}

bool operator==(secret const& a, secret const& b) {
    return same_secret(a.bytes_, b.bytes_);
}

}  // namespace headgate
