#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace headgate {

enum class log_level { debug, info, warning, error };

// `json` is one object a line, for machines; `text` is for people on a terminal.
enum class log_format { json, text };

struct log_settings {
    log_level level = log_level::info;
    log_format format = log_format::json;
    std::size_t lines_waiting_max = 1024;  // For standard error to take them.
};

// One name and value of a log line. Values are text already; no secret and no payload may be among them.
struct log_field {
    std::string_view name;
    std::string value;
};

// Says how lines look from now on. Safe from any thread.
void configure_log(log_settings const& settings);

// While one lives, lines are written by a thread of its own, so that whoever reads standard error and stalls
// does not stop whoever logs: of lines that wait beyond `lines_waiting_max`, the oldest is thrown away and
// counted. At its end it waits a second for what is left. At most one in a process, and nobody logs at its
// end.
class background_log {
public:
    explicit background_log(std::size_t lines_waiting_max);
    ~background_log();
    background_log(background_log const&) = delete;
    background_log& operator=(background_log const&) = delete;

    // How many lines were thrown away; 0 without a background log. Safe from any thread.
    [[nodiscard]] static std::uint64_t lost_lines();
};

// Waits until the lines logged before are written, for a second at most: for whoever ends the process without
// ending its background log. Without one nothing waits. Safe from any thread.
void flush_log();

// Writes one line to standard error, at most 8 KiB long (core/log_line.hpp). Safe from any thread.
void log(log_level level, std::string_view message, std::initializer_list<log_field> fields = {});

// At most one line a second for each `message` and each value of the fields `source` and `reason`, so that
// one sender's flood does not hide another's trouble; a later line says how many were left out. For what a
// flood can cause.
void log_sparingly(log_level level, std::string_view message, std::initializer_list<log_field> fields = {});

}  // namespace headgate
