#include "core/log.hpp"

#include "core/clock.hpp"

#include <fmt/format.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace headgate {
namespace {

constexpr std::size_t line_bytes_max = 8192;
constexpr std::size_t value_bytes_max = 2048;

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

std::string_view name_of(log_level level) {
    switch (level) {
        case log_level::debug: return "debug";
        case log_level::info: return "info";
        case log_level::warning: return "warning";
        case log_level::error: return "error";
    }
    return "error";
}

void append_json_string(std::string& out, std::string_view text) {
    out += '"';
    for (auto const c : text.substr(0, value_bytes_max)) {
        auto const byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (byte < 0x20 || byte == 0x7f) {
            fmt::format_to(std::back_inserter(out), "\\u{:04x}", byte);
        } else {
            out += c;
        }
    }
    out += '"';
}

// Control characters would let a sender forge lines.
std::string printable(std::string_view text) {
    std::string safe{text};
    for (auto& c : safe) {
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
    }
    return safe;
}

template <class Fields>
std::string as_json(log_level level, std::string_view message, Fields const& fields) {
    auto line = fmt::format(R"({{"time":"{}","level":"{}","message":)", to_rfc3339(system_clock().now()),
                            name_of(level));
    append_json_string(line, message);
    for (auto const& field : fields) {
        if (line.size() + field.name.size() + field.value.size() > line_bytes_max) continue;
        line += ',';
        append_json_string(line, field.name);
        line += ':';
        append_json_string(line, field.value);
    }
    line += '}';
    return line;
}

template <class Fields>
std::string as_text(log_level level, std::string_view message, Fields const& fields) {
    auto line =
        fmt::format("{} {:7} {}", to_rfc3339(system_clock().now()), name_of(level), printable(message));
    for (auto const& field : fields) line += fmt::format(" {}={}", field.name, printable(field.value));
    if (line.size() > line_bytes_max) line.resize(line_bytes_max);
    return line;
}

template <class Fields>
void write(log_level level, std::string_view message, Fields const& fields) {
    auto const how = current.load(std::memory_order_relaxed);
    if (level < how.level) return;
    auto const line =
        how.format == log_format::json ? as_json(level, message, fields) : as_text(level, message, fields);
    sink()->log(spdlog::level::critical, spdlog::string_view_t{line.data(), line.size()});
}

}  // namespace

void configure_log(log_settings const& settings) {
    current = settings;
}

void log(log_level level, std::string_view message, std::initializer_list<log_field> fields) {
    write(level, message, fields);
}

void log_sparingly(log_level level, std::string_view message, std::initializer_list<log_field> fields) {
    struct quiet {
        std::chrono::steady_clock::time_point until;
        std::uint64_t left_out = 0;
    };
    static std::mutex guard;
    static std::map<std::string_view, quiet> seen;

    auto const now = std::chrono::steady_clock::now();
    std::uint64_t left_out = 0;
    {
        std::lock_guard const hold{guard};
        auto& entry = seen[message];
        if (now < entry.until) {
            ++entry.left_out;
            return;
        }
        entry.until = now + std::chrono::seconds{1};
        left_out = std::exchange(entry.left_out, 0);
    }
    if (left_out == 0) return write(level, message, fields);
    std::vector<log_field> all{fields};
    all.push_back({"left_out", std::to_string(left_out)});
    write(level, message, all);
}

}  // namespace headgate
