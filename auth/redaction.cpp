#include "auth/redaction.hpp"

#include "auth/coverage.hpp"
#include "auth/session.hpp"
#include "core/secret.hpp"
#include "json/slices.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace headgate::auth {
namespace {

constexpr std::string_view escaped = "%3Cverified%3E";  // `redacted`, as a target may hold it.

// The place that one value is read from.
struct value_gatherer {
    credential_places& places;
    std::string const* items;  // Where the `each` around this looks; null outside.

    void operator()(header_value const& is) const {
        places.headers.insert(places.headers.end(), is.names.begin(), is.names.end());
    }
    void operator()(query_value const& is) const { places.query.push_back(is.name); }
    void operator()(path_value const& is) const { places.path.push_back(is.name); }
    void operator()(form_value const& is) const { places.form.push_back(is.name); }
    void operator()(json_value const& is) const { add(is.path); }
    void operator()(slice_value const& is) const {
        add(is.if_array);
        add(is.if_object);
    }
    void operator()(body_value const&) const { places.whole_body = true; }
    void operator()(form_sorted_value const&) const { places.whole_body = true; }
    void operator()(digest_value const& is) const {
        if (is.of) std::visit(*this, is.of->is);
    }
    // No parts of a request; or evidence, which is kept; or what stands inside a token.
    void operator()(const_value const&) const {}
    void operator()(method_value const&) const {}
    void operator()(url_value const&) const {}
    void operator()(part_value const&) const {}
    void operator()(param_value const&) const {}
    void operator()(claim_value const&) const {}
    void operator()(secret_value const&) const {}
    void operator()(mac_value const&) const {}

private:
    void add(json_path const& path) const {
        if (path.from == json_path::start::item && items) {
            places.json.push_back({*items, path.pointer});
        } else {
            places.json.push_back({path.pointer});
        }
    }
};

struct gatherer {
    credential_places& places;
    std::string const* items = nullptr;

    void operator()(equal_check const& is) const {
        if (std::holds_alternative<secret_value>(is.a.is)) gather(is.b);
        if (std::holds_alternative<secret_value>(is.b.is)) gather(is.a);
    }
    void operator()(jwt_check const& is) const { gather(is.from); }
    void operator()(session_check const& is) const {
        auto const* token = std::get_if<id_token>(&is.by);
        if (token && token->jwt) std::visit(*this, token->jwt->is);
    }
    void operator()(all_check const& is) const { each_of(is.members); }
    void operator()(any_check const& is) const { each_of(is.members); }
    void operator()(each_check const& is) const {
        if (is.item) std::visit(gatherer{places, &is.in.pointer}, is.item->is);
    }
    void operator()(mac_check const&) const {}
    void operator()(sig_check const&) const {}
    void operator()(peer_check const&) const {}
    void operator()(postback_check const&) const {}

private:
    void gather(value const& from) const { std::visit(value_gatherer{places, items}, from.is); }
    void each_of(std::vector<check> const& members) const {
        for (auto const& member : members) std::visit(*this, member.is);
    }
};

// Of checks that must hold: of two branches nobody knows here which one did.
void gather_believed(check const& is, std::vector<std::string>& told) {
    if (auto const* all = std::get_if<all_check>(&is.is)) {
        for (auto const& member : all->members) gather_believed(member, told);
    }
    auto const* session = std::get_if<session_check>(&is.is);
    auto const* believed = session ? std::get_if<identity_headers>(&session->by) : nullptr;
    if (believed) std::ranges::move(identity_header_names(believed->family), std::back_inserter(told));
}

void gather_covered(check const& is, std::vector<std::string>& told) {
    std::vector<std::string> names{"gap-auth"};
    std::ranges::move(identity_header_names("x-auth-request"), std::back_inserter(names));
    std::ranges::move(identity_header_names("x-forwarded"), std::back_inserter(names));
    for (auto const* family : {"x-auth-request", "x-forwarded"})
        names.push_back(std::string{family} + "-preferred-username");
    for (auto& name : names) {
        if (binds(is, {header_value{.names = {name}, .scheme = {}, .decode = {}}}))
            told.push_back(std::move(name));
    }
}

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

void add_place(std::string_view part, hidden_place::form as, request& to) {
    auto const begin = static_cast<std::size_t>(part.data() - to.body.data());
    to.hidden.push_back({begin, part.size(), as});
}

void hide_in_form(request& verified, std::vector<std::string> const& names) {
    if (media_type(verified.head.fields) != "application/x-www-form-urlencoded") return;
    std::string_view rest = verified.body;
    while (!rest.empty()) {
        auto const item = rest.substr(0, rest.find('&'));
        rest.remove_prefix(std::min(item.size() + 1, rest.size()));
        auto const equals = item.find('=');
        if (equals == std::string_view::npos || !contains(names, decoded_name(item.substr(0, equals))))
            continue;
        add_place(item.substr(equals + 1), hidden_place::form::text, verified);
    }
}

// In order, and of places one inside the other the outer one.
void put_in_order(std::vector<hidden_place>& places) {
    std::ranges::sort(places, [](hidden_place const& a, hidden_place const& b) {
        return a.begin != b.begin ? a.begin < b.begin : a.bytes > b.bytes;
    });
    std::size_t end = 0;
    std::erase_if(places, [&](hidden_place const& place) {
        if (place.begin < end) return true;
        end = place.begin + place.bytes;
        return false;
    });
}

// Rules see the text behind these bytes, where nobody here can look for credentials.
bool is_packed_or_in_wide_characters(request_head const& head) {
    auto const coding = sole_header(head.fields, "content-encoding");
    bool const is_plain =
        count_headers(head.fields, "content-encoding") == 0 || (coding && to_lower(*coding) == "identity");
    // A backslash may be part of the word.
    auto const type = to_lower(sole_header(head.fields, "content-type").value_or(""));
    return !is_plain || type.contains("utf-16") || type.contains("utf16") || type.contains('\\');
}

void hide_in_body(request& verified, credential_places const& places) {
    if (verified.body.empty()) return;
    for (auto const& path : places.json) {
        for (auto const part : json::raw_slices(verified.body, path))
            add_place(part, hidden_place::form::json_value, verified);
    }
    if (!places.form.empty()) hide_in_form(verified, places.form);
    put_in_order(verified.hidden);
    bool const may_hide_unseen =
        (!places.json.empty() || !places.form.empty()) && is_packed_or_in_wide_characters(verified.head);
    bool const is_hidden_whole = places.whole_body || may_hide_unseen;
    if (!is_hidden_whole && verified.hidden.size() <= hidden_places_max) return;
    auto const as = is_hidden_whole ? hidden_place::form::text : verified.hidden.front().as;
    verified.hidden = {{0, verified.body.size(), as}};
}

}  // namespace

credential_places credential_places_of(settings const& source) {
    credential_places places;
    if (source.verify) {
        std::visit(gatherer{places}, source.verify->is);
        gather_believed(*source.verify, places.told);
        gather_covered(*source.verify, places.told);
    }
    for (auto const& shaking : source.handshakes) {
        if (auto const* required = std::get_if<check>(&shaking.require)) {
            std::visit(gatherer{places}, required->is);
        }
    }
    return places;
}

void redact(request& verified, credential_places const& places) {
    std::erase_if(verified.head.fields, [&](header const& line) {
        return is_identity_header(line.name) && !contains(places.told, line.name);
    });
    constexpr std::array<std::string_view, 3> always{"authorization", "proxy-authorization", "cookie"};
    for (auto& line : verified.head.fields) {
        bool const hidden =
            std::ranges::find(always, line.name) != always.end() || contains(places.headers, line.name);
        if (hidden) line.value = redacted;
    }
    if (!places.query.empty() || !places.path.empty()) redact_target(verified, places);
    hide_in_body(verified, places);
}

}  // namespace headgate::auth
