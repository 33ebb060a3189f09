#include "config/section.hpp"

#include "config/secrets.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <system_error>

namespace headgate::config {
namespace {

bool is_letter_or_digit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

}  // namespace

bool section::text(std::string_view key, std::string& into, about const& what) {
    if (describes_ != nullptr) {
        describe(key, setting_kind::text, what, into).pattern = what.pattern;
        return false;
    }
    if (absent(key, what)) return false;
    auto read = reader_->text(key);
    if (read) into = std::move(*read);
    return read.has_value();
}

bool section::program(std::string_view key, std::string& into, about const& what) {
    if (describes_ == nullptr) return text(key, into, what);
    describe(key, setting_kind::program, what, into);
    return false;
}

bool section::flag(std::string_view key, bool& into, about const& what) {
    if (describes_ != nullptr) {
        describe(key, setting_kind::flag, what, into ? "true" : "false");
        return false;
    }
    if (absent(key, what)) return false;
    auto const read = reader_->flag(key);
    if (read) into = *read;
    return read.has_value();
}

bool section::number(std::string_view key, double& into, double least, double most, about const& what) {
    if (describes_ != nullptr) {
        auto& described = describe(key, setting_kind::number, what, fmt::format("{}", into));
        described.least = static_cast<std::int64_t>(least);
        described.most = static_cast<std::int64_t>(most);
        return false;
    }
    if (absent(key, what)) return false;
    auto const read = reader_->number(key, least, most);
    if (read) into = *read;
    return read.has_value();
}

bool section::texts(std::string_view key, std::vector<std::string>& into, about const& what) {
    if (describes_ != nullptr) {
        describe(key, setting_kind::texts, what).pattern = what.pattern;
        return false;
    }
    if (absent(key, what)) return false;
    into = reader_->texts(key);
    return !into.empty();
}

bool section::pairs(std::string_view key, std::vector<std::pair<std::string, std::string>>& into,
                    about const& what) {
    if (describes_ != nullptr) {
        describe(key, setting_kind::pairs, what);
        return false;
    }
    if (absent(key, what)) return false;
    into = reader_->text_pairs(key);
    return !into.empty();
}

bool section::programs(std::string_view key, std::vector<std::pair<std::string, std::string>>& into,
                       about const& what) {
    if (describes_ == nullptr) return pairs(key, into, what);
    describe(key, setting_kind::programs, what);
    return false;
}

bool section::file(std::string_view key, std::string& into, about const& what) {
    if (!text(key, into, what)) return false;
    into = reader_->into().resolve(reader_->here(), into).string();
    reader_->into().depends_on(into);
    std::error_code failure;
    if (std::filesystem::is_regular_file(into, failure)) return true;
    mistake(key, fmt::format("there is no file {}", into), "create it, or correct the name");
    return false;
}

bool section::reference(std::string_view key, secret& into, about const& what) {
    if (describes_ != nullptr) {
        describe(key, setting_kind::secret, what);
        return false;
    }
    if (absent(key, what)) return false;
    auto read = read_secret(*reader_->take(key), reader_->path_of(key), reader_->into());
    if (read) into = std::move(read->value);
    return read.has_value();
}

bool section::whole(std::string_view key, std::optional<std::size_t>& into, std::int64_t least,
                    std::int64_t most, about const& what) {
    if (describes_ != nullptr) {
        static_cast<void>(read_whole(key, std::int64_t{0}, least, most, what));
        describes_->inside.back()->fallback.clear();
        return false;
    }
    auto const read = read_whole(key, std::int64_t{0}, least, most, what);
    if (read) into = static_cast<std::size_t>(*read);
    return read.has_value();
}

bool section::inside(std::string_view key, about const& what, declaration const& declare) {
    if (describes_ != nullptr) {
        section child{describe(key, setting_kind::mapping, what)};
        declare(child);
        return false;
    }
    if (absent(key, what)) return false;
    auto read = reader_->section(key);
    if (!read) return false;
    section child{*read};
    declare(child);
    read->finish();
    return true;
}

bool section::each(std::string_view key, about const& what, declaration const& declare) {
    if (describes_ != nullptr) {
        section child{describe(key, setting_kind::list, what)};
        declare(child);
        return false;
    }
    if (absent(key, what)) return false;
    for (auto& item : reader_->sections(key)) {
        section child{item};
        declare(child);
        item.finish();
    }
    return true;
}

bool section::named(std::string_view key, about const& what, named_declaration const& declare) {
    if (describes_ != nullptr) {
        section child{describe(key, setting_kind::named, what)};
        declare(child, "NAME");
        return false;
    }
    if (absent(key, what)) return false;
    for (auto& [name, item] : reader_->named(key)) {
        if (!is_name(name)) {
            reader_->into().mistake(item.here(), item.path(), fmt::format("\"{}\" cannot be a name", name),
                                    std::string{name_remedy});
        }
        section child{item};
        declare(child, name);
        item.finish();
    }
    return true;
}

node const* section::special(std::string_view key, std::string_view schema, about const& what) {
    if (describes_ != nullptr) {
        describe(key, setting_kind::special, what).schema = schema;
        return nullptr;
    }
    return absent(key, what) ? nullptr : reader_->take(key);
}

void section::unavailable(std::string_view key, std::string remedy) {
    if (describes_ != nullptr) return;
    reader_->hide(key);
    if (reader_->has(key)) reader_->mistake(key, "is not available in this version", std::move(remedy));
}

void section::mistake(std::string_view key, std::string what, std::string remedy) {
    if (reader_ != nullptr) reader_->mistake(key, std::move(what), std::move(remedy));
}

void section::warning(std::string_view key, std::string what, std::string remedy) {
    if (reader_ != nullptr) reader_->warning(key, std::move(what), std::move(remedy));
}

std::optional<std::int64_t> section::read_whole(std::string_view key, std::int64_t fallback,
                                                std::int64_t least, std::int64_t most, about const& what) {
    if (describes_ != nullptr) {
        auto& described = describe(key, setting_kind::whole, what, fmt::format("{}", fallback));
        described.least = least;
        described.most = most;
        return std::nullopt;
    }
    if (absent(key, what)) return std::nullopt;
    return reader_->whole(key, least, most);
}

std::optional<std::chrono::milliseconds> section::read_duration(std::string_view key,
                                                                std::chrono::milliseconds fallback,
                                                                std::chrono::milliseconds least,
                                                                std::chrono::milliseconds most,
                                                                about const& what) {
    if (describes_ != nullptr) {
        auto& described = describe(key, setting_kind::duration, what, to_text(fallback));
        described.least = least.count();
        described.most = most.count();
        return std::nullopt;
    }
    if (absent(key, what)) return std::nullopt;
    return reader_->duration(key, least, most);
}

std::optional<std::size_t> section::read_choice(std::string_view key, std::span<std::string_view const> names,
                                                std::string_view fallback, about const& what) {
    if (describes_ != nullptr) {
        auto& described = describe(key, setting_kind::choice, what, std::string{fallback});
        described.choices.assign(names.begin(), names.end());
        return std::nullopt;
    }
    if (absent(key, what)) return std::nullopt;
    return reader_->choice(key, names);
}

setting& section::describe(std::string_view key, setting_kind kind, about const& what, std::string fallback) {
    auto& described = *describes_->inside.emplace_back(std::make_unique<setting>());
    described.key = key;
    described.kind = kind;
    described.says = what.says;
    described.required = what.is == presence::required;
    if (what.is == presence::borrowable) {
        described.fallback_says = "required";
        return described;
    }
    if (!described.required && what.fallback_says.empty()) described.fallback = std::move(fallback);
    described.fallback_says = what.fallback_says;
    return described;
}

// Whether the key is not there; a mistake when it must be.
bool section::absent(std::string_view key, about const& what) {
    if (reader_->take(key) != nullptr) return false;
    if (what.is != presence::optional) {
        reader_->mistake(key, "is missing",
                         what.example.empty()
                             ? fmt::format("add `{}:`", key)
                             : fmt::format("add it, for example `{}: {}`", key, what.example));
    }
    return true;
}

bool is_name(std::string_view text) noexcept {
    constexpr std::size_t length_max = 63;
    auto const fits = [](char c) { return is_letter_or_digit(c) || c == '-' || c == '_'; };
    return !text.empty() && text.size() <= length_max && is_letter_or_digit(text.front()) &&
           std::ranges::all_of(text, fits);
}

}  // namespace headgate::config
