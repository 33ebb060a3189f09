#include "dispatch/intake.hpp"

#include <algorithm>
#include <ranges>
#include <string>
#include <utility>
#include <vector>

namespace headgate::dispatch {
namespace {

store::transition dead_again(delivery const& bare, wall_time now, std::string const& why) {
    store::transition change{
        .delivery = bare.id, .from = delivery_state::waiting, .to = delivery_state::dead};
    change.reason = "match: " + why;
    change.ended_at = now;
    return change;
}

bool is_lost(error const& why) {
    return why.code == errc::data_loss || why.code == errc::not_found;
}

}  // namespace

intake::intake(surroundings const& around, std::shared_ptr<rulebook const> const& rules, named_lanes& lanes,
               recorder& records)
    : around_{around},
      rules_{rules},
      lanes_{lanes},
      records_{records},
      dead_{ended_counter(around.counts, delivery_state::dead)},
      looks_{around.executor} {}

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

// A delivery that died in phase `match` has no order yet: today's rule makes one, or it is dead again. When
// it is all that the rule has of the event, the rule is asked for all items, and the others are recorded
// first: after a crash in between it is one of several.
asio::awaitable<void> intake::render(delivery bare) {
    auto reading = around_.store.read_event(bare.event_id);
    auto const from = co_await std::move(reading);
    if (!from && !is_lost(from.error())) co_return;
    auto looking = is_alone(bare);
    auto const alone = co_await std::move(looking);
    if (!alone && !is_lost(alone.error())) co_return;
    auto made = rendered(bare, from, alone);
    if (!made.others.deliveries.empty()) {
        auto recording = record_others(std::move(made.others));
        auto const recorded = co_await std::move(recording);
        if (!recorded && is_retryable(recorded.error().code)) co_return;
        if (!recorded) made.change = dead_again(bare, around_.clock.now(), recorded.error().message);
    }
    bool const is_ready = made.change.to == delivery_state::waiting;
    records_.add(std::move(made.change), [this, id = bare.id, is_ready](bool applied) {
        if (applied && is_ready) look_at(id);
    });
}

// The first item is there wherever there is another.
asio::awaitable<result<bool>> intake::is_alone(delivery const& bare) {
    if (bare.item != 0) co_return false;
    auto reading = around_.store.deliveries_of(bare.event_id);
    HEADGATE_CO_TRY(auto const known, co_await std::move(reading));
    co_return std::ranges::none_of(known, [&bare](store::delivery_record const& each) {
        auto const& one = each.kept;
        return one.rule == bare.rule && one.generation == bare.generation && one.item != bare.item;
    });
}

intake::rendering intake::rendered(delivery const& bare, result<store::event_record> const& from,
                                   result<bool> const& is_alone) {
    auto const now = around_.clock.now();
    rendering made{.change = dead_again(bare, now, {}), .others = {.sequence = bare.event_sequence}};
    auto& change = made.change;
    auto const die = [&](std::string const& why) {
        change.reason = "match: " + why;
        return std::move(made);
    };
    if (!from) return die(from.error().message);
    if (!is_alone) return die(is_alone.error().message);
    auto const* const by = rules_->find(bare.rule);
    if (!by) return die("rule '" + bare.rule + "' is not in the configuration");
    change.rule_revision = by->revision;
    change.rule_text = by->normal_form;
    if (!*is_alone && !by->each) return die("today's rule has no `each`, and this is one item of several");
    json::arena scratch;
    auto const item = *is_alone ? std::nullopt : std::optional{bare.item};
    auto said = rules_->evaluate_one(*by, from->kept, scratch, item);
    if (!said.holds) return die("today's rule does not match the event");
    if (said.matches.empty())
        return die("today's `each` gives no item" + (*is_alone ? "" : " " + std::to_string(bare.item)));
    auto& matched = said.matches.front();
    if (matched.order) {
        change.to = delivery_state::waiting;
        change.ended_at.reset();
        change.order = std::move(matched.order);
    } else {
        change.reason = reason_of(matched);
    }
    for (auto& other : said.matches | std::views::drop(1)) {
        auto& fresh = made.others.deliveries.emplace_back(make_delivery(from->kept, std::move(other), now));
        fresh.generation = bare.generation;
    }
    made.others.rule_texts.emplace(by->revision, by->normal_form);
    return made;
}

asio::awaitable<result<void>> intake::record_others(store::routing others) {
    std::vector<store::routing> const all{std::move(others)};
    auto recording = around_.store.record_routing(all);
    HEADGATE_CO_TRY(auto made, co_await std::move(recording));
    for (auto& each : made) {
        if (each.state == delivery_state::dead) dead_.add();
        take(std::move(each));
    }
    co_return result<void>{};
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
