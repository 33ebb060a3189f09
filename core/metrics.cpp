#include "core/metrics.hpp"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <limits>
#include <map>

namespace headgate {
namespace {

struct family {
    prometheus::MetricFamily shown;
    std::map<metric_labels, std::size_t> places;  // Of `shown.metric`: ten thousand sources have many.
};
using families = std::map<std::string, family>;

// The one series of this name with these labels, made on first sight: instances of several workers meet here.
prometheus::ClientMetric& merged(families& all, std::string const& name, std::string const& help,
                                 prometheus::MetricType type, metric_labels const& labels) {
    auto& [shown, places] = all[name];
    shown.name = name;
    shown.help = help;
    shown.type = type;
    auto const [place, is_new] = places.try_emplace(labels, shown.metric.size());
    if (!is_new) return shown.metric[place->second];
    auto& made = shown.metric.emplace_back();
    for (auto const& [label, value] : labels) made.label.push_back({label, value});
    return made;
}

void add(prometheus::ClientMetric::Histogram& to, duration_histogram const& from) {
    constexpr auto count = duration_histogram::bounds_seconds.size();
    if (to.bucket.empty()) to.bucket.resize(count + 1);
    std::uint64_t cumulative = 0;
    for (std::size_t i = 0; i <= count; ++i) {
        cumulative += from.in_bucket(i);
        to.bucket[i].upper_bound =
            i < count ? duration_histogram::bounds_seconds[i] : std::numeric_limits<double>::infinity();
        to.bucket[i].cumulative_count += cumulative;
    }
    to.sample_count += cumulative;
    to.sample_sum += from.sum_seconds();
}

}  // namespace

void duration_histogram::observe(std::chrono::nanoseconds took) noexcept {
    auto const seconds = std::chrono::duration<double>{took}.count();
    std::size_t bucket = 0;
    while (bucket < bounds_seconds.size() && seconds > bounds_seconds[bucket]) ++bucket;
    buckets_[bucket].fetch_add(1, std::memory_order_relaxed);
    sum_nanoseconds_.fetch_add(static_cast<std::uint64_t>(took.count()), std::memory_order_relaxed);
}

std::uint64_t duration_histogram::in_bucket(std::size_t i) const noexcept {
    return buckets_[i].load(std::memory_order_relaxed);
}

double duration_histogram::sum_seconds() const noexcept {
    return static_cast<double>(sum_nanoseconds_.load(std::memory_order_relaxed)) / 1e9;
}

counter& metrics::make_counter(std::string name, std::string help, metric_labels labels) {
    std::lock_guard const hold{guard_};
    return counters_.emplace_back(std::move(name), std::move(help), std::move(labels)).metric;
}

duration_histogram& metrics::make_histogram(std::string name, std::string help, metric_labels labels) {
    std::lock_guard const hold{guard_};
    return histograms_.emplace_back(std::move(name), std::move(help), std::move(labels)).metric;
}

void metrics::add_gauge(std::string name, std::string help, metric_labels labels,
                        std::function<double()> read) {
    std::lock_guard const hold{guard_};
    gauges_.emplace_back(std::move(name), std::move(help), std::move(labels), std::move(read));
}

void metrics::add_info(std::string name, std::string help, std::string label,
                       std::function<std::string()> read) {
    std::lock_guard const hold{guard_};
    told_.emplace_back(std::move(name), std::move(help), metric_labels{},
                       told{std::move(label), std::move(read)});
}

std::string metrics::render() const {
    std::lock_guard const hold{guard_};
    families all;
    for (auto const& each : counters_) {
        auto& metric = merged(all, each.name, each.help, prometheus::MetricType::Counter, each.labels);
        metric.counter.value += static_cast<double>(each.metric.value());
    }
    for (auto const& each : histograms_) {
        add(merged(all, each.name, each.help, prometheus::MetricType::Histogram, each.labels).histogram,
            each.metric);
    }
    for (auto const& each : gauges_) {
        merged(all, each.name, each.help, prometheus::MetricType::Gauge, each.labels).gauge.value +=
            each.metric();
    }
    for (auto const& each : told_) {
        metric_labels const said{{each.metric.label, each.metric.read()}};
        merged(all, each.name, each.help, prometheus::MetricType::Gauge, said).gauge.value = 1;
    }
    std::vector<prometheus::MetricFamily> list;
    for (auto& [name, one] : all) list.push_back(std::move(one.shown));
    return prometheus::TextSerializer{}.Serialize(list);
}

}  // namespace headgate
