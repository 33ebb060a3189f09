#pragma once

#include "core/result.hpp"
#include "model/delivery.hpp"
#include "targets/temporal/answers.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

// What is said to a Temporal frontend, as bytes.

namespace headgate::targets {

// A server stores ids in columns of 255 characters; past that some of them answer as if they were away.
inline constexpr std::size_t workflow_id_bytes_max = 255;

// Under this name the event's id stands in the header of every signal, beside the delivery's.
inline constexpr std::string_view event_header = "headgate.event";

// Who says it to whom, beside what the order says.
struct envelope {
    std::string delivery_id;
    std::string const& name_space;
    std::string const& identity;
    size_limits const& limits;
};

// Each fails with invalid_argument when the server could never take it.
[[nodiscard]] result<std::string> encode_start(start_order const& order, envelope const& around);
[[nodiscard]] result<std::string> encode_signal(start_order const& order, envelope const& around);
[[nodiscard]] result<std::string> encode_signal_with_start(start_order const& order, envelope const& around);

[[nodiscard]] std::string encode_describe(std::string const& name_space, std::string const& workflow_id,
                                          std::string const& run_id);

enum class history_question : std::uint8_t { is_there_an_end, wait_for_the_end };

[[nodiscard]] std::string encode_history(std::string const& name_space, std::string const& workflow_id,
                                         std::string const& run_id, std::string const& page_token,
                                         history_question asked);

[[nodiscard]] std::string encode_describe_namespace(std::string const& name_space);

}  // namespace headgate::targets
