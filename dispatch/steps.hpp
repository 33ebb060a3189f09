#pragma once

#include "core/result.hpp"
#include "json/value.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// What the programs of a rule gave while it looked at one event, in the order in which they ran: for whoever
// asks why. Nobody keeps them while events are routed.

namespace headgate::dispatch {

inline constexpr std::size_t step_value_bytes_max = 2048;

// One program that ran. What it gave may still be wrong where it stands: then both are said.
struct step {
    std::optional<std::size_t> item;  // Of `each`, where the program ran for one.
    std::string program;              // As configured: `vars.tag`, `when`, `start.id`.
    std::string text;                 // The program itself.
    std::string value;            // Its output: a JSON text, or the beginning of one. Empty: it gave none.
    std::size_t value_bytes = 0;  // Of the whole text.
    std::optional<error> failure;

    [[nodiscard]] bool is_shortened() const noexcept { return value.size() < value_bytes; }
};

class step_log {
public:
    explicit step_log(std::size_t value_bytes_max = step_value_bytes_max)
        : value_bytes_max_{value_bytes_max} {}

    // From here on programs run for this item.
    void look_at_item(std::size_t item) { item_ = item; }

    void gave(std::string program, std::string_view text, json::value const& output);
    void failed(std::string program, std::string_view text, error const& why);
    // What the last one gave is not what it has to be.
    void was_refused(error const& why);

    [[nodiscard]] std::vector<step> take() && { return std::move(steps_); }

private:
    std::size_t value_bytes_max_;
    std::optional<std::size_t> item_;
    std::vector<step> steps_;
};

}  // namespace headgate::dispatch
