#pragma once

#include "store/event_store.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <utility>

namespace headgate::testing_support {

namespace asio = boost::asio;

// A store that forgets at its end. For tests of rooms that use a store: one executor, nothing durable, and it
// can be told to refuse. Times are the caller's.
class memory_store final : public store::event_store {
public:
    asio::awaitable<result<store::receipt>> append(event fresh, std::vector<dedupe_key> keys,
                                                   deadline until) override {
        last_until = until;
        if (refusing) co_return refuse(errc::unavailable, "told to refuse", "");
        for (auto const& key : keys) {
            auto const known = keys_.find(key);
            if (known == keys_.end()) continue;
            ++events_.at(known->second).duplicates;
            co_return store::receipt{known->second, events_.at(known->second).kept.id, true};
        }
        fresh.sequence = events_.size() + 1;
        fresh.id = ids_.next(fresh.received.received_at);
        store::receipt const stored{fresh.sequence, fresh.id, false};
        for (auto const& key : keys) keys_.emplace(key, fresh.sequence);
        auto const sequence = fresh.sequence;
        events_.emplace(sequence, store::event_record{.kept = std::move(fresh)});
        if (arrived_) arrived_->cancel();
        co_return stored;
    }

    asio::awaitable<result<std::vector<event>>> lease_events(store::batch_limit limit) override {
        co_await asio::this_coro::throw_if_cancelled(false);
        for (;;) {
            std::vector<event> leased;
            for (auto it = events_.upper_bound(leased_through_);
                 it != events_.end() && leased.size() < limit.items; ++it) {
                leased.push_back(it->second.kept);
                leased_through_ = it->first;
            }
            if (!leased.empty()) co_return leased;
            arrived_.emplace(co_await asio::this_coro::executor, asio::steady_timer::time_point::max());
            auto waiting = arrived_->async_wait(asio::as_tuple(asio::use_awaitable));
            co_await std::move(waiting);
            arrived_.reset();
            auto const state = co_await asio::this_coro::cancellation_state;
            if (state.cancelled() != asio::cancellation_type::none)
                co_return refuse(errc::cancelled, "cancelled");
        }
    }

    asio::awaitable<result<std::vector<delivery>>> record_routing(std::vector<store::routing> done) override {
        if (refuses_this_write()) co_return refuse(errc::unavailable, "told to refuse", "");
        if (std::ranges::any_of(done, [this](auto const& each) { return can_never_be_recorded(each); }))
            co_return refuse(errc::data_loss, "can never be recorded", "");
        routed_together.push_back(done.size());
        std::vector<delivery> made;
        for (auto& each : done) {
            auto& from = events_.at(each.sequence);
            from.state = each.state;
            from.reason = each.reason;
            rule_texts_.insert(each.rule_texts.begin(), each.rule_texts.end());
            for (auto& one : each.deliveries) {
                one.id = ids_.next(one.created_at);
                one.began_at = one.created_at;
                deliveries_.emplace(one.id, store::delivery_record{one, {}});
                made.push_back(one);
            }
        }
        co_return made;
    }

    asio::awaitable<result<std::vector<bool>>> record(std::vector<store::transition> changes) override {
        if (writes_hang) {
            ++writes_hanging;
            co_return co_await given_up();
        }
        if (refuses_this_write()) {
            ++records_refused;
            co_return refuse(errc::unavailable, "told to refuse", "");
        }
        std::vector<bool> applied;
        for (auto const& change : changes) applied.push_back(apply(change));
        changes_in_vain += static_cast<std::size_t>(std::ranges::count(applied, false));
        co_return applied;
    }

    asio::awaitable<result<store::page<delivery>>> unfinished(store::unfinished_filter filter,
                                                              store::page_request which) override {
        ++searches;
        store::page<delivery> found;
        auto const after = parse_uuid(which.cursor);
        for (auto it = after ? deliveries_.upper_bound(*after) : deliveries_.begin(); it != deliveries_.end();
             ++it) {
            auto const& kept = it->second.kept;
            if (kept.state != filter.state || filter.targets_left_out.contains(kept.order.target)) continue;
            if (found.items.size() == which.limit) {
                found.next = to_string(found.items.back().id);
                break;
            }
            auto& one = found.items.emplace_back(kept);
            one.order = {.target = kept.order.target, .workflow_id = kept.order.workflow_id};
        }
        if (auto const once = std::exchange(after_reading, nullptr)) once();
        co_return found;
    }

    asio::awaitable<result<std::vector<std::optional<delivery>>>> read_orders(
        std::vector<uuid> ids, store::batch_limit limit) override {
        std::vector<std::optional<delivery>> found;
        for (auto const& id : ids) {
            auto const one = deliveries_.find(id);
            found.push_back(one == deliveries_.end() ? std::nullopt : std::optional{one->second.kept});
            ++orders_read;
            if (found.size() == limit.items) break;
        }
        if (auto const once = std::exchange(after_reading_orders, nullptr)) once();
        co_return found;
    }

    asio::awaitable<result<store::page<store::event_summary>>> list_events(store::event_filter,
                                                                           store::page_request) override {
        if (reads_hang) co_return co_await given_up();
        co_return store::page<store::event_summary>{};
    }

    asio::awaitable<result<store::event_record>> read_event(uuid id) override {
        if (reads_hang) co_return co_await given_up();
        for (auto const& [sequence, each] : events_) {
            if (each.kept.id == id) co_return each;
        }
        co_return refuse(errc::not_found, "no such event", "");
    }

    asio::awaitable<result<store::page<delivery>>> list_deliveries(store::delivery_filter,
                                                                   store::page_request) override {
        if (reads_hang) co_return co_await given_up();
        store::page<delivery> all;
        for (auto const& [id, each] : deliveries_) all.items.push_back(each.kept);
        co_return all;
    }

    asio::awaitable<result<store::delivery_record>> read_delivery(uuid id) override {
        if (reads_hang) co_return co_await given_up();
        if (reads_to_refuse > 0) {
            --reads_to_refuse;
            co_return refuse(errc::unavailable, "told to refuse", "");
        }
        auto const found = deliveries_.find(id);
        if (found == deliveries_.end()) co_return refuse(errc::not_found, "no such delivery", "");
        co_return found->second;
    }

    asio::awaitable<result<std::vector<store::delivery_record>>> deliveries_of(uuid event) override {
        std::vector<store::delivery_record> found;
        for (auto const& [id, each] : deliveries_) {
            if (each.kept.event_id == event) found.push_back(each);
        }
        co_return found;
    }

    asio::awaitable<result<std::string>> rule_text(std::string revision) override {
        auto const found = rule_texts_.find(revision);
        if (found == rule_texts_.end()) co_return refuse(errc::not_found, "no such rule", "");
        co_return found->second;
    }

    [[nodiscard]] store::store_health health() const override { return {.accepting = !refusing}; }
    void close() override {}

    // What tests look at.
    [[nodiscard]] std::map<sequence_number, store::event_record> const& events() const { return events_; }
    [[nodiscard]] std::map<uuid, store::delivery_record> const& deliveries() const { return deliveries_; }

    [[nodiscard]] bool keeps_rule_text(std::string const& revision) const {
        return rule_texts_.contains(revision);
    }

    // A delivery as an earlier life of the process left it.
    delivery const& keep(delivery old) {
        old.id = ids_.next(old.created_at);
        auto const id = old.id;
        return deliveries_.emplace(id, store::delivery_record{std::move(old), {}}).first->second.kept;
    }

    // A change by somebody else.
    void change(store::transition const& made) { EXPECT_TRUE(apply(made)); }

    void keep_rule(std::string revision, std::string text) {
        rule_texts_.emplace(std::move(revision), std::move(text));
    }

    bool refusing = false;
    bool refuses_every_other_write = false;  // Of `record_routing` and `record`, the first one too.
    bool reads_hang = false;                 // Until the caller gives up; those that the console asks for.
    bool writes_hang = false;                // The same of `record`.
    std::size_t records_refused = 0;
    std::size_t writes_hanging = 0;
    std::size_t changes_in_vain = 0;      // Asked for, and the row was in another state by then.
    std::size_t reads_to_refuse = 0;      // Of single deliveries.
    std::function<void()> after_reading;  // Once, before `unfinished` gives what it read.
    std::function<void()> after_reading_orders;
    std::vector<std::size_t> routed_together;  // Events, in each transaction.
    std::size_t searches = 0;                  // For unfinished ones.
    std::size_t orders_read = 0;               // By `read_orders`.
    std::set<sequence_number> never_routed;
    std::set<sequence_number> never_delivered;  // Their events can be marked; deliveries cannot be recorded.
    deadline last_until;                        // Of the last append.

private:
    bool refuses_this_write() { return refusing || (refuses_every_other_write && ++writes_asked_ % 2 == 1); }

    static asio::awaitable<std::unexpected<error>> given_up() {
        asio::steady_timer never{co_await asio::this_coro::executor, asio::steady_timer::time_point::max()};
        auto waiting = never.async_wait(asio::as_tuple(asio::use_awaitable));
        co_await std::move(waiting);
        co_return refuse(errc::cancelled, "cancelled");
    }

    [[nodiscard]] bool can_never_be_recorded(store::routing const& one) const {
        return never_routed.contains(one.sequence) ||
               (never_delivered.contains(one.sequence) && !one.deliveries.empty());
    }

    bool apply(store::transition const& change) {
        auto const found = deliveries_.find(change.delivery);
        if (found == deliveries_.end() || found->second.kept.state != change.from) return false;
        auto& kept = found->second.kept;
        kept.state = change.to;
        bool const begins_anew = change.from == delivery_state::held || change.from == delivery_state::dead;
        if (begins_anew) {
            kept.began_at = change.due_at.value_or(kept.began_at);
            kept.started_at.reset();
            if (change.to == delivery_state::starting) kept.started_at = kept.began_at;
        }
        kept.held_because = change.held_because;
        kept.reason = change.reason;
        if (!change.run_id.empty()) kept.run_id = change.run_id;
        if (change.due_at) kept.due_at = *change.due_at;
        if (change.started_at) kept.started_at = change.started_at;
        if (change.ended_at || !is_final(change.to)) kept.ended_at = change.ended_at;
        if (change.order) {
            kept.order = *change.order;
        }
        if (!change.rule_revision.empty()) kept.rule_revision = change.rule_revision;
        if (!change.rule_text.empty()) rule_texts_.emplace(change.rule_revision, change.rule_text);
        if (change.tried) {
            ++kept.attempts;
            auto& all = found->second.attempts;
            all.push_back(*change.tried);
            bool const is_long = change.attempts_kept_max > 0 && all.size() > change.attempts_kept_max + 1;
            if (is_long) all.erase(all.begin() + 1);
        }
        return true;
    }

    uuid_sequence ids_;
    std::map<sequence_number, store::event_record> events_;
    std::map<dedupe_key, sequence_number> keys_;
    std::map<uuid, store::delivery_record> deliveries_;
    std::map<std::string, std::string> rule_texts_;
    sequence_number leased_through_ = 0;
    std::size_t writes_asked_ = 0;
    std::optional<asio::steady_timer> arrived_;
};

}  // namespace headgate::testing_support
