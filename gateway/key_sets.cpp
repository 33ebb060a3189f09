#include "gateway/key_sets.hpp"

#include "core/log.hpp"
#include "core/run_on.hpp"
#include "http/client.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <optional>
#include <set>
#include <string_view>

namespace headgate::gateway {
namespace {

using clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr std::size_t refuted_max = 1'000;
constexpr auto as_values = asio::as_tuple(asio::use_awaitable);

struct fetched {
    std::shared_ptr<auth::key_set const> keys;
    std::optional<milliseconds> lifetime;  // As the answer says.
};

// `max-age` of Cache-Control (RFC 9111, 5.2.2.1).
std::optional<milliseconds> lifetime_of(headers const& fields) {
    auto const line = sole_header(fields, "cache-control");
    if (!line) return std::nullopt;
    constexpr std::string_view name = "max-age=";
    auto const at = line->find(name);
    if (at == std::string_view::npos) return std::nullopt;
    auto const digits = line->substr(at + name.size());
    unsigned seconds = 0;
    auto const read = std::from_chars(digits.data(), digits.data() + digits.size(), seconds);
    if (read.ec != std::errc{}) return std::nullopt;
    return milliseconds{std::int64_t{seconds} * 1000};
}

asio::awaitable<result<fetched>> fetch_one(auth::jwks_url from) {
    http::client_request asked{.url = from.url,
                               .fields = {{"accept", "application/json"}},
                               .certificate_authorities = from.certificate_authorities,
                               .response_bytes_max = from.bytes_max};
    auto asking = http::fetch(std::move(asked), from_now(from.fetch_within));
    HEADGATE_CO_TRY(auto const answer, co_await std::move(asking));
    if (answer.status != 200) {
        co_return refuse(errc::unavailable, fmt::format("{} answers {}", from.url, answer.status),
                         "a redirect is not followed: name the URL where the keys are");
    }
    auto keys = auth::read_jwks(answer.body);
    if (!keys) co_return while_doing(from.url, std::move(keys).error());
    co_return fetched{std::make_shared<auth::key_set const>(*std::move(keys)), lifetime_of(answer.fields)};
}

}  // namespace

struct key_sets::kept {
    kept(auth::jwks_url of, asio::any_io_executor const& executor, metrics& counts)
        : from{std::move(of)},
          woken{executor},
          changed{executor},
          worked{counter_of(counts, "ok")},
          failed{counter_of(counts, "failed")} {
        changed.expires_at(asio::steady_timer::time_point::max());
    }

    [[nodiscard]] counter& counter_of(metrics& counts, char const* result) const {
        return counts.make_counter("headgate_key_set_fetches_total", "Fetches of issuers' key sets.",
                                   {{"url", from.url}, {"result", result}});
    }

    // What can be said without a fetch; nothing when one is worth waiting for. Under the guard.
    [[nodiscard]] std::optional<found> settled(std::string_view key_id, clock::time_point now) const {
        if (is_usable(now) && (keys->knows(key_id) || refuted.contains(key_id))) return keys;
        bool const may_fetch = is_fetching || now - tried_at >= from.interval;
        if (may_fetch && !is_over) return std::nullopt;
        return undecided(now);
    }

    // The issuer may have made a key since it was last asked: only an answer of its own refutes an id.
    [[nodiscard]] found undecided(clock::time_point now) const {
        if (is_usable(now))
            return refuse(errc::unavailable,
                          "a token names a key that the issuer did not have when it was last asked",
                          "it is asked again at most once in `interval`: " + from.url);
        return refuse(errc::unavailable, "the keys of the issuer are not known: " + trouble,
                      "see whether it can be reached: " + from.url);
    }

    // An answer that worked did not have it. Under the guard.
    void note_unknown(std::string key_id) {
        bool const is_refuted = !is_troubled && keys && !keys->knows(key_id) && refuted.size() < refuted_max;
        if (is_refuted) refuted.insert(std::move(key_id));
    }

    [[nodiscard]] bool is_usable(clock::time_point now) const {
        return keys && now - fetched_at <= from.stale;
    }

    void tell_that_a_fetch_ended() {
        ++fetches;
        changed.cancel();
    }

    auth::jwks_url const from;

    // On the executor alone.
    asio::steady_timer woken;    // The fetching coroutine waits here, until its next fetch or until asked.
    asio::steady_timer changed;  // Those who asked wait here: cancelled after every fetch.
    std::uint64_t fetches = 0;   // That ended.
    bool is_asked = false;
    counter& worked;
    counter& failed;

    // Under the guard.
    std::shared_ptr<auth::key_set const> keys;
    std::set<std::string, std::less<>> refuted;  // Ids that were asked for, and that `keys` has not.
    clock::time_point fetched_at;
    clock::time_point tried_at;
    bool is_fetching = true;  // The first one begins at once.
    bool is_over = false;
    std::string trouble = "no fetch has ended yet";
    bool is_troubled = false;
};

key_sets::key_sets(asio::any_io_executor executor, metrics& counts)
    : executor_{std::move(executor)}, counts_{counts}, fetching_{executor_} {}

key_sets::~key_sets() = default;

void key_sets::use(std::vector<auth::jwks_url> wanted) {
    std::vector<kept_ptr> next;
    std::vector<kept_ptr> fresh;
    for (auto const& each : wanted) {
        bool const twice = std::ranges::any_of(next, [&](auto const& one) { return one->from == each; });
        if (twice) continue;
        auto known = kept_of(each);
        if (!known) fresh.push_back(known = std::make_shared<kept>(each, executor_, counts_));
        next.push_back(std::move(known));
    }
    std::vector<kept_ptr> gone;
    {
        std::lock_guard const hold{guard_};
        for (auto const& each : all_) {
            if (std::ranges::find(next, each) != next.end()) continue;
            each->is_over = true;
            gone.push_back(each);
        }
        all_ = std::move(next);
    }
    for (auto const& each : gone) each->woken.cancel();
    for (auto& each : fresh) fetching_.spawn("keys of " + each->from.url, keep_fresh(each));
}

asio::awaitable<void> key_sets::stop() {
    use({});
    fetching_.cancel();
    auto joining = fetching_.join();
    co_await std::move(joining);
}

key_sets::kept_ptr key_sets::kept_of(auth::jwks_url const& wanted) const {
    std::lock_guard const hold{guard_};
    auto const place = std::ranges::find_if(all_, [&](auto const& each) { return each->from == wanted; });
    return place == all_.end() ? nullptr : *place;
}

asio::awaitable<key_sets::found> key_sets::find(auth::wanted_keys wanted, deadline until) {
    auto const of = kept_of(*wanted.from);
    if (!of) co_return refuse(errc::unavailable, "the keys of the issuer are not kept any more");
    {
        std::lock_guard const hold{guard_};
        if (auto known = of->settled(wanted.key_id, clock::now())) co_return *std::move(known);
    }
    auto asking = run_on(executor_, ask(of, std::move(wanted.key_id), until));
    co_return co_await std::move(asking);
}

// Ends when more fetches have ended than `seen`, or when it is cancelled.
asio::awaitable<result<void>> key_sets::wait_for_a_fetch(kept_ptr of, std::uint64_t seen) {
    co_await asio::this_coro::throw_if_cancelled(false);
    while (of->fetches == seen) {
        auto [ignored] = co_await of->changed.async_wait(as_values);
        static_cast<void>(ignored);
        auto const stop = co_await asio::this_coro::cancellation_state;
        if (stop.cancelled() != asio::cancellation_type::none) break;
    }
    co_return result<void>{};
}

// On the executor. Whoever waits here began no fetch: the one coroutine of the set does, when it is woken.
asio::awaitable<key_sets::found> key_sets::ask(kept_ptr of, std::string key_id, deadline until) {
    for (;;) {
        {
            std::lock_guard const hold{guard_};
            if (auto known = of->settled(key_id, clock::now())) co_return *std::move(known);
        }
        of->is_asked = true;
        of->woken.cancel();
        auto waiting = with_deadline(until, wait_for_a_fetch(of, of->fetches));
        auto const ended = co_await std::move(waiting);
        std::lock_guard const hold{guard_};
        if (!ended) co_return of->undecided(clock::now());
        of->note_unknown(key_id);
    }
}

asio::awaitable<void> key_sets::keep_fresh(kept_ptr of) {
    co_await asio::this_coro::throw_if_cancelled(false);
    for (;;) {
        {
            std::lock_guard const hold{guard_};
            if (of->is_over) break;
            of->is_fetching = true;
            of->tried_at = clock::now();
        }
        auto asking = fetch_one(of->from);
        auto got = co_await std::move(asking);
        auto const now = clock::now();
        auto next = now + of->from.interval;
        if (got) {
            auto const lifetime = std::min(got->lifetime.value_or(of->from.refresh), of->from.refresh);
            next = now + std::max(lifetime, of->from.interval);
            of->worked.add();
        } else {
            of->failed.add();
            log_sparingly(
                log_level::warning, "could not fetch the keys of an issuer",
                {{"url", of->from.url}, {"why", got.error().message}, {"remedy", got.error().remedy}});
        }
        {
            std::lock_guard const hold{guard_};
            of->is_fetching = false;
            of->tried_at = now;
            of->is_troubled = !got;
            of->trouble = got ? "" : got.error().message;
            if (got) {
                of->keys = std::move(got->keys);
                of->refuted.clear();
                of->fetched_at = now;
            }
        }
        of->is_asked = false;
        of->tell_that_a_fetch_ended();
        of->woken.expires_at(next);
        while (!of->is_asked && !of->is_over && clock::now() < next) {
            auto [ignored] = co_await of->woken.async_wait(as_values);
            static_cast<void>(ignored);
        }
    }
    of->tell_that_a_fetch_ended();
}

std::vector<std::pair<std::string, std::string>> key_sets::troubles() const {
    std::lock_guard const hold{guard_};
    std::vector<std::pair<std::string, std::string>> all;
    for (auto const& each : all_) {
        if (each->is_troubled) all.emplace_back(each->from.url, each->trouble);
    }
    return all;
}

asio::awaitable<result<std::shared_ptr<auth::key_set const>>> fetch_key_set(auth::jwks_url from) {
    auto asking = fetch_one(std::move(from));
    HEADGATE_CO_TRY(auto got, co_await std::move(asking));
    co_return std::move(got.keys);
}

}  // namespace headgate::gateway
