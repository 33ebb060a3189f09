#pragma once

#include "auth/fetch.hpp"
#include "core/deadline.hpp"
#include "core/metrics.hpp"
#include "core/nursery.hpp"
#include "core/result.hpp"
#include "gateway/published_fact.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace headgate::gateway {

namespace asio = boost::asio;

// What verdicts need and others have, by the rules of the configuration.
//
// The key set of an issuer is fetched ahead of need. Single keys and certificates are fetched when requests
// name them; of those of one rule at most `names_max` are kept, and names that nobody knows cost one fetch
// within `interval` for all of them. Answers are asked for at most `names_max` at a time, and never
// kept. Lives on one executor, but for `find` and `troubles`.
class fetches {
public:
    fetches(asio::any_io_executor executor, metrics& counts);
    ~fetches();  // After `stop`.
    fetches(fetches const&) = delete;
    fetches& operator=(fetches const&) = delete;

    // From now on exactly these. Those that were there already go on as they are.
    void use(std::vector<auth::fetch_rule> wanted);

    [[nodiscard]] asio::awaitable<void> stop();

    // At once what is known; else what the fetch that is going on brings, or one that begins now. Fails with
    // unavailable. From any thread.
    [[nodiscard]] asio::awaitable<result<auth::fact>> find(auth::wanted_fact wanted, deadline until);

    // URL and reason of each whose last fetch failed. From any thread.
    [[nodiscard]] std::vector<std::pair<std::string, std::string>> troubles() const;

private:
    struct group;
    using group_ptr = std::shared_ptr<group>;
    using found = result<auth::fact>;

    [[nodiscard]] group_ptr group_of(auth::fetch_rule const& wanted) const;
    [[nodiscard]] published_fact::ptr known(group const& of, std::string const& name) const;
    [[nodiscard]] result<published_fact::ptr> kept_for(group& of, auth::wanted_fact const& wanted);
    [[nodiscard]] asio::awaitable<found> ask(group_ptr of, auth::wanted_fact wanted, deadline until);
    [[nodiscard]] asio::awaitable<found> answer(group_ptr of, auth::wanted_fact wanted, deadline until);
    [[nodiscard]] published_fact::ptr begin(group& of, std::string name, auth::outgoing asks);
    [[nodiscard]] result<published_fact::ptr> begin_one_more(group& of, std::string name,
                                                             auth::outgoing asks);
    void forget_nobodys(group& of, published_fact::clock::time_point now) const;
    void note_trouble(group& of, std::string why) const;
    void reject_token(auth::wanted_fact const& shown) const;

    asio::any_io_executor executor_;
    metrics& counts_;
    mutable std::mutex guard_;  // Held for a look at `groups_`, and at which facts each has.
    std::vector<group_ptr> groups_;
    nursery fetching_;
};

// One fetch, on whatever executor this runs.
[[nodiscard]] asio::awaitable<result<auth::fact>> fetch_fact(auth::fetch_rule by, auth::outgoing asks);

}  // namespace headgate::gateway
