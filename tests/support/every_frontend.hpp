#pragma once

#include "tests/support/fake_workflow_service.hpp"
#include "tests/support/run.hpp"
#include "tests/support/temporal_dev_server.hpp"
#include "tests/support/temporal_target.hpp"

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

// Each thing that answers like Temporal: the current server, the oldest one that we support, and the fake
// that the other tests use. A row that holds for the first two and not for the fake would mean that those
// tests prove nothing.

namespace headgate::testing_support {

// A frontend to ask, and the hand of an operator on it.
class frontend {
public:
    virtual ~frontend() = default;
    [[nodiscard]] virtual std::string address() const = 0;
    virtual void terminate(std::string const& workflow_id, std::string const& reason) = 0;
    // By the current run of the id.
    [[nodiscard]] virtual std::size_t signals_taken(std::string const& workflow_id) = 0;
    // A real server gets there by itself.
    virtual void reach_run_timeout(std::string const&) {}

protected:
    frontend() = default;
};

class real_frontend final : public frontend {
public:
    explicit real_frontend(temporal_dev_server::version version) : server_{version} {}
    [[nodiscard]] std::string address() const override { return server_.address(); }
    void terminate(std::string const& workflow_id, std::string const& reason) override {
        server_.terminate(workflow_id, reason);
    }
    [[nodiscard]] std::size_t signals_taken(std::string const& workflow_id) override {
        return server_.signals_taken(workflow_id);
    }

private:
    temporal_dev_server server_;
};

class fake_frontend final : public frontend {
public:
    [[nodiscard]] std::string address() const override { return service_.address(); }
    void terminate(std::string const& workflow_id, std::string const& reason) override {
        service_.close(workflow_id, fake_workflow_service::ending::terminated, reason);
    }
    [[nodiscard]] std::size_t signals_taken(std::string const& workflow_id) override {
        return service_.signals(workflow_id).size();
    }
    void reach_run_timeout(std::string const& workflow_id) override {
        service_.close(workflow_id, fake_workflow_service::ending::timed_out);
    }

private:
    fake_workflow_service service_{
        {.search_attributes = {"HeadgateSource", "HeadgateSize"}, .retention = std::chrono::hours{24}}};
};

enum class frontend_kind : std::uint8_t { current, floor, fake };

inline std::string name_of(frontend_kind chosen) {
    switch (chosen) {
        case frontend_kind::current: return "server_1_29";
        case frontend_kind::floor: return "server_1_23";
        case frontend_kind::fake: return "fake";
    }
    return "?";
}

// A target of one of them.
class asking_every_frontend : public testing::TestWithParam<frontend_kind> {
protected:
    // One server of each kind for a whole suite; each row uses workflow ids of its own.
    static frontend& the(frontend_kind chosen) {
        auto& held = frontends[static_cast<std::size_t>(chosen)];
        if (held) return *held;
        switch (chosen) {
            case frontend_kind::current:
                held = std::make_unique<real_frontend>(temporal_dev_server::version::current);
                break;
            case frontend_kind::floor:
                held = std::make_unique<real_frontend>(temporal_dev_server::version::floor);
                break;
            case frontend_kind::fake: held = std::make_unique<fake_frontend>(); break;
        }
        wait_until_it_starts_workflows(*held);
        return *held;
    }

    static void TearDownTestSuite() {
        for (auto& each : frontends) each.reset();
    }

    targets::start_answer start(start_order const& order, uuid const& id) {
        return run(target_->start(order, id, soon()));
    }

    result<targets::run_status> follow(std::string workflow_id, std::string run_id,
                                       targets::patience how = targets::patience::wait_for_end) {
        return run(target_->follow(std::move(workflow_id), std::move(run_id), how, soon()));
    }

    // Unique in the suite, so that rows do not meet.
    static std::string id(std::string const& row) { return row + "." + name_of(GetParam()); }

    frontend& frontend_ = the(GetParam());
    boost::asio::io_context context_{1};
    std::unique_ptr<targets::target> target_ = make_target(settings_for(frontend_.address()), context_);

private:
    static void wait_until_it_starts_workflows(frontend const& fresh) {
        boost::asio::io_context context{1};
        auto const asked = make_target(settings_for(fresh.address()), context);
        auto const give_up = std::chrono::steady_clock::now() + std::chrono::seconds{30};
        auto order = order_for("warm-up");
        order.search_attributes = {{"HeadgateSource", R"("github")"}, {"HeadgateSize", "17"}};
        auto const starts = [&] {
            return run(asked->start(order, delivery_numbered(0), soon())).what ==
                   targets::start_answer::kind::started;
        };
        while (!starts()) {
            ASSERT_LT(std::chrono::steady_clock::now(), give_up) << "the server does not start workflows";
        }
    }

    static inline std::array<std::unique_ptr<frontend>, 3> frontends;
};

}  // namespace headgate::testing_support
