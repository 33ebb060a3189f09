#include "core/encoding.hpp"
#include "store/sqlite/byte_stream.hpp"
#include "store/sqlite/row_codec.hpp"
#include "tests/support/stored_events.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <string>
#include <string_view>

namespace headgate::store::sqlite {
namespace {

using namespace testing_support;

event stored_event() {
    auto kept = make_event("github", R"({"action":"published"})");
    kept.sequence = 7;
    kept.id.bytes.fill(0x42);
    return kept;
}

struct stored_row {
    event kept = stored_event();
    packed_event packed = pack(kept);
    std::string id{reinterpret_cast<char const*>(kept.id.bytes.data()), kept.id.bytes.size()};

    [[nodiscard]] event_columns columns() const {
        return {kept.sequence,
                id,
                to_column(kept.received.received_at),
                kept.tenant,
                kept.source,
                seal(packed.content, kept.sequence, kept.id),
                packed.head,
                kept.received.body};
    }
};

TEST(event_row, keeps_where_the_body_is_hidden) {
    stored_row row;
    row.kept.received.hidden = {{.begin = 2, .bytes = 8, .as = hidden_place::form::json_value},
                                {.begin = 11, .bytes = 3, .as = hidden_place::form::text}};
    row.packed = pack(row.kept);
    EXPECT_EQ(unpack(row.columns()).value().received.hidden, row.kept.received.hidden);
}

TEST(event_row, keeps_whom_a_token_is_about) {
    stored_row row;
    row.kept.sender.subject = "u1";
    row.kept.sender.email = "a@b";
    row.kept.sender.groups = {"x", "y"};
    row.packed = pack(row.kept);
    auto const sender = unpack(row.columns()).value().sender;
    EXPECT_EQ(sender.subject, "u1");
    EXPECT_EQ(sender.email, "a@b");
    EXPECT_EQ(sender.groups, row.kept.sender.groups);
}

// Rows of the first version have nothing between the event's type and the method.
TEST(event_row, is_read_as_it_was_written) {
    stored_row const row;
    auto const read = unpack(row.columns()).value();
    EXPECT_EQ(read.received.body, row.kept.received.body);
    EXPECT_EQ(read.received.head.fields, row.kept.received.head.fields);
    EXPECT_EQ(read.sender.delivery_id, row.kept.sender.delivery_id);
}

TEST(event_row, is_refused_by_number_when_any_column_was_changed) {
    stored_row const row;
    auto const is_refused = [](event_columns const& columns) {
        auto const read = unpack(columns);
        return !read && read.error().code == errc::data_loss &&
               read.error().message.find("event " + std::to_string(columns.sequence)) != std::string::npos;
    };
    auto columns = row.columns();
    EXPECT_FALSE(is_refused(columns));
    columns.sequence = 8;
    EXPECT_TRUE(is_refused(columns));
    columns = row.columns();
    columns.received_at += 1;
    EXPECT_TRUE(is_refused(columns));
    columns = row.columns();
    columns.tenant = "other";
    EXPECT_TRUE(is_refused(columns));
    columns = row.columns();
    columns.source = "other";
    EXPECT_TRUE(is_refused(columns));
    columns = row.columns();
    columns.body = "other";
    EXPECT_TRUE(is_refused(columns));
    columns = row.columns();
    columns.id = "short";
    EXPECT_TRUE(is_refused(columns));
}

TEST(event_row, is_refused_when_any_bit_of_its_head_was_flipped) {
    stored_row const row;
    for (std::size_t bit = 0; bit < row.packed.head.size() * 8; ++bit) {
        auto head = row.packed.head;
        head[bit / 8] = static_cast<char>(head[bit / 8] ^ (1 << (bit % 8)));
        auto columns = row.columns();
        columns.head = head;
        ASSERT_FALSE(unpack_head(columns)) << bit;
    }
}

TEST(delivery_row, has_another_checksum_when_anything_in_it_changed) {
    auto const kept = make_delivery(stored_event(), "first");
    auto const before = checksum_of(1, kept);
    EXPECT_NE(checksum_of(2, kept), before);
    auto changed = kept;
    changed.reason = "x";
    EXPECT_NE(checksum_of(1, changed), before);
    changed = kept;
    changed.started_at = wall_time{};
    EXPECT_NE(checksum_of(1, changed), before);
    changed = kept;
    changed.state = delivery_state::dead;
    EXPECT_NE(checksum_of(1, changed), before);
}

TEST(order, is_refused_when_cut_short_or_in_anothers_place) {
    auto of = make_delivery(stored_event(), "first");
    auto const packed = pack_order(3, of);
    delivery read;
    read.id = of.id;
    EXPECT_TRUE(unpack_order(3, packed.content, packed.checksum, read));
    EXPECT_EQ(read.order.inputs, of.order.inputs);
    EXPECT_FALSE(unpack_order(4, packed.content, packed.checksum, read));
    EXPECT_FALSE(unpack_order(3, packed.content.substr(1), packed.checksum, read));
}

TEST(order, keeps_every_argument_and_what_is_said_of_types_and_reuse) {
    auto of = make_delivery(stored_event(), "first");
    of.order.inputs = {"1", R"({"a":2})", "null"};
    of.order.search_attributes = {{"Plain", "1"}, {"Size", "17", attribute_type::integer}};
    of.order.reuse = id_reuse::after_failure;
    auto const packed = pack_order(3, of);
    delivery read;
    read.id = of.id;
    ASSERT_TRUE(unpack_order(3, packed.content, packed.checksum, read));
    EXPECT_EQ(read.order.inputs, of.order.inputs);
    EXPECT_EQ(read.order.search_attributes, of.order.search_attributes);
    EXPECT_EQ(read.order.reuse, id_reuse::after_failure);
}

TEST(order, keeps_a_signal) {
    auto of = make_delivery(stored_event(), "first");
    of.order.kind = order_kind::signal_with_start;
    of.order.signal = {.name = "new_release", .inputs = {"1", "null"}, .event_id = "an event"};
    auto const packed = pack_order(3, of);
    delivery read;
    read.id = of.id;
    ASSERT_TRUE(unpack_order(3, packed.content, packed.checksum, read));
    EXPECT_EQ(read.order.kind, order_kind::signal_with_start);
    EXPECT_EQ(read.order.signal, of.order.signal);
    EXPECT_EQ(read.order.reuse, of.order.reuse);
}

// So the version before signals reads them, should somebody go back to it.
TEST(order, that_only_starts_has_the_form_from_before_signals) {
    auto of = make_delivery(stored_event(), "first");
    EXPECT_EQ(pack_order(3, of).content.front(), 2);
    of.order.kind = order_kind::signal;
    EXPECT_EQ(pack_order(3, of).content.front(), 3);
}

// Written by the first version, which knew one argument, no types and no reuse: `make_delivery(event,
// "first")` with an id of 0x24 in row 3.
TEST(order, of_the_first_version_is_read) {
    auto const content =
        decode_hex(
            "010d53796e635468656e4275696c640d646174612d706c6174666f726d177b22636f6e6e656374696f"
            "6e223a226f7264657273227d0103776879092272656c6561736522010e4865616467617465536f7572"
            "636508226769746875622200e0a7120001",
            hex_case::lower)
            .value();
    auto const wanted = make_delivery(stored_event(), "first").order;
    delivery read;
    read.id.bytes.fill(0x24);
    ASSERT_TRUE(unpack_order(3, content, 9294402507235744235U, read));
    EXPECT_EQ(read.order.workflow, wanted.workflow);
    EXPECT_THAT(read.order.inputs, testing::ElementsAre(R"({"connection":"orders"})"));
    EXPECT_EQ(read.order.memo, wanted.memo);
    EXPECT_EQ(read.order.search_attributes, wanted.search_attributes);
    EXPECT_EQ(read.order.run_timeout, wanted.run_timeout);
    EXPECT_TRUE(read.order.id_is_default);
    EXPECT_EQ(read.order.reuse, id_reuse::never);
}

TEST(byte_reader, reads_nothing_more_after_the_first_thing_that_does_not_fit) {
    byte_writer out;
    out.number(300);
    out.text("abc");
    auto const bytes = std::move(out).take();
    byte_reader in{bytes};
    EXPECT_EQ(in.number(), 300U);
    EXPECT_EQ(in.text(), "abc");
    EXPECT_TRUE(in.at_end());
    EXPECT_EQ(in.number(), 0U);
    EXPECT_FALSE(in.ok());

    byte_reader endless{"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"};
    EXPECT_EQ(endless.number(), 0U);
    EXPECT_FALSE(endless.ok());
    byte_reader too_long{
        "\x05"
        "ab"};
    EXPECT_EQ(too_long.text(), "");
    EXPECT_FALSE(too_long.ok());
    byte_reader too_many{"\x7f"};
    EXPECT_EQ(too_many.count(), 0U);
    EXPECT_FALSE(too_many.ok());
}

// RFC 9562, A.6: the example of a UUIDv7 was made at 2022-02-22T19:22:22.000Z.
TEST(time_of, is_the_millisecond_in_the_id) {
    auto const id = parse_uuid("017F22E2-79B0-7CC3-98C4-DC0C0C07398F").value();
    EXPECT_EQ(to_rfc3339(time_of(id)), "2022-02-22T19:22:22.000Z");
}

}  // namespace
}  // namespace headgate::store::sqlite
