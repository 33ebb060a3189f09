#include "store/sqlite/sqlite_store.hpp"

#include "core/io_thread.hpp"
#include "core/log.hpp"
#include "store/sqlite/lock_file.hpp"
#include "store/sqlite/read_session.hpp"
#include "store/sqlite/waiting.hpp"
#include "store/sqlite/writer.hpp"

#include <atomic>
#include <optional>
#include <utility>

namespace headgate::store {
namespace {

using namespace sqlite;

// A reading thread, its connection, and how many wait for it.
class reader {
public:
    reader(settings const& chosen, char const* name) : settings_{chosen}, thread_{name} {}

    template <class T, class Ask>
    [[nodiscard]] asio::awaitable<result<T>> ask(Ask ask) {
        return wait_for<T>([this, ask = std::move(ask)](std::shared_ptr<waiting<T>> waiter) mutable {
            if (closed_.load(std::memory_order_acquire)) return waiter->answer(std::unexpected{closed()});
            if (waiting_.fetch_add(1) >= settings_.reads_waiting_max) {
                waiting_.fetch_sub(1);
                return waiter->answer(refuse(errc::resource_exhausted,
                                             "event store: too many reads are waiting",
                                             "ask less often, or raise store.reads_waiting_max"));
            }
            asio::post(thread_.executor(),
                       [this, waiter = std::move(waiter), ask = std::move(ask)]() mutable {
                           auto outcome = on_session<T>(ask);
                           waiting_.fetch_sub(1);
                           std::exchange(waiter, nullptr)->answer(std::move(outcome));
                       });
        });
    }

    // Finishes what was asked before.
    void close() {
        closed_.store(true, std::memory_order_release);
        thread_.finish();
    }

private:
    template <class T, class Ask>
    [[nodiscard]] result<T> on_session(Ask& ask) {
        if (!session_) {
            HEADGATE_TRY(session_, read_session::open(settings_));
        }
        auto outcome = ask(*session_);
        bool const is_worn =
            !outcome && (outcome.error().code == errc::unavailable || outcome.error().code == errc::internal);
        if (is_worn) session_.reset();
        return outcome;
    }

    settings const& settings_;
    std::optional<read_session> session_;  // On the thread only.
    std::atomic<std::size_t> waiting_{0};
    std::atomic<bool> closed_{false};
    io_thread thread_;
};

std::size_t bytes_of(append_work const& work) {
    return work.fresh.received.body.size() + work.packed.head.size() + sizeof work;
}

std::size_t bytes_of(transition const& change) {
    auto bytes = sizeof change + change.reason.size() + change.rule_text.size();
    bytes += change.asked_by.size();
    if (change.tried) bytes += change.tried->outcome.size() + change.tried->detail.size();
    if (change.order) bytes += bytes_of(*change.order);
    return bytes;
}

class sqlite_store final : public event_store {
public:
    sqlite_store(settings chosen, wall_clock const& clock, metrics& registry, lock_file lock)
        : settings_{std::move(chosen)},
          clock_{clock},
          lock_{std::move(lock)},
          numbers_{std::make_shared<numbers>()},
          counted_{registry, numbers_},
          feed_{settings_.feed_events_max, settings_.feed_bytes_max},
          reader_{settings_, "store-read"},
          lists_{settings_, "store-list"} {}
    ~sqlite_store() override { close(); }

    [[nodiscard]] result<void> open();

    [[nodiscard]] asio::awaitable<result<receipt>> append(event fresh, std::vector<dedupe_key> keys,
                                                          deadline until) override;
    [[nodiscard]] asio::awaitable<result<std::vector<event>>> lease_events(batch_limit limit) override;
    [[nodiscard]] asio::awaitable<result<std::vector<delivery>>> record_routing(
        std::vector<routing> done) override;
    [[nodiscard]] asio::awaitable<result<std::vector<bool>>> record(std::vector<transition> changes) override;
    [[nodiscard]] asio::awaitable<result<page<delivery>>> unfinished(unfinished_filter filter,
                                                                     page_request which) override;
    [[nodiscard]] asio::awaitable<result<std::vector<std::optional<delivery>>>> read_orders(
        std::vector<uuid> ids, batch_limit limit) override;
    [[nodiscard]] asio::awaitable<result<page<event_summary>>> list_events(event_filter filter,
                                                                           page_request which) override;
    [[nodiscard]] asio::awaitable<result<event_record>> read_event(uuid id) override;
    [[nodiscard]] asio::awaitable<result<page<delivery>>> list_deliveries(delivery_filter filter,
                                                                          page_request which) override;
    [[nodiscard]] asio::awaitable<result<delivery_record>> read_delivery(uuid id) override;
    [[nodiscard]] asio::awaitable<result<std::vector<delivery_record>>> deliveries_of(uuid event) override;
    [[nodiscard]] asio::awaitable<result<std::string>> rule_text(std::string revision) override;
    [[nodiscard]] store_health health() const override { return numbers_->health(); }
    void use(retention_settings next) override { writer_->use(next); }
    void close() override;

private:
    [[nodiscard]] asio::awaitable<result<std::vector<event>>> read_lease(sequence_number from,
                                                                         sequence_number before,
                                                                         batch_limit limit);

    settings const settings_;
    wall_clock const& clock_;
    lock_file lock_;
    std::shared_ptr<numbers> numbers_;
    store_metrics counted_;
    feed feed_;
    reader reader_;
    reader lists_;  // What people list may take long; deliveries do not wait for it.
    std::unique_ptr<writer> writer_;
    bool closed_ = false;
};

result<void> sqlite_store::open() {
    auto index = std::make_unique<dedupe_index>(settings_.dedupe_keys_max);
    HEADGATE_TRY(auto session, write_session::open(settings_, {}, *index));
    writer_ = std::make_unique<writer>(settings_, clock_, std::move(session), std::move(index), feed_,
                                       numbers_, counted_);
    return {};
}

void sqlite_store::close() {
    if (std::exchange(closed_, true)) return;
    feed_.close();
    if (writer_) writer_->close();
    reader_.close();
    lists_.close();
    numbers_->set_not_accepting(closed());
}

asio::awaitable<result<receipt>> sqlite_store::append(event fresh, std::vector<dedupe_key> keys,
                                                      deadline until) {
    auto work = std::make_unique<append_work>(std::move(fresh), packed_event{}, std::move(keys));
    work->packed = pack(work->fresh);
    work->bytes = bytes_of(*work);
    auto submit = [this, work = std::move(work)](std::shared_ptr<waiting<receipt>> waiter) mutable {
        work->waiter = std::move(waiter);
        writer_->submit(std::move(work));
    };
    return wait_for<receipt>(std::move(submit), until);
}

asio::awaitable<result<std::vector<event>>> sqlite_store::lease_events(batch_limit limit) {
    if (limit.items == 0)
        co_return refuse(errc::invalid_argument, "a lease of no events", "ask for one at least");
    while (true) {
        auto step = feed_.next(limit);
        if (!step.events.empty()) co_return std::move(step.events);
        if (step.waits) {
            auto waiting_for_more = wait_for<bool>(
                [this](std::shared_ptr<waiting<bool>> waiter) { feed_.wait(std::move(waiter)); });
            auto const woken = co_await std::move(waiting_for_more);
            if (woken) continue;
            feed_.forget_waiter();  // It keeps this coroutine's executor at work.
            co_return std::unexpected{woken.error()};
        }
        auto reading = read_lease(step.from, step.before, limit);
        HEADGATE_CO_TRY(auto found, co_await std::move(reading));
        if (!found.empty()) co_return found;
    }
}

// A damaged event cannot be routed, and must not stop the ones behind it.
asio::awaitable<result<std::vector<event>>> sqlite_store::read_lease(sequence_number from,
                                                                     sequence_number before,
                                                                     batch_limit limit) {
    auto reading = reader_.ask<unrouted_events>(
        [from, before, limit](read_session& session) { return session.unrouted(from, before, limit); });
    HEADGATE_CO_TRY(auto found, co_await std::move(reading));
    std::vector<routing> quarantined;
    for (auto& [sequence, why] : found.damaged) {
        log(log_level::error, "an event cannot be routed", {{"why", why}});
        quarantined.push_back({sequence, event_state::quarantined, std::move(why), {}, {}});
    }
    if (!quarantined.empty()) {
        auto recording = record_routing(std::move(quarantined));
        HEADGATE_CO_TRY(auto const none, co_await std::move(recording));
        static_cast<void>(none);
    }
    feed_.advance_to(found.read_before);
    co_return std::move(found.events);
}

namespace {

struct job_size {
    std::size_t rows = 0;
    std::size_t bytes = 0;
};

// What a job found out, until its transaction is durable.
template <class T>
struct job_outcome {
    std::shared_ptr<waiting<T>> waiter;
    T value;

    static job make(job_size size, std::shared_ptr<job_outcome> outcome,
                    std::function<result<T>(write_session&, wall_time)> run) {
        return {
            .rows = size.rows,
            .bytes = size.bytes,
            .run = [outcome, run = std::move(run)](write_session& session, wall_time now) -> result<void> {
                HEADGATE_TRY(outcome->value, run(session, now));
                return {};
            },
            .finish =
                [outcome](std::optional<error> const& refused) {
                    auto const waiter = std::exchange(outcome->waiter, nullptr);
                    if (refused)
                        waiter->answer(std::unexpected{*refused});
                    else
                        waiter->answer(std::move(outcome->value));
                }};
    }
};

result<std::vector<delivery>> run_routing(write_session& session, wall_time now, std::vector<routing> done) {
    if (auto const can = session.check(done); !can) return std::unexpected{can.error()};
    return session.route(std::move(done), now);
}

result<void> apply_all(write_session& session, wall_time now, std::vector<transition> const& changes,
                       std::vector<bool>& applied) {
    for (auto const& change : changes) {
        HEADGATE_TRY(bool const was, session.apply(change, now));
        applied.push_back(was);
    }
    return {};
}

result<std::vector<bool>> run_transitions(write_session& session, wall_time now,
                                          std::vector<transition> const& changes) {
    std::vector<bool> applied;
    HEADGATE_TRY(auto const together,
                 session.alone([&] { return apply_all(session, now, changes, applied); }));
    if (together) return applied;
    // One of them cannot be written. The others do not wait for it.
    applied.clear();
    for (auto const& change : changes) {
        bool was = false;
        auto const apply = [&]() -> result<void> {
            HEADGATE_TRY(was, session.apply(change, now));
            return {};
        };
        HEADGATE_TRY(auto const written, session.alone(apply));
        if (!written)
            log(log_level::error, "a transition was not applied",
                {{"delivery", to_string(change.delivery)}, {"why", written.error().message}});
        applied.push_back(written && was);
    }
    return applied;
}

}  // namespace

asio::awaitable<result<std::vector<delivery>>> sqlite_store::record_routing(std::vector<routing> done) {
    using deliveries = std::vector<delivery>;
    return wait_for<deliveries>(
        [this, done = std::move(done)](std::shared_ptr<waiting<deliveries>> waiter) mutable {
            job_size size;
            for (auto const& each : done) {
                size.rows += 1 + 2 * each.deliveries.size();
                for (auto const& made : each.deliveries) size.bytes += bytes_of(made);
            }
            auto outcome = std::make_shared<job_outcome<deliveries>>(std::move(waiter));
            auto run = [done = std::move(done)](write_session& session, wall_time now) mutable {
                return run_routing(session, now, std::move(done));
            };
            writer_->submit(job_outcome<deliveries>::make(size, std::move(outcome), std::move(run)));
        });
}

asio::awaitable<result<std::vector<bool>>> sqlite_store::record(std::vector<transition> changes) {
    using flags = std::vector<bool>;
    return wait_for<flags>(
        [this, changes = std::move(changes)](std::shared_ptr<waiting<flags>> waiter) mutable {
            job_size size{changes.size() * 2, 0};
            for (auto const& each : changes) size.bytes += bytes_of(each);
            auto outcome = std::make_shared<job_outcome<flags>>(std::move(waiter));
            auto run = [changes = std::move(changes)](write_session& session, wall_time now) {
                return run_transitions(session, now, changes);
            };
            writer_->submit(job_outcome<flags>::make(size, std::move(outcome), std::move(run)));
        });
}

asio::awaitable<result<page<delivery>>> sqlite_store::unfinished(unfinished_filter filter,
                                                                 page_request which) {
    return reader_.ask<page<delivery>>(
        [filter = std::move(filter), which = std::move(which)](read_session& session) {
            return session.unfinished(filter, which);
        });
}

asio::awaitable<result<std::vector<std::optional<delivery>>>> sqlite_store::read_orders(std::vector<uuid> ids,
                                                                                        batch_limit limit) {
    return reader_.ask<std::vector<std::optional<delivery>>>(
        [ids = std::move(ids), limit](read_session& session) { return session.read_orders(ids, limit); });
}

asio::awaitable<result<page<event_summary>>> sqlite_store::list_events(event_filter filter,
                                                                       page_request which) {
    return lists_.ask<page<event_summary>>(
        [filter = std::move(filter), which = std::move(which)](read_session& session) {
            return session.list_events(filter, which);
        });
}

asio::awaitable<result<event_record>> sqlite_store::read_event(uuid id) {
    return reader_.ask<event_record>([id](read_session& session) { return session.read_event(id); });
}

asio::awaitable<result<page<delivery>>> sqlite_store::list_deliveries(delivery_filter filter,
                                                                      page_request which) {
    return lists_.ask<page<delivery>>(
        [filter = std::move(filter), which = std::move(which)](read_session& session) {
            return session.list_deliveries(filter, which);
        });
}

asio::awaitable<result<delivery_record>> sqlite_store::read_delivery(uuid id) {
    return reader_.ask<delivery_record>([id](read_session& session) { return session.read_delivery(id); });
}

asio::awaitable<result<std::vector<delivery_record>>> sqlite_store::deliveries_of(uuid event) {
    return reader_.ask<std::vector<delivery_record>>(
        [event](read_session& session) { return session.deliveries_of(event); });
}

asio::awaitable<result<std::string>> sqlite_store::rule_text(std::string revision) {
    return reader_.ask<std::string>(
        [revision = std::move(revision)](read_session& session) { return session.rule_text(revision); });
}

}  // namespace

result<std::unique_ptr<event_store>> open_sqlite_store(settings const& chosen, wall_clock const& clock,
                                                       metrics& registry) {
    HEADGATE_TRY(auto lock, lock_file::take(chosen.sqlite.path));
    auto made = std::make_unique<sqlite_store>(chosen, clock, registry, std::move(lock));
    if (auto const opened = made->open(); !opened) return while_doing("open the event store", opened.error());
    return made;
}

}  // namespace headgate::store
