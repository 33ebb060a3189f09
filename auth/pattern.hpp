#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace re2 {
class RE2;
}

namespace headgate::auth {

// A regular expression (RE2 syntax) over bytes, matched against whole values. Any thread may ask.
class pattern {
public:
    explicit pattern(std::string const& expression);

    // Why it is none; empty when it is one.
    [[nodiscard]] std::string const& flaw() const;
    [[nodiscard]] bool matches(std::string_view text) const;

private:
    std::shared_ptr<re2::RE2 const> compiled_;
};

}  // namespace headgate::auth
