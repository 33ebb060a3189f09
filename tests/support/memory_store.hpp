#pragma once

#include "store/event_store.hpp"
#include "tests/support/memory_rows.hpp"

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
// can be told to refuse.
class memory_store final : public store::event_store {
public:
    explicit memory_store(wall_clock const& clock) : rows_{clock} {}

    asio::awaitable<result<store::receipt>> append(event fresh, std::vector<dedupe_key> keys,
                                                   deadline until) override {
        last_until = until;
        if (refusing) co_return refuse(errc::unavailable, "told to refuse", "");
        auto const stored = rows_.append(std::move(fresh), keys);
        if (arrived_) arrived_->cancel();
        co_return stored;
    }

    asio::awaitable<result<std::vector<event>>> lease_events(store::batch_limit limit) override {
        co_await asio::this_coro::throw_if_cancelled(false);
        for (;;) {
            auto leased = rows_.lease(limit);
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
        co_return rows_.route(std::move(done));
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
        for (auto const& change : changes) applied.push_back(rows_.apply(change));
        changes_in_vain += static_cast<std::size_t>(std::ranges::count(applied, false));
        co_return applied;
    }

    asio::awaitable<result<store::page<delivery>>> unfinished(store::unfinished_filter filter,
                                                              store::page_request which) override {
        ++searches;
        auto found = rows_.list(filter, which);
        if (auto const once = std::exchange(after_reading, nullptr)) once();
        co_return found;
    }

    asio::awaitable<result<std::vector<std::optional<delivery>>>> read_orders(
        std::vector<uuid> ids, store::batch_limit limit) override {
        std::vector<std::optional<delivery>> found;
        std::uint64_t bytes = 0;
        for (auto const& id : ids) {
            auto const one = deliveries().find(id);
            bool const is_there = one != deliveries().end();
            if (is_there) bytes += bytes_of(one->second.kept);
            if (!found.empty() && bytes > limit.bytes) break;
            found.push_back(is_there ? std::optional{one->second.kept} : std::nullopt);
            ++orders_read;
            if (found.size() == limit.items) break;
        }
        if (auto const once = std::exchange(after_reading_orders, nullptr)) once();
        co_return found;
    }

    asio::awaitable<result<store::page<store::event_summary>>> list_events(
        store::event_filter filter, store::page_request which) override {
        if (reads_hang) co_return co_await given_up();
        co_return rows_.list(filter, which);
    }

    asio::awaitable<result<store::event_record>> read_event(uuid id) override {
        if (reads_hang) co_return co_await given_up();
        auto const* const found = rows_.find_event(id);
        if (found == nullptr) co_return refuse(errc::not_found, "no such event", "");
        co_return *found;
    }

    asio::awaitable<result<store::page<delivery>>> list_deliveries(store::delivery_filter filter,
                                                                   store::page_request which) override {
        if (reads_hang) co_return co_await given_up();
        co_return rows_.list(filter, which);
    }

    asio::awaitable<result<store::delivery_record>> read_delivery(uuid id) override {
        if (reads_hang) co_return co_await given_up();
        if (reads_to_refuse > 0) {
            --reads_to_refuse;
            co_return refuse(errc::unavailable, "told to refuse", "");
        }
        auto const found = deliveries().find(id);
        if (found == deliveries().end()) co_return refuse(errc::not_found, "no such delivery", "");
        co_return found->second;
    }

    asio::awaitable<result<std::vector<store::delivery_record>>> deliveries_of(uuid event) override {
        if (rows_.find_event(event) == nullptr) co_return refuse(errc::not_found, "no such event", "");
        std::vector<store::delivery_record> found;
        for (auto const& [id, each] : deliveries()) {
            if (each.kept.event_id == event) found.push_back(each);
        }
        co_return found;
    }

    asio::awaitable<result<std::string>> rule_text(std::string revision) override {
        auto const found = rows_.rule_texts.find(revision);
        if (found == rows_.rule_texts.end()) co_return refuse(errc::not_found, "no such rule", "");
        co_return found->second;
    }

    [[nodiscard]] store::store_health health() const override {
        auto now = rows_.health();
        now.accepting = !refusing;
        return now;
    }
    void use(store::retention_settings) override {}  // Nothing is ever deleted.
    void close() override {}

    // What tests look at.
    [[nodiscard]] std::map<sequence_number, store::event_record> const& events() const {
        return rows_.events;
    }
    [[nodiscard]] std::map<uuid, store::delivery_record> const& deliveries() const {
        return rows_.deliveries;
    }
    [[nodiscard]] bool keeps_rule_text(std::string const& revision) const {
        return rows_.rule_texts.contains(revision);
    }

    // A delivery as an earlier life of the process left it.
    delivery const& keep(delivery old) { return rows_.keep(std::move(old)); }

    // A change by somebody else.
    void change(store::transition const& made) { EXPECT_TRUE(rows_.apply(made)); }

    void keep_rule(std::string revision, std::string text) {
        rows_.rule_texts.emplace(std::move(revision), std::move(text));
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

    memory_rows rows_;
    std::size_t writes_asked_ = 0;
    std::optional<asio::steady_timer> arrived_;
};

}  // namespace headgate::testing_support
