#pragma once

#include "core/io_thread.hpp"
#include "core/metrics.hpp"
#include "core/run_on.hpp"
#include "tests/support/http_server.hpp"

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <utility>
#include <vector>

// For what the gateway asks others about: somebody to ask, and whoever asks.

namespace headgate::testing_support {

// Says the same to all who ask, until it is told to say something else.
class asked_server {
public:
    explicit asked_server(http::listener_settings settings = {}) : server_{std::move(settings)} {
        server_.handler().answers = [this](request const&) {
            std::lock_guard const hold{guard_};
            return answer_;
        };
    }

    void say(response answer) {
        std::lock_guard const hold{guard_};
        answer_ = std::move(answer);
    }

    [[nodiscard]] std::vector<request> seen() { return server_.handler().seen(); }
    [[nodiscard]] std::size_t questions() { return seen().size(); }
    [[nodiscard]] remembering_handler& handler() { return server_.handler(); }
    [[nodiscard]] std::uint16_t port() const { return server_.port(); }

    // Nobody answers any more.
    void go_away() { server_.drain(from_now(std::chrono::seconds{5})); }

private:
    std::mutex guard_;
    response answer_;
    running_server server_;
};

// A finder of facts that asks one such server, on a thread of its own as in the gateway.
template <class Finder, class Asked>
class finder_at_work {
public:
    explicit finder_at_work(Asked from) : from_{std::move(from)} { use({from_}); }
    ~finder_at_work() { block_on(thread_.executor(), finder_.stop()); }
    finder_at_work(finder_at_work const&) = delete;
    finder_at_work& operator=(finder_at_work const&) = delete;

    void use(std::vector<Asked> wanted) {
        call_on(thread_.executor(), [&] { finder_.use(std::move(wanted)); });
    }

    [[nodiscard]] Finder& finder() { return finder_; }

protected:
    [[nodiscard]] Asked const& from() const { return from_; }

private:
    Asked from_;
    metrics counts_;
    io_thread thread_{"facts"};
    Finder finder_{thread_.executor(), counts_};
};

}  // namespace headgate::testing_support
