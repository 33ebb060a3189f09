#include "auth/coverage.hpp"

#include "auth/session.hpp"
#include "core/network.hpp"

#include <algorithm>
#include <vector>

namespace headgate::auth {
namespace {

bool same_path(json_path const& a, json_path const& b) {
    return a.pointer == b.pointer && a.from == b.from;
}

template <class Kind>
Kind const* as(value const& v) {
    return std::get_if<Kind>(&v.is);
}

bool is_whole_body(value const& v) {
    if (as<body_value>(v)) return true;
    auto const* slice = as<slice_value>(v);
    auto const whole = [](json_path const& path) {
        return path.pointer.empty() && path.from == json_path::start::document;
    };
    return slice && whole(slice->if_array) && whole(slice->if_object);
}

bool is_part_of_body(value const& v) {
    return is_whole_body(v) || as<json_value>(v) || as<slice_value>(v) || as<form_value>(v) ||
           as<form_sorted_value>(v);
}

bool binds_value(value const& is_signed, value const& wanted) {
    if (same(is_signed, wanted)) return true;
    if (is_whole_body(is_signed)) return is_part_of_body(wanted);
    if (as<form_sorted_value>(is_signed)) return as<form_value>(wanted);
    if (as<url_value>(is_signed)) return as<query_value>(wanted) || as<path_value>(wanted);
    // A checksum can be forged, so it binds nothing.
    auto const* digest = as<digest_value>(is_signed);
    return digest && digest->of && digest->algorithm != hash_name::crc32 && binds_value(*digest->of, wanted);
}

bool lines_bind(lines_content const& lines, value const& wanted) {
    auto const* member = as<json_value>(wanted);
    if (!member || member->path.from != json_path::start::document || lines.lists.empty()) return false;
    return std::ranges::all_of(lines.lists, [&](auto const& list) {
        return std::ranges::any_of(list.second, [&](line_member const& line) {
            return !line.optional && "/" + line.name == member->path.pointer;
        });
    });
}

bool content_binds(content const& signs, value const& wanted) {
    if (auto const* sequence = std::get_if<values>(&signs)) {
        return std::ranges::any_of(*sequence, [&](auto const& item) { return binds_value(item, wanted); });
    }
    if (auto const* joined = std::get_if<join_content>(&signs)) {
        return std::ranges::any_of(joined->items,
                                   [&](auto const& item) { return binds_value(item.item, wanted); });
    }
    return lines_bind(std::get<lines_content>(signs), wanted);
}

coverage content_binding(content const& signs) {
    if (content_binds(signs, {body_value{}})) return coverage::full;
    if (std::holds_alternative<lines_content>(signs)) return coverage::partial;
    auto const some = [](value const& item) {
        if (as<form_sorted_value>(item)) return coverage::full;
        return is_part_of_body(item) ? coverage::partial : coverage::none;
    };
    auto most = coverage::none;
    if (auto const* sequence = std::get_if<values>(&signs)) {
        for (auto const& item : *sequence) most = std::max(most, some(item));
    } else if (auto const* joined = std::get_if<join_content>(&signs)) {
        for (auto const& item : joined->items) most = std::max(most, some(item.item));
    }
    return most;
}

// `all` with a signature over a value, and that value equal to the body's digest: the body is bound.
bool binds_body_by_digest(all_check const& all) {
    return std::ranges::any_of(all.members, [&](check const& member) {
        auto const* compared = std::get_if<equal_check>(&member.is);
        if (!compared) return false;
        auto const is_body_digest = [](value const& v) {
            auto const* digest = as<digest_value>(v);
            return digest && digest->algorithm == hash_name::sha256 && is_whole_body(*digest->of);
        };
        auto const is_bound = [&](value const& v) {
            return std::ranges::any_of(all.members, [&](check const& other) { return binds(other, v); });
        };
        return (is_body_digest(compared->a) && is_bound(compared->b)) ||
               (is_body_digest(compared->b) && is_bound(compared->a));
    });
}

// Whether the sender, when it is asked, sees the value and so vouches for it.
bool sends(postback_check const& is, value const& wanted) {
    auto const has = [&](values const& parts) {
        return std::ranges::any_of(parts, [&](value const& part) { return binds_value(part, wanted); });
    };
    return has(is.body) || std::ranges::any_of(is.json, [&](auto const& one) { return has(one.parts); });
}

struct binding {
    coverage operator()(mac_check const& is) const { return content_binding(is.signs); }
    coverage operator()(sig_check const& is) const { return content_binding(is.signs); }
    coverage operator()(jwt_check const& is) const {
        return is.binds_body && is.binds_body->algorithm != hash_name::crc32 ? coverage::full
                                                                             : coverage::none;
    }
    coverage operator()(equal_check const&) const { return coverage::none; }
    coverage operator()(peer_check const&) const { return coverage::none; }
    coverage operator()(session_check const& is) const {
        if (std::holds_alternative<gap_signature>(is.by)) return content_binding(gap_content());
        auto const* token = std::get_if<id_token>(&is.by);
        return token && token->jwt ? binding_of(*token->jwt) : coverage::none;
    }
    coverage operator()(postback_check const& is) const {
        return sends(is, {body_value{}}) ? coverage::full : coverage::none;
    }
    coverage operator()(all_check const& is) const {
        if (binds_body_by_digest(is)) return coverage::full;
        auto most = coverage::none;
        for (auto const& member : is.members) most = std::max(most, binding_of(member));
        return most;
    }
    coverage operator()(any_check const& is) const {
        auto least = is.members.empty() ? coverage::none : coverage::full;
        for (auto const& member : is.members) least = std::min(least, binding_of(member));
        return least;
    }
    coverage operator()(each_check const& is) const {
        return is.item ? std::min(coverage::partial, binding_of(*is.item)) : coverage::none;
    }
};

struct value_binding {
    value const& wanted;

    bool operator()(mac_check const& is) const { return content_binds(is.signs, wanted); }
    bool operator()(sig_check const& is) const { return content_binds(is.signs, wanted); }
    bool operator()(jwt_check const& is) const {
        return as<claim_value>(wanted) != nullptr || (is.binds_body && is_part_of_body(wanted));
    }
    bool operator()(equal_check const&) const { return false; }
    bool operator()(peer_check const&) const { return false; }
    bool operator()(session_check const& is) const {
        if (std::holds_alternative<gap_signature>(is.by)) return content_binds(gap_content(), wanted);
        auto const* token = std::get_if<id_token>(&is.by);
        return token && token->jwt && binds(*token->jwt, wanted);
    }
    bool operator()(postback_check const& is) const { return sends(is, wanted); }
    bool operator()(all_check const& is) const {
        if (is_part_of_body(wanted) && binds_body_by_digest(is)) return true;
        return std::ranges::any_of(is.members, [&](auto const& member) { return binds(member, wanted); });
    }
    bool operator()(any_check const& is) const {
        return !is.members.empty() &&
               std::ranges::all_of(is.members, [&](auto const& member) { return binds(member, wanted); });
    }
    bool operator()(each_check const&) const { return false; }
};

bool lets_everybody_in(std::string const& range) {
    auto const parsed = network::parse(range);
    return parsed && parsed->is_everybody();
}

struct sender_proof {
    bool when_asked = true;  // Whether a sender that is asked counts.

    bool operator()(check const& is) const { return std::visit(*this, is.is); }
    bool operator()(mac_check const&) const { return true; }
    bool operator()(sig_check const&) const { return true; }
    bool operator()(jwt_check const&) const { return true; }
    bool operator()(equal_check const& is) const {
        return as<secret_value>(is.a) != nullptr || as<secret_value>(is.b) != nullptr;
    }
    bool operator()(peer_check const& is) const {
        // Anybody may come through a proxy.
        bool const by_proxy_alone = is.cidrs.empty() && !is.proxies.empty();
        return is.mtls || (!by_proxy_alone && std::ranges::none_of(is.cidrs, lets_everybody_in));
    }
    bool operator()(session_check const&) const { return true; }
    bool operator()(postback_check const&) const { return when_asked; }
    bool operator()(all_check const& is) const { return std::ranges::any_of(is.members, *this); }
    bool operator()(any_check const& is) const {
        return !is.members.empty() && std::ranges::all_of(is.members, *this);
    }
    bool operator()(each_check const& is) const { return is.item && (*this)(*is.item); }
};

// Leaves of several lists of signed members the one that these requests choose.
void narrow(content& signs, guard const& when) {
    auto* const lines = std::get_if<lines_content>(&signs);
    if (!lines || !lines->chosen_by) return;
    for (auto const& [path, chosen] : when.json) {
        if (!same_path(path, *lines->chosen_by)) continue;
        std::erase_if(lines->lists, [&](auto const& list) { return list.first != chosen; });
    }
}

void narrow(check& is, guard const& when) {
    if (auto* mac = std::get_if<mac_check>(&is.is)) narrow(mac->signs, when);
    if (auto* sig = std::get_if<sig_check>(&is.is)) narrow(sig->signs, when);
    auto* const all = std::get_if<all_check>(&is.is);
    auto* const any = std::get_if<any_check>(&is.is);
    if (all) std::ranges::for_each(all->members, [&](check& member) { narrow(member, when); });
    if (any) std::ranges::for_each(any->members, [&](check& member) { narrow(member, when); });
}

struct sameness {
    template <class A, class B>
    bool operator()(A const&, B const&) const {
        return false;
    }
    bool operator()(body_value const&, body_value const&) const { return true; }
    bool operator()(method_value const&, method_value const&) const { return true; }
    bool operator()(path_value const& a, path_value const& b) const { return a.name == b.name; }
    bool operator()(header_value const& a, header_value const& b) const {
        return a.names == b.names && a.scheme == b.scheme && a.decode == b.decode;
    }
    bool operator()(query_value const& a, query_value const& b) const { return a.name == b.name; }
    bool operator()(json_value const& a, json_value const& b) const { return same_path(a.path, b.path); }
    bool operator()(form_value const& a, form_value const& b) const { return a.name == b.name; }
    bool operator()(part_value const& a, part_value const& b) const { return a.name == b.name; }
    bool operator()(claim_value const& a, claim_value const& b) const { return a.name == b.name; }
};

}  // namespace

bool same(value const& a, value const& b) {
    return std::visit(sameness{}, a.is, b.is);
}

bool binds(check const& by, value const& wanted) {
    return std::visit(value_binding{wanted}, by.is);
}

bool binds(check const& by, value const& wanted, guard const& when) {
    auto narrowed = by;
    narrow(narrowed, when);
    return binds(narrowed, wanted);
}

coverage binding_of(check const& by) {
    // A signed request without a body has nothing left to bind.
    bool const no_body = by.when && by.when->body_empty.value_or(false);
    bool const is_signature =
        std::holds_alternative<mac_check>(by.is) || std::holds_alternative<sig_check>(by.is);
    if (no_body && is_signature) return coverage::full;
    return std::visit(binding{}, by.is);
}

bool limits_who_connects(peer_check const& by) {
    auto const limits = [](auto const& ranges) {
        return !ranges.empty() && !std::ranges::any_of(ranges, lets_everybody_in);
    };
    return by.mtls || limits(by.cidrs) || limits(by.proxies);
}

bool proves_sender(check const& by) {
    return sender_proof{}(by);
}

bool proves_sender_unasked(check const& by) {
    return sender_proof{.when_asked = false}(by);
}

}  // namespace headgate::auth
