#pragma once

#include "auth/authenticator.hpp"
#include "auth/fact_finder.hpp"
#include "core/metrics.hpp"
#include "gateway/fetches.hpp"
#include "gateway/sessions.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace headgate::gateway {

// All that checks need beside the request, from caches that live on one executor. Safe from any thread, but
// for `use` and `stop`.
class kept_facts final : public auth::fact_finder {
public:
    kept_facts(asio::any_io_executor executor, metrics& counts);

    // From now on exactly what these may need.
    void use(std::vector<auth::authenticator const*> const& checks);

    [[nodiscard]] asio::awaitable<void> stop();

    [[nodiscard]] asio::awaitable<result<auth::fact>> find(auth::wanted_fact wanted, deadline until) override;
    [[nodiscard]] asio::awaitable<result<std::shared_ptr<auth::session const>>> find(
        auth::wanted_session wanted, deadline until) override;

    // What cannot be had at the moment, and why.
    [[nodiscard]] std::vector<std::pair<std::string, std::string>> troubles() const;

private:
    fetches fetches_;
    sessions sessions_;
};

}  // namespace headgate::gateway
