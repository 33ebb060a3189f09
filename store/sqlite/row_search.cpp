#include "store/sqlite/row_search.hpp"

#include "store/sqlite/row_codec.hpp"

namespace headgate::store::sqlite {

result<std::optional<numbered_id>> first_row(connection& database, id_table const& of,
                                             std::function<bool(uuid const&)> const& reached) {
    HEADGATE_TRY(auto ends, database.ask(of.ends));
    HEADGATE_TRY(bool const has_ends, ends->step());
    if (!has_ends || ends->is_null(0)) return std::nullopt;
    auto low = ends->natural(0);
    auto past = ends->natural(1) + 1;
    HEADGATE_TRY(auto probe, database.ask(of.probe));
    std::optional<numbered_id> first;
    while (low < past) {
        auto const middle = low + (past - low) / 2;
        probe->reset();
        probe->bind(1, middle);
        HEADGATE_TRY(bool const found, probe->step());
        // An id that is none is taken for one that is too far.
        auto const number = found ? probe->natural(0) : past;
        auto const id = found ? uuid_from(probe->bytes(1)) : std::nullopt;
        if (id && !reached(*id)) {
            low = number + 1;
            continue;
        }
        if (id) first = {number, *id};
        past = middle;
    }
    return first;
}

result<std::optional<std::uint64_t>> find_row(connection& database, id_table const& of, uuid const& id) {
    HEADGATE_TRY(auto const first, first_row(database, of, [&](uuid const& there) { return there >= id; }));
    if (!first || first->id != id) return std::nullopt;
    return first->number;
}

}  // namespace headgate::store::sqlite
