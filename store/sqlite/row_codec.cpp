#define XXH_INLINE_ALL  // The whole of xxHash is in its header then: nothing to link.
#include "store/sqlite/row_codec.hpp"

#include "store/sqlite/byte_stream.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <span>
#include <xxhash.h>

namespace headgate::store::sqlite {
namespace {

constexpr std::uint64_t head_version = 1;
constexpr std::uint64_t order_version = 2;             // 1: one input, attributes without types, no `reuse`.
constexpr std::uint64_t signalling_order_version = 3;  // As 2, and a signal; only of those that have one.

std::uint64_t hash_of(std::string_view bytes, std::uint64_t seed = 0) {
    return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

// Each field's hash is the seed of the next, so no two lists of fields share an input.
std::uint64_t hash_of_fields(std::span<std::string_view const> fields) {
    std::uint64_t hash = fields.size();
    for (auto const field : fields) hash = hash_of(field, hash);
    return hash;
}

// The finalizer of SplitMix64 (Steele, Lea, Flood 2014): every bit of the input moves every bit of the
// output.
std::uint64_t mix(std::uint64_t x) {
    x ^= x >> 30;
    x *= 0xbf58476d1ce4e5b9U;
    x ^= x >> 27;
    x *= 0x94d049bb133111ebU;
    x ^= x >> 31;
    return x;
}

std::uint64_t load(std::uint8_t const* from) {
    std::uint64_t bits = 0;
    std::memcpy(&bits, from, sizeof bits);
    return bits;
}

void write_optional(byte_writer& out, std::optional<wall_time> const& time) {
    out.number(time ? 1 : 0);
    if (time) out.number(static_cast<std::uint64_t>(time->time_since_epoch().count()));
}

std::optional<wall_time> read_optional(byte_reader& in) {
    if (in.number() == 0) return std::nullopt;
    return to_time(static_cast<std::int64_t>(in.number()));
}

void write_pairs(byte_writer& out, std::vector<std::pair<std::string, std::string>> const& pairs) {
    out.number(pairs.size());
    for (auto const& [name, value] : pairs) {
        out.text(name);
        out.text(value);
    }
}

std::vector<std::pair<std::string, std::string>> read_pairs(byte_reader& in) {
    std::vector<std::pair<std::string, std::string>> pairs;
    for (auto left = in.count(); left > 0 && in.ok(); --left) {
        std::string name{in.text()};
        pairs.emplace_back(std::move(name), std::string{in.text()});
    }
    return pairs;
}

void write_inputs(byte_writer& out, std::vector<std::string> const& inputs) {
    out.number(inputs.size());
    for (auto const& each : inputs) out.text(each);
}

std::vector<std::string> read_inputs(byte_reader& in, std::uint64_t version) {
    std::vector<std::string> inputs;
    for (auto left = version == 1 ? 1 : in.count(); left > 0 && in.ok(); --left)
        inputs.emplace_back(in.text());
    if (version == 1) std::erase(inputs, "");  // Of a delivery without an order.
    return inputs;
}

void write_signal(byte_writer& out, start_order const& order) {
    out.number(static_cast<std::uint64_t>(order.kind));
    out.text(order.signal.name);
    write_inputs(out, order.signal.inputs);
    out.text(order.signal.event_id);
}

void read_signal(byte_reader& in, std::uint64_t version, start_order& order) {
    order.kind = static_cast<order_kind>(in.number());
    order.signal.name = in.text();
    order.signal.inputs = read_inputs(in, version);
    order.signal.event_id = in.text();
}

void write_attributes(byte_writer& out, std::vector<search_attribute> const& attributes) {
    out.number(attributes.size());
    for (auto const& each : attributes) {
        out.text(each.name);
        out.text(each.json);
        out.number(static_cast<std::uint64_t>(each.type));
    }
}

std::vector<search_attribute> read_attributes(byte_reader& in, std::uint64_t version) {
    std::vector<search_attribute> attributes;
    for (auto left = in.count(); left > 0 && in.ok(); --left) {
        std::string name{in.text()};
        std::string json{in.text()};
        auto const type = version == 1 ? attribute_type::unsaid : static_cast<attribute_type>(in.number());
        attributes.push_back({std::move(name), std::move(json), type});
    }
    return attributes;
}

void write_hidden(byte_writer& out, std::vector<hidden_place> const& places) {
    out.number(places.size());
    for (auto const& place : places) {
        out.number(place.begin);
        out.number(place.bytes);
        out.number(static_cast<std::uint64_t>(place.as));
    }
}

std::vector<hidden_place> read_hidden(byte_reader& in) {
    std::vector<hidden_place> places;
    for (auto left = in.count(); left > 0 && in.ok(); --left) {
        auto const begin = in.number();
        auto const bytes = in.number();
        auto const as = in.number() == 1 ? hidden_place::form::json_value : hidden_place::form::text;
        places.push_back({begin, bytes, as});
    }
    return places;
}

void write_identity(byte_writer& out, identity const& sender) {
    out.text(sender.verified_by);
    out.text(sender.key_id);
    out.number(static_cast<std::uint64_t>(sender.covers));
    write_optional(out, sender.signed_time);
    out.text(sender.delivery_id);
    out.number(sender.delivery_id_signed ? 1 : 0);
    out.text(sender.event_type);
    out.text(sender.subject);
    out.text(sender.email);
    out.number(sender.groups.size());
    for (auto const& group : sender.groups) out.text(group);
}

identity read_identity(byte_reader& in) {
    std::string verified_by{in.text()};
    std::string key_id{in.text()};
    auto const covers = static_cast<coverage>(std::min<std::uint64_t>(in.number(), 2));
    identity sender{std::move(verified_by), std::move(key_id), covers};
    sender.signed_time = read_optional(in);
    sender.delivery_id = in.text();
    sender.delivery_id_signed = in.number() == 1;
    sender.event_type = in.text();
    sender.subject = in.text();
    sender.email = in.text();
    for (auto left = in.count(); left > 0 && in.ok(); --left) sender.groups.emplace_back(in.text());
    return sender;
}

std::uint64_t content_checksum(std::int64_t received_at, std::string_view tenant, std::string_view source,
                               std::string_view head) {
    std::string_view const when{reinterpret_cast<char const*>(&received_at), sizeof received_at};
    std::array<std::string_view, 4> const fields{when, tenant, source, head};
    return hash_of_fields(fields);
}

std::unexpected<error> damaged(std::string_view what, std::uint64_t number) {
    return refuse(errc::data_loss,
                  fmt::format("{} {} is damaged in the store: its checksum does not fit", what, number),
                  "check the disk, and restore the row from a backup if it is needed");
}

void read_head(byte_reader& in, event& kept) {
    auto& head = kept.received.head;
    head.method = in.text();
    head.target = in.text();
    head.peer = in.text();
    for (auto left = in.count(); left > 0 && in.ok(); --left) {
        std::string name{in.text()};
        head.fields.push_back({std::move(name), std::string{in.text()}});
    }
    kept.received.path_parameters = read_pairs(in);
    kept.received.hidden = read_hidden(in);
}

}  // namespace

packed_event pack(event const& fresh) {
    auto const& head = fresh.received.head;
    byte_writer out;
    out.reserve(1024);
    out.number(head_version);
    out.number(fresh.received.body.size());
    out.number(hash_of(fresh.received.body));
    write_identity(out, fresh.sender);
    out.text(head.method);
    out.text(head.target);
    out.text(head.peer);
    out.number(head.fields.size());
    for (auto const& line : head.fields) {
        out.text(line.name);
        out.text(line.value);
    }
    write_pairs(out, fresh.received.path_parameters);
    write_hidden(out, fresh.received.hidden);
    packed_event packed;
    packed.head = std::move(out).take();
    packed.content =
        content_checksum(to_column(fresh.received.received_at), fresh.tenant, fresh.source, packed.head);
    return packed;
}

std::uint64_t seal(std::uint64_t content, std::uint64_t number, uuid const& id) {
    return mix(mix(mix(content ^ number) ^ load(id.bytes.data())) ^ load(id.bytes.data() + 8));
}

namespace {

struct head_and_body_hash {
    unpacked_head head;
    std::uint64_t body_hash;
};

result<head_and_body_hash> read_checked_head(event_columns const& row) {
    auto const id = uuid_from(row.id);
    auto const content = content_checksum(row.received_at, row.tenant, row.source, row.head);
    if (!id || seal(content, row.sequence, *id) != row.checksum) return damaged("event", row.sequence);
    byte_reader in{row.head};
    auto const version = in.number();
    auto const body_bytes = in.number();
    auto const body_hash = in.number();
    event kept{row.sequence, *id, std::string{row.tenant}, std::string{row.source}, read_identity(in), {}};
    read_head(in, kept);
    kept.received.received_at = to_time(row.received_at);
    if (version != head_version || !in.at_end()) return damaged("event", row.sequence);
    return head_and_body_hash{{std::move(kept), body_bytes}, body_hash};
}

}  // namespace

result<unpacked_head> unpack_head(event_columns const& row) {
    HEADGATE_TRY(auto checked, read_checked_head(row));
    return std::move(checked.head);
}

result<event> unpack(event_columns const& row) {
    HEADGATE_TRY(auto checked, read_checked_head(row));
    if (hash_of(row.body) != checked.body_hash) return damaged("event", row.sequence);
    checked.head.kept.received.body = row.body;
    return std::move(checked.head.kept);
}

packed_order pack_order(std::uint64_t number, delivery const& of) {
    auto const& order = of.order;
    byte_writer out;
    bool const signals = order.kind != order_kind::start;
    out.number(signals ? signalling_order_version : order_version);
    out.text(order.workflow);
    out.text(order.task_queue);
    write_inputs(out, order.inputs);
    write_pairs(out, order.memo);
    write_attributes(out, order.search_attributes);
    out.number(static_cast<std::uint64_t>(order.execution_timeout.count()));
    out.number(static_cast<std::uint64_t>(order.run_timeout.count()));
    out.number(static_cast<std::uint64_t>(order.task_timeout.count()));
    out.number(order.id_is_default ? 1 : 0);
    out.number(static_cast<std::uint64_t>(order.reuse));
    if (signals) write_signal(out, order);
    packed_order packed{std::move(out).take(), 0};
    packed.checksum = seal(hash_of(packed.content), number, of.id);
    return packed;
}

result<void> unpack_order(std::uint64_t number, std::string_view content, std::uint64_t checksum,
                          delivery& into) {
    if (seal(hash_of(content), number, into.id) != checksum) return damaged("order of delivery", number);
    auto const read_timeout = [](byte_reader& in) {
        return std::chrono::milliseconds{static_cast<std::int64_t>(in.number())};
    };
    byte_reader in{content};
    auto const version = in.number();
    auto& order = into.order;
    order.workflow = in.text();
    order.task_queue = in.text();
    order.inputs = read_inputs(in, version);
    order.memo = read_pairs(in);
    order.search_attributes = read_attributes(in, version);
    order.execution_timeout = read_timeout(in);
    order.run_timeout = read_timeout(in);
    order.task_timeout = read_timeout(in);
    order.id_is_default = in.number() == 1;
    order.reuse = version == 1 ? id_reuse::never : static_cast<id_reuse>(in.number());
    if (version == signalling_order_version) read_signal(in, version, order);
    bool const is_known = version >= 1 && version <= signalling_order_version;
    if (!is_known || !in.at_end()) return damaged("order of delivery", number);
    return {};
}

std::uint64_t checksum_of(std::uint64_t number, delivery const& row) {
    byte_writer out;
    out.number(row.event_sequence);
    out.text({reinterpret_cast<char const*>(row.event_id.bytes.data()), row.event_id.bytes.size()});
    out.text(row.tenant);
    out.text(row.source);
    out.text(row.rule);
    out.number(row.item);
    out.number(row.generation);
    out.text(row.order.target);
    out.number(static_cast<std::uint64_t>(row.state));
    out.number(static_cast<std::uint64_t>(row.held_because));
    out.text(row.reason);
    out.number(row.attempts);
    out.number(static_cast<std::uint64_t>(to_column(row.created_at)));
    out.number(static_cast<std::uint64_t>(to_column(row.due_at)));
    out.text(row.run_id);
    write_optional(out, row.started_at);
    write_optional(out, row.ended_at);
    out.number(static_cast<std::uint64_t>(to_column(row.began_at)));
    out.text(row.rule_revision);
    out.text(row.order.workflow_id);
    return seal(hash_of(out.written()), number, row.id);
}

std::uint64_t checksum_of(std::uint64_t number, std::string_view first, std::string_view second) {
    std::array<std::string_view, 2> const fields{first, second};
    return mix(hash_of_fields(fields) ^ number);
}

std::uint64_t checksum_of_key(std::uint64_t number, sequence_number sequence,
                              std::array<std::uint8_t, 16> const& hash, uuid const& event) {
    auto const key = mix(load(hash.data()) ^ number) ^ mix(load(hash.data() + 8) ^ sequence);
    return seal(key, number, event);
}

std::optional<uuid> uuid_from(std::string_view bytes) {
    uuid id;
    if (bytes.size() != id.bytes.size()) return std::nullopt;
    std::memcpy(id.bytes.data(), bytes.data(), id.bytes.size());
    return id;
}

wall_time time_of(uuid const& id) {
    std::uint64_t milliseconds = 0;
    for (std::size_t i = 0; i < 6; ++i) milliseconds = milliseconds << 8 | id.bytes[i];
    return to_time(static_cast<std::int64_t>(milliseconds));
}

}  // namespace headgate::store::sqlite
