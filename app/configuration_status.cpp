#include "app/configuration_status.hpp"

#include <chrono>
#include <utility>

namespace headgate::app {
namespace {

counter& reloads(metrics& counts, char const* result) {
    return counts.make_counter("headgate_config_reloads_total",
                               "Configurations read while running, by what became of them.",
                               {{"result", result}});
}

}  // namespace

configuration_status::configuration_status(metrics& counts, wall_clock const& clock, std::string revision)
    : clock_{clock},
      applied_{reloads(counts, "applied")},
      refused_{reloads(counts, "refused")},
      revision_{std::move(revision)},
      in_force_since_{clock.now()} {
    counts.add_gauge("headgate_config_last_success_timestamp_seconds",
                     "When the configuration in force was taken up, in seconds since 1970.", {}, [this] {
                         std::lock_guard const hold{guard_};
                         return std::chrono::duration<double>{in_force_since_.time_since_epoch()}.count();
                     });
    counts.add_info("headgate_config_info", "The configuration in force.", "revision",
                    [this] { return this->revision(); });
}

void configuration_status::applied(std::string revision) {
    applied_.add();
    std::lock_guard const hold{guard_};
    revision_ = std::move(revision);
    in_force_since_ = clock_.now();
    trouble_.clear();
}

void configuration_status::refused(std::string why) {
    refused_.add();
    std::lock_guard const hold{guard_};
    trouble_ = std::move(why);
}

std::string configuration_status::revision() const {
    std::lock_guard const hold{guard_};
    return revision_;
}

std::string configuration_status::trouble() const {
    std::lock_guard const hold{guard_};
    return trouble_;
}

}  // namespace headgate::app
