#pragma once

#include "gateway/fact_finder.hpp"

namespace headgate::testing_support {

// Of a gateway whose checks need nothing but the request.
class no_facts final : public gateway::fact_finder {
public:
    [[nodiscard]] boost::asio::awaitable<result<std::shared_ptr<auth::key_set const>>> find(
        auth::fetch, deadline) override {
        co_return refuse(errc::unavailable, "nothing is fetched here");
    }
};

}  // namespace headgate::testing_support
