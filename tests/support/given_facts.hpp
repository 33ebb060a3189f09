#pragma once

#include "auth/fact_finder.hpp"
#include "tests/support/run.hpp"

#include <functional>
#include <utility>

namespace headgate::testing_support {

// Facts that a test gives; of sessions none.
class given_facts final : public auth::fact_finder {
public:
    explicit given_facts(std::function<auth::fact(auth::wanted_fact const&)> give) : give_{std::move(give)} {}

    asio::awaitable<result<auth::fact>> find(auth::wanted_fact wanted, deadline) override {
        co_return give_(wanted);
    }
    asio::awaitable<result<std::shared_ptr<auth::session const>>> find(auth::wanted_session,
                                                                       deadline) override {
        co_return refuse(errc::unavailable, "nobody is asked here");
    }

private:
    std::function<auth::fact(auth::wanted_fact const&)> give_;
};

// All that the checks need of a request at that time.
[[nodiscard]] inline auth::facts gather(auth::verifier const& checks, request incoming, wall_time now,
                                        std::function<auth::fact(auth::wanted_fact const&)> give) {
    incoming.received_at = now;
    given_facts from{std::move(give)};
    return run(auth::find_facts(checks, incoming, from, deadline::max())).known;
}

}  // namespace headgate::testing_support
