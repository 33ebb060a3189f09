#include "app/gateway_process.hpp"

#include "console/operator_api.hpp"
#include "core/io_thread.hpp"
#include "core/log.hpp"
#include "core/metrics.hpp"
#include "core/run_on.hpp"
#include "dispatch/dispatcher.hpp"
#include "gateway/acceptor.hpp"
#include "http/server.hpp"
#include "store/sqlite/sqlite_store.hpp"
#include "targets/temporal/temporal.hpp"

#include <algorithm>
#include <atomic>
#include <thread>
#include <utility>
#include <vector>

namespace headgate::app {
namespace {

constexpr std::size_t worker_threads_max = 16;

std::size_t worker_threads() {
    return std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, worker_threads_max);
}

class wired_gateway final : public gateway_process {
public:
    explicit wired_gateway(plan from) : plan_{std::move(from)} {}

    // Each step may fail; the destructor takes down what was made.
    result<void> start() {
        HEADGATE_TRY(store_, store::open_sqlite_store(plan_.settings.store, system_clock(), metrics_));
        HEADGATE_TRY(auto targets, make_targets());
        start_dispatcher(std::move(targets));
        HEADGATE_TRY(operator_, start_operator_listener());
        HEADGATE_TRY(webhooks_, start_webhooks_listener());
        ready_ = true;
        return {};
    }

    ~wired_gateway() override { drain(std::chrono::steady_clock::now()); }

    [[nodiscard]] std::uint16_t webhooks_port() const noexcept override { return webhooks_->port(); }
    [[nodiscard]] std::uint16_t operator_port() const noexcept override { return operator_->port(); }

    void drain(std::chrono::steady_clock::time_point until) override {
        ready_ = false;
        if (webhooks_) block_on(workers_.front()->executor(), webhooks_->drain(until));
        // Before the dispatcher, because acts of operators tell it to look.
        if (operator_) block_on(operator_thread_.executor(), operator_->drain(until));
        if (dispatcher_) block_on(dispatch_thread_.executor(), dispatcher_->stop(until));
        webhooks_.reset();
        operator_.reset();
        if (store_) store_->close();
        dispatcher_.reset();
        store_.reset();
    }

private:
    result<dispatch::named_targets> make_targets() {
        dispatch::named_targets all;
        for (auto const& each : plan_.settings.dispatch.targets) {
            auto made = targets::make_temporal_target(each.temporal, dispatch_thread_.executor());
            if (!made) return while_doing("target " + each.name, std::move(made).error());
            all.emplace(each.name, *std::move(made));
        }
        return all;
    }

    void start_dispatcher(dispatch::named_targets targets) {
        auto const busy_from = 2 * worker_threads();
        dispatch::surroundings around{.executor = dispatch_thread_.executor(),
                                      .store = *store_,
                                      .clock = system_clock(),
                                      .counts = metrics_,
                                      .accepting_is_busy = [this, busy_from] {
                                          return in_flight_.load(std::memory_order_relaxed) >= busy_from;
                                      }};
        dispatcher_ =
            dispatch::make_dispatcher(plan_.settings.dispatch, plan_.rules, std::move(targets), around);
        dispatcher_->start();
    }

    result<std::unique_ptr<http::server>> start_operator_listener() {
        console::surroundings around{.store = *store_,
                                     .clock = system_clock(),
                                     .counts = metrics_,
                                     .ready = [this] { return readiness(); },
                                     .changed = [this](uuid delivery) { dispatcher_->look_at(delivery); }};
        api_ = console::make_operator_api(plan_.settings.console, std::move(around));
        auto started =
            http::start_server(plan_.settings.operator_, {{&operator_thread_, api_.get()}}, metrics_);
        if (!started) return while_doing("operator listener", std::move(started).error());
        return started;
    }

    result<std::unique_ptr<http::server>> start_webhooks_listener() {
        std::vector<http::worker> workers;
        for (std::size_t i = 0; i < worker_threads(); ++i) {
            workers_.push_back(std::make_unique<io_thread>("accept " + std::to_string(i)));
            acceptors_.push_back(std::make_unique<gateway::acceptor>(plan_.sources, *store_, system_clock(),
                                                                     metrics_, in_flight_));
            workers.push_back({workers_.back().get(), acceptors_.back().get()});
        }
        auto started = http::start_server(plan_.settings.webhooks, std::move(workers), metrics_);
        if (!started) return while_doing("webhooks listener", std::move(started).error());
        return started;
    }

    [[nodiscard]] console::readiness readiness() const {
        console::readiness now;
        if (!ready_) now.reasons.emplace_back("starting or draining");
        auto const health = store_->health();
        if (!health.accepting) now.reasons.push_back("store: " + health.reason);
        for (auto const& note : health.notes) now.notes.push_back("store: " + note);
        for (auto const& [name, why] : dispatcher_->troubles())
            now.notes.push_back("target " + name + ": " + why);
        return now;
    }

    plan plan_;
    metrics metrics_;
    gateway::load in_flight_{0};
    std::atomic<bool> ready_{false};
    std::unique_ptr<store::event_store> store_;
    std::vector<std::unique_ptr<gateway::acceptor>> acceptors_;
    std::unique_ptr<http::handler> api_;
    io_thread dispatch_thread_{"dispatch"};
    io_thread operator_thread_{"operator"};
    std::vector<std::unique_ptr<io_thread>> workers_;
    std::unique_ptr<dispatch::dispatcher> dispatcher_;
    std::unique_ptr<http::server> operator_;
    std::unique_ptr<http::server> webhooks_;
};

}  // namespace

result<std::unique_ptr<gateway_process>> start_gateway(plan from) {
    auto gateway = std::make_unique<wired_gateway>(std::move(from));
    if (auto started = gateway->start(); !started) return std::unexpected{std::move(started).error()};
    return gateway;
}

}  // namespace headgate::app
