#pragma once

#include "auth/settings.hpp"
#include "auth/token_keys.hpp"
#include "auth/verifier.hpp"
#include "core/deadline.hpp"
#include "core/metrics.hpp"
#include "core/nursery.hpp"
#include "core/result.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace headgate::gateway {

namespace asio = boost::asio;

// The key sets of issuers, fetched ahead of need and kept.
//
// Each is fetched by one coroutine of its own: at once, then every `refresh`, and sooner when a token names a
// key that is not in it, but never twice within `interval`, whatever is asked for. One that cannot be fetched
// is used as it was, until it is `stale`. Lives on one executor, but for `find` and `troubles`.
class key_sets {
public:
    key_sets(asio::any_io_executor executor, metrics& counts);
    ~key_sets();  // After `stop`.
    key_sets(key_sets const&) = delete;
    key_sets& operator=(key_sets const&) = delete;

    // From now on exactly these. Those that were there already go on as they are.
    void use(std::vector<auth::jwks_url> wanted);

    [[nodiscard]] asio::awaitable<void> stop();

    // The set at once, where it is known and has the key, or is known not to have it; else what the fetch
    // that is going on brings, or one that begins now. `unavailable` while neither can be said. From any
    // thread.
    [[nodiscard]] asio::awaitable<result<std::shared_ptr<auth::key_set const>>> find(auth::wanted_keys wanted,
                                                                                     deadline until);

    // URL and reason of each whose last fetch failed. From any thread.
    [[nodiscard]] std::vector<std::pair<std::string, std::string>> troubles() const;

private:
    struct kept;
    using kept_ptr = std::shared_ptr<kept>;
    using found = result<std::shared_ptr<auth::key_set const>>;

    [[nodiscard]] kept_ptr kept_of(auth::jwks_url const& wanted) const;
    [[nodiscard]] asio::awaitable<found> ask(kept_ptr of, std::string key_id, deadline until);
    [[nodiscard]] static asio::awaitable<result<void>> wait_for_a_fetch(kept_ptr of, std::uint64_t seen);
    [[nodiscard]] asio::awaitable<void> keep_fresh(kept_ptr of);

    asio::any_io_executor executor_;
    metrics& counts_;
    mutable std::mutex guard_;  // Held for a look at `all_`, and for a copy of what each has.
    std::vector<kept_ptr> all_;
    nursery fetching_;
};

// One fetch, on whatever executor this runs.
[[nodiscard]] asio::awaitable<result<std::shared_ptr<auth::key_set const>>> fetch_key_set(
    auth::jwks_url from);

}  // namespace headgate::gateway
