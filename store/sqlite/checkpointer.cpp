#include "store/sqlite/checkpointer.hpp"

#include "store/sqlite/schema.hpp"

#include <chrono>
#include <pthread.h>
#include <utility>

namespace headgate::store::sqlite {
namespace {

// A rest this short is worth stopping the writer for.
constexpr std::uint64_t short_rest_frames = 256;
constexpr int passes_beside_writer_max = 3;
// A reader was in the way: its page ends soon.
constexpr std::chrono::milliseconds before_next_try{20};

}  // namespace

checkpointer::checkpointer(settings const& chosen, std::function<void(error)> failed)
    : settings_{chosen}, failed_{std::move(failed)}, thread_{[this] {
          pthread_setname_np(pthread_self(), "store-wal");
          run();
      }} {}

checkpointer::~checkpointer() {
    {
        std::scoped_lock const held{guard_};
        stops_ = true;
    }
    changed_.notify_all();
    thread_.join();
}

void checkpointer::enter_group() {
    std::unique_lock held{guard_};
    changed_.wait(held, [this] { return !wants_quiet_; });
    in_group_ = true;
}

void checkpointer::leave_group(std::uint64_t log_bytes) {
    std::unique_lock held{guard_};
    in_group_ = false;
    log_bytes_ = log_bytes;
    bool const wakes = wants_quiet_ || (is_due() && !busy_);
    held.unlock();
    if (wakes) changed_.notify_all();
}

void checkpointer::pause() {
    std::unique_lock held{guard_};
    paused_ = true;
    in_group_ = false;
    changed_.notify_all();
    changed_.wait(held, [this] { return !busy_; });
    database_.reset();
}

void checkpointer::resume() {
    std::unique_lock held{guard_};
    paused_ = false;
    log_bytes_ = 0;
}

void checkpointer::run() {
    std::unique_lock held{guard_};
    while (true) {
        changed_.wait(held, [this] { return stops_ || (!paused_ && is_due()); });
        if (stops_) return;
        busy_ = true;
        auto const complete = write_back(held);
        busy_ = wants_quiet_ = false;
        log_bytes_ = 0;  // Until the next commit says.
        changed_.notify_all();
        if (!complete) {
            paused_ = true;  // Until the writer has opened the store again.
            held.unlock();
            failed_(complete.error());
            held.lock();
        } else if (!*complete) {
            changed_.wait_for(held, before_next_try, [this] { return stops_; });
        }
    }
}

// Whether the log was written back whole.
result<bool> checkpointer::write_back(std::unique_lock<std::mutex>& held) {
    if (!database_) {
        HEADGATE_TRY(database_,
                     connection::open(settings_.sqlite.path, access::read_write, settings_.sqlite.vfs));
        if (auto const prepared = prepare_writing(*database_); !prepared)
            return std::unexpected{prepared.error()};
    }
    for (int pass = 0; pass < passes_beside_writer_max && !paused_; ++pass) {
        HEADGATE_TRY(auto const bulk, checkpoint(held));
        auto const written_meanwhile = log_bytes_ / log_frame_bytes;
        if (written_meanwhile < bulk.copied_frames + short_rest_frames) break;
    }
    wants_quiet_ = true;
    changed_.wait(held, [this] { return !in_group_ || paused_ || stops_; });
    HEADGATE_TRY(auto const rest, checkpoint(held));
    return rest.complete;
}

result<checkpoint_result> checkpointer::checkpoint(std::unique_lock<std::mutex>& held) {
    held.unlock();
    auto made = database_->checkpoint(checkpoint_mode::passive);
    held.lock();
    return made;
}

}  // namespace headgate::store::sqlite
