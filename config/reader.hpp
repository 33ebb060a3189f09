#pragma once

#include "config/node.hpp"
#include "config/notes.hpp"
#include "core/clock.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace headgate::config {

// Reads one mapping and notes problems instead of stopping. Every key must be asked for; `finish` reports the
// others, so a misspelt key is never ignored. What is wrong or absent reads as nothing, so the caller goes on
// with its default and the next mistake is found too.
//
// Only looks at the tree: the tree and the notes outlive the reader.
class reader {
public:
    // `at` may be anything: when it is no mapping that is noted, and the reader behaves as an empty one.
    reader(node const& at, std::string path, notes& into);

    // The value of a key, for what has a shape of its own; null when absent. Marks the key as known.
    [[nodiscard]] node const* take(std::string_view key);

    [[nodiscard]] bool has(std::string_view key) const;

    // A scalar as written; never empty.
    [[nodiscard]] std::optional<std::string> text(std::string_view key);
    // The same, and its absence is a mistake. `example` completes "add it, for example name: …".
    [[nodiscard]] std::optional<std::string> required_text(std::string_view key, std::string_view example);

    [[nodiscard]] std::optional<bool> flag(std::string_view key);
    [[nodiscard]] std::optional<std::int64_t> whole(std::string_view key, std::int64_t least,
                                                    std::int64_t most);
    [[nodiscard]] std::optional<double> number(std::string_view key, double least, double most);
    // "300s", "2500ms", "5m", "24h", "30d"
    [[nodiscard]] std::optional<std::chrono::milliseconds> duration(std::string_view key,
                                                                    std::chrono::milliseconds least,
                                                                    std::chrono::milliseconds most);
    [[nodiscard]] std::optional<wall_time> time(std::string_view key);  // RFC 3339
    // The index into `names`.
    [[nodiscard]] std::optional<std::size_t> choice(std::string_view key,
                                                    std::span<std::string_view const> names);

    [[nodiscard]] std::vector<std::string> texts(std::string_view key);  // A list of scalars.
    [[nodiscard]] std::vector<std::pair<std::string, std::string>> text_pairs(std::string_view key);

    [[nodiscard]] std::optional<reader> section(std::string_view key);  // A mapping.
    [[nodiscard]] std::vector<reader> sections(std::string_view key);   // A list of mappings.
    [[nodiscard]] std::vector<std::pair<std::string, reader>> named(
        std::string_view key);  // A mapping of mappings.

    // Makes a key known, without naming it to whoever misspells another.
    void hide(std::string_view key) { hidden_.emplace_back(key); }

    // Reports every key that nobody asked for.
    void finish();

    // The key's value, when there is one; else the mapping itself.
    void mistake(std::string_view key, std::string what, std::string remedy);
    void warning(std::string_view key, std::string what, std::string remedy);

    [[nodiscard]] std::string path_of(std::string_view key) const { return child_path(path_, key); }
    [[nodiscard]] std::string const& path() const noexcept { return path_; }
    [[nodiscard]] node const& here() const noexcept { return *node_; }
    [[nodiscard]] notes& into() const noexcept { return *notes_; }
    [[nodiscard]] std::vector<std::string> const& known() const noexcept { return known_; }

private:
    [[nodiscard]] node const* scalar(std::string_view key);

    node const* node_;
    std::string path_;
    notes* notes_;
    std::vector<std::string> known_;
    std::vector<std::string> hidden_;
};

// One of `known` that `misspelt` was probably meant to be; nothing when none is near.
[[nodiscard]] std::optional<std::string_view> nearest(std::string_view misspelt,
                                                      std::span<std::string const> known);

// The remedy for a name that is none of `known`: "did you mean webhooks? One of: webhooks, operator".
[[nodiscard]] std::string one_of(std::string_view misspelt, std::span<std::string const> known);

// Reads "300s" and its like. Nothing when it is no duration or longer than a hundred years.
[[nodiscard]] std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

// The shortest text that `parse_duration` reads back: 90000 ms is "90s", a day is "1d".
[[nodiscard]] std::string to_text(std::chrono::milliseconds duration);

}  // namespace headgate::config
