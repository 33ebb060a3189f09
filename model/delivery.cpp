#include "model/delivery.hpp"

#include <array>

namespace headgate {
namespace {

constexpr std::array<std::string_view, 9> state_names{
    "waiting", "starting", "started", "completed", "failed", "outcome_unknown", "joined", "held", "dead"};

}  // namespace

std::string_view name_of(delivery_state state) noexcept {
    return state_names[static_cast<std::size_t>(state)];
}

std::optional<delivery_state> delivery_state_named(std::string_view name) noexcept {
    for (std::size_t i = 0; i < state_names.size(); ++i) {
        if (state_names[i] == name) return static_cast<delivery_state>(i);
    }
    return std::nullopt;
}

std::size_t bytes_of(start_order const& one) {
    auto bytes = one.target.size() + one.workflow_id.size() + one.workflow.size() + one.task_queue.size();
    for (auto const& input : one.inputs) bytes += sizeof(std::string) + input.size();
    for (auto const& [name, text] : one.memo) bytes += name.size() + text.size();
    for (auto const& each : one.search_attributes) bytes += each.name.size() + each.json.size();
    bytes += one.signal.name.size() + one.signal.event_id.size();
    for (auto const& input : one.signal.inputs) bytes += sizeof(std::string) + input.size();
    return bytes;
}

std::size_t bytes_of(delivery const& one) {
    return sizeof one + one.reason.size() + bytes_of(one.order);
}

bool is_final(delivery_state state) noexcept {
    switch (state) {
        case delivery_state::waiting:
        case delivery_state::starting:
        case delivery_state::started:
        case delivery_state::held: return false;
        case delivery_state::completed:
        case delivery_state::failed:
        case delivery_state::outcome_unknown:
        case delivery_state::joined:
        case delivery_state::dead: return true;
    }
    return true;
}

std::string_view name_of(hold_cause cause) noexcept {
    switch (cause) {
        case hold_cause::none: return "";
        case hold_cause::removed: return "removed";
        case hold_cause::missing: return "missing";
        case hold_cause::unanswered: return "unanswered";
        case hold_cause::unsure: return "unsure";
    }
    return "";
}

std::string_view name_of(attribute_type type) noexcept {
    for (auto const& [name, each] : attribute_types) {
        if (each == type) return name;
    }
    return "";
}

std::string_view name_of(id_reuse how) noexcept {
    for (auto const& [name, each] : id_reuses) {
        if (each == how) return name;
    }
    return "";
}

}  // namespace headgate
