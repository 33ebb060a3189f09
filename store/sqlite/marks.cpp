#include "store/sqlite/marks.hpp"

#include "core/log.hpp"
#include "store/sqlite/row_codec.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>

namespace headgate::store::sqlite {
namespace {

struct mark {
    std::uint64_t value = 0;
    uuid id;
};

using named_marks = std::map<std::string, mark, std::less<>>;

std::string_view as_text(uuid const& id) {
    return {reinterpret_cast<char const*>(id.bytes.data()), id.bytes.size()};
}

named_marks by_name(marks const& all) {
    named_marks named{
        {"routed_through", {all.routed_through, {}}},
        {"high_water.event", {all.kept.sequence, all.kept.event_id}},
        {"high_water.delivery", {all.kept.delivery, all.kept.delivery_id}},
        {"high_water.key", {all.kept.key, {}}},
    };
    for (std::size_t i = 0; i < delivery_states; ++i)
        named[fmt::format("deliveries.{}", name_of(static_cast<delivery_state>(i)))] = {all.deliveries[i],
                                                                                        {}};
    return named;
}

mark value_of(named_marks const& named, std::string_view name) {
    auto const found = named.find(name);
    return found == named.end() ? mark{} : found->second;
}

result<void> raise(connection& database, char const* last_row, std::uint64_t& number, uuid* id) {
    HEADGATE_TRY(auto rows, database.ask(last_row));
    HEADGATE_TRY(bool const found, rows->step());
    if (!found) return {};
    number = std::max(number, rows->natural(0));
    if (!id) return {};
    if (auto const read = uuid_from(rows->bytes(1))) *id = std::max(*id, *read);
    return {};
}

}  // namespace

void high_water::raise_to(high_water const& other) {
    sequence = std::max(sequence, other.sequence);
    event_id = std::max(event_id, other.event_id);
    key = std::max(key, other.key);
    delivery = std::max(delivery, other.delivery);
    delivery_id = std::max(delivery_id, other.delivery_id);
}

// Never below nothing: a row whose state was damaged is counted out of another.
void marks::count(delivery_state state, std::int64_t more) {
    auto& counted = deliveries.at(static_cast<std::size_t>(state));
    auto const sum = static_cast<std::int64_t>(counted) + more;
    counted = static_cast<std::uint64_t>(std::max<std::int64_t>(sum, 0));
}

bool marks::operator==(marks const& other) const {
    return routed_through == other.routed_through && deliveries == other.deliveries &&
           kept.sequence == other.kept.sequence && kept.delivery == other.kept.delivery &&
           kept.key == other.kept.key;
}

result<marks> load_marks(connection& database) {
    HEADGATE_TRY(auto rows, database.ask("SELECT name, value, id, checksum FROM marks"));
    named_marks named;
    while (true) {
        HEADGATE_TRY(bool const more, rows->step());
        if (!more) break;
        std::string const name{rows->text(0)};
        if (checksum_of(rows->natural(1), name, rows->bytes(2)) != rows->natural(3)) {
            log(log_level::error, "a mark is damaged in the store", {{"mark", name}});
            continue;
        }
        named[name] = {rows->natural(1), uuid_from(rows->bytes(2)).value_or(uuid{})};
    }
    marks loaded;
    loaded.routed_through = value_of(named, "routed_through").value;
    for (std::size_t i = 0; i < delivery_states; ++i) {
        auto const name = fmt::format("deliveries.{}", name_of(static_cast<delivery_state>(i)));
        loaded.deliveries[i] = value_of(named, name).value;
    }
    auto const event = value_of(named, "high_water.event");
    auto const last_delivery = value_of(named, "high_water.delivery");
    loaded.kept = {event.value, event.id, value_of(named, "high_water.key").value, last_delivery.value,
                   last_delivery.id};
    return loaded;
}

result<void> save_marks(connection& database, marks const& from, marks const& to) {
    if (from == to) return {};
    auto const before = by_name(from);
    HEADGATE_TRY(auto put,
                 database.ask("INSERT INTO marks (name, value, id, checksum) VALUES (?1, ?2, ?3, ?4)"
                              " ON CONFLICT (name) DO UPDATE SET value = ?2, id = ?3, checksum = ?4"));
    for (auto const& [name, now] : by_name(to)) {
        auto const old = before.at(name);
        if (old.value == now.value && old.id == now.id) continue;
        put->bind_text(1, name).bind(2, now.value).bind_bytes(3, as_text(now.id));
        put->bind(4, checksum_of(now.value, name, as_text(now.id)));
        if (auto const ran = put->run(); !ran) return std::unexpected{ran.error()};
    }
    return {};
}

result<high_water> load_high_water(connection& database, marks const& loaded) {
    auto found = loaded.kept;
    auto raised = raise(database, "SELECT sequence, id FROM events ORDER BY sequence DESC LIMIT 1",
                        found.sequence, &found.event_id);
    if (raised)
        raised = raise(database, "SELECT number, id FROM deliveries ORDER BY number DESC LIMIT 1",
                       found.delivery, &found.delivery_id);
    if (raised)
        raised =
            raise(database, "SELECT number FROM dedupe ORDER BY number DESC LIMIT 1", found.key, nullptr);
    if (!raised) return std::unexpected{raised.error()};
    return found;
}

}  // namespace headgate::store::sqlite
