#pragma once

#include "store/settings.hpp"
#include "store/sqlite/connection.hpp"

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

namespace headgate::store::sqlite {

// Writes the log back into the database, on a thread and a connection of its own, so that the writer never
// does.
//
// A passive checkpoint beside a busy writer never reaches the log's end, and only a log that was written back
// whole starts again at its beginning. So, from half the bound on: a passive one beside the writer for the
// bulk, then the writer stops between two groups while a second one does the short rest, and its next commit
// starts the log anew.
class checkpointer {
public:
    // `failed` is called on this thread with an error of the disk.
    checkpointer(settings const& chosen, std::function<void(error)> failed);
    ~checkpointer();  // Waits for a checkpoint that is being made.

    // The writer calls these around each transaction. `enter_group` waits while the rest of a log is written.
    void enter_group();
    void leave_group(std::uint64_t log_bytes);

    // The writer calls these outside of a group: `pause` returns when the connection is closed.
    void pause();
    void resume();

private:
    void run();
    [[nodiscard]] result<bool> write_back(std::unique_lock<std::mutex>& held);
    [[nodiscard]] result<checkpoint_result> checkpoint(std::unique_lock<std::mutex>& held);
    [[nodiscard]] bool is_due() const { return log_bytes_ >= settings_.sqlite.wal_bytes_bound / 2; }

    settings const& settings_;
    std::function<void(error)> failed_;
    std::mutex guard_;
    std::condition_variable changed_;
    std::optional<connection> database_;  // This thread's alone while `busy_`.
    std::uint64_t log_bytes_ = 0;
    bool busy_ = false;
    bool in_group_ = false;
    bool wants_quiet_ = false;
    bool paused_ = true;
    bool stops_ = false;
    std::thread thread_;
};

}  // namespace headgate::store::sqlite
