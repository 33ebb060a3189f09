#include "gateway/kept_facts.hpp"

namespace headgate::gateway {

kept_facts::kept_facts(asio::any_io_executor executor, metrics& counts)
    : fetches_{executor, counts}, sessions_{executor, counts} {}

void kept_facts::use(std::vector<auth::authenticator const*> const& checks) {
    std::vector<auth::fetch_rule> fetched;
    std::vector<auth::session_proxy> proxies;
    for (auto const* each : checks) {
        for (auto const* from : each->fetched()) fetched.push_back(*from);
        for (auto const* from : each->session_proxies()) proxies.push_back(*from);
    }
    fetches_.use(std::move(fetched));
    sessions_.use(std::move(proxies));
}

asio::awaitable<void> kept_facts::stop() {
    auto stopping_fetches = fetches_.stop();
    co_await std::move(stopping_fetches);
    auto stopping_sessions = sessions_.stop();
    co_await std::move(stopping_sessions);
}

asio::awaitable<result<auth::fact>> kept_facts::find(auth::wanted_fact wanted, deadline until) {
    return fetches_.find(std::move(wanted), until);
}

asio::awaitable<result<std::shared_ptr<auth::session const>>> kept_facts::find(auth::wanted_session wanted,
                                                                               deadline until) {
    return sessions_.find(std::move(wanted), until);
}

std::vector<std::pair<std::string, std::string>> kept_facts::troubles() const {
    std::vector<std::pair<std::string, std::string>> all;
    for (auto const& [url, why] : fetches_.troubles()) all.emplace_back("fetch of " + url, why);
    for (auto const& [url, why] : sessions_.troubles()) all.emplace_back("sessions at " + url, why);
    return all;
}

}  // namespace headgate::gateway
