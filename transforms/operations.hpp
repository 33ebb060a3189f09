#pragma once

#include "json/value.hpp"
#include "transforms/code.hpp"
#include "transforms/runtime.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

// What operators, paths and comparisons do, with jq's meaning. Where a function gives a bool, false says that
// the runtime has the error.

namespace headgate::transforms {

// jq's order: null, false, true, numbers, strings, arrays, objects. Below, at or above zero; NaN is below
// every number and beside itself. Counts what it looks at, and gives 0 when that is refused.
//
// Whole numbers compare exactly, and with reals as reals, so that of three numbers beyond 2^53 a real may be
// beside two that differ: nothing may need a strict order of it.
[[nodiscard]] int compare(runtime& run, json::value const& a, json::value const& b);
[[nodiscard]] bool is_nan(json::value const& any);
[[nodiscard]] bool is_equal(runtime& run, json::value const& a, json::value const& b);

// Positions of the keys in their order; of equal keys the first comes first.
[[nodiscard]] bool order_of(runtime& run, std::span<json::value const> keys,
                            std::vector<std::uint32_t>& order);

[[nodiscard]] bool add(runtime& run, json::value const& a, json::value const& b, json::value& out);
[[nodiscard]] bool subtract(runtime& run, json::value const& a, json::value const& b, json::value& out);
[[nodiscard]] bool multiply(runtime& run, json::value const& a, json::value const& b, json::value& out);
[[nodiscard]] bool divide(runtime& run, json::value const& a, json::value const& b, json::value& out);
[[nodiscard]] bool modulo(runtime& run, json::value const& a, json::value const& b, json::value& out);
[[nodiscard]] bool negate(runtime& run, json::value const& a, json::value& out);

// container[key], for every kind of key.
[[nodiscard]] bool get_key(runtime& run, json::value const& container, json::value const& key,
                           json::value& out);
[[nodiscard]] bool get_slice(runtime& run, json::value const& container, json::value const& from,
                             json::value const& to, json::value& out);
// {"start": …, "end": …}, as a path has slices.
[[nodiscard]] json::value slice_key(runtime& run, json::value const& from, json::value const& to);

// container with `item` at `key`.
[[nodiscard]] bool set_key(runtime& run, json::value const& container, json::value const& key,
                           json::value const& item, json::value& out);

// jq's slices of `size` items: the start is rounded down, the end up; negative ones count from the end.
// Nothing where one of the two is neither a number nor null.
struct extent {
    std::size_t from;
    std::size_t to;
};
[[nodiscard]] std::optional<extent> extent_of(json::value const& from, json::value const& to,
                                              std::size_t size);

// What `.[]` gives, at the end of `out`.
[[nodiscard]] bool values_in(runtime& run, json::value const& any, std::vector<json::value>& out);

[[nodiscard]] bool get_path(runtime& run, json::value const& root, json::value const& path, json::value& out);
[[nodiscard]] bool set_path(runtime& run, json::value const& root, json::value const& path,
                            json::value const& leaf, json::value& out);
// Without what the paths lead to, all taken out at once, so that none of them moves another's place.
[[nodiscard]] bool delete_paths(runtime& run, json::value const& root, json::value const& paths,
                                json::value& out);

// A string as it is, everything else as JSON: what `tostring` and interpolation give.
void append_text(json::value const& any, std::string& out);

// `@csv` without its sign; nothing when there is none of this name.
[[nodiscard]] std::optional<text_format> text_format_named(std::string_view name);
[[nodiscard]] bool append_formatted(runtime& run, text_format format, json::value const& any,
                                    std::string& out);

}  // namespace headgate::transforms
