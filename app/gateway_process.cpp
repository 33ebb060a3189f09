#include "app/gateway_process.hpp"

#include "app/changes.hpp"
#include "app/configuration_status.hpp"
#include "config/notes.hpp"
#include "console/operator_api.hpp"
#include "core/deadline.hpp"
#include "core/io_thread.hpp"
#include "core/log.hpp"
#include "core/metrics.hpp"
#include "core/run_on.hpp"
#include "dispatch/dispatcher.hpp"
#include "gateway/acceptor.hpp"
#include "gateway/kept_facts.hpp"
#include "http/descriptors.hpp"
#include "http/server.hpp"
#include "store/sqlite/sqlite_store.hpp"
#include "targets/temporal/temporal.hpp"

#include <algorithm>
#include <atomic>
#include <iterator>
#include <thread>
#include <utility>
#include <vector>

namespace headgate::app {
namespace {

constexpr std::size_t worker_threads_max = 16;

std::size_t worker_threads() {
    return std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, worker_threads_max);
}

// Connections never take the descriptors that everything else needs.
void fit_into_descriptors(config::configuration& settings) {
    auto const open_files = http::raise_descriptor_limit();
    for (auto const& [listener, configured] :
         http::share_descriptors(open_files, settings.webhooks, settings.operator_)) {
        log(log_level::warning, "connections_max is lowered to what the limit of open files leaves",
            {{"listener", listener->name},
             {"configured", std::to_string(configured)},
             {"used", std::to_string(listener->bounds.connections_max)},
             {"open_files", std::to_string(open_files)},
             {"remedy",
              "raise the hard limit of open files (LimitNOFILE=, ulimit -Hn), or configure fewer"}});
    }
}

std::vector<auth::authenticator const*> checks_of(plan const& all) {
    auto checks = all.operators->checks();
    for (auto const& each : all.sources->sources) checks.push_back(&each.sender);
    return checks;
}

class wired_gateway final : public gateway_process {
public:
    explicit wired_gateway(plan from) : plan_{std::move(from)} {}

    // Each step may fail; the destructor takes down what was made.
    result<void> start() {
        metrics_.add_gauge("headgate_log_lines_lost", "Lines thrown away while nobody read standard error.",
                           {}, [] { return static_cast<double>(background_log::lost_lines()); });
        fit_into_descriptors(plan_.settings);
        HEADGATE_TRY(store_, store::open_sqlite_store(plan_.settings.store, system_clock(), metrics_));
        dispatch::named_targets targets;
        for (auto const& each : plan_.settings.dispatch.targets) {
            HEADGATE_TRY(targets[each.name], make_target(each));
        }
        start_dispatcher(std::move(targets));
        facts_ = std::make_unique<gateway::kept_facts>(facts_thread_.executor(), metrics_);
        call_on(facts_thread_.executor(), [this] { facts_->use(checks_of(plan_)); });
        HEADGATE_TRY(operator_, start_operator_listener());
        HEADGATE_TRY(webhooks_, start_webhooks_listener());
        ready_ = true;
        return {};
    }

    ~wired_gateway() override { drain_until(std::chrono::steady_clock::now()); }

    void take(planned next) override {
        if (next.made) {
            for (auto& each : put_in_force(*next.made)) {
                next.places.locate(each);
                next.found.push_back(std::move(each));
            }
        }
        report(next);
    }

    [[nodiscard]] std::uint16_t webhooks_port() const noexcept override { return webhooks_->port(); }
    [[nodiscard]] std::uint16_t operator_port() const noexcept override { return operator_->port(); }

    void drain() override { drain_until(from_now(plan_.settings.drain_within)); }

private:
    void drain_until(deadline until) {
        ready_ = false;
        if (webhooks_) block_on(workers_.front()->executor(), webhooks_->drain(until));
        // Before the dispatcher, because acts of operators tell it to look.
        if (operator_) block_on(operator_thread_.executor(), operator_->drain(until));
        if (dispatcher_) block_on(dispatch_thread_.executor(), dispatcher_->stop(until));
        if (facts_) block_on(facts_thread_.executor(), facts_->stop());
        webhooks_.reset();
        operator_.reset();
        facts_.reset();  // Its timers end before the thread that they are of.
        if (store_) store_->close();
        dispatcher_.reset();
        store_.reset();
    }

    result<std::unique_ptr<targets::target>> make_target(dispatch::target_settings const& of) {
        auto made = targets::make_temporal_target(of.temporal, dispatch_thread_.executor());
        if (!made) return while_doing("target " + of.name, std::move(made).error());
        return made;
    }

    // Everything that can fail comes first; then every thread gets its part of `next`.
    problems put_in_force(plan& next) {
        fit_into_descriptors(next.settings);
        auto found = what_needs_a_restart(plan_.settings, next.settings);
        auto fresh = make_fresh_targets(next, found);
        auto webhooks = made_ready(next.settings.webhooks, "listen.webhooks", found);
        auto operators = made_ready(next.settings.operator_, "listen.operator", found);
        if (!found.empty()) return found;

        configure_log(next.settings.log);
        store_->use(next.settings.store.retention);
        // Rules before sources: no event of a new source is routed by rules that do not know it.
        block_on(dispatch_thread_.executor(),
                 dispatcher_->replace(next.settings.dispatch, next.rules, std::move(fresh)));
        webhooks_->use(std::move(webhooks));
        operator_->use(std::move(operators));
        // Facts before sources: what a new source needs is being fetched when its first request comes. And
        // after them: until the last one changes, the old ones ask as before.
        call_on(facts_thread_.executor(), [this, &next] {
            auto both = checks_of(plan_);
            std::ranges::move(checks_of(next), std::back_inserter(both));
            facts_->use(both);
        });
        for (std::size_t i = 0; i < acceptors_.size(); ++i) {
            call_on(workers_[i]->executor(), [to = acceptors_[i].get(), &next] { to->use(next.sources); });
        }
        call_on(operator_thread_.executor(), [this, &next] { api_->use(next.operators); });
        call_on(facts_thread_.executor(), [this, &next] { facts_->use(checks_of(next)); });
        plan_ = std::move(next);
        status_.applied(plan_.settings.revision);
        return {};
    }

    dispatch::named_targets make_fresh_targets(plan const& next, problems& found) {
        dispatch::named_targets fresh;
        for (auto const& each : next.settings.dispatch.targets) {
            if (!needs_new_target(plan_, next, each.name)) continue;
            auto made = make_target(each);
            if (made) {
                fresh.emplace(each.name, *std::move(made));
            } else {
                found.push_back(as_problem("targets." + each.name, made.error()));
            }
        }
        return fresh;
    }

    static std::shared_ptr<http::prepared_listener const> made_ready(http::listener_settings const& from,
                                                                     std::string path, problems& found) {
        auto ready = http::prepare(from);
        if (ready) return *std::move(ready);
        found.push_back(as_problem(std::move(path), ready.error()));
        return nullptr;
    }

    static problem as_problem(std::string path, error const& why) {
        return {.path = std::move(path), .what = why.message, .remedy = why.remedy};
    }

    void report(planned const& outcome) {
        log_problems(outcome.found);
        auto const mistakes = std::ranges::count_if(outcome.found, is_mistake);
        if (mistakes == 0) {
            log(log_level::info, "the configuration was read again and is in force",
                {{"revision", status_.revision()}});
            return;
        }
        log(log_level::error, "the changed configuration is refused; the last good one stays in force",
            {{"problems", std::to_string(mistakes)}, {"revision", status_.revision()}});
        status_.refused("the changed configuration is refused, problems: " + std::to_string(mistakes) +
                        "; the log and `headgate check` name them");
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
                                     .facts = *facts_,
                                     .ready = [this] { return readiness(); },
                                     .changed = [this](uuid delivery) { dispatcher_->look_at(delivery); },
                                     .route = [this](uuid event) { return dispatcher_->route_again(event); }};
        api_ = console::make_operator_api(plan_.operators, std::move(around));
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
                                                                     *facts_, metrics_, in_flight_));
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
        if (auto why = status_.trouble(); !why.empty())
            now.notes.push_back("configuration: " + std::move(why));
        for (auto const& [what, why] : facts_->troubles()) now.notes.push_back(what + ": " + why);
        for (auto const& [name, why] : dispatcher_->troubles())
            now.notes.push_back("target " + name + ": " + why);
        return now;
    }

    plan plan_;  // In force. Of whoever starts, and then of whoever calls `take`.
    metrics metrics_;
    configuration_status status_{metrics_, system_clock(), plan_.settings.revision};
    gateway::load in_flight_{0};
    std::atomic<bool> ready_{false};
    std::unique_ptr<store::event_store> store_;
    std::unique_ptr<gateway::kept_facts> facts_;
    std::vector<std::unique_ptr<gateway::acceptor>> acceptors_;
    std::unique_ptr<console::operator_api> api_;
    io_thread dispatch_thread_{"dispatch"};
    io_thread facts_thread_{"facts"};
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
