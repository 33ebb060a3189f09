#pragma once

#include "core/metrics.hpp"
#include "core/nursery.hpp"
#include "store/event_store.hpp"
#include "store/settings.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/run.hpp"

#include <boost/asio/io_context.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// Events, deliveries and appends for tests of stores.

namespace headgate::testing_support {

inline event make_event(std::string source, std::string body) {
    identity sender{"mac", "signing#0", coverage::full};
    sender.event_type = "release.published";
    sender.delivery_id = "72d3162e";
    event made{0, {}, "default", std::move(source), std::move(sender), {}};
    auto& head = made.received.head;
    head.method = "POST";
    head.target = "/webhooks/github?a=1";
    head.peer = "192.0.2.7";
    head.fields = {{"content-type", "application/json"}, {"x-github-event", "release"}};
    made.received.body = std::move(body);
    made.received.path_parameters = {{"connection", "orders"}};
    made.received.received_at = manual_clock{}.now();
    return made;
}

inline dedupe_key key_of(std::string_view value) {
    return make_dedupe_key("default", "github", dedupe_kind::id, value);
}

inline delivery make_delivery(event const& of, std::string rule, std::uint32_t item = 0) {
    delivery made;
    made.event_sequence = of.sequence;
    made.event_id = of.id;
    made.tenant = of.tenant;
    made.source = of.source;
    made.rule = std::move(rule);
    made.rule_revision = "0123456789abcdef";
    made.item = item;
    made.order.target = "platform";
    made.order.workflow_id = "orders-1";
    made.order.workflow = "SyncThenBuild";
    made.order.task_queue = "data-platform";
    made.order.inputs = {R"({"connection":"orders"})"};
    made.order.memo = {{"why", R"("release")"}};
    made.order.search_attributes = {{"HeadgateSource", R"("github")"}};
    made.order.run_timeout = std::chrono::seconds{300};
    made.order.id_is_default = true;
    return made;
}

// Several appends at once, each in a coroutine of its own; runs until all are answered.
class appends {
public:
    explicit appends(store::event_store& into) : store_{into}, running_{context_.get_executor()} {}

    void add(event fresh, std::vector<dedupe_key> keys, deadline until = deadline::max()) {
        auto const place = answers_.size();
        answers_.emplace_back();
        running_.spawn("append", one(*this, place, std::move(fresh), std::move(keys), until));
    }
    // Lets them get as far as they can without an answer.
    void submit() { context_.poll(); }
    void give_up() {
        running_.cancel();
        context_.poll();
    }
    // Others may be without an answer still.
    void wait_for(std::size_t place) {
        while (!answers_[place]) context_.run_one();
    }
    std::vector<result<store::receipt>> wait() {
        context_.restart();
        context_.run();
        std::vector<result<store::receipt>> all;
        for (auto& each : answers_) all.push_back(*std::exchange(each, std::nullopt));
        answers_.clear();
        return all;
    }
    [[nodiscard]] std::size_t running() const { return running_.size(); }
    [[nodiscard]] std::optional<result<store::receipt>> const& answer(std::size_t place) const {
        return answers_[place];
    }

private:
    static boost::asio::awaitable<void> one(appends& self, std::size_t place, event fresh,
                                            std::vector<dedupe_key> keys, deadline until) {
        auto appending = self.store_.append(std::move(fresh), std::move(keys), until);
        auto answered = co_await std::move(appending);
        self.answers_[place] = std::move(answered);
    }

    store::event_store& store_;
    boost::asio::io_context context_{1};
    std::vector<std::optional<result<store::receipt>>> answers_;
    nursery running_;
};

// Starts calls of a store without waiting for their answers.
class in_background {
public:
    template <class T>
    void start(boost::asio::awaitable<T> call, std::optional<T>& answer) {
        running_.spawn("call", keep(std::move(call), answer));
        context_.poll();
    }
    void finish() {
        context_.restart();
        context_.run();
    }

private:
    boost::asio::io_context context_{1};
    nursery running_{context_.get_executor()};
};

inline result<store::receipt> append(store::event_store& into, event fresh, std::vector<dedupe_key> keys,
                                     deadline until = deadline::max()) {
    return run(into.append(std::move(fresh), std::move(keys), until));
}

}  // namespace headgate::testing_support
