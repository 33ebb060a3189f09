#pragma once

#include <string>
#include <string_view>

namespace headgate {

// A value that must not be shown: wiped when destroyed, never formatted, copied only by name.
class secret {
public:
    secret() = default;
    explicit secret(std::string&& bytes);  // Wipes what `bytes` leaves behind.
    ~secret();

    secret(secret&& other) noexcept;
    secret& operator=(secret&& other) noexcept;
    secret(secret const&) = default;
    secret& operator=(secret const& other);

    // The bytes themselves, for the one call that needs them.
    [[nodiscard]] std::string_view reveal() const noexcept { return bytes_; }
    // In a time that tells neither content nor length.
    friend bool operator==(secret const& a, secret const& b);

    [[nodiscard]] bool empty() const noexcept { return bytes_.empty(); }
    [[nodiscard]] std::size_t size() const noexcept { return bytes_.size(); }

private:
    std::string bytes_;
};

// What stands in a secret's place in every view, log line and stored header.
inline constexpr std::string_view redacted = "<verified>";

}  // namespace headgate
