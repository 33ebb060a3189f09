#include "gateway/newcomers.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

// Which of the names that nobody knows is fetched next. Time is passed in.

namespace headgate::gateway {
namespace {

using namespace std::chrono_literals;

// Asked at milliseconds since it began.
class asked_newcomers {
public:
    // The name whose turn it is; "" where it is nobody's.
    std::string ask(std::string name, std::chrono::milliseconds at) {
        auto const next = all_.next({std::move(name), {}}, began_ + at);
        return next ? next->name : "";
    }

    void forbid(std::string const& name, std::chrono::milliseconds at) { all_.forbid(name, began_ + at); }
    void put_behind(std::string const& name, std::chrono::milliseconds at) {
        all_.put_behind(name, began_ + at);
    }

private:
    newcomers::clock::time_point began_{};
    newcomers all_{10s};
};

TEST(newcomers, have_their_turn_at_once_where_nobody_else_asks) {
    asked_newcomers of;
    EXPECT_EQ(of.ask("a", 0s), "a");
    EXPECT_EQ(of.ask("b", 10s), "b");
    EXPECT_EQ(of.ask("c", 60s), "c");
}

TEST(newcomers, have_one_turn_in_the_interval) {
    asked_newcomers of;
    int turns = 0;
    for (int i = 0; i < 1000; ++i) turns += of.ask(std::to_string(i), i * 100ms).empty() ? 0 : 1;
    EXPECT_EQ(turns, 10);
}

TEST(newcomers, that_are_asked_for_again_have_the_next_turn) {
    asked_newcomers of;
    EXPECT_EQ(of.ask("made up 1", 0s), "made up 1");
    EXPECT_EQ(of.ask("genuine", 1s), "");
    EXPECT_EQ(of.ask("genuine", 2s), "");
    for (int i = 0; i < 500; ++i) EXPECT_EQ(of.ask("made up " + std::to_string(i), 3s), "");
    EXPECT_EQ(of.ask("made up 500", 10s), "genuine");
    EXPECT_NE(of.ask("made up 501", 20s), "genuine") << "it has had it";
}

// One request in a hundred is genuine; none of the others names what was named before.
TEST(newcomers, that_come_again_are_found_in_a_trickle_and_in_a_flood_of_made_up_names) {
    for (auto const apart : {1000ms, 100ms, 10ms}) {
        asked_newcomers of;
        bool is_found = false;
        for (int i = 0; i < 3000 && !is_found; ++i) {
            auto const name = i % 100 == 7 ? std::string{"genuine"} : "made up " + std::to_string(i);
            auto const turn = of.ask(name, i * apart);
            is_found = turn == "genuine";
            if (!turn.empty()) of.forbid(turn, i * apart);
        }
        EXPECT_TRUE(is_found) << apart.count();
    }
}

TEST(newcomers, that_turned_out_to_be_nobodys_have_no_turn_for_thirty_intervals) {
    asked_newcomers of;
    EXPECT_EQ(of.ask("made up", 0s), "made up");
    of.forbid("made up", 1s);
    for (auto at = 1s; at < 301s; at += 1s) EXPECT_EQ(of.ask("made up", at), "");
    EXPECT_EQ(of.ask("made up", 301s), "made up");
}

// Two names over and over: within an interval each comes more often than the genuine one within all thirty.
TEST(newcomers, that_turned_out_to_be_nobodys_make_room_for_others) {
    asked_newcomers of;
    bool is_found = false;
    for (int i = 0; i < 3000 && !is_found; ++i) {
        auto const name = i % 100 == 7 ? std::string{"genuine"} : "made up " + std::to_string(i % 2);
        auto const turn = of.ask(name, i * 100ms);
        is_found = turn == "genuine";
        if (!turn.empty()) of.forbid(turn, i * 100ms);
    }
    EXPECT_TRUE(is_found);
}

TEST(newcomers, that_we_were_refused_have_no_turn_while_others_wait) {
    asked_newcomers of;
    EXPECT_EQ(of.ask("refused", 0s), "refused");
    of.put_behind("refused", 1s);
    for (auto at = 2s; at < 10s; at += 1s) EXPECT_EQ(of.ask("refused", at), "");
    EXPECT_EQ(of.ask("refused", 10s), "refused") << "nobody else waits";
    for (auto at = 11s; at < 20s; at += 1s) EXPECT_EQ(of.ask("refused", at), "");
    EXPECT_EQ(of.ask("genuine", 15s), "");
    EXPECT_EQ(of.ask("refused", 20s), "genuine");
}

TEST(newcomers, that_nobody_asks_for_any_more_keep_nobody_waiting) {
    asked_newcomers of;
    EXPECT_EQ(of.ask("a", 0s), "a");
    for (int i = 0; i < 5; ++i) EXPECT_EQ(of.ask("gone", 1s), "");
    EXPECT_EQ(of.ask("b", 20s), "b");
}

}  // namespace
}  // namespace headgate::gateway
