#pragma once

#include "auth/authenticator.hpp"
#include "auth/fact_finder.hpp"
#include "console/settings.hpp"
#include "core/clock.hpp"
#include "core/deadline.hpp"
#include "core/problem.hpp"
#include "core/result.hpp"
#include "model/request.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace headgate::console {

namespace asio = boost::asio;

// Who asks.
struct asking_operator {
    std::string name;  // As configured.
    role may = role::viewer;
    std::string person;  // Of a session or a token of an issuer, where it says so.
    auth::facts known;   // What was found out for it.
};

// Who may use the operator API, as it was configured at one moment. Immutable, for many threads.
class operators {
public:
    // Notes everything that is wrong, with its path; then there are none.
    [[nodiscard]] static std::shared_ptr<operators const> make(settings from, problems& found);

    // By token first, then the first whose checks hold, unless a page of another site may have made a browser
    // ask for an act. Fails with unauthenticated; with permission_denied where somebody is known and may not;
    // with unavailable where that could not be found out. The caller keeps this and the request until the
    // end.
    [[nodiscard]] asio::awaitable<result<asking_operator>> who_asks(request const& incoming,
                                                                    auth::fact_finder& facts,
                                                                    deadline until) const;

    [[nodiscard]] bool is_empty() const noexcept { return all_.empty(); }
    [[nodiscard]] std::chrono::milliseconds answer_within() const noexcept { return answer_within_; }

    // For whoever keeps what they need. They live as long as this.
    [[nodiscard]] std::vector<auth::authenticator const*> checks() const;

private:
    struct one {
        std::string name;
        role may;
        secret token;                               // Or
        std::optional<auth::authenticator> sender;  // this.
    };

    [[nodiscard]] one const* by_token(request_head const& head) const;

    std::vector<one> all_;
    std::chrono::milliseconds answer_within_{0};
};

}  // namespace headgate::console
