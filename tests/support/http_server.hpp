#pragma once

#include "core/check.hpp"
#include "core/deadline.hpp"
#include "core/io_thread.hpp"
#include "core/metrics.hpp"
#include "http/server.hpp"
#include "tests/support/run.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace headgate::testing_support {

// Answers 200 with "METHOD target body", remembers what it was given, and can be told otherwise. Admits
// bodies up to `body_bytes_max`.
class remembering_handler final : public http::handler {
public:
    std::size_t body_bytes_max = 1024 * 1024;
    std::function<std::optional<response>(request_head const&)> refuses;  // May throw.
    std::function<response(request const&)> answers;                      // May throw.
    std::function<bool(std::string const&)> shakes_hands_with;

    [[nodiscard]] bool admits_handshake(std::string const& address) override {
        return !shakes_hands_with || shakes_hands_with(address);
    }

    [[nodiscard]] http::admission admit(request_head const& head) override {
        http::admission admitted{.body_bytes_max = body_bytes_max};
        if (refuses) admitted.refusal = refuses(head);
        return admitted;
    }

    [[nodiscard]] boost::asio::awaitable<response> handle(request incoming, http::admission) override {
        auto answer =
            answers
                ? answers(incoming)
                : response{.status = 200,
                           .body = incoming.head.method + " " + incoming.head.target + " " + incoming.body};
        if (incoming.head.path() == "/slow") {
            auto waiting = wait_for_release(incoming);
            co_await std::move(waiting);
        } else {
            remember(std::move(incoming));
        }
        co_return answer;
    }

    // The requests handled so far, in order.
    [[nodiscard]] std::vector<request> seen() {
        std::lock_guard const hold{guard_};
        return seen_;
    }

    // Waits until a request for /slow is being handled.
    void await_slow_request() {
        std::unique_lock hold{guard_};
        bool const came = slow_came_.wait_for(hold, std::chrono::seconds{10}, [this] { return slow_ > 0; });
        HEADGATE_CHECK(came, "no request for /slow came");
    }

    // Lets the requests for /slow end.
    void release() {
        std::lock_guard const hold{guard_};
        is_released_ = true;
    }

private:
    boost::asio::awaitable<void> wait_for_release(request& incoming) {
        remember(std::move(incoming));
        {
            std::lock_guard const hold{guard_};
            ++slow_;
        }
        slow_came_.notify_all();
        auto executor = co_await boost::asio::this_coro::executor;
        boost::asio::steady_timer poll{executor};
        while (true) {
            {
                std::lock_guard const hold{guard_};
                if (is_released_) co_return;
            }
            poll.expires_after(std::chrono::milliseconds{1});
            auto [failure] = co_await poll.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
            // A cancellation that comes between two waits ends neither.
            auto const stop = co_await boost::asio::this_coro::cancellation_state;
            if (failure || stop.cancelled() != boost::asio::cancellation_type::none) co_return;
        }
    }

    void remember(request incoming) {
        std::lock_guard const hold{guard_};
        seen_.push_back(std::move(incoming));
    }

    std::mutex guard_;
    std::condition_variable slow_came_;
    std::vector<request> seen_;
    int slow_ = 0;
    bool is_released_ = false;
};

// A server on a free port of this machine, with its own threads, drained when destroyed.
class running_server {
public:
    explicit running_server(http::listener_settings settings = {}, std::size_t workers = 1) {
        if (settings.address.empty()) settings.address = "127.0.0.1:0";
        std::vector<http::worker> all;
        for (std::size_t i = 0; i < workers; ++i) {
            threads_.push_back(std::make_unique<io_thread>("test-worker"));
            handlers_.push_back(std::make_unique<remembering_handler>());
            all.push_back({threads_.back().get(), handlers_.back().get()});
        }
        auto started = http::start_server(settings, all, counts_);
        HEADGATE_CHECK(started.has_value(), started.error().message);
        server_ = *std::move(started);
    }
    ~running_server() {
        for (auto const& each : handlers_) each->release();
        if (server_) drain(from_now(std::chrono::seconds{5}));
    }
    running_server(running_server const&) = delete;
    running_server& operator=(running_server const&) = delete;

    void drain(deadline until) {
        run(server_->drain(until));
        server_.reset();
    }

    [[nodiscard]] std::uint16_t port() const { return server_->port(); }
    [[nodiscard]] http::server& server() { return *server_; }
    [[nodiscard]] remembering_handler& handler(std::size_t worker = 0) { return *handlers_[worker]; }
    // Waits until so many connections are open: the other side of a close is seen a little later.
    void await_connections(std::size_t wanted) const {
        auto const line =
            "\nheadgate_http_connections{listener=\"webhooks\"} " + std::to_string(wanted) + "\n";
        auto const until = from_now(std::chrono::seconds{10});
        while (metrics_text().find(line) == std::string::npos) {
            HEADGATE_CHECK(std::chrono::steady_clock::now() < until, "the connections stay open");
            std::this_thread::yield();
        }
    }

    [[nodiscard]] std::string metrics_text() const { return counts_.render(); }

private:
    metrics counts_;
    std::vector<std::unique_ptr<remembering_handler>> handlers_;
    std::vector<std::unique_ptr<io_thread>> threads_;
    std::unique_ptr<http::server> server_;
};

}  // namespace headgate::testing_support
