#include "core/log.hpp"

#include "core/clock.hpp"
#include "core/log_line.hpp"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

namespace headgate {
namespace {

std::atomic<log_settings> current{log_settings{}};

std::shared_ptr<spdlog::logger> const& sink() {
    static std::shared_ptr<spdlog::logger> const logger = [] {
        auto made =
            std::make_shared<spdlog::logger>("headgate", std::make_shared<spdlog::sinks::stderr_sink_mt>());
        made->set_pattern("%v");
        made->flush_on(spdlog::level::trace);
        return made;
    }();
    return logger;
}

void write(log_level level, std::string_view message, std::span<log_field const> fields) {
    auto const format = current.load(std::memory_order_relaxed).format;
    auto const line = log_line(format, system_clock().now(), level, message, fields);
    sink()->log(spdlog::level::critical, spdlog::string_view_t{line.data(), line.size()});
}

}  // namespace

void configure_log(log_settings const& settings) {
    current = settings;
}

void log(log_level level, std::string_view message, std::initializer_list<log_field> fields) {
    if (level >= current.load(std::memory_order_relaxed).level)
        write(level, message, {fields.begin(), fields.size()});
}

void log_sparingly(log_level level, std::string_view message, std::initializer_list<log_field> fields) {
    static std::mutex guard;
    static repetition repeated;

    if (level < current.load(std::memory_order_relaxed).level) return;
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
