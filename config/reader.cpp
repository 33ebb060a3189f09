#include "config/reader.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <numeric>

namespace headgate::config {
namespace {

using std::chrono::milliseconds;

struct unit {
    std::string_view name;
    std::int64_t in_milliseconds;
};

// From long to short, as `to_text` tries them.
constexpr std::array units{unit{"d", 86'400'000}, unit{"h", 3'600'000}, unit{"m", 60'000}, unit{"s", 1'000},
                           unit{"ms", 1}};

template <class Number>
std::optional<Number> whole_of(std::string_view text) {
    Number number{};
    auto const [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (failure != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return number;
}

// How many single letters differ, at least (Levenshtein).
std::size_t edits_between(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < a.size(); ++i) {
        auto diagonal = row[0];
        row[0] = i + 1;
        for (std::size_t j = 0; j < b.size(); ++j) {
            auto const changed = diagonal + (a[i] == b[j] ? 0 : 1);
            diagonal = row[j + 1];
            row[j + 1] = std::min({row[j + 1] + 1, row[j] + 1, changed});
        }
    }
    return row.back();
}

// A value as a problem quotes it: what the operator wrote, cut when it is long.
std::string in_quotes(std::string_view text) {
    constexpr std::size_t shown_max = 60;
    if (text.size() <= shown_max) return fmt::format("\"{}\"", text);
    return fmt::format("\"{}…\"", text.substr(0, shown_max));
}

}  // namespace

reader::reader(node const& at, std::string path, notes& into)
    : node_{&at}, path_{std::move(path)}, notes_{&into} {
    if (at.is_mapping() || at.is_empty()) return;
    notes_->mistake(at, path_, fmt::format("is {}, not a mapping", name_of(at.kind)),
                    "write keys with values below it, `key: value`");
}

node const* reader::take(std::string_view key) {
    if (std::ranges::find(known_, key) == known_.end()) known_.emplace_back(key);
    return node_->find(key);
}

bool reader::has(std::string_view key) const {
    return node_->find(key) != nullptr;
}

node const* reader::scalar(std::string_view key) {
    auto const* const found = take(key);
    if (found == nullptr) return nullptr;
    if (found->is_scalar() && !found->text.empty()) return found;
    if (found->is_scalar() || found->is_empty()) {
        mistake(key, "is empty", "give it a value, or remove the line");
    } else {
        mistake(key, fmt::format("is {}, not one value", name_of(found->kind)),
                fmt::format("write `{}: value`", key));
    }
    return nullptr;
}

std::optional<std::string> reader::text(std::string_view key) {
    auto const* const found = scalar(key);
    return found == nullptr ? std::nullopt : std::optional{found->text};
}

std::optional<std::string> reader::required_text(std::string_view key, std::string_view example) {
    if (!has(key)) {
        static_cast<void>(take(key));
        mistake(key, "is missing", fmt::format("add it, for example `{}: {}`", key, example));
        return std::nullopt;
    }
    return text(key);
}

std::optional<bool> reader::flag(std::string_view key) {
    auto const* const found = scalar(key);
    if (found == nullptr) return std::nullopt;
    if (!found->quoted && found->text == "true") return true;
    if (!found->quoted && found->text == "false") return false;
    mistake(key, fmt::format("{} is neither true nor false", in_quotes(found->text)),
            "write true or false, without quotes");
    return std::nullopt;
}

std::optional<std::int64_t> reader::whole(std::string_view key, std::int64_t least, std::int64_t most) {
    auto const* const found = scalar(key);
    if (found == nullptr) return std::nullopt;
    auto const number = found->quoted ? std::nullopt : whole_of<std::int64_t>(found->text);
    if (number && *number >= least && *number <= most) return number;
    mistake(key, fmt::format("{} is not a whole number from {} to {}", in_quotes(found->text), least, most),
            fmt::format("write digits only, for example {}",
                        least > 0 ? least : std::min<std::int64_t>(most, 1)));
    return std::nullopt;
}

std::optional<double> reader::number(std::string_view key, double least, double most) {
    auto const* const found = scalar(key);
    if (found == nullptr) return std::nullopt;
    auto const number = found->quoted ? std::nullopt : whole_of<double>(found->text);
    if (number && *number >= least && *number <= most) return number;
    mistake(key, fmt::format("{} is not a number from {} to {}", in_quotes(found->text), least, most),
            fmt::format("write for example {}", least > 0 ? least : std::min(most, 1.0)));
    return std::nullopt;
}

std::optional<milliseconds> reader::duration(std::string_view key, milliseconds least, milliseconds most) {
    auto const* const found = scalar(key);
    if (found == nullptr) return std::nullopt;
    auto const parsed = parse_duration(found->text);
    if (!parsed) {
        mistake(key, fmt::format("{} is not a duration", in_quotes(found->text)),
                "write a whole number and a unit (ms, s, m, h, d), for example 300s");
        return std::nullopt;
    }
    if (*parsed >= least && *parsed <= most) return parsed;
    mistake(key, fmt::format("{} is not from {} to {}", found->text, to_text(least), to_text(most)),
            "choose a duration in that range");
    return std::nullopt;
}

std::optional<wall_time> reader::time(std::string_view key) {
    auto const* const found = scalar(key);
    if (found == nullptr) return std::nullopt;
    if (auto const parsed = parse_rfc3339(found->text)) return *parsed;
    mistake(key, fmt::format("{} is not a time", in_quotes(found->text)),
            "write it as in RFC 3339, for example 2026-10-01T00:00:00Z");
    return std::nullopt;
}

std::optional<std::size_t> reader::choice(std::string_view key, std::span<std::string_view const> names) {
    auto const* const found = scalar(key);
    if (found == nullptr) return std::nullopt;
    auto const at = std::ranges::find(names, std::string_view{found->text});
    if (at != names.end()) return static_cast<std::size_t>(at - names.begin());
    std::vector<std::string> const known{names.begin(), names.end()};
    mistake(key, fmt::format("{} is not known", in_quotes(found->text)), one_of(found->text, known));
    return std::nullopt;
}

std::vector<std::string> reader::texts(std::string_view key) {
    auto const* const found = take(key);
    std::vector<std::string> all;
    if (found == nullptr) return all;
    if (!found->is_list()) {
        mistake(key, fmt::format("is {}, not a list", name_of(found->kind)),
                fmt::format("write `{}: [first, second]`", key));
        return all;
    }
    for (std::size_t i = 0; i < found->items.size(); ++i) {
        auto const& item = found->items[i];
        if (item.is_scalar() && !item.text.empty()) {
            all.push_back(item.text);
        } else {
            notes_->mistake(
                item, child_path(path_of(key), i),
                item.is_scalar() ? "is empty" : fmt::format("is {}, not a text", name_of(item.kind)),
                "give it a value, or remove it");
        }
    }
    return all;
}

std::vector<std::pair<std::string, std::string>> reader::text_pairs(std::string_view key) {
    std::vector<std::pair<std::string, std::string>> all;
    auto inner = section(key);
    if (!inner) return all;
    for (auto const& one : inner->here().members) {
        if (auto text = inner->text(one.key)) all.emplace_back(one.key, std::move(*text));
    }
    return all;
}

std::optional<reader> reader::section(std::string_view key) {
    auto const* const found = take(key);
    if (found == nullptr) return std::nullopt;
    if (!found->is_empty()) return reader{*found, path_of(key), *notes_};
    mistake(key, "is empty", "write its settings below it, or remove the line");
    return std::nullopt;
}

std::vector<reader> reader::sections(std::string_view key) {
    auto const* const found = take(key);
    std::vector<reader> all;
    if (found == nullptr) return all;
    if (!found->is_list()) {
        mistake(key, fmt::format("is {}, not a list", name_of(found->kind)),
                "write one item a line, each after a dash");
        return all;
    }
    for (std::size_t i = 0; i < found->items.size(); ++i) {
        all.emplace_back(found->items[i], child_path(path_of(key), i), *notes_);
    }
    return all;
}

std::vector<std::pair<std::string, reader>> reader::named(std::string_view key) {
    std::vector<std::pair<std::string, reader>> all;
    auto inner = section(key);
    if (!inner) return all;
    for (auto const& one : inner->here().members) {
        all.emplace_back(one.key, reader{one.value, inner->path_of(one.key), *notes_});
    }
    return all;
}

void reader::finish() {
    for (auto const& one : node_->members) {
        if (std::ranges::find(known_, one.key) != known_.end()) continue;
        if (std::ranges::find(hidden_, one.key) != hidden_.end()) continue;
        node at;
        at.line = one.line;
        at.file = one.value.file;
        notes_->mistake(at, path_of(one.key), "is not a setting", one_of(one.key, known_));
    }
}

void reader::mistake(std::string_view key, std::string what, std::string remedy) {
    auto const* const found = node_->find(key);
    notes_->mistake(found == nullptr ? *node_ : *found, path_of(key), std::move(what), std::move(remedy));
}

void reader::warning(std::string_view key, std::string what, std::string remedy) {
    auto const* const found = node_->find(key);
    notes_->warning(found == nullptr ? *node_ : *found, path_of(key), std::move(what), std::move(remedy));
}

std::optional<std::string_view> nearest(std::string_view misspelt, std::span<std::string const> known) {
    std::optional<std::string_view> best;
    constexpr std::size_t length_max = 64;  // Longer names are not misspelt ones, and the table is quadratic.
    if (misspelt.size() > length_max) return best;
    auto fewest = std::max<std::size_t>(1, misspelt.size() / 3) + 1;
    for (auto const& one : known) {
        auto const edits = edits_between(misspelt, one);
        if (edits < fewest) {
            fewest = edits;
            best = one;
        }
    }
    return best;
}

std::string one_of(std::string_view misspelt, std::span<std::string const> known) {
    if (known.empty()) return "remove it";
    auto const list = fmt::format("one of: {}", fmt::join(known, ", "));
    auto const meant = nearest(misspelt, known);
    return meant ? fmt::format("did you mean {}? {}", *meant, list) : list;
}

std::optional<milliseconds> parse_duration(std::string_view text) {
    auto const digits = std::min(text.find_first_not_of("0123456789"), text.size());
    auto const number = whole_of<std::int64_t>(text.substr(0, digits));
    auto const named = std::ranges::find(units, text.substr(digits), &unit::name);
    if (!number || named == units.end()) return std::nullopt;
    constexpr std::int64_t longest = 36'525LL * 86'400'000;
    if (*number > longest / named->in_milliseconds) return std::nullopt;
    return milliseconds{*number * named->in_milliseconds};
}

std::string to_text(milliseconds duration) {
    if (duration.count() == 0) return "0s";
    auto const fits = [&](unit const& one) { return duration.count() % one.in_milliseconds == 0; };
    auto const longest = std::ranges::find_if(units, fits);  // "ms" always fits.
    return fmt::format("{}{}", duration.count() / longest->in_milliseconds, longest->name);
}

}  // namespace headgate::config
