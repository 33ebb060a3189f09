#include "dispatch/waiting_room.hpp"

#include <gtest/gtest.h>

#include <string>

namespace headgate::dispatch {
namespace {

using namespace std::chrono_literals;
using admission = waiting_room::admission;
using leaving = waiting_room::leaving;

constexpr waiting_room::instant now{std::chrono::hours{1}};

uuid id_of(std::uint8_t number) {
    uuid made{};
    made.bytes.back() = number;
    return made;
}

delivery numbered(std::uint8_t number, std::string workflow_id) {
    delivery made;
    made.id = id_of(number);
    made.order.workflow_id = std::move(workflow_id);
    return made;
}

struct waiting_rooms : testing::Test {
    settings limits;
    waiting_room room{limits};
};

TEST_F(waiting_rooms, give_what_is_due_in_the_order_of_the_instants) {
    EXPECT_EQ(room.add(numbered(1, "a"), now + 2s), admission::taken);
    EXPECT_EQ(room.add(numbered(2, "b"), now + 1s), admission::taken);
    EXPECT_EQ(room.next_due(), now + 1s);
    EXPECT_FALSE(room.take_due(now));
    EXPECT_EQ(room.take_due(now + 2s), id_of(2));
    EXPECT_EQ(room.take_due(now + 2s), id_of(1));
    EXPECT_FALSE(room.take_due(now + 2s));
}

TEST_F(waiting_rooms, hold_one_delivery_of_a_workflow_id_and_remember_the_others_in_turn) {
    EXPECT_EQ(room.add(numbered(2, "a"), now), admission::taken);
    EXPECT_EQ(room.add(numbered(1, "a"), now), admission::in_line);
    EXPECT_EQ(room.add(numbered(3, "a"), now), admission::in_line);
    EXPECT_EQ(room.add(numbered(3, "a"), now), admission::in_line);
    EXPECT_EQ(room.take_due(now), id_of(2));
    EXPECT_FALSE(room.take_due(now));
    EXPECT_EQ(room.leave(id_of(2), leaving::for_good), "a");
    EXPECT_EQ(room.next_in_line("a"), id_of(3));
    EXPECT_EQ(room.add(numbered(3, "a"), now), admission::taken);
    EXPECT_EQ(room.leave(id_of(3), leaving::for_good), "a");
    EXPECT_EQ(room.next_in_line("a"), id_of(1));
    EXPECT_FALSE(room.next_in_line("a"));
    EXPECT_EQ(room.add(numbered(4, "a"), now), admission::taken);
}

TEST_F(waiting_rooms, turn_away_one_past_the_line_and_ask_for_a_sweep_once_it_is_gone) {
    limits.same_id_in_line_max = 1;
    EXPECT_EQ(room.add(numbered(1, "a"), now), admission::taken);
    EXPECT_EQ(room.add(numbered(2, "a"), now), admission::in_line);
    EXPECT_EQ(room.add(numbered(3, "a"), now), admission::turned_away);
    EXPECT_FALSE(room.wants_sweep());
    EXPECT_EQ(room.leave(id_of(1), leaving::for_good), "a");
    EXPECT_EQ(room.next_in_line("a"), id_of(2));
    EXPECT_EQ(room.add(numbered(2, "a"), now), admission::taken);
    EXPECT_FALSE(room.leave(id_of(2), leaving::for_good));
    EXPECT_TRUE(room.wants_sweep());
    room.sweep_begins();
    EXPECT_FALSE(room.wants_sweep());
}

TEST_F(waiting_rooms, turn_away_one_past_their_count_and_ask_for_a_sweep_when_half_empty) {
    limits.deliveries_in_memory_max = 2;
    EXPECT_EQ(room.add(numbered(1, "a"), now), admission::taken);
    EXPECT_EQ(room.add(numbered(2, "b"), now), admission::taken);
    EXPECT_TRUE(room.is_full());
    EXPECT_EQ(room.add(numbered(3, "c"), now), admission::turned_away);
    EXPECT_FALSE(room.wants_sweep());
    EXPECT_FALSE(room.leave(id_of(1), leaving::for_good));
    EXPECT_TRUE(room.wants_sweep());
}

TEST_F(waiting_rooms, say_whether_there_is_room_for_one_whose_order_was_not_read) {
    limits.deliveries_in_memory_max = 2;
    EXPECT_TRUE(room.has_room_for(numbered(1, "a")));
    EXPECT_EQ(room.add(numbered(1, "a"), now), admission::taken);
    EXPECT_FALSE(room.has_room_for(numbered(1, "a")));  // It is here.
    EXPECT_FALSE(room.has_room_for(numbered(2, "a")));  // It is to stand in line.
    room.note(numbered(2, "a"));
    EXPECT_FALSE(room.takes_no_more());
    EXPECT_TRUE(room.has_room_for(numbered(3, "c")));
    EXPECT_EQ(room.add(numbered(3, "c"), now), admission::taken);
    EXPECT_FALSE(room.has_room_for(numbered(4, "d")));
    EXPECT_EQ(room.leave(id_of(1), leaving::for_good), "a");
    EXPECT_EQ(room.next_in_line("a"), id_of(2));
}

TEST_F(waiting_rooms, take_nobody_past_one_that_was_turned_away_until_the_next_sweep) {
    limits.deliveries_in_memory_max = 2;
    room.note(numbered(1, "a"));
    EXPECT_TRUE(room.wants_sweep());
    EXPECT_FALSE(room.has_room_for(numbered(2, "b")));
    room.sweep_begins();
    EXPECT_TRUE(room.has_room_for(numbered(1, "a")));
}

TEST_F(waiting_rooms, turn_away_what_is_past_their_bytes_but_never_the_only_one) {
    limits.deliveries_in_memory_bytes_max = 10'000;
    auto large = numbered(1, "a");
    large.order.inputs = {std::string(20'000, 'x')};
    EXPECT_EQ(room.add(large, now), admission::taken);
    EXPECT_EQ(room.add(numbered(2, "b"), now), admission::turned_away);
    EXPECT_FALSE(room.leave(id_of(1), leaving::for_good));
    EXPECT_TRUE(room.wants_sweep());
    EXPECT_EQ(room.add(numbered(2, "b"), now), admission::taken);
}

TEST_F(waiting_rooms, a_start_that_may_have_happened_owns_its_workflow_id) {
    room.claim("a", id_of(9));
    EXPECT_EQ(room.add(numbered(1, "a"), now), admission::in_line);
    EXPECT_EQ(room.add(numbered(9, "a"), now), admission::taken);
    EXPECT_FALSE(room.leave(id_of(9), leaving::keeping_its_id));
    EXPECT_EQ(room.add(numbered(2, "a"), now), admission::in_line);
}

TEST_F(waiting_rooms, one_that_goes_behind_the_others_comes_back_after_them) {
    EXPECT_EQ(room.add(numbered(1, "a"), now), admission::taken);
    EXPECT_EQ(room.add(numbered(2, "a"), now), admission::in_line);
    EXPECT_TRUE(room.others_wait_for_id_of(id_of(1)));
    EXPECT_EQ(room.leave(id_of(1), leaving::behind_the_others), "a");
    EXPECT_EQ(room.next_in_line("a"), id_of(2));
    EXPECT_EQ(room.next_in_line("a"), id_of(1));
    EXPECT_FALSE(room.next_in_line("a"));
}

}  // namespace
}  // namespace headgate::dispatch
