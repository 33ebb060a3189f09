#pragma once

#include "json/value.hpp"
#include "transforms/program.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace headgate::app {

// Says where what came is not what was expected, a line for each place: `input.tag: expected "v2", found
// "v1"`. Values are equal as `==` of the rule language has it: 1 is 1.0, and the order of members is nothing.
class differences {
public:
    differences();

    void compare(std::string const& place, json::value const& expected, json::value const& found);
    // Of two objects only the members that `expected` has; null is the same as not being there.
    void compare_named(std::string const& place, json::value const& expected, json::value const& found);

    [[nodiscard]] std::vector<std::string> take() &&;

private:
    void compare_objects(std::string const& place, json::value const& expected, json::value const& found);
    void note(std::string const& place, std::string_view expected, std::string_view found);
    [[nodiscard]] bool are_equal(json::value const& a, json::value const& b) const;

    transforms::program equal_;
    std::vector<std::string> noted_;
    std::size_t left_out_ = 0;
};

// As JSON on one line; of a long one the beginning.
[[nodiscard]] std::string in_short(json::value const& any);

}  // namespace headgate::app
