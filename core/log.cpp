#include "core/log.hpp"

#include "core/clock.hpp"
#include "core/log_line.hpp"

#include <spdlog/async.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <unistd.h>
#include <vector>

namespace headgate {
namespace {

std::atomic<log_level> least{log_settings{}.level};
std::atomic<log_format> form{log_settings{}.format};

// As the lines are whole already, nothing is put around them.
std::shared_ptr<spdlog::logger> whole_lines(std::shared_ptr<spdlog::logger> made) {
    made->set_pattern("%v");
    return made;
}

// Past stdio: its lock, held by a thread that cannot write, would keep the process from ending. A line that
// cannot be written is lost; there is nowhere to say so.
class standard_error final : public spdlog::sinks::base_sink<std::mutex> {
public:
    // Whether so many lines were dealt with by then.
    bool wait_for(std::uint64_t lines, std::chrono::milliseconds patience) {
        std::unique_lock held{counting_};
        return one_more_.wait_for(held, patience, [&] { return lines_ >= lines; });
    }

private:
    void sink_it_(spdlog::details::log_msg const& line) override {
        spdlog::memory_buf_t whole;
        formatter_->format(line, whole);
        std::string_view rest{whole.data(), whole.size()};
        while (!rest.empty()) {
            auto const written = ::write(STDERR_FILENO, rest.data(), rest.size());
            if (written < 0 && errno != EINTR) break;
            if (written > 0) rest.remove_prefix(static_cast<std::size_t>(written));
        }
        std::scoped_lock const held{counting_};
        ++lines_;
        one_more_.notify_all();
    }
    void flush_() override {}

    std::mutex counting_;  // Not the sink's own, which is held while a line is being written.
    std::condition_variable one_more_;
    std::uint64_t lines_ = 0;
};

// A thread and the lines that wait for it. The thread inherits which signals are blocked.
struct behind {
    explicit behind(std::size_t lines_max)
        : queue{std::make_shared<spdlog::details::thread_pool>(lines_max, 1)},
          to{std::make_shared<standard_error>()},
          logger{whole_lines(std::make_shared<spdlog::async_logger>(
              "headgate", to, queue, spdlog::async_overflow_policy::overrun_oldest))} {}

    // False when the lines that were taken so far were not all dealt with in time.
    bool wait_for_lines(std::chrono::milliseconds patience) const {
        return to->wait_for(taken - queue->overrun_counter(), patience);
    }

    std::shared_ptr<spdlog::details::thread_pool> queue;
    std::shared_ptr<standard_error> to;
    std::shared_ptr<spdlog::logger> logger;
    std::atomic<std::uint64_t> taken{0};
};

std::atomic<behind*> in_background{nullptr};
std::atomic<behind*> left_behind{nullptr};  // At the end of the process, with its thread.

// Takes one line.
spdlog::logger& sink() {
    static auto const foreground =
        whole_lines(std::make_shared<spdlog::logger>("headgate", std::make_shared<standard_error>()));
    auto* const queued = in_background.load(std::memory_order_acquire);
    if (!queued) return *foreground;
    queued->taken.fetch_add(1, std::memory_order_relaxed);
    return *queued->logger;
}

void write(log_level level, std::string_view message, std::span<log_field const> fields) {
    auto const line =
        log_line(form.load(std::memory_order_relaxed), system_clock().now(), level, message, fields);
    sink().log(spdlog::level::critical, spdlog::string_view_t{line.data(), line.size()});
}

constexpr std::chrono::seconds patience_at_the_end{1};

}  // namespace

void configure_log(log_settings const& settings) {
    least = settings.level;
    form = settings.format;
}

background_log::background_log(std::size_t lines_waiting_max) {
    in_background.store(std::make_unique<behind>(lines_waiting_max).release(), std::memory_order_release);
}

// A standard error that takes nothing must not keep the process: the thread is left behind then, with all it
// uses.
background_log::~background_log() {
    std::unique_ptr<behind> ending{in_background.exchange(nullptr)};
    if (!ending->wait_for_lines(patience_at_the_end)) left_behind.store(ending.release());
}

std::uint64_t background_log::lost_lines() {
    auto* const queued = in_background.load(std::memory_order_acquire);
    return queued ? queued->queue->overrun_counter() : 0;
}

void flush_log() {
    auto* const queued = in_background.load(std::memory_order_acquire);
    if (queued) queued->wait_for_lines(patience_at_the_end);
}

void log(log_level level, std::string_view message, std::initializer_list<log_field> fields) {
    if (level >= least.load(std::memory_order_relaxed))
        write(level, message, {fields.begin(), fields.size()});
}

void log_sparingly(log_level level, std::string_view message, std::initializer_list<log_field> fields) {
    static std::mutex guard;
    static repetition repeated;

    if (level < least.load(std::memory_order_relaxed)) return;
    std::string about;
    for (auto const& field : fields) {
        if (field.name == "source" || field.name == "reason") about.append(field.value).append(1, '\0');
    }
    std::unique_lock hold{guard};
    auto const left_out = repeated.admit(message, about, std::chrono::steady_clock::now());
    hold.unlock();
    if (!left_out) return;
    std::vector<log_field> all{fields};
    if (*left_out > 0) all.push_back({"left_out", std::to_string(*left_out)});
    write(level, message, all);
}

}  // namespace headgate
