#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace headgate::auth {

// Bytes that either stand in the request already or were made for the occasion. Most are the former: a body
// is never copied to be hashed.
class text {
public:
    explicit text(std::string_view kept) : bytes_{kept} {}  // Outlives this.
    explicit text(std::string made) : bytes_{std::move(made)} {}

    [[nodiscard]] std::string_view view() const noexcept {
        if (auto const* made = std::get_if<std::string>(&bytes_)) return *made;
        return *std::get_if<std::string_view>(&bytes_);
    }
    [[nodiscard]] bool empty() const noexcept { return view().empty(); }

private:
    std::variant<std::string_view, std::string> bytes_;
};

}  // namespace headgate::auth
