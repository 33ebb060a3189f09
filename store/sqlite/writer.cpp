#include "store/sqlite/writer.hpp"

#include "core/log.hpp"
#include "core/planted.hpp"
#include "store/sqlite/answers.hpp"
#include "store/sqlite/schema.hpp"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <limits>
#include <pthread.h>
#include <system_error>
#include <utility>

namespace headgate::store::sqlite {
namespace {

using std::chrono::steady_clock;

constexpr std::chrono::milliseconds before_next_opening{100};
constexpr std::chrono::seconds between_looks_at_disk{1};

// What a sender or the dispatcher learns of a failed transaction: nothing was acknowledged, try again.
error as_answer(error why) {
    if (why.code != errc::resource_exhausted) why.code = errc::unavailable;
    return why;
}

// One of the bugs that the crash campaign must find.
void acknowledge_too_early(std::vector<std::unique_ptr<append_work>> const& appends) {
    for (auto const& each : appends) each->waiter->answer(each->outcome);
    dawdle(std::chrono::milliseconds{100});
}

}  // namespace

writer::writer(settings const& chosen, wall_clock const& clock, std::unique_ptr<write_session> first,
               std::unique_ptr<dedupe_index> index, feed& fresh, std::shared_ptr<numbers> shown,
               store_metrics counted)
    : settings_{chosen},
      clock_{clock},
      feed_{fresh},
      numbers_{std::move(shown)},
      counted_{counted},
      index_{std::move(index)},
      session_{std::move(first)},
      retention_{chosen.retention, clock.now(), steady_clock::now()},
      checkpointer_{chosen, [this](error why) {
                        std::scoped_lock const held{guard_};
                        checkpoint_failure_ = std::move(why);
                        work_came_.notify_one();
                    }} {
    feed_.start(session_->routed_through(), session_->durable());
    publish();
    numbers_->set_accepting();
    checkpointer_.resume();
    thread_ = std::thread{[this] {
        pthread_setname_np(pthread_self(), "store-write");
        run();
    }};
}

writer::~writer() {
    close();
}

void writer::close() {
    {
        std::scoped_lock const held{guard_};
        closes_ = true;
    }
    work_came_.notify_one();
    if (thread_.joinable()) thread_.join();
}

void writer::use(retention_settings next) {
    {
        std::scoped_lock const held{guard_};
        next_retention_ = next;
    }
    work_came_.notify_one();
}

std::optional<error> writer::why_refused(append_work const& work) const {
    if (!numbers_->accepting.load(std::memory_order_acquire)) return numbers_->why_not();
    if (numbers_->full.load(std::memory_order_acquire)) return numbers_->why_full();
    if (queued_bytes_.load(std::memory_order_relaxed) + work.bytes > settings_.queue_bytes_max)
        return error{errc::resource_exhausted, "event store: too many bytes wait for the disk",
                     "look for a slow disk, or raise store.queue_bytes_max"};
    return std::nullopt;
}

// Why there is no room for more events. What was accepted is still routed and recorded.
std::optional<error> writer::why_full() const {
    if (session_->backlog() >= settings_.backlog_max)
        return error{errc::resource_exhausted, "event store: too many events wait to be routed",
                     "look why routing stands still, or raise store.backlog_max"};
    if (settings_.bytes_max != 0 && session_->used_bytes() >= settings_.bytes_max)
        return error{errc::resource_exhausted, "event store: the database has reached store.bytes_max",
                     "raise store.bytes_max, or shorten retention.events"};
    if (numbers_->disk_free_bytes.load(std::memory_order_relaxed) < settings_.disk_free_min)
        return error{errc::resource_exhausted,
                     "event store: less than store.disk_free_min is free on the disk of store.sqlite.path",
                     "free space on that disk, or shorten retention.events; accepting goes on by itself"};
    return std::nullopt;
}

void writer::submit(std::unique_ptr<append_work> work) {
    if (auto why = why_refused(*work)) {
        counted_.refused.add();
        return work->waiter->answer(std::unexpected{*std::move(why)});
    }
    std::unique_lock held{guard_};
    if (closes_) return work->waiter->answer(std::unexpected{closed()});
    queued_bytes_.fetch_add(work->bytes, std::memory_order_relaxed);
    appends_.push_back(std::move(work));
    bool const wakes = std::exchange(sleeps_, false);
    held.unlock();
    if (wakes) work_came_.notify_one();
}

void writer::submit(job work) {
    if (!numbers_->accepting.load(std::memory_order_acquire)) return work.finish(numbers_->why_not());
    std::unique_lock held{guard_};
    if (closes_) return work.finish(closed());
    if (jobs_.size() >= settings_.jobs_waiting_max) {
        held.unlock();
        return work.finish(error{errc::resource_exhausted, "event store: too many changes wait for the disk",
                                 "look for a slow disk, or raise store.jobs_waiting_max"});
    }
    jobs_.push_back(std::move(work));
    bool const wakes = std::exchange(sleeps_, false);
    held.unlock();
    if (wakes) work_came_.notify_one();
}

void writer::run() {
    while (true) {
        group taken;
        if (!wait_for_work(taken)) return;
        std::optional<error> failed_beside;
        {
            std::scoped_lock const held{guard_};
            failed_beside = std::exchange(checkpoint_failure_, std::nullopt);
        }
        if (failed_beside) {
            fail(taken, as_answer(*failed_beside));
            recover(*std::move(failed_beside));
        } else if (taken.empty() && steady_clock::now() < retention_.due()) {
            publish();  // There may be room again.
        } else {
            commit(taken);
        }
        if (!session_) return;  // Closed while it could not be opened.
    }
}

// False when there is nothing left and the store closes. An empty group means that something else is due.
bool writer::wait_for_work(group& taken) {
    std::unique_lock held{guard_};
    auto const has_work = [this] {
        return !appends_.empty() || !jobs_.empty() || closes_ || checkpoint_failure_ || next_retention_;
    };
    if (!has_work()) {
        sleeps_ = true;
        bool const looks_for_room = numbers_->full.load(std::memory_order_relaxed);
        auto const until = looks_for_room ? std::min(retention_.due(), next_look_at_disk_) : retention_.due();
        work_came_.wait_until(held, until, has_work);
        sleeps_ = false;
    }
    if (auto const next = std::exchange(next_retention_, std::nullopt))
        retention_.use(*next, steady_clock::now());
    take(taken);
    return !taken.empty() || !closes_;
}

// Appends go first and leave the jobs what room there is; a job for which there was none begins the next
// group.
void writer::take(group& taken) {
    bool const appends_wait = !appends_.empty();
    room left{.bytes = settings_.group_bytes_max,
              .rows = appends_wait ? settings_.job_rows_max : settings_.job_rows_max * 8};
    if (job_begins_) take_jobs(taken, left, 1);
    take_appends(taken, left);
    take_jobs(taken, left, jobs_.size());
    job_begins_ = taken.jobs.empty() && !jobs_.empty();
}

void writer::take_appends(group& taken, room& left) {
    taken.appends.reserve(std::min(appends_.size(), settings_.group_events_max));
    while (!appends_.empty() && taken.appends.size() < settings_.group_events_max) {
        auto const bytes = appends_.front()->bytes;
        if (bytes > left.bytes && !taken.empty()) return;
        left.bytes -= std::min(bytes, left.bytes);
        queued_bytes_.fetch_sub(bytes, std::memory_order_relaxed);
        taken.appends.push_back(std::move(appends_.front()));
        appends_.pop_front();
    }
}

// One that is larger than a whole group is alone in its own; of rows, the first may have as many as it likes.
void writer::take_jobs(group& taken, room& left, std::size_t jobs_max) {
    for (; jobs_max > 0 && !jobs_.empty(); --jobs_max) {
        auto const& next = jobs_.front();
        bool const has_bytes = next.bytes <= left.bytes || taken.empty();
        bool const has_rows = next.rows <= left.rows || taken.jobs.empty();
        if (!has_bytes || !has_rows) return;
        left.bytes -= std::min(next.bytes, left.bytes);
        left.rows -= std::min(next.rows, left.rows);
        taken.jobs.push_back(std::move(jobs_.front()));
        jobs_.pop_front();
    }
}

void writer::commit(group& taken) {
    checkpointer_.enter_group();
    auto const started = steady_clock::now();
    auto done = write(taken);
    if (planted(planted_bug::acknowledge_before_commit)) acknowledge_too_early(taken.appends);
    if (done) done = session_->commit();
    if (!done) {
        numbers_->set_not_accepting(as_answer(done.error()));  // Before anybody reads an answer.
        fail(taken, as_answer(done.error()));
        return recover(std::move(done).error());
    }
    counted_.groups.add();
    counted_.group_seconds.observe(steady_clock::now() - started);
    publish();
    checkpointer_.leave_group(session_->log_frames() * log_frame_bytes);
    acknowledge(taken);
}

result<void> writer::write(group& taken) {
    auto const now = clock_.now();
    if (auto const begun = session_->begin(); !begun) return begun;
    for (auto& each : taken.appends) {
        HEADGATE_TRY(each->outcome, session_->append(each->fresh, each->packed, each->keys, now));
        if (planted(planted_bug::event_stored_twice) && each->outcome && !each->outcome->duplicate) {
            auto again = each->fresh;
            HEADGATE_TRY(auto const twice, session_->append(again, each->packed, {}, now));
            if (!twice) return std::unexpected{twice.error()};
        }
    }
    for (auto& each : taken.jobs) {
        HEADGATE_TRY(auto const done, session_->alone([&] { return each.run(*session_, now); }));
        if (!done) each.refused = done.error();
    }
    return retain(now);
}

// What cannot be deleted stays, and stops nothing else.
result<void> writer::retain(wall_time now) {
    auto const at = steady_clock::now();
    if (at < retention_.due()) return {};
    HEADGATE_TRY(auto const done, session_->alone([&] { return retention_.next(*session_, now, at); }));
    if (!done) log_sparingly(log_level::error, "retention failed", {{"why", done.error().message}});
    return {};
}

void writer::acknowledge(group& taken) {
    answers ready;
    std::vector<event> fresh;
    fresh.reserve(taken.appends.size());
    std::uint64_t duplicates = 0;
    for (auto& each : taken.appends) {
        bool const is_fresh = each->outcome && !each->outcome->duplicate;
        if (is_fresh) fresh.push_back(std::move(each->fresh));
        if (each->outcome && each->outcome->duplicate) ++duplicates;
        ready.add(*each);
    }
    ready.post();
    counted_.appended.add(fresh.size());
    counted_.duplicates.add(duplicates);
    feed_.push(std::move(fresh));
    for (auto& each : taken.jobs) each.finish(each.refused);
}

void writer::publish() {
    auto const order = std::memory_order_relaxed;
    numbers_->last_sequence.store(session_->durable(), order);
    numbers_->routed_through.store(session_->routed_through(), order);
    numbers_->backlog.store(session_->backlog(), order);
    numbers_->dedupe_keys.store(session_->index().size(), order);
    auto const log_bytes = session_->log_frames() * log_frame_bytes;
    numbers_->wal_bytes.store(log_bytes, order);
    numbers_->database_bytes.store(session_->used_bytes(), order);
    for (std::size_t i = 0; i < delivery_states; ++i)
        numbers_->deliveries[i].store(session_->deliveries()[i], order);
    if (steady_clock::now() >= next_look_at_disk_) measure_disk();
    numbers_->set_full(why_full());
    publish_notes();
}

// A disk that does not say is taken for one with room: its writes will tell.
void writer::measure_disk() {
    next_look_at_disk_ = steady_clock::now() + between_looks_at_disk;
    std::error_code failed;
    auto const folder = std::filesystem::absolute(settings_.sqlite.path, failed).parent_path();
    auto const free = std::filesystem::space(folder, failed).available;
    numbers_->disk_free_bytes.store(failed ? std::numeric_limits<std::uint64_t>::max() : free,
                                    std::memory_order_relaxed);
    numbers_->dedupe_index_bytes.store(session_->index().bytes(), std::memory_order_relaxed);
}

void writer::publish_notes() {
    auto const refused = session_->sources_without_room();
    auto const counted = numbers_->sources_without_room.exchange(refused.size(), std::memory_order_relaxed);
    if (refused.empty() && counted == 0) return;
    std::vector<std::string> notes;
    for (auto const& each : refused)
        notes.push_back("source " + each + ": refused, its part of the window of dedupe keys is full");
    numbers_->set_notes(std::move(notes));
}

void writer::fail(group& taken, error const& why) {
    session_->forget_keys();
    refuse_all(taken, why);
}

void writer::refuse_all(group& taken, error const& why) {
    answers ready;
    for (auto& each : taken.appends) {
        each->outcome = std::unexpected{why};
        ready.add(*each);
    }
    ready.post();
    for (auto& each : taken.jobs) each.finish(why);
}

void writer::fail_everything_waiting(error const& why) {
    group waiting_now;
    {
        std::scoped_lock const held{guard_};
        std::ranges::move(appends_, std::back_inserter(waiting_now.appends));
        std::ranges::move(jobs_, std::back_inserter(waiting_now.jobs));
        appends_.clear();
        jobs_.clear();
        queued_bytes_.store(0, std::memory_order_relaxed);
    }
    refuse_all(waiting_now, why);
}

// After a failed commit nobody knows what the disk holds. So this connection acknowledges nothing more; a new
// one reads what is there.
void writer::recover(error why) {
    counted_.failures.add();
    log(log_level::error, "the event store failed and is being opened again",
        {{"why", why.message}, {"remedy", why.remedy}});
    auto const answer = as_answer(std::move(why));
    numbers_->set_not_accepting(answer);
    floor_ = session_->floor();
    checkpointer_.pause();
    session_.reset();
    while (!try_to_open()) {
        fail_everything_waiting(answer);
        std::unique_lock held{guard_};
        work_came_.wait_for(held, before_next_opening, [this] { return closes_; });
        if (closes_) {
            held.unlock();
            return fail_everything_waiting(closed());
        }
    }
    log(log_level::info, "the event store accepts again");
}

bool writer::try_to_open() {
    auto opened = write_session::open(settings_, floor_, *index_);
    if (!opened) {
        log_sparingly(log_level::warning, "the event store cannot be opened yet",
                      {{"why", opened.error().message}});
        return false;
    }
    session_ = *std::move(opened);
    publish();
    checkpointer_.resume();
    feed_.announce(session_->durable());
    numbers_->set_accepting();
    return true;
}

}  // namespace headgate::store::sqlite
