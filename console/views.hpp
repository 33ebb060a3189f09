#pragma once

#include "store/event_store.hpp"

#include <optional>
#include <string>
#include <vector>

// What operators see of events and deliveries: JSON texts as docs/reference/api.md and /openapi.json say.

namespace headgate::console {

[[nodiscard]] std::string view(store::page<store::event_summary> const& events);
[[nodiscard]] std::string view(store::page<delivery> const& deliveries);

// One event whole: bytes, verdict, deliveries with their attempts, and the timeline made of them.
[[nodiscard]] std::string view(store::event_record const& event,
                               std::vector<store::delivery_record> const& deliveries);

// `rule`: normal form of the rule as it was when it made this delivery, if it is known.
[[nodiscard]] std::string view(store::delivery_record const& one, std::optional<std::string> const& rule);

}  // namespace headgate::console
