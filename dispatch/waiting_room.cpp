#include "dispatch/waiting_room.hpp"

namespace headgate::dispatch {

waiting_room::admission waiting_room::add(delivery fresh, instant due) {
    auto const id = fresh.id;
    if (present_.contains(id)) return admission::taken;
    auto const known = lines_.find(fresh.order.workflow_id);
    if (known != lines_.end() && known->second.owner != id) return stand_in_line(known->second, id);

    auto const bytes = bytes_of(fresh);
    // One delivery always has room, or one that is larger than all room would never be started.
    bool const fits = bytes_ + bytes <= limits_.deliveries_in_memory_bytes_max || present_.empty();
    if (!fits || present_.size() >= limits_.deliveries_in_memory_max) {
        turned_away_ = true;
        return admission::turned_away;
    }
    claim(fresh.order.workflow_id, id);
    bytes_ += bytes;
    due_.emplace(due, id);
    present_.emplace(id, resident{std::move(fresh), bytes});
    return admission::taken;
}

bool waiting_room::has_room_for(delivery const& bare) const {
    if (takes_no_more() || present_.contains(bare.id)) return false;
    auto const known = lines_.find(bare.order.workflow_id);
    return known == lines_.end() || known->second.owner == bare.id;
}

void waiting_room::note(delivery const& bare) {
    if (present_.contains(bare.id)) return;
    auto const known = lines_.find(bare.order.workflow_id);
    bool const is_anothers = known != lines_.end() && known->second.owner != bare.id;
    if (is_anothers)
        static_cast<void>(stand_in_line(known->second, bare.id));
    else
        turned_away_ = true;
}

waiting_room::admission waiting_room::stand_in_line(line& of, uuid const& id) {
    if (of.behind.contains(id)) return admission::in_line;
    bool const is_long = of.behind.size() >= limits_.same_id_in_line_max;
    if (is_long || in_line_ >= limits_.deliveries_in_memory_max) {
        of.turned_away = true;
        return admission::turned_away;
    }
    of.behind.insert(id);
    ++in_line_;
    return admission::in_line;
}

void waiting_room::claim(std::string const& workflow_id, uuid const& owner) {
    lines_.try_emplace(workflow_id, line{.owner = owner, .behind = {}});
}

std::optional<uuid> waiting_room::take_due(instant now) {
    if (due_.empty() || due_.begin()->first > now) return std::nullopt;
    auto const id = due_.begin()->second;
    due_.erase(due_.begin());
    return id;
}

void waiting_room::put_back(uuid const& id, instant due) {
    due_.emplace(due, id);
}

std::optional<std::string> waiting_room::leave(uuid const& id, leaving how) {
    auto const found = present_.find(id);
    auto workflow_id = std::move(found->second.kept.order.workflow_id);
    bytes_ -= found->second.bytes;
    present_.erase(found);
    auto const own = lines_.find(workflow_id);
    if (own == lines_.end() || own->second.owner != id || how == leaving::keeping_its_id) return std::nullopt;
    if (own->second.behind.empty()) {
        static_cast<void>(next_in_line(workflow_id));
        return std::nullopt;
    }
    if (how == leaving::behind_the_others && own->second.behind.insert(id).second) ++in_line_;
    return workflow_id;
}

// In the order of their ids, which is the order in which they were made, round and round.
std::optional<uuid> waiting_room::next_in_line(std::string const& workflow_id) {
    auto const found = lines_.find(workflow_id);
    if (found == lines_.end()) return std::nullopt;
    auto& own = found->second;
    if (own.behind.empty()) {
        a_short_line_emptied_ = a_short_line_emptied_ || own.turned_away;
        lines_.erase(found);
        return std::nullopt;
    }
    auto next = own.behind.upper_bound(own.owner);
    if (next == own.behind.end()) next = own.behind.begin();
    own.owner = *next;
    own.behind.erase(next);
    --in_line_;
    return own.owner;
}

bool waiting_room::is_awaited(uuid const& id, std::string const& workflow_id) const {
    auto const found = lines_.find(workflow_id);
    return found != lines_.end() && found->second.owner == id && !present_.contains(id);
}

void waiting_room::turn_out() {
    for (auto& [workflow_id, each] : lines_) each.behind.clear();
    in_line_ = 0;
    for (auto const& [when, id] : std::exchange(due_, {})) static_cast<void>(leave(id, leaving::for_good));
}

bool waiting_room::others_wait_for_id_of(uuid const& id) const {
    auto const found = lines_.find(present_.at(id).kept.order.workflow_id);
    return found != lines_.end() && !found->second.behind.empty();
}

bool waiting_room::is_full() const noexcept {
    return present_.size() >= limits_.deliveries_in_memory_max ||
           bytes_ >= limits_.deliveries_in_memory_bytes_max;
}

waiting_room::instant waiting_room::next_due() const {
    return due_.empty() ? instant::max() : due_.begin()->first;
}

bool waiting_room::is_half_empty() const noexcept {
    return present_.size() * 2 <= limits_.deliveries_in_memory_max &&
           bytes_ * 2 <= limits_.deliveries_in_memory_bytes_max;
}

bool waiting_room::wants_sweep() const noexcept {
    return a_short_line_emptied_ || (turned_away_ && is_half_empty());
}

void waiting_room::sweep_begins() {
    turned_away_ = false;
    a_short_line_emptied_ = false;
}

}  // namespace headgate::dispatch
