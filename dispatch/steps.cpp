#include "dispatch/steps.hpp"

#include "core/check.hpp"
#include "core/text.hpp"
#include "json/write.hpp"

namespace headgate::dispatch {

// A program's limit of memory bounds what its output takes as a text too.
void step_log::gave(std::string program, std::string_view text, json::value const& output) {
    auto const whole = json::write(output);
    steps_.push_back({.item = item_,
                      .program = std::move(program),
                      .text = std::string{text},
                      .value = std::string{shortened(whole, value_bytes_max_)},
                      .value_bytes = whole.size(),
                      .failure = std::nullopt});
}

void step_log::failed(std::string program, std::string_view text, error const& why) {
    steps_.push_back({.item = item_,
                      .program = std::move(program),
                      .text = std::string{text},
                      .value = {},
                      .value_bytes = 0,
                      .failure = why});
}

void step_log::was_refused(error const& why) {
    HEADGATE_CHECK(!steps_.empty(), "a value is refused that no program gave");
    steps_.back().failure = why;
}

}  // namespace headgate::dispatch
