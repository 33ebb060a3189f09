#pragma once

#include "core/clock.hpp"
#include "store/event_store.hpp"
#include "store/settings.hpp"
#include "store/sqlite/checkpointer.hpp"
#include "store/sqlite/feed.hpp"
#include "store/sqlite/numbers.hpp"
#include "store/sqlite/retention.hpp"
#include "store/sqlite/waiting.hpp"
#include "store/sqlite/write_session.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace headgate::store::sqlite {

// An event on its way to the disk. Large, so it is handed on by pointer.
struct append_work {
    event fresh;
    packed_event packed;
    std::vector<dedupe_key> keys;
    std::shared_ptr<waiting<receipt>> waiter;
    std::size_t bytes = 0;
    result<receipt> outcome = receipt{};
};

// Anything else that the writer does for somebody. When `run` fails, what it wrote is taken back, and the
// others of its group stand. `finish` is called once it is known what became of it, and why not.
struct job {
    std::size_t rows = 1;
    std::size_t bytes = 0;
    std::function<result<void>(write_session&, wall_time now)> run;
    std::function<void(std::optional<error> const& refused)> finish;
    std::optional<error> refused = {};
};

// The one thread that writes: takes everything that waits, puts it into one transaction, and answers when
// that is durable.
//
// Appends go first; of the jobs at least one is in every group or, where it does not fit beside the appends,
// in every other one, so that routing keeps a floor under load. After a failed transaction everything waiting
// is answered with the error, and the store is opened anew until that works; meanwhile appends are refused at
// once.
class writer {
public:
    // `first` is the session that opening the store has made, with its keys in `index`.
    writer(settings const& chosen, wall_clock const& clock, std::unique_ptr<write_session> first,
           std::unique_ptr<dedupe_index> index, feed& fresh, std::shared_ptr<numbers> shown,
           store_metrics counted);
    ~writer();  // close()

    // From any thread. Work that is refused is answered at once.
    void submit(std::unique_ptr<append_work> work);
    void submit(job work);

    // From any thread; counts for what is submitted after it.
    void use(retention_settings next);

    // Finishes what was submitted before, then ends the thread.
    void close();

private:
    struct group {
        std::vector<std::unique_ptr<append_work>> appends;
        std::vector<job> jobs;
        [[nodiscard]] bool empty() const { return appends.empty() && jobs.empty(); }
    };
    struct room {
        std::size_t bytes = 0;
        std::size_t rows = 0;
    };

    void run();
    [[nodiscard]] bool wait_for_work(group& taken);
    void take(group& taken);
    void take_appends(group& taken, room& left);
    void take_jobs(group& taken, room& left, std::size_t jobs_max);
    void commit(group& taken);
    [[nodiscard]] result<void> write(group& taken);
    [[nodiscard]] result<void> retain(wall_time now);
    void acknowledge(group& taken);
    void publish();
    void measure_disk();
    void publish_notes();
    [[nodiscard]] std::optional<error> why_full() const;

    void fail(group& taken, error const& why);
    void recover(error why);
    [[nodiscard]] bool try_to_open();
    void fail_everything_waiting(error const& why);
    static void refuse_all(group& taken, error const& why);
    [[nodiscard]] std::optional<error> why_refused(append_work const& work) const;

    settings const& settings_;
    wall_clock const& clock_;
    feed& feed_;
    std::shared_ptr<numbers> numbers_;
    store_metrics counted_;
    std::unique_ptr<dedupe_index> index_;
    std::unique_ptr<write_session> session_;
    high_water floor_;
    retention retention_;
    std::chrono::steady_clock::time_point next_look_at_disk_;

    mutable std::mutex guard_;  // Held to push and to swap only.
    std::condition_variable work_came_;
    std::deque<std::unique_ptr<append_work>> appends_;
    std::deque<job> jobs_;
    std::atomic<std::size_t> queued_bytes_{0};
    bool job_begins_ = false;  // The next group: it did not fit into the last.
    bool sleeps_ = false;
    bool closes_ = false;
    std::optional<error> checkpoint_failure_;
    std::optional<retention_settings> next_retention_;

    checkpointer checkpointer_;
    std::thread thread_;
};

}  // namespace headgate::store::sqlite
