#pragma once

#include "core/ids.hpp"
#include "core/result.hpp"
#include "model/delivery.hpp"
#include "model/event.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// What stands in the columns, and the checksums that prove it. No SQLite here.
//
// A checksum is XXH3 (64 bits) over the row's content, mixed with the row's number, so that neither a flipped
// bit nor a row in another's place goes unnoticed. It is against decay, not against someone who writes the
// file.

namespace headgate::store::sqlite {

// Everything of an event that does not depend on its place in the store: made on the caller's thread, so that
// the writer only has to bind it.
struct packed_event {
    std::string head;  // Request without its body, identity, path parameters, size and digest of the body.
    std::uint64_t content = 0;  // Checksum of all columns but sequence and id.
};

// The columns of one event as they were read. `body` is not looked at by `unpack_summary`.
struct event_columns {
    sequence_number sequence = 0;
    std::string_view id;
    std::int64_t received_at = 0;
    std::string_view tenant;
    std::string_view source;
    std::uint64_t checksum = 0;
    std::string_view head;
    std::string_view body;
};

struct unpacked_head {
    event kept;  // Without body.
    std::uint64_t body_bytes = 0;
};

[[nodiscard]] packed_event pack(event const& fresh);
[[nodiscard]] std::uint64_t seal(std::uint64_t content, std::uint64_t number, uuid const& id);

// Fail with data_loss, naming the event.
[[nodiscard]] result<unpacked_head> unpack_head(event_columns const& row);
[[nodiscard]] result<event> unpack(event_columns const& row);

// What is sent to the target, but for target and workflow id, which stand in the narrow row.
struct packed_order {
    std::string content;
    std::uint64_t checksum = 0;
};

[[nodiscard]] packed_order pack_order(std::uint64_t number, delivery const& of);
// Fills in the rest of `order`. Fails with data_loss, naming the delivery.
[[nodiscard]] result<void> unpack_order(std::uint64_t number, std::string_view content,
                                        std::uint64_t checksum, delivery& into);

// Over all columns of the narrow row.
[[nodiscard]] std::uint64_t checksum_of(std::uint64_t number, delivery const& row);

// Over any other row: its number and its columns as text.
[[nodiscard]] std::uint64_t checksum_of(std::uint64_t number, std::string_view first,
                                        std::string_view second);

// Cheap, for narrow rows that are read by the million.
[[nodiscard]] std::uint64_t checksum_of_key(std::uint64_t number, sequence_number sequence,
                                            std::array<std::uint8_t, 16> const& hash, uuid const& event);

[[nodiscard]] std::optional<uuid> uuid_from(std::string_view bytes);

[[nodiscard]] inline std::int64_t to_column(wall_time time) {
    return time.time_since_epoch().count();
}
[[nodiscard]] inline wall_time to_time(std::int64_t column) {
    return wall_time{std::chrono::milliseconds{column}};
}

// The millisecond that a UUIDv7 was made in.
[[nodiscard]] wall_time time_of(uuid const& id);

}  // namespace headgate::store::sqlite
