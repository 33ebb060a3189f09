#include "store/sqlite/key_loading.hpp"

#include "core/log.hpp"
#include "store/sqlite/row_codec.hpp"

#include <algorithm>
#include <future>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace headgate::store::sqlite {
namespace {

constexpr std::uint64_t worth_a_thread = 100'000;  // rows
constexpr std::uint64_t threads_max = 4;
constexpr std::size_t batch_keys = 4096;

struct read_key {
    dedupe_key key;
    std::uint64_t row;
    source_number source;
};

// Takes what several threads read.
class shared_index {
public:
    explicit shared_index(dedupe_index& index) : index_{index} {}

    void take(std::vector<read_key>& batch) {
        std::scoped_lock const held{guard_};
        for (auto const& each : batch) index_.add(each.key, each.row, each.source);
        batch.clear();
    }

private:
    std::mutex guard_;
    dedupe_index& index_;
};

struct row_range {
    std::uint64_t after = 0;
    std::uint64_t through = 0;
};

result<void> read_range(connection& database, row_range range, shared_index& into) {
    HEADGATE_TRY(auto rows,
                 database.prepare("SELECT number, sequence, source, hash, event_id, checksum FROM dedupe"
                                  " WHERE number > ?1 AND number <= ?2 ORDER BY number"));
    rows.bind(1, range.after).bind(2, range.through);
    std::vector<read_key> batch;
    batch.reserve(batch_keys);
    while (true) {
        HEADGATE_TRY(bool const more, rows.step());
        if (!more || batch.size() == batch_keys) into.take(batch);
        if (!more) return {};
        auto const number = rows.natural(0);
        auto const hash = uuid_from(rows.bytes(3));
        auto const event_id = uuid_from(rows.bytes(4));
        bool const fits = hash && event_id &&
                          checksum_of_key(number, rows.natural(1), hash->bytes, *event_id) == rows.natural(5);
        if (fits)
            batch.push_back({{hash->bytes}, number, static_cast<source_number>(rows.natural(2))});
        else
            log_sparingly(log_level::error, "a dedupe key is damaged in the store and will not be recognised",
                          {{"row", std::to_string(number)}});
    }
}

result<void> read_elsewhere(settings const& chosen, row_range range, shared_index& into) {
    HEADGATE_TRY(auto database, connection::open(chosen.sqlite.path, access::read_only, chosen.sqlite.vfs));
    return read_range(database, range, into);
}

}  // namespace

result<void> load_keys(settings const& chosen, connection& database, std::uint64_t after,
                       dedupe_index& index) {
    HEADGATE_TRY(auto const lowest, database.number("SELECT min(number) FROM dedupe"));
    HEADGATE_TRY(auto const highest, database.number("SELECT max(number) FROM dedupe"));
    auto const through = static_cast<std::uint64_t>(highest);
    if (lowest > 0) after = std::max(after, static_cast<std::uint64_t>(lowest) - 1);
    if (through <= after) return {};
    auto const count = through - after;
    index.reserve(count);
    auto const threads = std::clamp<std::uint64_t>(
        std::min<std::uint64_t>(count / worth_a_thread, std::thread::hardware_concurrency()), 1, threads_max);
    auto const end_of = [&](std::uint64_t part) { return after + count / threads * part; };
    shared_index into{index};
    std::vector<std::future<result<void>>> others;
    for (std::uint64_t part = 1; part < threads; ++part) {
        row_range const range{end_of(part), part + 1 == threads ? through : end_of(part + 1)};
        others.push_back(
            std::async(std::launch::async, read_elsewhere, std::cref(chosen), range, std::ref(into)));
    }
    auto done = read_range(database, {after, threads == 1 ? through : end_of(1)}, into);
    for (auto& each : others) {
        auto const other = each.get();
        if (done && !other) done = other;
    }
    return done;
}

}  // namespace headgate::store::sqlite
