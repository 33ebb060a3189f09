#pragma once

#include "store/event_store.hpp"
#include "store/sqlite/sqlite_store.hpp"
#include "tests/support/memory_store.hpp"
#include "tests/support/scratch_folder.hpp"
#include "tests/support/stored_events.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

// What every event store promises, whatever keeps the rows.

namespace headgate::store {

// A place that outlives the stores opened on it, one after the other.
class storage {
public:
    virtual ~storage() = default;
    [[nodiscard]] virtual std::unique_ptr<event_store> open(settings chosen, wall_clock const& clock,
                                                            metrics& registry) = 0;
};

class sqlite_storage final : public storage {
public:
    [[nodiscard]] std::unique_ptr<event_store> open(settings chosen, wall_clock const& clock,
                                                    metrics& registry) override {
        chosen.sqlite.path = (folder_.path() / "headgate.db").string();
        auto opened = open_sqlite_store(chosen, clock, registry);
        HEADGATE_CHECK(opened.has_value(), opened ? "" : opened.error().message);
        return *std::move(opened);
    }

private:
    testing_support::scratch_folder folder_;
};

// Nothing outlives its stores.
class memory_storage final : public storage {
public:
    [[nodiscard]] std::unique_ptr<event_store> open(settings, wall_clock const& clock, metrics&) override {
        return std::make_unique<testing_support::memory_store>(clock);
    }
};

struct implementation {
    char const* name;
    std::unique_ptr<storage> (*make)();
};

class event_store_contract : public testing::TestWithParam<implementation> {
protected:
    void SetUp() override { open(); }

    void open() {
        store_.reset();
        registry_ = std::make_unique<metrics>();
        store_ = storage_->open(settings_, clock_, *registry_);
    }

    std::vector<event> lease(std::size_t limit) {
        return testing_support::run(store_->lease_events(limit)).value();
    }
    std::vector<delivery> route(event const& of, std::vector<delivery> deliveries) {
        std::vector<routing> done{{of.sequence, event_state::routed, "", std::move(deliveries), {}}};
        return testing_support::run(store_->record_routing(std::move(done))).value();
    }
    bool change(transition one) {
        return testing_support::run(store_->record({std::move(one)})).value().front();
    }
    event appended(std::string source, std::string body, std::vector<dedupe_key> keys = {}) {
        auto const stored =
            testing_support::append(*store_, testing_support::make_event(std::move(source), std::move(body)),
                                    std::move(keys))
                .value();
        return testing_support::run(store_->read_event(stored.id)).value().kept;
    }

    std::unique_ptr<storage> storage_ = GetParam().make();
    testing_support::manual_clock clock_;
    settings settings_;
    std::unique_ptr<metrics> registry_;
    std::unique_ptr<event_store> store_;
};

template <class Storage>
std::unique_ptr<storage> make_storage() {
    return std::make_unique<Storage>();
}

inline constexpr implementation sqlite_implementation{"sqlite", make_storage<sqlite_storage>};
inline constexpr implementation memory_implementation{"memory", make_storage<memory_storage>};

inline auto every_store() {
    return testing::Values(sqlite_implementation, memory_implementation);
}
inline auto every_durable_store() {
    return testing::Values(sqlite_implementation);
}

inline std::string name_of_store(testing::TestParamInfo<implementation> const& which) {
    return which.param.name;
}

}  // namespace headgate::store
