#include "gateway/published_fact.hpp"

#include "auth/token_keys.hpp"
#include "core/log.hpp"
#include "http/client.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <charconv>
#include <utility>

namespace headgate::gateway {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t asked_max = 1'000;
constexpr auto as_values = asio::as_tuple(asio::use_awaitable);

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

counter& counter_of(auth::fetch_rule const& by, metrics& counts, char const* result) {
    bool const is_question = by.what == auth::fetch_rule::kind::answer;
    return counts.make_counter(
        is_question ? "headgate_sender_questions_total" : "headgate_key_set_fetches_total",
        is_question ? "Questions to senders whether they sent something, and calls that handshakes ask for."
                    : "Fetches of key sets, keys, certificates and access tokens.",
        {{"url", by.url}, {"result", result}});
}

}  // namespace

fetch_counts counts_of(auth::fetch_rule const& by, metrics& counts) {
    bool const is_question = by.what == auth::fetch_rule::kind::answer;
    return {counter_of(by, counts, "ok"), counter_of(by, counts, "failed"), counter_of(by, counts, "refused"),
            counter_of(by, counts, is_question ? "not_asked" : "unknown")};
}

asio::awaitable<result<fetched_fact>> fetch_once(auth::fetch_rule by, auth::outgoing asks, deadline until) {
    http::client_request asked{.method = asks.method,
                               .url = asks.url,
                               .fields = std::move(asks.fields),
                               .body = std::move(asks.body),
                               .certificate_authorities = by.certificate_authorities,
                               .response_bytes_max = by.bytes_max};
    auto asking = http::fetch(std::move(asked), std::min(until, from_now(by.fetch_within)));
    HEADGATE_CO_TRY(auto const answer, co_await std::move(asking));
    HEADGATE_CO_TRY(auto what, auth::read_fact(by, asks, answer));
    co_return fetched_fact{std::move(what), lifetime_of(answer.fields)};
}

published_fact::published_fact(auth::fetch_rule by, std::string name, auth::outgoing asks,
                               asio::any_io_executor const& executor, fetch_counts const& counts)
    : by_{std::move(by)},
      name_{std::move(name)},
      asks_{std::move(asks)},
      woken_{executor},
      changed_{executor},
      counts_{counts} {
    changed_.expires_at(asio::steady_timer::time_point::max());
}

std::optional<published_fact::found> published_fact::settled(std::string_view key_id) {
    std::lock_guard const hold{guard_};
    auto const now = clock::now();
    used_at_ = now;
    if (is_set() && !knows(key_id) && asked_.size() < asked_max) asked_.emplace(key_id);
    return said(key_id, now);
}

std::optional<published_fact::found> published_fact::said(std::string_view key_id,
                                                          clock::time_point now) const {
    bool const is_refuted = refuted_.contains(key_id) && now - fetched_at_ < by_.interval;
    if (is_usable(now) && (!is_set() || knows(key_id) || is_refuted)) return what_;
    bool const may_fetch = is_fetching_ || now - tried_at_ >= by_.interval;
    if (may_fetch && ended_by_ == ending::none) return std::nullopt;
    return undecided(now);
}

// The issuer may have made a key since it was last asked: only an answer that came after the question refutes
// an id, and for no longer than until the issuer may be asked again.
published_fact::found published_fact::undecided(clock::time_point now) const {
    if (!is_usable(now)) {
        return refuse(errc::unavailable,
                      (is_set() ? "the keys of the issuer are not known: "
                                : "what the check asks for could not be had: ") +
                          trouble_,
                      "see whether it can be reached: " + asks_.url);
    }
    if (!is_set()) return what_;
    return refuse(errc::unavailable,
                  "a token names a key that the issuer did not have when it was last asked",
                  "it is asked again at most once in `interval`: " + asks_.url);
}

bool published_fact::knows(std::string_view key_id) const {
    return what_.keys && what_.keys->knows(key_id);
}

bool published_fact::is_usable(clock::time_point now) const {
    bool const is_there = what_.keys || what_.certificate || what_.token;
    return is_there && now - fetched_at_ <= std::min(by_.stale, what_.lifetime.value_or(by_.stale));
}

// Ends when more fetches have ended than `seen`, or when it is cancelled.
asio::awaitable<result<void>> published_fact::wait_for_a_fetch(ptr of, std::uint64_t seen) {
    co_await asio::this_coro::throw_if_cancelled(false);
    while (of->fetches_ == seen) {
        auto [ignored] = co_await of->changed_.async_wait(as_values);
        static_cast<void>(ignored);
        auto const stop = co_await asio::this_coro::cancellation_state;
        if (stop.cancelled() != asio::cancellation_type::none) break;
    }
    co_return result<void>{};
}

// Whoever waits here began no fetch: the one coroutine of this does, when it is woken.
asio::awaitable<published_fact::found> published_fact::ask(ptr of, std::string key_id, deadline until) {
    for (;;) {
        if (auto known = of->settled(key_id)) co_return *std::move(known);
        of->is_asked_ = true;
        of->woken_.cancel();
        auto waiting = with_deadline(until, wait_for_a_fetch(of, of->fetches_));
        auto const ended = co_await std::move(waiting);
        std::lock_guard const hold{of->guard_};
        if (!ended || of->is_troubled_) co_return of->undecided(clock::now());
        if (of->refuted_.contains(key_id)) co_return of->what_;
    }
}

bool published_fact::begin_fetch() {
    std::lock_guard const hold{guard_};
    if (ended_by_ != ending::none) return false;
    is_fetching_ = true;
    tried_at_ = clock::now();
    return true;
}

// When to fetch next.
published_fact::clock::time_point published_fact::take(result<fetched_fact> got) {
    auto const now = clock::now();
    if (!got) {
        log_sparingly(log_level::warning, "could not fetch what a check needs",
                      {{"url", asks_.url}, {"why", got.error().message}, {"remedy", got.error().remedy}});
    }
    std::lock_guard const hold{guard_};
    is_fetching_ = false;
    tried_at_ = now;
    is_troubled_ = !got;
    trouble_ = got ? "" : got.error().message;
    auto const ends = ending_after(got, now);
    if (ended_by_ == ending::none) ended_by_ = ends;
    (got ? counts_.worked : ends == ending::nobodys ? counts_.unknown : counts_.of(got.error())).add();
    if (!got) return now + by_.interval;
    what_ = std::move(got->what);
    refuted_ = std::exchange(asked_, {});
    std::erase_if(refuted_, [this](auto const& key_id) { return knows(key_id); });
    fetched_at_ = now;
    auto lifetime = std::min(got->lifetime.value_or(by_.refresh), by_.refresh);
    if (what_.lifetime) lifetime = std::min(lifetime, *what_.lifetime / 2);  // Before it ends.
    return now + std::max(lifetime, by_.interval);
}

// What a request made up is not asked for again on its own, nor what no request wants any more.
published_fact::ending published_fact::ending_after(result<fetched_fact> const& got,
                                                    clock::time_point now) const {
    if (!is_set() && now - used_at_ > by_.stale) return ending::unused;
    bool const is_named =
        by_.what == auth::fetch_rule::kind::key || by_.what == auth::fetch_rule::kind::certificate;
    if (got || !is_named || is_usable(now)) return ending::none;
    auto const code = got.error().code;
    if (auth::refuses_us(code)) return ending::refused;
    bool const is_answered = code == errc::not_found || code == errc::invalid_argument;
    return is_answered ? ending::nobodys : ending::unreachable;
}

asio::awaitable<void> published_fact::keep_fresh(ptr of) {
    co_await asio::this_coro::throw_if_cancelled(false);
    while (of->begin_fetch()) {
        auto asking = fetch_once(of->by_, of->asks_, deadline::max());
        auto got = co_await std::move(asking);
        auto const next = of->take(std::move(got));
        of->is_asked_ = false;
        of->tell_that_a_fetch_ended();
        of->woken_.expires_at(next);
        while (!of->is_asked_ && !of->is_over() && clock::now() < next) {
            auto [ignored] = co_await of->woken_.async_wait(as_values);
            static_cast<void>(ignored);
        }
    }
    of->tell_that_a_fetch_ended();
}

void published_fact::tell_that_a_fetch_ended() {
    ++fetches_;
    changed_.cancel();
}

void published_fact::end() {
    {
        std::lock_guard const hold{guard_};
        ended_by_ = ending::ended;
    }
    woken_.cancel();
}

void published_fact::reject(std::shared_ptr<secret const> const& token) {
    std::lock_guard const hold{guard_};
    if (what_.token == token && clock::now() - tried_at_ >= by_.interval) what_.token.reset();
}

bool published_fact::is_over() const {
    std::lock_guard const hold{guard_};
    return ended_by_ != ending::none;
}

bool published_fact::is_nobodys() const {
    std::lock_guard const hold{guard_};
    return ended_by_ == ending::nobodys;
}

bool published_fact::is_refused() const {
    std::lock_guard const hold{guard_};
    return ended_by_ == ending::refused;
}

published_fact::clock::time_point published_fact::used_at() const {
    std::lock_guard const hold{guard_};
    return used_at_;
}

std::string published_fact::trouble() const {
    std::lock_guard const hold{guard_};
    bool const is_of_interest =
        ended_by_ == ending::none || ended_by_ == ending::unreachable || ended_by_ == ending::refused;
    return is_troubled_ && is_of_interest ? trouble_ : "";
}

}  // namespace headgate::gateway
