#pragma once

#include "auth/fact_finder.hpp"

namespace headgate::testing_support {

// Of a gateway whose checks need nothing but the request.
class no_facts final : public auth::fact_finder {
public:
    [[nodiscard]] boost::asio::awaitable<result<auth::fact>> find(auth::wanted_fact, deadline) override {
        co_return refuse(errc::unavailable, "nothing is fetched here");
    }
    [[nodiscard]] boost::asio::awaitable<result<std::shared_ptr<auth::session const>>> find(
        auth::wanted_session, deadline) override {
        co_return refuse(errc::unavailable, "nobody is asked here");
    }
};

}  // namespace headgate::testing_support
