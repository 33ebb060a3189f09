#pragma once

#include "core/io_thread.hpp"
#include "core/metrics.hpp"
#include "core/run_on.hpp"
#include "tests/support/http_server.hpp"
#include "tests/support/scratch_folder.hpp"
#include "tests/support/test_certificates.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
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

// One that speaks TLS with a certificate of its own, which is its authority too.
class asked_https_server {
public:
    [[nodiscard]] std::string url(std::string const& path) const {
        return "https://127.0.0.1:" + std::to_string(server_.port()) + path;
    }
    [[nodiscard]] std::string const& authority() const { return own_.certificate; }
    [[nodiscard]] std::string another_authority() const {
        return make_certificate(folder_.path(), "other.test").certificate;
    }
    [[nodiscard]] asked_server& operator*() { return server_; }
    [[nodiscard]] asked_server* operator->() { return &server_; }

private:
    [[nodiscard]] http::listener_settings settings() const {
        http::listener_settings made;
        made.tls = {{own_.certificate, own_.key}};
        return made;
    }

    scratch_folder folder_;
    certificate_and_key own_{make_certificate(folder_.path(), "asked.test")};
    asked_server server_{settings()};
};

// Asks until it is so; the time it takes is the machine's.
template <class Condition>
void await(Condition condition) {
    auto const until = from_now(std::chrono::seconds{10});
    while (!condition()) {
        ASSERT_LT(std::chrono::steady_clock::now(), until);
        std::this_thread::yield();
    }
}

// How many of 16 that ask at once, while the answer to /slow is held up, are satisfied by it.
inline std::size_t satisfied_at_once(remembering_handler& slow, std::function<bool()> const& ask) {
    std::atomic<std::size_t> satisfied{0};
    std::vector<std::jthread> asking;
    for (int i = 0; i < 16; ++i) {
        asking.emplace_back([&] {
            if (ask()) ++satisfied;
        });
    }
    slow.await_slow_request();
    slow.release();
    asking.clear();
    return satisfied;
}

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
    [[nodiscard]] metrics const& counts() const { return counts_; }

protected:
    [[nodiscard]] Asked const& from() const { return from_; }

private:
    Asked from_;
    metrics counts_;
    io_thread thread_{"facts"};
    Finder finder_{thread_.executor(), counts_};
};

}  // namespace headgate::testing_support
