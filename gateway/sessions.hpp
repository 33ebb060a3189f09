#pragma once

#include "auth/session.hpp"
#include "auth/settings.hpp"
#include "auth/verifier.hpp"
#include "core/deadline.hpp"
#include "core/digest.hpp"
#include "core/metrics.hpp"
#include "core/nursery.hpp"
#include "core/result.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace headgate::gateway {

namespace asio = boost::asio;

// What OAuth2-proxies say about sessions, kept for a short while.
//
// A proxy is shown the cookies of a session and nothing else, so what it says is kept under their digest: for
// `keep` where the session is good, for a second at most where it is not, and not at all where it could not
// be had; `kept_max` of the good ones, and as many of the others. However many requests of a session come,
// one question is under way. Lives on one executor, but for `find` and `troubles`.
class sessions {
public:
    using found = result<std::shared_ptr<auth::session const>>;

    sessions(asio::any_io_executor executor, metrics& counts);
    ~sessions();  // After `stop`.
    sessions(sessions const&) = delete;
    sessions& operator=(sessions const&) = delete;

    // From now on exactly these. What those said that were there already is kept.
    void use(std::vector<auth::session_proxy> wanted);

    [[nodiscard]] asio::awaitable<void> stop();

    // Fails with unavailable.
    [[nodiscard]] asio::awaitable<found> find(auth::wanted_session wanted, deadline until);

    // URL and reason of each that gave no answer when it was last asked.
    [[nodiscard]] std::vector<std::pair<std::string, std::string>> troubles() const;

private:
    struct asked_proxy;
    struct question;
    using proxy_ptr = std::shared_ptr<asked_proxy>;
    using question_ptr = std::shared_ptr<question>;

    [[nodiscard]] proxy_ptr proxy_of(auth::session_proxy const& wanted) const;
    [[nodiscard]] asio::awaitable<found> ask(proxy_ptr of, sha256_digest digest, std::string cookies,
                                             deadline until);
    [[nodiscard]] static asio::awaitable<result<void>> wait_for_answer(question_ptr to);
    [[nodiscard]] asio::awaitable<void> put_question(proxy_ptr of, sha256_digest digest, std::string cookies,
                                                     question_ptr to);

    asio::any_io_executor executor_;
    counter& good_;
    counter& not_good_;
    counter& failed_;
    mutable std::mutex guard_;  // Held for a look at `all_`, and at what each has said.
    std::vector<proxy_ptr> all_;
    nursery asking_;
};

// One question, on whatever executor this runs. Fails with unavailable.
[[nodiscard]] asio::awaitable<sessions::found> ask_about_session(auth::session_proxy from,
                                                                 std::string cookies);

}  // namespace headgate::gateway
