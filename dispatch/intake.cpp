#include "dispatch/intake.hpp"

#include <utility>

namespace headgate::dispatch {

intake::intake(surroundings const& around, std::shared_ptr<rulebook const> const& rules, named_lanes& lanes,
               recorder& records)
    : around_{around}, rules_{rules}, lanes_{lanes}, records_{records}, looks_{around.executor} {}

void intake::take(delivery fresh) {
    if (auto* const to = place_for(fresh)) to->add(std::move(fresh));
}

bool intake::has_room_for(delivery const& bare) const {
    auto const* const to = lane_of(bare.order.target);
    return to != nullptr && to->has_room_for(bare);
}

void intake::note(delivery const& bare) {
    if (auto* const to = place_for(bare)) to->note(bare);
}

// Null for one that is not for a lane: it is held, or released, from here.
lane* intake::place_for(delivery const& one) {
    if (is_final(one.state)) return nullptr;
    if (auto change = change_of_place(one)) {
        bool const is_released = change->to == delivery_state::waiting;
        records_.add(*std::move(change), [this, id = one.id, is_released](bool applied) {
            if (applied && is_released) look_at(id);
        });
        return nullptr;
    }
    bool const is_away = one.state == delivery_state::held && one.held_because == hold_cause::removed;
    return is_away ? nullptr : lane_of(one.order.target);
}

std::optional<store::transition> intake::change_of_place(delivery const& one) const {
    bool const target_is_gone = lane_of(one.order.target) == nullptr;
    bool const is_gone = target_is_gone || !rules_->find(one.rule);
    store::transition change{.delivery = one.id, .from = one.state, .to = delivery_state::waiting};
    if (one.state == delivery_state::waiting && is_gone) {
        change.to = delivery_state::held;
        change.held_because = hold_cause::removed;
        change.reason = target_is_gone ? "target '" + one.order.target + "' is not in the configuration"
                                       : "rule '" + one.rule + "' is not in the configuration";
        return change;
    }
    bool const is_back =
        one.state == delivery_state::held && one.held_because == hold_cause::removed && !is_gone;
    if (is_back) return change;
    return std::nullopt;
}

lane* intake::lane_of(std::string const& target) const {
    auto const found = lanes_.find(target);
    return found != lanes_.end() && found->second->is_open() ? found->second.get() : nullptr;
}

asio::awaitable<void> intake::take_up(uuid id) {
    co_await asio::this_coro::throw_if_cancelled(false);
    auto reading = around_.store.read_delivery(id);
    auto found = co_await std::move(reading);
    if (!found) co_return;
    if (found->kept.state != delivery_state::waiting || !found->kept.order.workflow_id.empty()) {
        take(std::move(found->kept));
        co_return;
    }
    auto rendering = render(std::move(found->kept));
    co_await std::move(rendering);
}

// A delivery that died in phase `match` has no order yet: today's rule makes one, or it is dead again.
asio::awaitable<void> intake::render(delivery bare) {
    auto reading = around_.store.read_event(bare.event_id);
    auto const from = co_await std::move(reading);
    bool const is_lost =
        !from && (from.error().code == errc::data_loss || from.error().code == errc::not_found);
    if (!from && !is_lost) co_return;
    auto change = rendered(bare, from);
    bool const is_ready = change.to == delivery_state::waiting;
    records_.add(std::move(change), [this, id = bare.id, is_ready](bool applied) {
        if (applied && is_ready) look_at(id);
    });
}

store::transition intake::rendered(delivery const& bare, result<store::event_record> const& from) {
    store::transition change{
        .delivery = bare.id, .from = delivery_state::waiting, .to = delivery_state::dead};
    change.ended_at = around_.clock.now();
    auto const die = [&change](std::string why) {
        change.reason = std::move(why);
        return change;
    };
    if (!from) return die("match: " + from.error().message);
    auto const* const by = rules_->find(bare.rule);
    if (!by) return die("match: rule '" + bare.rule + "' is not in the configuration");
    change.rule_revision = by->revision;
    change.rule_text = by->normal_form;
    json::arena scratch;
    auto matched = rules_->evaluate_one(*by, from->kept, scratch);
    if (!matched) return die("match: today's rule does not match the event");
    if (!matched->order) return die(reason_of(*matched));
    change.to = delivery_state::waiting;
    change.ended_at.reset();
    change.order = std::move(matched->order);
    return change;
}

void intake::look_at(uuid const& id) {
    if (!stopping_) looks_.spawn("look at " + to_string(id), take_up(id));
}

void intake::stop() {
    stopping_ = true;
    looks_.cancel();
}

asio::awaitable<void> intake::join() {
    auto joining = looks_.join();
    co_await std::move(joining);
}

}  // namespace headgate::dispatch
