#include "auth/allowed_urls.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace headgate::auth {
namespace {

constexpr std::string_view scheme = "https://";
constexpr std::string_view region = "{region}";
constexpr std::size_t region_bytes_max = 32;

bool is_label_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
}

// A name in lower case, and a port where there is one.
bool is_host(std::string_view name) {
    return !name.empty() &&
           std::ranges::all_of(name, [](char c) { return is_label_character(c) || c == '.' || c == ':'; });
}

}  // namespace

allowed_urls::allowed_urls(std::vector<std::string> const& hosts, std::string const& path,
                           std::string const& at, reporter& notes)
    : path_{path} {
    if (hosts.empty()) notes.mistake(at + ".hosts", "allows no host", "write hosts: [api.example.com]");
    for (auto const& one : hosts) {
        auto const place = one.find(region);
        host made{.front = one.substr(0, place), .back = {}, .has_region = place != std::string::npos};
        if (made.has_region) made.back = one.substr(place + region.size());
        if (!is_host(made.front + made.back) || (made.has_region && !made.back.starts_with('.'))) {
            notes.mistake(
                at + ".hosts", fmt::format("\"{}\" is not the name of a host", one),
                "lower-case letters, digits, '-' and '.', and {region} for one label that is not the last");
        }
        hosts_.push_back(std::move(made));
    }
    if (path.empty() || !path_.flaw().empty()) {
        notes.mistake(at + ".path",
                      path.empty() ? "is missing" : "is not a regular expression: " + path_.flaw(),
                      "RE2 syntax, matched against the whole path");
    }
}

bool allowed_urls::host::is(std::string_view name) const {
    if (!has_region) return name == front;
    if (name.size() <= front.size() + back.size() || !name.starts_with(front) || !name.ends_with(back)) {
        return false;
    }
    // "us-gov-west-1"; "s3", which is none, would be whoever has a bucket of that name.
    static pattern const form{"[a-z]{2,}(-[a-z]+)+-[0-9]+"};
    auto const label = name.substr(front.size(), name.size() - front.size() - back.size());
    return label.size() <= region_bytes_max && form.matches(label);
}

bool allowed_urls::allow(std::string_view url) const {
    if (!url.starts_with(scheme)) return false;
    auto const rest = url.substr(scheme.size());
    auto const slash = rest.find('/');
    if (slash == std::string_view::npos) return false;
    auto const path = rest.substr(slash);
    bool const is_plain = std::ranges::all_of(path, [](char c) { return c > ' ' && c < 0x7f; }) &&
                          path.find_first_of("?#%\\@") == std::string_view::npos;
    return is_plain && path_.matches(path) &&
           std::ranges::any_of(hosts_, [&](host const& one) { return one.is(rest.substr(0, slash)); });
}

}  // namespace headgate::auth
