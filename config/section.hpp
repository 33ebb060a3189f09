#pragma once

#include "config/reader.hpp"
#include "config/setting.hpp"
#include "core/secret.hpp"

#include <array>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace headgate::config {

enum class presence : std::uint8_t {
    optional,
    required,
    borrowable,  // Required, but for an editor: a template may have it.
};

// What people are told about a setting.
struct about {
    std::string_view says;
    presence is = presence::optional;
    std::string_view example = {};        // Of a required text: what could stand there.
    std::string_view fallback_says = {};  // The default in words, where the field's value does not say it.
    std::string_view pattern = {};        // Of a text, for editors; the caller checks on its own.
};

// One mapping of the configuration, declared once. The same lines either read it from a file or describe it
// for the schema and the reference page, so the three cannot differ. A field's value before is its default.
//
// Reading, each call returns whether the key was there and right; what is wrong is noted and the field keeps
// its default. Describing, each call returns false and `mistake` does nothing.
class section {
public:
    explicit section(reader& from) : reader_{&from} {}
    explicit section(setting& into) : describes_{&into} {}

    bool text(std::string_view key, std::string& into, about const& what);
    bool program(std::string_view key, std::string& into, about const& what);
    bool flag(std::string_view key, bool& into, about const& what);
    bool number(std::string_view key, double& into, double least, double most, about const& what);
    bool texts(std::string_view key, std::vector<std::string>& into, about const& what);
    bool pairs(std::string_view key, std::vector<std::pair<std::string, std::string>>& into,
               about const& what);
    bool programs(std::string_view key, std::vector<std::pair<std::string, std::string>>& into,
                  about const& what);
    // The name of a file that must be there; `into` becomes the name from here.
    bool file(std::string_view key, std::string& into, about const& what);
    bool reference(std::string_view key, secret& into, about const& what);

    template <std::integral Number>
    bool whole(std::string_view key, Number& into, std::int64_t least, std::int64_t most, about const& what) {
        auto const read = read_whole(key, static_cast<std::int64_t>(into), least, most, what);
        if (read) into = static_cast<Number>(*read);
        return read.has_value();
    }

    // No default in the field: the absence means something of its own.
    bool whole(std::string_view key, std::optional<std::size_t>& into, std::int64_t least, std::int64_t most,
               about const& what);

    // A duration must be a whole number of the field's unit.
    template <class Count, class Period>
    bool duration(std::string_view key, std::chrono::duration<Count, Period>& into,
                  std::chrono::milliseconds least, std::chrono::milliseconds most, about const& what) {
        using unit = std::chrono::duration<Count, Period>;
        auto const read = read_duration(key, std::chrono::milliseconds{into}, least, most, what);
        if (!read) return false;
        into = std::chrono::duration_cast<unit>(*read);
        if (std::chrono::milliseconds{into} == *read) return true;
        mistake(key, to_text(*read) + " is too fine",
                "write a multiple of " + to_text(std::chrono::milliseconds{unit{1}}));
        return false;
    }

    template <class Enum, std::size_t Count>
    bool choice(std::string_view key, Enum& into,
                std::array<std::pair<std::string_view, Enum>, Count> const& names, about const& what) {
        std::array<std::string_view, Count> texts;
        std::string_view fallback;
        for (std::size_t i = 0; i < Count; ++i) {
            texts[i] = names[i].first;
            if (names[i].second == into) fallback = texts[i];
        }
        auto const read = read_choice(key, texts, fallback, what);
        if (read) into = names[*read].second;
        return read.has_value();
    }

    // Each calls `declare` for what stands under the key (once, when describing), and then refuses the keys
    // that nobody asked for.
    using declaration = std::function<void(section&)>;
    using named_declaration = std::function<void(section&, std::string const& name)>;
    bool inside(std::string_view key, about const& what, declaration const& declare);
    bool each(std::string_view key, about const& what, declaration const& declare);
    bool named(std::string_view key, about const& what, named_declaration const& declare);

    // A key with a shape of its own, which `schema` describes. Null when absent, and when describing.
    [[nodiscard]] node const* special(std::string_view key, std::string_view schema, about const& what);

    // A key that the design has and this version has not: refused by name, and not listed anywhere.
    void unavailable(std::string_view key, std::string remedy);

    void mistake(std::string_view key, std::string what, std::string remedy);
    void warning(std::string_view key, std::string what, std::string remedy);

    // Null when describing.
    [[nodiscard]] reader* reads() const noexcept { return reader_; }

private:
    std::optional<std::int64_t> read_whole(std::string_view key, std::int64_t fallback, std::int64_t least,
                                           std::int64_t most, about const& what);
    std::optional<std::chrono::milliseconds> read_duration(std::string_view key,
                                                           std::chrono::milliseconds fallback,
                                                           std::chrono::milliseconds least,
                                                           std::chrono::milliseconds most, about const& what);
    std::optional<std::size_t> read_choice(std::string_view key, std::span<std::string_view const> names,
                                           std::string_view fallback, about const& what);

    setting& describe(std::string_view key, setting_kind kind, about const& what, std::string fallback = {});
    bool absent(std::string_view key, about const& what);

    reader* reader_ = nullptr;
    setting* describes_ = nullptr;
};

// What names of sources, rules, targets and operators may be: they become part of paths, ids and metrics.
inline constexpr std::string_view name_pattern = "^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$";
inline constexpr std::string_view name_remedy =
    "use 1 to 63 letters, digits, '-' and '_', with a letter or digit first";
[[nodiscard]] bool is_name(std::string_view text) noexcept;

}  // namespace headgate::config
