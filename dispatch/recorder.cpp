#include "dispatch/recorder.hpp"

#include "core/log.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <iterator>
#include <string>
#include <utility>

namespace headgate::dispatch {
namespace {

constexpr std::size_t batch_max = 256;
constexpr std::chrono::milliseconds pause_after_refusal{500};
constexpr auto quietly = asio::as_tuple(asio::use_awaitable);

constexpr std::array final_states{delivery_state::completed, delivery_state::failed,
                                  delivery_state::outcome_unknown, delivery_state::joined,
                                  delivery_state::dead};

}  // namespace

counter& ended_counter(metrics& counts, delivery_state state) {
    return counts.make_counter("headgate_deliveries_ended_total",
                               "Deliveries that ended, by their last state.",
                               {{"state", std::string{name_of(state)}}});
}

recorder::recorder(asio::any_io_executor executor, store::event_store& store, metrics& counts)
    : store_{store}, wake_{std::move(executor), asio::steady_timer::time_point::max()} {
    for (auto const state : final_states) ended_.emplace(state, &ended_counter(counts, state));
}

void recorder::add(store::transition change, done_handler done) {
    waiting_.push_back({std::move(change), std::move(done)});
    wake_.cancel();
}

void recorder::finish(deadline until) {
    finishing_ = until;
    wake_.cancel();
}

asio::awaitable<void> recorder::run() {
    co_await asio::this_coro::throw_if_cancelled(false);
    while (!finishing_ || !waiting_.empty()) {
        if (finishing_ && std::chrono::steady_clock::now() >= *finishing_) co_return leave_the_rest();
        if (waiting_.empty()) {
            wake_.expires_at(asio::steady_timer::time_point::max());
            auto waiting = wake_.async_wait(quietly);
            co_await std::move(waiting);
            continue;
        }
        auto const take = std::min(batch_max, waiting_.size());
        auto const middle = waiting_.begin() + static_cast<std::ptrdiff_t>(take);
        std::vector<entry> batch{std::make_move_iterator(waiting_.begin()), std::make_move_iterator(middle)};
        waiting_.erase(waiting_.begin(), middle);
        writing_ = batch.size();
        auto writing = write(std::move(batch));
        co_await std::move(writing);
        writing_ = 0;
    }
}

void recorder::leave_the_rest() {
    log(log_level::warning,
        "changes of deliveries were not written in time; the next start repeats the attempts",
        {{"changes", std::to_string(waiting_.size())}});
}

asio::awaitable<void> recorder::write(std::vector<entry> batch) {
    bool asked_before = false;
    for (;;) {
        std::vector<store::transition> changes;
        changes.reserve(batch.size());
        for (auto const& each : batch) changes.push_back(each.change);
        auto recording = store_.record(std::move(changes));
        auto const applied = co_await std::move(recording);
        if (applied) {
            for (std::size_t i = 0; i < batch.size(); ++i) {
                bool made = (*applied)[i];
                if (!made && asked_before) {
                    auto looking = was_made_before(batch[i].change);
                    made = co_await std::move(looking);
                }
                if (made && is_final(batch[i].change.to)) ended_.at(batch[i].change.to)->add();
                batch[i].done(made);
            }
            co_return;
        }
        log_sparingly(log_level::error, "the store refused changes of deliveries; asking again",
                      {{"error", applied.error().message}});
        if (finishing_) co_return;
        asked_before = true;
        auto pausing = pause();
        co_await std::move(pausing);
    }
}

// A commit that failed may have happened after all; then the second try finds the row changed already. When
// the row cannot be read, nothing is claimed: a sweep finds what became of it.
asio::awaitable<bool> recorder::was_made_before(store::transition const& change) {
    auto reading = store_.read_delivery(change.delivery);
    auto const found = co_await std::move(reading);
    if (!found || found->kept.state != change.to) co_return false;
    co_return !change.tried || found->kept.attempts >= change.tried->number;
}

asio::awaitable<void> recorder::pause() {
    asio::steady_timer timer{wake_.get_executor(), pause_after_refusal};
    auto waiting = timer.async_wait(quietly);
    co_await std::move(waiting);
}

}  // namespace headgate::dispatch
