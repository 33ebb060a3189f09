#include "gateway/fetches.hpp"

#include "core/run_on.hpp"
#include "gateway/counted_in.hpp"
#include "gateway/newcomers.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>

namespace headgate::gateway {
namespace {

using kind = auth::fetch_rule::kind;

}  // namespace

// All of one rule: a key set, what requests have named, or what is being asked.
struct fetches::group {
    group(auth::fetch_rule of, metrics& all_counts)
        : rule{std::move(of)}, counts{counts_of(rule, all_counts)}, unknown{rule.interval} {}

    auth::fetch_rule const rule;
    fetch_counts const counts;

    // Under the guard.
    std::vector<published_fact::ptr> all;
    bool is_over = false;
    std::string trouble;  // Of the last answer; empty where it came.

    // On the executor alone.
    newcomers unknown;
    std::size_t asking = 0;  // Answers that are being waited for.
};

fetches::fetches(asio::any_io_executor executor, metrics& counts)
    : executor_{std::move(executor)}, counts_{counts}, fetching_{executor_} {}

fetches::~fetches() = default;

void fetches::use(std::vector<auth::fetch_rule> wanted) {
    std::vector<group_ptr> next;
    for (auto& each : wanted) {
        bool const twice = std::ranges::any_of(next, [&](auto const& one) { return one->rule == each; });
        if (twice) continue;
        auto known = group_of(each);
        if (!known) {
            known = std::make_shared<group>(std::move(each), counts_);
            if (known->rule.what == kind::key_set)
                known->all.push_back(begin(*known, "", auth::question_for(known->rule)));
        }
        next.push_back(std::move(known));
    }
    std::vector<published_fact::ptr> gone;
    {
        std::lock_guard const hold{guard_};
        for (auto const& each : groups_) {
            if (std::ranges::find(next, each) != next.end()) continue;
            each->is_over = true;
            gone.insert(gone.end(), each->all.begin(), each->all.end());
        }
        groups_ = std::move(next);
    }
    for (auto const& each : gone) each->end();
}

asio::awaitable<void> fetches::stop() {
    use({});
    fetching_.cancel();
    auto joining = fetching_.join();
    co_await std::move(joining);
}

published_fact::ptr fetches::begin(group& of, std::string name, auth::outgoing asks) {
    auto const what = "fetch of " + asks.url;
    auto made =
        std::make_shared<published_fact>(of.rule, std::move(name), std::move(asks), executor_, of.counts);
    fetching_.spawn(what, published_fact::keep_fresh(made));
    return made;
}

fetches::group_ptr fetches::group_of(auth::fetch_rule const& wanted) const {
    std::lock_guard const hold{guard_};
    auto const place = std::ranges::find_if(groups_, [&](auto const& each) { return each->rule == wanted; });
    return place == groups_.end() ? nullptr : *place;
}

published_fact::ptr fetches::known(group const& of, std::string const& name) const {
    std::lock_guard const hold{guard_};
    auto const is_it = [&](published_fact::ptr const& one) {
        return of.rule.what == kind::key_set || (one->name() == name && !one->is_over());
    };
    auto const place = std::ranges::find_if(of.all, is_it);
    return place == of.all.end() ? nullptr : *place;
}

asio::awaitable<fetches::found> fetches::find(auth::wanted_fact wanted, deadline until) {
    auto const of = group_of(*wanted.from);
    if (!of) co_return refuse(errc::unavailable, "the configuration does not ask for this any more");
    // On the executor: trusting the system's authorities means reading them, which no worker should wait for.
    if (of->rule.what == kind::answer) {
        auto asking = run_on(executor_, answer(of, std::move(wanted), until));
        co_return co_await std::move(asking);
    }
    if (auto const one = known(*of, wanted.name)) {
        if (auto settled = one->settled(wanted.name)) co_return *std::move(settled);
    }
    auto asking = run_on(executor_, ask(of, std::move(wanted), until));
    co_return co_await std::move(asking);
}

// On the executor. A token's name is ours; the others are what a request says.
result<published_fact::ptr> fetches::kept_for(group& of, auth::wanted_fact const& wanted) {
    if (auto there = known(of, wanted.name)) return there;
    if (of.rule.what == kind::token) return begin_one_more(of, wanted.name, wanted.asks);
    auto const now = published_fact::clock::now();
    forget_nobodys(of, now);
    auto next = of.unknown.next({wanted.name, wanted.asks}, now);
    bool const is_this = next && next->name == wanted.name;
    if (next) {
        auto begun = begin_one_more(of, std::move(next->name), std::move(next->asks));
        if (is_this || !begun) return begun;
    }
    return refuse(errc::unavailable, "a request names a key that is not known, and another was just fetched",
                  "is it a flood of made-up names? the one that comes most often is fetched next: see "
                  "`interval`");
}

void fetches::forget_nobodys(group& of, published_fact::clock::time_point now) const {
    std::lock_guard const hold{guard_};
    std::erase_if(of.all, [&](auto const& one) {
        if (!one->is_nobodys()) return false;
        of.unknown.forbid(one->name(), now);
        return true;
    });
}

// On the executor.
result<published_fact::ptr> fetches::begin_one_more(group& of, std::string name, auth::outgoing asks) {
    std::lock_guard const hold{guard_};
    if (of.is_over) return refuse(errc::unavailable, "the configuration does not ask for this any more");
    std::erase_if(of.all, [&](auto const& one) {
        if (one->is_refused()) of.unknown.put_behind(one->name(), published_fact::clock::now());
        return one->is_over();
    });
    if (of.rule.what != kind::token && of.all.size() >= of.rule.names_max) {
        auto const oldest = std::ranges::min_element(of.all, {}, &published_fact::used_at);
        (*oldest)->end();
        of.all.erase(oldest);
    }
    return of.all.emplace_back(begin(of, std::move(name), std::move(asks)));
}

// On the executor.
asio::awaitable<fetches::found> fetches::ask(group_ptr of, auth::wanted_fact wanted, deadline until) {
    HEADGATE_CO_TRY(auto const one, kept_for(*of, wanted));
    auto asking = published_fact::ask(one, std::move(wanted.name), until);
    co_return co_await std::move(asking);
}

// On the executor. Whatever goes wrong is our own trouble: it forbids the sender nothing.
asio::awaitable<fetches::found> fetches::answer(group_ptr of, auth::wanted_fact wanted, deadline until) {
    if (of->asking >= of->rule.names_max) {
        of->counts.unknown.add();
        co_return refuse(errc::unavailable, "too many questions to the sender are waiting for their answers",
                         "is the sender slow? see at_once_max");
    }
    counted_in const counting{of->asking};
    auto asking = fetch_once(of->rule, wanted.asks, until);
    auto got = co_await std::move(asking);
    (got ? of->counts.worked : of->counts.of(got.error())).add();
    note_trouble(*of, got ? "" : got.error().message);
    if (got) co_return std::move(got->what);
    if (got.error().code == errc::unauthenticated && wanted.token) reject_token(wanted);
    co_return refuse(errc::unavailable, std::move(got.error().message), std::move(got.error().remedy));
}

void fetches::note_trouble(group& of, std::string why) const {
    std::lock_guard const hold{guard_};
    of.trouble = std::move(why);
}

void fetches::reject_token(auth::wanted_fact const& shown) const {
    auto const of = group_of(*shown.token_from);
    if (!of) return;
    std::lock_guard const hold{guard_};
    for (auto const& one : of->all) one->reject(shown.token);
}

std::vector<std::pair<std::string, std::string>> fetches::troubles() const {
    std::lock_guard const hold{guard_};
    std::vector<std::pair<std::string, std::string>> all;
    for (auto const& each : groups_) {
        if (!each->trouble.empty()) all.emplace_back(each->rule.url, each->trouble);
        for (auto const& one : each->all) {
            if (auto why = one->trouble(); !why.empty()) all.emplace_back(one->url(), std::move(why));
        }
    }
    return all;
}

asio::awaitable<result<auth::fact>> fetch_fact(auth::fetch_rule by, auth::outgoing asks) {
    auto asking = fetch_once(std::move(by), std::move(asks), deadline::max());
    auto got = co_await std::move(asking);
    if (got) co_return std::move(got->what);
    co_return refuse(errc::unavailable, std::move(got.error().message), std::move(got.error().remedy));
}

}  // namespace headgate::gateway
