#pragma once

#include "json/value.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace headgate::json {

// Compact text: no blanks, members in order, non-ASCII as it is, number literals as sent.
[[nodiscard]] std::string write(value const& root);
void write(value const& root, std::string& out);

// Two blanks a level, for people.
[[nodiscard]] std::string write_indented(value const& root);

// Builds a text piece by piece, commas and quotes included; misuse (a value where a key belongs) is a checked
// bug.
//
//   writer out;
//   out.begin_object().key("id").string(id).key("tries").integer(3).end_object();
//   return std::move(out).take();
class writer {
public:
    writer& begin_object();
    writer& end_object();
    writer& begin_array();
    writer& end_array();
    writer& key(std::string_view name);
    writer& string(std::string_view text);
    writer& integer(std::int64_t number);
    writer& boolean(bool yes);
    writer& null();
    writer& raw(std::string_view json);  // One valid JSON text, copied as it is.
    writer& write(value const& any);

    [[nodiscard]] std::string take() &&;

private:
    void before_value();

    std::string out_;
    struct level {
        bool is_object;
        bool has_items;
        bool key_written;
    };
    std::vector<level> open_;
};

}  // namespace headgate::json
