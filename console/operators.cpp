#include "console/operators.hpp"

#include "auth/session.hpp"
#include "core/digest.hpp"
#include "core/log.hpp"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

namespace headgate::console {
namespace {

bool has_mistake(problems const& found, std::size_t from) {
    return std::any_of(found.begin() + static_cast<std::ptrdiff_t>(from), found.end(),
                       [](problem const& each) { return each.weighs == problem::weight::mistake; });
}

void log_refusal(std::string_view name, request_head const& head, error const& why) {
    log_sparingly(
        log_level::warning, "not this operator",
        {{"operator", std::string{name}}, {"peer", head.peer}, {"why", why.message}, {"remedy", why.remedy}});
}

}  // namespace

std::shared_ptr<operators const> operators::make(settings from, problems& found) {
    auto const before = found.size();
    auto made = std::make_shared<operators>();
    made->answer_within_ = from.answer_within;
    for (std::size_t i = 0; i < from.operators.size(); ++i) {
        auto& each = from.operators[i];
        auto const path = "operators[" + std::to_string(i) + "]";
        std::optional<auth::authenticator> sender;
        if (each.sender) {
            sender = auth::authenticator::make(*std::move(each.sender), path, found);
            if (!sender) continue;
            if (sender->uses_values_once()) {
                found.push_back({.path = path + ".verify",
                                 .what = "has a `once`, and nothing is remembered of operators' requests",
                                 .remedy = "remove it"});
            }
        }
        made->all_.push_back({std::move(each.name), each.may, std::move(each.token), std::move(sender)});
    }
    if (has_mistake(found, before)) return nullptr;
    return made;
}

std::vector<auth::authenticator const*> operators::checks() const {
    std::vector<auth::authenticator const*> all;
    for (auto const& each : all_) {
        if (each.sender) all.push_back(&*each.sender);
    }
    return all;
}

operators::one const* operators::by_token(request_head const& head) const {
    auto const header = sole_header(head.fields, "authorization");
    constexpr std::string_view scheme = "bearer ";
    if (!header || to_lower(header->substr(0, scheme.size())) != scheme) return nullptr;
    auto const token = header->substr(scheme.size());
    one const* found = nullptr;
    for (auto const& each : all_) {
        if (!each.token.empty() && same_secret(token, each.token.reveal())) found = &each;
    }
    return found;
}

asio::awaitable<result<asking_operator>> operators::who_asks(request const& incoming,
                                                             auth::fact_finder& facts, deadline until) const {
    if (auto const* found = by_token(incoming.head)) {
        co_return asking_operator{found->name, found->may, {}, {}};
    }
    if (auth::may_be_an_act_of_another_site(incoming.head)) {
        co_return refuse(errc::permission_denied, "another site made your browser send this",
                         "act from a page of this site, or with a token");
    }
    auto refused = errc::unauthenticated;
    std::vector<std::pair<std::string_view, error>> refusals;
    for (auto const& each : all_) {
        if (!each.sender) continue;
        auto const& checks = each.sender->checks();
        auto finding = auth::find_facts(checks, incoming, facts, until);
        auto found = co_await std::move(finding);
        auto judged = checks.verify(incoming, found.known, incoming.received_at);
        if (judged) {
            auto& who = judged->sender;
            auto person = std::move(who.email.empty() ? who.subject : who.email);
            co_return asking_operator{each.name, each.may, std::move(person), std::move(found.known)};
        }
        auto const& why = found.trouble ? *found.trouble : judged.error();
        refusals.emplace_back(each.name, why);
        if (found.trouble) {
            refused = errc::unavailable;
        } else if (why.code == errc::permission_denied && refused != errc::unavailable) {
            refused = errc::permission_denied;
        }
    }
    for (auto const& [name, why] : refusals) log_refusal(name, incoming.head, why);
    if (refused == errc::unavailable)
        co_return refuse(refused, "nobody could say who you are", "come again; the log says what is away");
    if (refused == errc::permission_denied)
        co_return refuse(refused, "you are none of the operators", "see `operators` in the configuration");
    co_return refuse(refused, "no valid token",
                     "send `Authorization: Bearer TOKEN` of an operator, or log in");
}

}  // namespace headgate::console
