#include "dispatch/dispatcher.hpp"

#include "core/log.hpp"
#include "core/nursery.hpp"
#include "core/run_on.hpp"
#include "dispatch/lane.hpp"
#include "dispatch/recorder.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <set>
#include <string>
#include <utility>

namespace headgate::dispatch {
namespace {

constexpr auto quietly = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t page = 500;
constexpr std::chrono::milliseconds pause_after_trouble{500};
constexpr std::chrono::milliseconds yield_longest{20};

lane_counters counters_of(metrics& counts, std::string const& target) {
    auto const make = [&](char const* result) -> counter& {
        return counts.make_counter("headgate_deliveries_total", "Attempts to start, by what they led to.",
                                   {{"target", target}, {"result", result}});
    };
    return {make("started"), make("joined"), make("dead"), make("held"), make("retry")};
}

class the_dispatcher final : public dispatcher {
public:
    the_dispatcher(settings of, std::shared_ptr<rulebook const> rules, named_targets targets,
                   surroundings around)
        : settings_{std::move(of)},
          rules_{std::move(rules)},
          around_{std::move(around)},
          records_{around_.executor, around_.store},
          pause_{around_.executor},
          sweep_pause_{around_.executor},
          routed_{around_.counts.make_counter("headgate_events_routed_total",
                                              "Events matched against the rules.", {{"result", "routed"}})},
          unmatched_{around_.counts.make_counter("headgate_events_routed_total",
                                                 "Events matched against the rules.",
                                                 {{"result", "unmatched"}})},
          tasks_{around_.executor},
          recording_{around_.executor} {
        for (auto const& each : settings_.targets) {
            lanes_.emplace(each.name,
                           std::make_unique<lane>(around_.executor, settings_, each,
                                                  std::move(targets.at(each.name)), around_.store, records_,
                                                  around_.clock, counters_of(around_.counts, each.name)));
        }
    }

    void start() override {
        asio::post(around_.executor, [this] {
            recording_.spawn("record deliveries", records_.run());
            for (auto& [name, each] : lanes_) each->start();
            tasks_.spawn("continue and route", continue_and_route());
        });
    }

    asio::awaitable<void> stop() override { return run_on(around_.executor, stop_here()); }

    void look_at(uuid delivery) override {
        asio::post(around_.executor, [this, delivery] {
            if (!stopping_) tasks_.spawn("look at " + to_string(delivery), take_up(delivery));
        });
    }

    [[nodiscard]] std::map<std::string, std::string> troubles() const override {
        std::map<std::string, std::string> all;
        for (auto const& [name, each] : lanes_) {
            if (auto why = each->trouble(); !why.empty()) all.emplace(name, std::move(why));
        }
        return all;
    }

private:
    asio::awaitable<void> stop_here() {
        stopping_ = true;
        tasks_.cancel();
        pause_.cancel();
        sweep_pause_.cancel();
        for (auto& [name, each] : lanes_) each->stop();
        auto tasks_end = tasks_.join();
        co_await std::move(tasks_end);
        auto lanes_end = join_lanes();
        co_await std::move(lanes_end);
        records_.finish();
        auto records_end = recording_.join();
        co_await std::move(records_end);
        auto last_end = join_lanes();  // What the last records set off.
        co_await std::move(last_end);
    }

    asio::awaitable<void> join_lanes() {
        for (auto& [name, each] : lanes_) {
            auto joining = each->join();
            co_await std::move(joining);
        }
    }

    asio::awaitable<void> continue_and_route() {
        co_await asio::this_coro::throw_if_cancelled(false);
        auto continuing = sweep();
        co_await std::move(continuing);
        if (stopping_) co_return;
        tasks_.spawn("sweep", keep_sweeping());
        auto routing = route_events();
        co_await std::move(routing);
    }

    // ---- routing

    asio::awaitable<void> route_events() {
        while (!stopping_) {
            auto leasing = around_.store.lease_events(settings_.route_batch_max);
            auto events = co_await std::move(leasing);
            if (stopping_) co_return;
            if (!events) {
                auto pausing = pause_for(pause_after_trouble);
                co_await std::move(pausing);
                continue;
            }
            auto const began = std::chrono::steady_clock::now();
            auto done = evaluate(*events);
            auto recording = record(std::move(done));
            co_await std::move(recording);
            auto yielding = yield_after(std::chrono::steady_clock::now() - began);
            co_await std::move(yielding);
        }
    }

    std::vector<store::routing> evaluate(std::vector<event> const& events) {
        std::vector<store::routing> done;
        done.reserve(events.size());
        for (auto const& each : events) {
            done.push_back(route(each, *rules_, scratch_, around_.clock.now()));
            scratch_.release();
        }
        return done;
    }

    // Until the store has taken it: events must not be passed over.
    asio::awaitable<void> record(std::vector<store::routing> done) {
        for (;;) {
            auto recording = around_.store.record_routing(done);
            auto deliveries = co_await std::move(recording);
            if (deliveries) {
                for (auto const& each : done) {
                    (each.state == event_state::unmatched ? unmatched_ : routed_).add();
                }
                for (auto& each : *deliveries) take(std::move(each));
                co_return;
            }
            log_sparingly(log_level::error, "the store refused what routing made",
                          {{"error", deliveries.error().message}});
            if (stopping_) co_return;
            auto pausing = pause_for(pause_after_trouble);
            co_await std::move(pausing);
        }
    }

    // Accepting goes before routing, but routing keeps its floor.
    asio::awaitable<void> yield_after(std::chrono::steady_clock::duration worked) {
        if (!around_.accepting_is_busy || !around_.accepting_is_busy()) co_return;
        auto const share = std::clamp(settings_.share_min, 0.01, 1.0);
        auto const pause = std::chrono::duration<double>{worked} * (1 / share - 1);
        auto const until =
            std::chrono::steady_clock::now() + std::chrono::duration_cast<std::chrono::nanoseconds>(pause);
        while (!stopping_ && std::chrono::steady_clock::now() < until && around_.accepting_is_busy()) {
            auto const rest = until - std::chrono::steady_clock::now();
            auto pausing = pause_for(std::clamp(std::chrono::ceil<std::chrono::milliseconds>(rest),
                                                std::chrono::milliseconds{1}, yield_longest));
            co_await std::move(pausing);
        }
    }

    asio::awaitable<void> pause_for(std::chrono::milliseconds wait) {
        pause_.expires_after(wait);
        auto waiting = pause_.async_wait(quietly);
        co_await std::move(waiting);
    }

    // ---- deliveries

    void take(delivery fresh) {
        if (is_final(fresh.state)) return;
        auto const found = lanes_.find(fresh.order.target);
        bool const rule_is_gone = fresh.state == delivery_state::waiting && !rules_->find(fresh.rule);
        if (found == lanes_.end() || rule_is_gone) return hold_removed(fresh);
        if (fresh.state == delivery_state::held && fresh.held_because == hold_cause::removed)
            return release(fresh);
        if (!found->second->add(std::move(fresh))) overflowed_.insert(found->first);
    }

    void hold_removed(delivery const& orphan) {
        if (orphan.state != delivery_state::waiting) return;
        auto const target_is_gone = !lanes_.contains(orphan.order.target);
        store::transition change{.delivery = orphan.id,
                                 .from = delivery_state::waiting,
                                 .to = delivery_state::held,
                                 .held_because = hold_cause::removed};
        change.reason = target_is_gone ? "target '" + orphan.order.target + "' is not in the configuration"
                                       : "rule '" + orphan.rule + "' is not in the configuration";
        records_.add(std::move(change), [](bool) {});
    }

    void release(delivery const& back) {
        if (!rules_->find(back.rule)) return;
        store::transition change{
            .delivery = back.id, .from = delivery_state::held, .to = delivery_state::waiting};
        records_.add(std::move(change), [this, id = back.id](bool applied) {
            if (applied) look_at(id);
        });
    }

    asio::awaitable<void> take_up(uuid id) {
        auto reading = around_.store.read_delivery(id);
        auto found = co_await std::move(reading);
        if (!found) co_return;
        if (found->kept.state == delivery_state::waiting && found->kept.order.workflow_id.empty()) {
            auto rendering = render(std::move(found->kept));
            co_await std::move(rendering);
            co_return;
        }
        take(std::move(found->kept));
    }

    // A delivery that died in phase `match` has no order yet: today's rule makes one, or it is dead again.
    asio::awaitable<void> render(delivery bare) {
        auto reading = around_.store.read_event(bare.event_id);
        auto const from = co_await std::move(reading);
        bool const is_lost =
            !from && (from.error().code == errc::data_loss || from.error().code == errc::not_found);
        if (!from && !is_lost) co_return;
        auto const now = around_.clock.now();
        store::transition change{
            .delivery = bare.id, .from = delivery_state::waiting, .to = delivery_state::dead};
        change.ended_at = now;
        auto const* const by = rules_->find(bare.rule);
        auto matched = by && from ? rules_->evaluate_one(*by, from->kept, scratch_) : std::nullopt;
        scratch_.release();
        if (is_lost) {
            change.reason = "match: " + from.error().message;
        } else if (!by) {
            change.reason = "match: rule '" + bare.rule + "' is not in the configuration";
        } else if (!matched) {
            change.reason = "match: today's rule does not match the event";
        } else if (!matched->order) {
            change.reason = "match: " + matched->failure.message;
        } else {
            change.to = delivery_state::waiting;
            change.ended_at.reset();
            change.order = std::move(matched->order);
            change.rule_revision = by->revision;
        }
        bool const ready = change.to == delivery_state::waiting;
        records_.add(std::move(change), [this, id = bare.id, ready](bool applied) {
            if (applied && ready) look_at(id);
        });
    }

    // Takes up everything unfinished that is not in memory, as far as there is room.
    asio::awaitable<void> sweep() {
        overflowed_.clear();
        std::optional<uuid> after;
        std::vector<delivery_state> const wanted{delivery_state::waiting, delivery_state::starting,
                                                 delivery_state::started, delivery_state::held};
        while (!stopping_) {
            auto reading = around_.store.unfinished(wanted, after, page);
            auto found = co_await std::move(reading);
            if (!found) {
                log_sparingly(log_level::error, "could not read unfinished deliveries",
                              {{"error", found.error().message}});
                if (found.error().code == errc::not_found)
                    after.reset();  // Retention took the row we stood on.
                auto pausing = pause_for(pause_after_trouble);
                co_await std::move(pausing);
                continue;
            }
            if (found->empty()) co_return;
            after = found->back().id;
            for (auto& each : *found) {
                if (each.order.workflow_id.empty() && each.state == delivery_state::waiting) {
                    look_at(each.id);
                } else {
                    take(std::move(each));
                }
            }
        }
    }

    asio::awaitable<void> keep_sweeping() {
        co_await asio::this_coro::throw_if_cancelled(false);
        auto next = std::chrono::steady_clock::now() + settings_.sweep_every;
        while (!stopping_) {
            sweep_pause_.expires_after(std::min(settings_.sweep_every, std::chrono::milliseconds{1'000}));
            auto waiting = sweep_pause_.async_wait(quietly);
            co_await std::move(waiting);
            if (stopping_) co_return;
            bool const is_due = std::chrono::steady_clock::now() >= next;
            if (!is_due && !a_full_lane_has_emptied()) continue;
            auto sweeping = sweep();
            co_await std::move(sweeping);
            next = std::chrono::steady_clock::now() + settings_.sweep_every;
        }
    }

    [[nodiscard]] bool a_full_lane_has_emptied() const {
        return std::ranges::any_of(overflowed_,
                                   [this](auto const& name) { return lanes_.at(name)->is_half_empty(); });
    }

    settings settings_;
    std::shared_ptr<rulebook const> rules_;
    surroundings around_;
    recorder records_;
    asio::steady_timer pause_;
    asio::steady_timer sweep_pause_;
    counter& routed_;
    counter& unmatched_;
    std::vector<std::byte> scratch_bytes_ = std::vector<std::byte>(256 * 1024);
    json::arena scratch_{scratch_bytes_.data(), scratch_bytes_.size()};
    std::map<std::string, std::unique_ptr<lane>, std::less<>> lanes_;
    std::set<std::string> overflowed_;  // Lanes that had no room: their deliveries are found again later.
    bool stopping_ = false;
    nursery tasks_;
    nursery recording_;
};

}  // namespace

std::unique_ptr<dispatcher> make_dispatcher(settings of, std::shared_ptr<rulebook const> rules,
                                            named_targets targets, surroundings around) {
    return std::make_unique<the_dispatcher>(std::move(of), std::move(rules), std::move(targets),
                                            std::move(around));
}

}  // namespace headgate::dispatch
