#include "auth/redaction.hpp"

#include "core/secret.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace headgate::auth {
namespace {

constexpr std::string_view escaped = "%3Cverified%3E";  // `redacted`, as a target may hold it.

void gather(value const& from, credential_places& places) {
    if (auto const* header = std::get_if<header_value>(&from.is)) {
        places.headers.insert(places.headers.end(), header->names.begin(), header->names.end());
    } else if (auto const* query = std::get_if<query_value>(&from.is)) {
        places.query.push_back(query->name);
    } else if (auto const* path = std::get_if<path_value>(&from.is)) {
        places.path.push_back(path->name);
    } else if (auto const* digest = std::get_if<digest_value>(&from.is); digest && digest->of) {
        gather(*digest->of, places);
    }
}

struct gatherer {
    credential_places& places;

    void operator()(equal_check const& is) const {
        if (std::holds_alternative<secret_value>(is.a.is)) gather(is.b, places);
        if (std::holds_alternative<secret_value>(is.b.is)) gather(is.a, places);
    }
    void operator()(jwt_check const& is) const { gather(is.from, places); }
    void operator()(all_check const& is) const { each_of(is.members); }
    void operator()(any_check const& is) const { each_of(is.members); }
    void operator()(each_check const& is) const {
        if (is.item) std::visit(*this, is.item->is);
    }
    void operator()(mac_check const&) const {}
    void operator()(sig_check const&) const {}
    void operator()(peer_check const&) const {}
    void operator()(postback_check const&) const {}

private:
    void each_of(std::vector<check> const& members) const {
        for (auto const& member : members) std::visit(*this, member.is);
    }
};

bool contains(std::vector<std::string> const& names, std::string_view name) {
    return std::ranges::find(names, name) != names.end();
}

// `+` is a blank in the names of a query.
std::string decoded_name(std::string_view written) {
    auto const item = parse_form(std::string{written} + "=");
    return item && item->size() == 1 ? item->front().first : std::string{};
}

std::string redacted_query(std::string_view query, std::vector<std::string> const& names) {
    std::string rewritten;
    while (true) {
        auto const end = query.find('&');
        auto const item = query.substr(0, end);
        auto const equals = item.find('=');
        auto const name = item.substr(0, equals);
        if (equals != std::string_view::npos && contains(names, decoded_name(name))) {
            rewritten.append(name).append("=").append(escaped);
        } else {
            rewritten += item;
        }
        if (end == std::string_view::npos) return rewritten;
        rewritten += '&';
        query.remove_prefix(end + 1);
    }
}

// Every segment that reads as `hidden`: the route's shape is not known here.
std::string redacted_path(std::string_view path, std::string const& hidden) {
    std::string rewritten;
    while (true) {
        auto const end = path.find('/');
        auto const segment = path.substr(0, end);
        if (percent_decode(segment) == hidden) {
            rewritten += escaped;
        } else {
            rewritten += segment;
        }
        if (end == std::string_view::npos) return rewritten;
        rewritten += '/';
        path.remove_prefix(end + 1);
    }
}

void redact_target(request& verified, credential_places const& places) {
    auto& target = verified.head.target;
    auto const mark = target.find('?');
    auto path = target.substr(0, mark);
    for (auto& [name, given] : verified.path_parameters) {
        if (!contains(places.path, name) || given.empty()) continue;
        path = redacted_path(path, given);
        given = redacted;
    }
    auto const query = mark == std::string::npos
                           ? std::string{}
                           : "?" + redacted_query(std::string_view{target}.substr(mark + 1), places.query);
    target = path + query;
}

}  // namespace

credential_places credential_places_of(settings const& source) {
    credential_places places;
    if (source.verify) std::visit(gatherer{places}, source.verify->is);
    for (auto const& shaking : source.handshakes) {
        if (auto const* required = std::get_if<check>(&shaking.require)) {
            std::visit(gatherer{places}, required->is);
        }
    }
    return places;
}

void redact(request& verified, credential_places const& places) {
    constexpr std::array<std::string_view, 3> always{"authorization", "proxy-authorization", "cookie"};
    for (auto& line : verified.head.fields) {
        bool const hidden =
            std::ranges::find(always, line.name) != always.end() || contains(places.headers, line.name);
        if (hidden) line.value = redacted;
    }
    if (!places.query.empty() || !places.path.empty()) redact_target(verified, places);
}

}  // namespace headgate::auth
