#include "gateway/sessions.hpp"

#include "core/log.hpp"
#include "core/run_on.hpp"
#include "http/client.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <chrono>
#include <deque>
#include <map>
#include <optional>

namespace headgate::gateway {
namespace {

using clock = std::chrono::steady_clock;

constexpr auto as_values = asio::as_tuple(asio::use_awaitable);

counter& counter_of(metrics& counts, char const* result) {
    return counts.make_counter("headgate_session_questions_total",
                               "Questions to OAuth2-proxies about sessions.", {{"result", result}});
}

}  // namespace

struct sessions::question {
    explicit question(asio::any_io_executor const& executor) : ended{executor} {
        ended.expires_at(asio::steady_timer::time_point::max());
    }

    asio::steady_timer ended;  // Those who asked wait here: cancelled at the end.
    bool is_over = false;
    std::optional<found> answer;
};

namespace {

// What was said about sessions, until it is too old, and so much of it.
class said_of_sessions {
public:
    using said = std::shared_ptr<auth::session const>;

    [[nodiscard]] said find(sha256_digest const& digest, clock::time_point now) const {
        auto const place = answers_.find(digest);
        return place == answers_.end() || place->second.until <= now ? nullptr : place->second.is;
    }

    void keep(sha256_digest const& digest, said is, clock::time_point until) {
        answers_[digest] = {std::move(is), until};
        in_order_.emplace_back(digest, until);
    }

    // Forgets what is over, and then the oldest until there are `most`.
    void tidy(std::size_t most, clock::time_point now) {
        while (in_order_.size() > most || (!in_order_.empty() && in_order_.front().second <= now)) {
            auto const oldest = answers_.find(in_order_.front().first);
            bool const is_this = oldest != answers_.end() && oldest->second.until == in_order_.front().second;
            if (is_this) answers_.erase(oldest);
            in_order_.pop_front();
        }
    }

private:
    struct answer {
        said is;
        clock::time_point until;
    };

    std::map<sha256_digest, answer> answers_;
    std::deque<std::pair<sha256_digest, clock::time_point>> in_order_;  // As they were given, and their end.
};

}  // namespace

struct sessions::asked_proxy {
    explicit asked_proxy(auth::session_proxy of) : from{std::move(of)} {}

    // Under the guard, as is the next.
    [[nodiscard]] std::shared_ptr<auth::session const> known(sha256_digest const& digest,
                                                             clock::time_point now) const {
        auto good = let_in.find(digest, now);
        return good ? good : kept_out.find(digest, now);
    }

    void keep(sha256_digest const& digest, std::shared_ptr<auth::session const> is, clock::time_point now) {
        bool const is_good = is->is == auth::session::state::good;
        auto const until = now + (is_good ? from.keep : std::min(from.keep, from.keep_no));
        (is_good ? let_in : kept_out).keep(digest, std::move(is), until);
        let_in.tidy(from.kept_max, now);
        kept_out.tidy(from.kept_max, now);
    }

    auth::session_proxy const from;

    // On the executor alone. Owned by who puts the question and who waits: one that an exception ends is put
    // again by the next who comes after those.
    std::map<sha256_digest, std::weak_ptr<question>> asking;

    // Under the guard. Apart: whoever shows cookies of nobody displaces no session.
    said_of_sessions let_in;
    said_of_sessions kept_out;
    std::string trouble;  // Empty: none.
};

sessions::sessions(asio::any_io_executor executor, metrics& counts)
    : executor_{std::move(executor)},
      good_{counter_of(counts, "good")},
      not_good_{counter_of(counts, "not_good")},
      failed_{counter_of(counts, "failed")},
      asking_{executor_} {}

sessions::~sessions() = default;

void sessions::use(std::vector<auth::session_proxy> wanted) {
    std::vector<proxy_ptr> next;
    for (auto& each : wanted) {
        bool const twice = std::ranges::any_of(next, [&](auto const& one) { return one->from == each; });
        if (twice) continue;
        auto known = proxy_of(each);
        next.push_back(known ? std::move(known) : std::make_shared<asked_proxy>(std::move(each)));
    }
    std::lock_guard const hold{guard_};
    all_ = std::move(next);
}

asio::awaitable<void> sessions::stop() {
    use({});
    asking_.cancel();
    auto joining = asking_.join();
    co_await std::move(joining);
}

sessions::proxy_ptr sessions::proxy_of(auth::session_proxy const& wanted) const {
    std::lock_guard const hold{guard_};
    auto const place = std::ranges::find_if(all_, [&](auto const& each) { return each->from == wanted; });
    return place == all_.end() ? nullptr : *place;
}

asio::awaitable<sessions::found> sessions::find(auth::wanted_session wanted, deadline until) {
    auto const of = proxy_of(*wanted.from);
    if (!of) co_return refuse(errc::unavailable, "the proxy is not asked any more");
    auto const digest = sha256(wanted.cookies);
    {
        std::lock_guard const hold{guard_};
        if (auto known = of->known(digest, clock::now())) co_return known;
    }
    auto asking = run_on(executor_, ask(of, digest, std::move(wanted.cookies), until));
    co_return co_await std::move(asking);
}

// On the executor. The question belongs to nobody who waits for it: it is answered for those who come later.
asio::awaitable<sessions::found> sessions::ask(proxy_ptr of, sha256_digest digest, std::string cookies,
                                               deadline until) {
    {
        std::lock_guard const hold{guard_};
        if (auto known = of->known(digest, clock::now())) co_return known;
    }
    auto const under_way = of->asking.find(digest);
    auto to = under_way == of->asking.end() ? nullptr : under_way->second.lock();
    if (!to) {
        std::erase_if(of->asking, [](auto const& each) { return each.second.expired(); });
        if (of->asking.size() >= of->from.asking_max) {
            failed_.add();
            co_return refuse(errc::unavailable, of->from.url + " is being asked about too many sessions",
                             "see `asking_max`, and how long the proxy takes");
        }
        to = std::make_shared<question>(executor_);
        of->asking.insert_or_assign(digest, to);
        asking_.spawn("session at " + of->from.url, put_question(of, digest, std::move(cookies), to));
    }
    auto waiting = with_deadline(until, wait_for_answer(to));
    auto const waited = co_await std::move(waiting);
    if (waited && to->answer) co_return *to->answer;
    co_return refuse(errc::unavailable, of->from.url + " has not answered in time",
                     "look whether it is slow, or allow more time");
}

// Ends with the question, or when it is cancelled.
asio::awaitable<result<void>> sessions::wait_for_answer(question_ptr to) {
    co_await asio::this_coro::throw_if_cancelled(false);
    while (!to->is_over) {
        auto [ignored] = co_await to->ended.async_wait(as_values);
        static_cast<void>(ignored);
        auto const stop = co_await asio::this_coro::cancellation_state;
        if (stop.cancelled() != asio::cancellation_type::none) break;
    }
    co_return result<void>{};
}

asio::awaitable<void> sessions::put_question(proxy_ptr of, sha256_digest digest, std::string cookies,
                                             question_ptr to) {
    auto asking = ask_about_session(of->from, std::move(cookies));
    to->answer = co_await std::move(asking);
    auto const& answer = *to->answer;
    if (answer) {
        ((*answer)->is == auth::session::state::good ? good_ : not_good_).add();
    } else {
        failed_.add();
        log_sparingly(log_level::warning, "could not ask about a session",
                      {{"why", answer.error().message}, {"remedy", answer.error().remedy}});
    }
    {
        std::lock_guard const hold{guard_};
        of->trouble = answer ? "" : answer.error().message;
        if (answer) of->keep(digest, *answer, clock::now());
    }
    of->asking.erase(digest);
    to->is_over = true;
    to->ended.cancel();
}

std::vector<std::pair<std::string, std::string>> sessions::troubles() const {
    std::lock_guard const hold{guard_};
    std::vector<std::pair<std::string, std::string>> all;
    for (auto const& each : all_) {
        if (!each->trouble.empty()) all.emplace_back(each->from.url, each->trouble);
    }
    return all;
}

asio::awaitable<sessions::found> ask_about_session(auth::session_proxy from, std::string cookies) {
    http::client_request asked{.url = from.url,
                               .fields = {{"cookie", std::move(cookies)}},
                               .certificate_authorities = from.certificate_authorities,
                               .response_bytes_max = from.bytes_max};
    auto asking = http::fetch(std::move(asked), from_now(from.within));
    auto const answer = co_await std::move(asking);
    auto read = answer ? auth::read_session(*answer) : std::unexpected{answer.error()};
    // Whatever went wrong is our own trouble: a proxy's untrusted certificate forbids the sender nothing.
    if (!read)
        co_return refuse(errc::unavailable, from.url + ": " + read.error().message, read.error().remedy);
    co_return std::make_shared<auth::session const>(*std::move(read));
}

}  // namespace headgate::gateway
