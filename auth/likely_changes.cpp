#include "auth/likely_changes.hpp"

#include "json/parse.hpp"
#include "json/write.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

namespace headgate::auth {
namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

std::string_view without_line_ends(std::string_view text) {
    auto const last = text.find_last_not_of("\r\n \t");
    return text.substr(0, last == std::string_view::npos ? 0 : last + 1);
}

std::string with_line_feeds(std::string_view text) {
    std::string changed;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '\r' || i + 1 == text.size() || text[i + 1] != '\n') changed += text[i];
    }
    return changed;
}

// Compact JSON with a blank after each comma and colon, as Python writes it.
std::string spaced(std::string_view compact) {
    std::string wide;
    bool in_text = false;
    for (std::size_t i = 0; i < compact.size(); ++i) {
        wide += compact[i];
        if (compact[i] == '\\' && in_text) wide += compact[++i];
        if (compact[i] == '"') in_text = !in_text;
        if (!in_text && (compact[i] == ',' || compact[i] == ':')) wide += ' ';
    }
    return wide;
}

// Everything beyond ASCII as \uXXXX. `json` is UTF-8, because the parser took it.
std::string in_ascii(std::string_view json) {
    std::string plain;
    for (std::size_t i = 0; i < json.size();) {
        auto const first = static_cast<unsigned char>(json[i]);
        if (first < 0x80) {
            plain += json[i++];
            continue;
        }
        std::size_t const length = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
        auto point = first & (0xFFU >> (length + 1));
        for (std::size_t k = 1; k < length && i + k < json.size(); ++k) {
            point = (point << 6U) | (static_cast<unsigned char>(json[i + k]) & 0x3FU);
        }
        if (point < 0x10000) {
            plain += fmt::format("\\u{:04x}", point);
        } else {
            point -= 0x10000;
            plain += fmt::format("\\u{:04x}\\u{:04x}", 0xD800U + (point >> 10U), 0xDC00U + (point & 0x3FFU));
        }
        i += length;
    }
    return plain;
}

std::string with_slashes_escaped(std::string_view json) {
    std::string escaped;
    for (char const c : json) escaped += c == '/' ? "\\/" : std::string(1, c);
    return escaped;
}

void add_bodies(exam const& of, std::vector<likely_change>& all) {
    auto const& body = of.incoming.body;
    auto const add = [&](std::string_view mistake, std::string changed) {
        if (changed == body) return;
        all.push_back({std::string{mistake}, of.incoming, of.place});
        all.back().incoming.body = std::move(changed);
    };
    add("a line end was added to the body on the way (curl: use --data-binary)",
        std::string{without_line_ends(body)});
    add("a line feed at the end of the body got lost on the way (curl: use --data-binary)", body + "\n");
    add("a line end at the end of the body got lost on the way (curl: use --data-binary)", body + "\r\n");
    add("the line ends of the body were changed on the way", with_line_feeds(body));
    add("the sender signed no body at all: is this its request?", "");
    if (body.starts_with(byte_order_mark)) {
        add("a byte order mark was put before the body on the way", body.substr(byte_order_mark.size()));
    }
    json::arena where;
    auto const parsed = json::parse(body, where, {.depth_max = json::nesting_max});
    if (!parsed) return;
    constexpr std::string_view said =
        "the body was parsed and written anew on the way: sign and send the same bytes";
    auto const compact = json::write(parsed->root);
    for (auto const& written :
         {compact, json::write_indented(parsed->root), spaced(compact), in_ascii(compact),
          in_ascii(spaced(compact)), with_slashes_escaped(in_ascii(compact))}) {
        add(said, written);
    }
}

std::string with_other_scheme(std::string const& url) {
    return url.starts_with("https://") ? "http" + url.substr(5) : "https" + url.substr(4);
}

// Under another name than the one that is configured: what proxies in front say the sender called.
void add_hosts(exam const& of, std::vector<likely_change>& all) {
    auto const& configured = of.place.public_url;
    auto const add = [&](std::string const& url) {
        if (url == configured) return;
        all.push_back({fmt::format("the sender signed {} and not public_url {}", url, configured),
                       of.incoming, of.place});
        all.back().place.public_url = url;
    };
    add(with_other_scheme(configured));
    add(of.place.public_url_ported);
    for (auto const* const name : {"host", "x-forwarded-host", "x-original-host"}) {
        auto const host = sole_header(of.incoming.head.fields, name);
        if (!host) continue;
        for (auto const* const scheme : {"https", "http"}) {
            add(fmt::format("{}://{}", scheme, *host));
        }
    }
}

// Under another path: a proxy took a prefix away, or somebody a slash.
void add_targets(exam const& of, std::vector<likely_change>& all) {
    auto const& head = of.incoming.head;
    auto const add = [&](std::string target) {
        if (target == head.target) return;
        all.push_back({fmt::format("the sender called {} and not {}: does a proxy in front change the path?",
                                   target, head.target),
                       of.incoming, of.place});
        all.back().incoming.head.target = std::move(target);
    };
    for (auto const* const name : {"x-original-uri", "x-forwarded-uri", "x-original-url"}) {
        if (auto const uri = sole_header(head.fields, name)) add(std::string{*uri});
    }
    if (auto const prefix = sole_header(head.fields, "x-forwarded-prefix")) {
        add(std::string{*prefix} + head.target);
    }
    auto const path = std::string{head.path()};
    auto const rest = head.target.substr(path.size());
    add((path.ends_with('/') ? path.substr(0, path.size() - 1) : path + "/") + rest);
    add(path);
}

// A URL that was written into the configuration by hand.
void add_params(exam const& of, std::vector<likely_change>& all) {
    for (auto const& [name, values] : of.place.params) {
        if (values.size() != 1 || !values.front().starts_with("http")) continue;
        auto const& written = values.front();
        auto const other_end = written.ends_with('/') ? written.substr(0, written.size() - 1) : written + "/";
        for (auto const& url : {other_end, with_other_scheme(written), with_other_scheme(other_end)}) {
            all.push_back({fmt::format("the sender signed {} and not the param {}, {}", url, name, written),
                           of.incoming, of.place});
            all.back().place.params[name] = {url};
        }
    }
}

}  // namespace

std::vector<likely_change> likely_changes(exam const& of) {
    std::vector<likely_change> all;
    add_bodies(of, all);
    add_params(of, all);
    if (of.place.public_url.empty()) return all;
    add_hosts(of, all);
    add_targets(of, all);
    return all;
}

}  // namespace headgate::auth
