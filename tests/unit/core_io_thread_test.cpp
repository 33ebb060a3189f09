#include "core/io_thread.hpp"
#include "core/log.hpp"

#include <boost/asio/post.hpp>
#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

namespace headgate {
namespace {

// Behind many lines, which the thread that writes them has not written when the process is about to end.
void die_of_an_exception() {
    background_log const writing{1024};
    for (int i = 0; i < 1000; ++i) log(log_level::info, "one of many", {{"line", std::to_string(i)}});
    io_thread breaking{"breaking"};
    boost::asio::post(breaking.context(), [] { throw std::runtime_error{"a bug"}; });
    breaking.finish();
}

TEST(io_thread_death_test, says_why_the_process_ends_also_behind_a_background_log) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    EXPECT_DEATH(die_of_an_exception(), "a thread ended with an exception.*a bug");
}

}  // namespace
}  // namespace headgate
