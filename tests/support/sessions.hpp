#pragma once

#include "auth/fact_finder.hpp"
#include "auth/session.hpp"
#include "auth/settings.hpp"

#include <memory>
#include <string>
#include <utility>
#include <vector>

// Sessions in a few words, for tests.

namespace headgate::testing_support {

[[nodiscard]] inline auth::check check_of(auth::session_check session) {
    return {std::move(session), {}, {}, {}};
}

[[nodiscard]] inline auth::session_check asking(std::string url = "http://127.0.0.1:4180/oauth2/auth") {
    return {.by = auth::session_proxy{.url = std::move(url)}};
}

[[nodiscard]] inline auth::session_check told_by(std::string family) {
    return {.by = auth::identity_headers{std::move(family)}};
}

[[nodiscard]] inline auth::session_check for_group(std::string group, auth::session_check session) {
    session.groups = {std::move(group)};
    return session;
}

[[nodiscard]] inline auth::peer_check proxy_in(std::vector<std::string> ranges) {
    return {.cidrs = {}, .mtls = {}, .proxies = std::move(ranges)};
}

[[nodiscard]] inline auth::check behind(auth::peer_check peer, auth::session_check session) {
    return {auth::all_check{{{std::move(peer), {}, {}, {}}, check_of(std::move(session))}}, {}, {}, {}};
}

// An OAuth2-proxy that answers always the same, and remembers what it was shown.
class one_proxy final : public auth::fact_finder {
public:
    explicit one_proxy(response answer = {.status = 401, .fields = {}, .body = {}})
        : says{std::move(answer)} {}

    response says;
    bool is_away = false;
    std::vector<std::string> shown;

    asio::awaitable<result<auth::fact>> find(auth::wanted_fact, deadline) override {
        co_return refuse(errc::unavailable, "nothing is fetched here");
    }
    asio::awaitable<result<std::shared_ptr<auth::session const>>> find(auth::wanted_session wanted,
                                                                       deadline) override {
        shown.push_back(std::move(wanted.cookies));
        if (is_away) co_return refuse(errc::unavailable, "cannot connect");
        HEADGATE_CO_TRY(auto read, auth::read_session(says));
        co_return std::make_shared<auth::session const>(std::move(read));
    }
};

}  // namespace headgate::testing_support
