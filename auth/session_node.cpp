#include "auth/session_node.hpp"

#include "auth/session.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace headgate::auth {
namespace {

bool is_one_of(std::vector<std::string> const& wanted, std::string const& text) {
    return std::ranges::any_of(wanted, [&](auto const& each) { return to_lower(each) == text; });
}

// What stands after the only '@'; empty where there is none, or nothing before it.
std::string domain_of(std::string const& email) {
    auto const at = email.find('@');
    if (at == 0 || at == std::string::npos || email.find('@', at + 1) != std::string::npos) return {};
    return email.substr(at + 1);
}

// Known to us, and still not let in: another answer than to a stranger, so that nobody is sent to log in for
// ever. The gateway tells a sender neither.
std::unexpected<error> forbids(std::string what, std::string remedy) {
    return refuse(errc::permission_denied, std::move(what), std::move(remedy));
}

// The proxy signs the lines of this family that it was told not to set as well, with what the browser wrote
// in them. Gap-Auth it always writes itself: the address of the session, or else its user.
result<person> signed_person(headers const& fields) {
    HEADGATE_TRY(auto who, person_in(fields, "x-forwarded"));
    auto const& name = who.email.empty() ? who.subject : who.email;
    if (sole_header(fields, "gap-auth").value_or("") != name) {
        return fails("gap-auth names somebody else than the headers beside it",
                     "set prefer_email_to_user = false there");
    }
    return who;
}

}  // namespace

session_node::session_node(check const& from, std::string name)
    : node{from, std::move(name)}, is_{std::get<session_check>(from.is)} {}

result<proof> session_node::examine(exam& of) const {
    auto shown = find_person(of);
    auto held = shown ? check_person(shown->about) : result<void>{};
    if (held && may_be_an_act_of_another_site(of.incoming.head))
        held = forbids("another site made the browser send this", "send it from a page of this site");
    if (!held) shown = while_doing(name(), std::move(held).error());
    if (!shown) {
        note(of, "verdict", false, shown.error().message, shown.error().remedy);
        return shown;
    }
    if (of.findings) {
        auto const& about = shown->about;
        note(of, "session", true, "it is " + (about.email.empty() ? about.subject : about.email));
    }
    shown->is_logged_in = true;
    return shown;
}

result<void> session_node::check_person(person const& about) const {
    if (!about.is_known()) return fails("it does not say who is logged in");
    bool const is_in = is_.groups.empty() || std::ranges::any_of(about.groups, [&](auto const& group) {
                           return std::ranges::find(is_.groups, group) != is_.groups.end();
                       });
    if (!is_in) return forbids("whoever is logged in is in none of the groups", "see `groups`");
    auto const email = to_lower(about.email);
    if (!is_.emails.empty() && !is_one_of(is_.emails, email))
        return forbids("whoever is logged in has none of the addresses", "see `emails`");
    if (!is_.domains.empty() && !is_one_of(is_.domains, domain_of(email)))
        return forbids("whoever is logged in has an address in none of the domains", "see `domains`");
    return {};
}

asked_session::asked_session(check const& from, std::string name)
    : session_node{from, std::move(name)}, proxy_{std::get<session_proxy>(is_.by)} {}

bool asked_session::was_given(exam const& of) const {
    return of.known.sessions.contains(&proxy_);
}

std::vector<fetch> asked_session::needs(exam& of) const {
    if (was_given(of) || !applies(of)) return {};
    auto cookies = session_cookies(of.incoming.head.fields, proxy_.cookie);
    if (!cookies || !*cookies) return {};
    return {wanted_session{&proxy_, **std::move(cookies)}};
}

result<proof> asked_session::find_person(exam& of) const {
    auto who = ask(of);
    if (!who) return while_doing(name(), std::move(who).error());
    return proof{.verified_by = "session", .key_id = {}, .about = *std::move(who)};
}

result<person> asked_session::ask(exam const& of) const {
    HEADGATE_TRY(auto const cookies, session_cookies(of.incoming.head.fields, proxy_.cookie));
    if (!cookies) return fails(fmt::format("there is no cookie {}", proxy_.cookie), "log in first");
    auto const known = of.known.sessions.find(&proxy_);
    if (known == of.known.sessions.end() || !known->second) return fails("the proxy could not be asked");
    auto const& found = *known->second;
    switch (found.is) {
        case session::state::none: return fails("the proxy knows no such session", "log in again");
        case session::state::forbidden:
            return forbids("the proxy lets this session not in", "see the allowed_… in the URL of `ask`");
        case session::state::good: break;
    }
    if (found.who.is_known()) return found.who;
    return fails("the proxy lets it pass without saying who it is",
                 "set set_xauthrequest = true there; is the path or the address exempt from its login?");
}

told_session::told_session(check const& from, std::string name, peer_beside peer)
    : session_node{from, std::move(name)}, told_{std::get<identity_headers>(is_.by)}, peer_{peer} {}

result<proof> told_session::find_person(exam& of) const {
    auto who = read(of);
    if (!who) return while_doing(name(), std::move(who).error());
    return proof{.verified_by = "session", .key_id = {}, .about = *std::move(who)};
}

result<person> told_session::read(exam const& of) const {
    if (!of.incoming.head.proxy.empty() && peer_ != peer_beside::proxy) {
        return fails("a trusted proxy passed it on, and the `peer` beside this looks at the sender alone",
                     fmt::format("write peer: {{proxy: [{}]}} if that one may say who is logged in",
                                 of.incoming.head.proxy));
    }
    return person_in(of.incoming.head.fields, told_.family);
}

proven_session::proven_session(check const& from, std::string name, check_ptr proof_by, node_ptr inner)
    : session_node{from, std::move(name)}, proof_by_{std::move(proof_by)}, inner_{std::move(inner)} {}

std::vector<fetch> proven_session::needs(exam& of) const {
    if (!applies(of)) return {};
    return inner_->needs(of);
}

result<proof> proven_session::find_person(exam& of) const {
    HEADGATE_TRY(auto shown, inner_->test(of));
    if (std::holds_alternative<gap_signature>(is_.by)) {
        auto who = signed_person(of.incoming.head.fields);
        if (!who) return while_doing(name(), std::move(who).error());
        shown.about = *std::move(who);
        shown.about.groups.clear();  // They are not signed.
    }
    shown.verified_by = "session+" + shown.verified_by;
    return shown;
}

}  // namespace headgate::auth
