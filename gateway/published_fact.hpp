#pragma once

#include "auth/fetch.hpp"
#include "core/deadline.hpp"
#include "core/metrics.hpp"
#include "core/result.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace headgate::gateway {

namespace asio = boost::asio;

struct fetched_fact {
    auth::fact what;
    std::optional<std::chrono::milliseconds> lifetime;  // As the answer says.
};

// One fetch, on whatever executor this runs.
[[nodiscard]] asio::awaitable<result<fetched_fact>> fetch_once(auth::fetch_rule by, auth::outgoing asks,
                                                               deadline until);

// By rule: what a request names must not become a time series.
struct fetch_counts {
    counter& worked;
    counter& failed;
    counter& refused;  // Our credentials are wrong, most often.
    counter& unknown;  // Of names that nobody has. Of answers: those that nobody was asked for.

    [[nodiscard]] counter& of(error const& why) const {
        return auth::refuses_us(why.code) ? refused : failed;
    }
};
[[nodiscard]] fetch_counts counts_of(auth::fetch_rule const& by, metrics& counts);

// One thing that others publish or give: a key set, or a key, certificate or access token that a request made
// us want.
//
// One coroutine of its own fetches it: at once, then every `refresh`, and sooner for a key that the set has
// not, but never twice within `interval`. What cannot be fetched again is used as it was, until it is
// `stale`. What a request named and nobody has, or has any more, is over. Lives on one executor, but for
// `settled` and the questions without side effects. Shared by whoever keeps it, fetches it and waits for it.
class published_fact {
public:
    using clock = std::chrono::steady_clock;
    using found = result<auth::fact>;
    using ptr = std::shared_ptr<published_fact>;

    // `name` is empty of a key set.
    published_fact(auth::fetch_rule by, std::string name, auth::outgoing asks,
                   asio::any_io_executor const& executor, fetch_counts const& counts);

    // What can be said without a fetch: that it is known, and has the key or is known not to have it, or that
    // neither can be said and it is too soon to ask again. Nothing when a fetch is worth waiting for.
    [[nodiscard]] std::optional<found> settled(std::string_view key_id);

    // The same, after the fetch that is going on, or one that begins now. Fails with unavailable.
    [[nodiscard]] static asio::awaitable<found> ask(ptr of, std::string key_id, deadline until);

    // Fetches until it is over.
    [[nodiscard]] static asio::awaitable<void> keep_fresh(ptr of);

    void end();

    // The sender does not take this token any more. Where it is still ours, it is fetched anew before it is
    // wanted again, once in `interval`.
    void reject(std::shared_ptr<secret const> const& token);

    [[nodiscard]] std::string const& name() const noexcept { return name_; }
    [[nodiscard]] std::string const& url() const noexcept { return asks_.url; }
    [[nodiscard]] bool is_over() const;
    [[nodiscard]] bool is_nobodys() const;  // Over, because whoever would have it says that there is no such.
    [[nodiscard]] bool is_refused() const;  // Over, because whoever would have it refuses to say.
    [[nodiscard]] clock::time_point used_at() const;
    // Of the last fetch; empty where it worked, and of what is nobody's or not wanted any more.
    [[nodiscard]] std::string trouble() const;

private:
    enum class ending : std::uint8_t { none, ended, unused, unreachable, refused, nobodys };

    [[nodiscard]] bool is_set() const { return by_.what == auth::fetch_rule::kind::key_set; }
    [[nodiscard]] bool begin_fetch();
    [[nodiscard]] clock::time_point take(result<fetched_fact> got);
    [[nodiscard]] static asio::awaitable<result<void>> wait_for_a_fetch(ptr of, std::uint64_t seen);
    void tell_that_a_fetch_ended();

    // Under the guard.
    [[nodiscard]] bool is_usable(clock::time_point now) const;
    [[nodiscard]] std::optional<found> said(std::string_view key_id, clock::time_point now) const;
    [[nodiscard]] found undecided(clock::time_point now) const;
    [[nodiscard]] bool knows(std::string_view key_id) const;
    [[nodiscard]] ending ending_after(result<fetched_fact> const& got, clock::time_point now) const;

    auth::fetch_rule const by_;
    std::string const name_;
    auth::outgoing const asks_;

    // On the executor alone.
    asio::steady_timer woken_;    // The fetching coroutine waits here, until its next fetch or until asked.
    asio::steady_timer changed_;  // Those who asked wait here: cancelled after every fetch.
    std::uint64_t fetches_ = 0;   // That ended.
    bool is_asked_ = false;
    fetch_counts counts_;

    mutable std::mutex guard_;  // Of all that follows.
    auth::fact what_;
    std::set<std::string, std::less<>> asked_;    // Ids that the set has not, since it was fetched.
    std::set<std::string, std::less<>> refuted_;  // Those before, which it still has not.
    clock::time_point fetched_at_;
    clock::time_point tried_at_;
    clock::time_point used_at_ = clock::now();
    bool is_fetching_ = true;  // The first one begins at once.
    ending ended_by_ = ending::none;
    bool is_troubled_ = false;
    std::string trouble_ = "no fetch has ended yet";
};

}  // namespace headgate::gateway
