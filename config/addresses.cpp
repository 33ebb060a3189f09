#include "config/addresses.hpp"

#include <boost/asio/ip/address.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <vector>

namespace headgate::config {
namespace {

namespace ip = boost::asio::ip;

constexpr std::string_view address_remedy = "write for example 0.0.0.0:8080 or [::1]:8080";

struct host_and_port {
    std::string_view host;  // Without brackets.
    std::string_view port;
    bool bracketed = false;
};

std::optional<host_and_port> split(std::string_view text) {
    auto const colon = text.rfind(':');
    if (colon == std::string_view::npos) return std::nullopt;
    host_and_port parts{.host = text.substr(0, colon), .port = text.substr(colon + 1)};
    parts.bracketed = parts.host.size() > 2 && parts.host.front() == '[' && parts.host.back() == ']';
    if (parts.bracketed) parts.host = parts.host.substr(1, parts.host.size() - 2);
    if (!parts.bracketed && parts.host.contains(':')) return std::nullopt;
    return parts;
}

std::optional<std::uint16_t> port_of(std::string_view text) {
    std::uint16_t port = 0;
    auto const [end, failure] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (failure != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return port;
}

std::optional<ip::address> address_of(std::string_view text) {
    boost::system::error_code failure;
    auto const address = ip::make_address(std::string{text}, failure);
    return failure ? std::nullopt : std::optional{address};
}

bool is_host_name(std::string_view text) {
    constexpr std::size_t length_max = 253;
    auto const fits = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
               c == '.' || c == '_';
    };
    return !text.empty() && text.size() <= length_max && text.front() != '.' && text.front() != '-' &&
           std::ranges::all_of(text, fits);
}

// What is wrong with one segment of a path; a parameter's name is added to `names`.
std::optional<std::string> what_is_wrong_with_segment(std::string_view segment,
                                                      std::vector<std::string_view>& names) {
    if (segment.empty()) return "has an empty segment";
    if (segment == "." || segment == "..") return "has a dot segment";
    if (segment.front() == '{' && segment.back() == '}') {
        auto const name = segment.substr(1, segment.size() - 2);
        auto const fits = [](char c) {
            return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
        };
        if (name.empty() || !std::ranges::all_of(name, fits)) return "has a parameter without a proper name";
        if (std::ranges::find(names, name) != names.end()) return fmt::format("names {{{}}} twice", name);
        names.push_back(name);
        return std::nullopt;
    }
    auto const fits = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view{"-._~!$&'()*+,;=:@"}.contains(c);
    };
    auto const odd = std::ranges::find_if_not(segment, fits);
    if (odd == segment.end()) return std::nullopt;
    return fmt::format("has '{}' in a segment", *odd);
}

}  // namespace

std::optional<complaint> what_is_wrong_with_endpoint(std::string_view text) {
    auto const remedy = std::string{address_remedy};
    auto const parts = split(text);
    if (!parts) {
        auto const alone = address_of(text);
        auto const example = !alone           ? remedy
                             : alone->is_v6() ? fmt::format("write for example [{}]:8080", text)
                                              : fmt::format("write for example {}:8080", text);
        return complaint{fmt::format("\"{}\" has no port", text), example};
    }
    if (!port_of(parts->port)) {
        return complaint{fmt::format("\"{}\" has a port that is not a number from 0 to 65535", text), remedy};
    }
    auto const address = address_of(parts->host);
    if (!address || address->is_v6() != parts->bracketed) {
        return complaint{fmt::format("\"{}\" does not begin with an IP address", text), remedy};
    }
    return std::nullopt;
}

bool is_loopback(std::string_view endpoint) {
    auto const parts = split(endpoint);
    auto const address = parts ? address_of(parts->host) : std::nullopt;
    return address && address->is_loopback();
}

std::optional<complaint> what_is_wrong_with_host_and_port(std::string_view text) {
    auto const remedy = std::string{"write for example temporal:7233"};
    if (text.contains("://")) return complaint{fmt::format("\"{}\" is a URL", text), remedy};
    auto const parts = split(text);
    if (!parts) {
        return complaint{fmt::format("\"{}\" has no port", text),
                         fmt::format("write for example {}:7233", text)};
    }
    auto const port = port_of(parts->port);
    if (!port || *port == 0) {
        return complaint{fmt::format("\"{}\" has a port that is not a number from 1 to 65535", text), remedy};
    }
    bool const host_is_good =
        parts->bracketed ? address_of(parts->host).has_value() : is_host_name(parts->host);
    if (!host_is_good) return complaint{fmt::format("\"{}\" does not begin with a host", text), remedy};
    return std::nullopt;
}

std::optional<complaint> what_is_wrong_with_path(std::string_view text) {
    constexpr std::size_t length_max = 512;
    auto const remedy = std::string{"write for example /webhooks/github or /webhooks/airbyte/{connection}"};
    if (!text.starts_with('/')) return complaint{fmt::format("\"{}\" does not begin with '/'", text), remedy};
    if (text.size() > length_max) return complaint{fmt::format("has more than {} bytes", length_max), remedy};
    std::vector<std::string_view> names;
    auto rest = text.substr(1);
    for (;;) {
        auto const slash = rest.find('/');
        if (auto wrong = what_is_wrong_with_segment(rest.substr(0, slash), names)) {
            return complaint{fmt::format("\"{}\" {}", text, *wrong), remedy};
        }
        if (slash == std::string_view::npos) return std::nullopt;
        rest.remove_prefix(slash + 1);
    }
}

}  // namespace headgate::config
