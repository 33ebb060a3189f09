#include "dispatch/item_budget.hpp"

#include <fmt/format.h>

namespace headgate::dispatch {

item_limits item_limits_of(settings const& from) {
    return {
        .items_max = from.each_items_max, .bytes_max = from.each_bytes_max, .time_max = from.each_time_max};
}

std::optional<error> item_budget::spend(std::size_t bytes) {
    bytes_ += bytes;
    if (bytes_ > limits_.bytes_max) {
        return error{errc::resource_exhausted,
                     fmt::format("its items make more than {} bytes together", limits_.bytes_max),
                     "raise dispatch.each_bytes_max, or send less of each item"};
    }
    if (limits_.time_max.count() > 0 && clock_.worked() - began_ > limits_.time_max) {
        return error{errc::resource_exhausted,
                     fmt::format("its items take more than {} ms together", limits_.time_max.count()),
                     "raise dispatch.each_time_max, or choose fewer in `each`"};
    }
    return std::nullopt;
}

}  // namespace headgate::dispatch
