#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace headgate {

// Counts up. One writer thread is usual (a worker has its own); any thread may read.
class counter {
public:
    void add(std::uint64_t n = 1) noexcept { value_.fetch_add(n, std::memory_order_relaxed); }
    [[nodiscard]] std::uint64_t value() const noexcept { return value_.load(std::memory_order_relaxed); }

private:
    std::atomic<std::uint64_t> value_{0};
};

// How long things took, in fixed buckets from 0.5 ms to 10 s.
class duration_histogram {
public:
    static constexpr std::array<double, 13> bounds_seconds{0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
                                                           0.1,    0.25,  0.5,    1,     2.5,  10};

    void observe(std::chrono::nanoseconds took) noexcept;

    [[nodiscard]] std::uint64_t in_bucket(
        std::size_t i) const noexcept;  // i == bounds_seconds.size(): above all
    [[nodiscard]] double sum_seconds() const noexcept;

private:
    std::array<std::atomic<std::uint64_t>, bounds_seconds.size() + 1> buckets_{};
    std::atomic<std::uint64_t> sum_nanoseconds_{0};
};

using metric_labels = std::vector<std::pair<std::string, std::string>>;

// All metrics of the process. Workers make instances of their own under the same name and labels, so that no
// two threads write one cache line; `render` adds them up. References stay valid as long as the registry.
class metrics {
public:
    // `name` is the full Prometheus name, with unit: headgate_accepted_total.
    [[nodiscard]] counter& make_counter(std::string name, std::string help, metric_labels labels = {});
    [[nodiscard]] duration_histogram& make_histogram(std::string name, std::string help,
                                                     metric_labels labels = {});

    // Asked at each scrape, on the scraping thread. Must be safe there, and outlive the registry's last
    // `render`.
    void add_gauge(std::string name, std::string help, metric_labels labels, std::function<double()> read);

    // A gauge that is always 1 and says something in its label, as `headgate_config_info{revision="…"} 1`.
    void add_info(std::string name, std::string help, std::string label, std::function<std::string()> read);

    // Prometheus text format 0.0.4.
    [[nodiscard]] std::string render() const;

private:
    template <class Metric>
    struct series {
        std::string name;
        std::string help;
        metric_labels labels;
        Metric metric;
    };

    struct told {
        std::string label;
        std::function<std::string()> read;
    };

    mutable std::mutex guard_;  // Held while registering and rendering, never while counting.
    std::deque<series<counter>> counters_;
    std::deque<series<duration_histogram>> histograms_;
    std::deque<series<std::function<double()>>> gauges_;
    std::deque<series<told>> told_;
};

}  // namespace headgate
