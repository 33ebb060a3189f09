#include "core/metrics.hpp"

#include <gtest/gtest.h>

#include <string>

namespace headgate {
namespace {

using namespace std::chrono_literals;

TEST(metrics, add_up_what_several_workers_counted_under_one_name) {
    metrics all;
    all.make_counter("headgate_things_total", "Things.", {{"kind", "a"}}).add(2);
    all.make_counter("headgate_things_total", "Things.", {{"kind", "a"}}).add(3);
    all.make_counter("headgate_things_total", "Things.", {{"kind", "b"}}).add();
    auto const text = all.render();
    EXPECT_NE(text.find("# TYPE headgate_things_total counter"), std::string::npos);
    EXPECT_NE(text.find("headgate_things_total{kind=\"a\"} 5"), std::string::npos);
    EXPECT_NE(text.find("headgate_things_total{kind=\"b\"} 1"), std::string::npos);
}

TEST(metrics, histograms_are_cumulative) {
    metrics all;
    auto& took = all.make_histogram("headgate_took_seconds", "How long.");
    took.observe(1ms);
    took.observe(30ms);
    took.observe(1min);
    auto const text = all.render();
    EXPECT_NE(text.find("headgate_took_seconds_bucket{le=\"0.001\"} 1"), std::string::npos);
    EXPECT_NE(text.find("headgate_took_seconds_bucket{le=\"0.05\"} 2"), std::string::npos);
    EXPECT_NE(text.find("headgate_took_seconds_bucket{le=\"+Inf\"} 3"), std::string::npos);
    EXPECT_NE(text.find("headgate_took_seconds_count 3"), std::string::npos);
}

TEST(metrics, ask_what_an_info_says_at_each_scrape_and_forget_what_it_said) {
    metrics all;
    std::string revision = "old";
    all.add_info("headgate_info", "Revision.", "revision", [&revision] { return revision; });
    EXPECT_NE(all.render().find("headgate_info{revision=\"old\"} 1"), std::string::npos);
    revision = "new";
    EXPECT_NE(all.render().find("headgate_info{revision=\"new\"} 1"), std::string::npos);
    EXPECT_EQ(all.render().find("old"), std::string::npos);
}

TEST(metrics, ask_gauges_at_each_scrape) {
    metrics all;
    double level = 1;
    all.add_gauge("headgate_level", "Level.", {}, [&level] { return level; });
    level = 7;
    EXPECT_NE(all.render().find("headgate_level 7"), std::string::npos);
}

}  // namespace
}  // namespace headgate
