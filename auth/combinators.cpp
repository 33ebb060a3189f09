#include "auth/combinators.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace headgate::auth {
namespace {

void append_name(std::string& names, std::string const& name) {
    if (name.empty()) return;
    if (!names.empty()) names += '+';
    names += name;
}

// Two sessions that have nothing in common to compare are not taken for one person's.
bool is_same_person(person const& one, person const& other) {
    if (!one.email.empty() && !other.email.empty()) return to_lower(one.email) == to_lower(other.email);
    return !one.subject.empty() && one.subject == other.subject;
}

void add(proof& whole, proof part) {
    append_name(whole.verified_by, part.verified_by);
    append_name(whole.key_id, part.key_id);
    if (!whole.about.is_known()) whole.about = std::move(part.about);
    whole.is_logged_in = whole.is_logged_in || part.is_logged_in;
    if (whole.certificate.empty()) whole.certificate = std::move(part.certificate);
    if (!whole.signed_time) whole.signed_time = part.signed_time;
    for (auto const& key : part.keys) {
        if (std::ranges::find(whole.keys, key) == whole.keys.end()) whole.keys.push_back(key);
    }
    std::ranges::move(part.once, std::back_inserter(whole.once));
    std::ranges::move(part.signed_pieces, std::back_inserter(whole.signed_pieces));
}

cost dearest(std::vector<node_ptr> const& members) {
    auto dear = cost::address;
    for (auto const& member : members) dear = std::max(dear, member->costs());
    return dear;
}

bool any_may_need(std::vector<node_ptr> const& members) {
    return std::ranges::any_of(members, [](auto const& member) { return member->may_need(); });
}

bool any_was_given(std::vector<node_ptr> const& members, exam const& of) {
    return std::ranges::any_of(members, [&](auto const& member) { return member->was_given(of); });
}

}  // namespace

all_node::all_node(check const& from, std::string name, std::vector<node_ptr> members)
    : node{from, std::move(name)}, members_{std::move(members)} {
    for (auto const& member : members_) by_cost_.push_back(member.get());
    auto const place = [this](node const* member) {
        return std::ranges::find(members_, member, &node_ptr::get);
    };
    std::ranges::sort(by_cost_, [&](node const* a, node const* b) {
        return a->costs() != b->costs() ? a->costs() < b->costs() : place(a) < place(b);
    });
    for (auto const* member : by_cost_) {
        if (member->costs() == cost::address) ++addresses_;
        if (member->may_need()) last_needy_ = member;
    }
}

bool all_node::may_need() const {
    return last_needy_ != nullptr;
}

bool all_node::was_given(exam const& of) const {
    return any_was_given(members_, of);
}

void all_node::name_keys(std::vector<std::string>& into) const {
    for (auto const& member : members_) member->name_keys(into);
}

cost all_node::costs() const {
    return dearest(members_);
}

std::vector<fetch> all_node::needs(exam& of) const {
    if (!may_need() || !applies(of)) return {};
    // It was asked for because all before it held.
    if (last_needy_->was_given(of)) return last_needy_->needs(of);
    for (std::size_t i = 0; i < by_cost_.size(); ++i) {
        if (i == addresses_ && !check_time(of)) return {};
        auto wanted = by_cost_[i]->needs(of);
        if (!wanted.empty()) return wanted;
        if (by_cost_[i] == last_needy_ || !by_cost_[i]->test(of)) return {};
    }
    return {};
}

result<void> all_node::prove(std::span<node const* const> some, exam& of, proofs& into) const {
    for (auto const* member : some) {
        HEADGATE_TRY(auto shown, member->test(of));
        auto const place = std::ranges::find(members_, member, &node_ptr::get) - members_.begin();
        into[static_cast<std::size_t>(place)] = std::move(shown);
    }
    return {};
}

result<proof> all_node::examine(exam& of) const {
    std::span<node const* const> const in_order{by_cost_};
    proofs shown_by(members_.size());
    auto held = prove(in_order.first(addresses_), of, shown_by);
    if (!held) return std::unexpected{std::move(held).error()};
    HEADGATE_TRY(auto const signed_time, check_time(of));
    held = prove(in_order.subspan(addresses_), of, shown_by);
    if (!held) return std::unexpected{std::move(held).error()};
    proof whole;
    whole.signed_time = signed_time;
    for (auto& shown : shown_by) {
        if (shown->is_logged_in && whole.is_logged_in && !is_same_person(shown->about, whole.about))
            return fails(name() + ": its sessions are of two people");
        add(whole, *std::move(shown));
    }
    if (auto taken = take_once(of, whole); !taken) return std::unexpected{std::move(taken).error()};
    return whole;
}

any_node::any_node(check const& from, std::string name, std::vector<node_ptr> members)
    : node{from, std::move(name)}, members_{std::move(members)} {}

bool any_node::may_need() const {
    return any_may_need(members_);
}

bool any_node::was_given(exam const& of) const {
    return any_was_given(members_, of);
}

void any_node::name_keys(std::vector<std::string>& into) const {
    for (auto const& member : members_) member->name_keys(into);
}

cost any_node::costs() const {
    return dearest(members_);
}

std::vector<fetch> any_node::needs(exam& of) const {
    std::vector<fetch> wanted;
    if (!may_need() || !applies(of) || !check_time(of)) return wanted;
    auto const around = of.token;
    for (auto const& member : members_) {
        if (!member->applies(of)) continue;
        of.token = around;
        wanted = member->needs(of);
        if (!wanted.empty() || member->test(of)) break;  // The later ones are not looked at.
    }
    if (around) of.token = around;
    return wanted;
}

result<proof> any_node::examine(exam& of) const {
    HEADGATE_TRY(auto const signed_time, check_time(of));
    std::string reasons;
    std::string remedy;
    auto code = errc::unauthenticated;
    auto const around = of.token;
    for (auto const& member : members_) {
        if (!member->applies(of)) continue;
        of.token = around;  // A branch reads no claims but its own and those of the `jwt` beside the `any`.
        auto shown = member->test(of);
        if (around) of.token = around;  // Nor does what stands beside the `any` read a branch's.
        if (!shown) {
            if (!reasons.empty()) reasons += "; ";
            reasons += shown.error().message;
            if (remedy.empty()) remedy = std::move(shown.error().remedy);
            if (shown.error().code == errc::permission_denied) code = errc::permission_denied;
            continue;
        }
        if (signed_time) shown->signed_time = signed_time;
        if (auto taken = take_once(of, *shown); !taken) return std::unexpected{std::move(taken).error()};
        return shown;
    }
    if (reasons.empty()) return fails(name() + ": no branch is meant for such a request");
    return refuse(code, std::move(reasons), std::move(remedy));
}

each_node::each_node(check const& from, std::string name, node_ptr item)
    : node{from, std::move(name)}, is_{std::get<each_check>(from.is)}, item_{std::move(item)} {}

result<proof> each_node::examine(exam& of) const {
    HEADGATE_TRY(auto const there, of.json_at(is_.in));
    if (!there || !there->is_array() || there->items().empty()) {
        return fails(
            fmt::format("{}: JSON member {} is no array with something in it", name(), is_.in.pointer));
    }
    auto const items = there->items().size();
    auto const items_max = of.place.limits.each_items_max;
    if (items > items_max) {
        return fails(fmt::format("{}: more than {} items", name(), items_max),
                     "raise limits.each_items_max of the source if the sender makes such batches");
    }
    proof whole;
    for (std::size_t i = 0; i < items; ++i) {
        of.item_pointer = fmt::format("{}/{}", is_.in.pointer, i);
        auto shown = item_->test(of);
        of.item_pointer.clear();
        if (!shown) return while_doing(fmt::format("item {}", i), std::move(shown).error());
        auto part = *std::move(shown);
        if (i > 0) {
            part.verified_by.clear();
            if (part.key_id == whole.key_id) part.key_id.clear();
        }
        add(whole, std::move(part));
    }
    return whole;
}

result<proof> nothing_node::examine(exam&) const {
    return proof{.verified_by = "nothing", .key_id = {}, .signed_time = {}, .once = {}, .signed_pieces = {}};
}

}  // namespace headgate::auth
