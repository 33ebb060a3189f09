#pragma once

#include "json/write.hpp"
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

// The members of what would be started and of who sent it, into an open object: also for `headgate explain`.
void write_order(json::writer& out, start_order const& order);
void write_signal(json::writer& out, signal_order const& signal);
void write_verdict(json::writer& out, identity const& sender);

}  // namespace headgate::console
