#pragma once

#include "store/event_store.hpp"
#include "store/settings.hpp"
#include "store/sqlite/connection.hpp"
#include "store/sqlite/dedupe_index.hpp"
#include "store/sqlite/delivery_rows.hpp"
#include "store/sqlite/marks.hpp"
#include "store/sqlite/row_codec.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace headgate::store::sqlite {

// One connection that writes, from its opening to its first failure: all SQL that changes the store.
//
// Whoever gets an error of the disk from it throws it away and opens another; nothing is tried twice on a
// connection whose commit or fsync has failed, because nobody knows then what the disk holds. Belongs to the
// writer's thread, and so does the index.
class write_session {
public:
    // Opens, writes the log back and truncates it, proves that a commit works, and reads what it has to know.
    // Numbers given later are above `floor`, and `index` learns the keys of rows above `floor.key`.
    [[nodiscard]] static result<std::unique_ptr<write_session>> open(settings const& chosen,
                                                                     high_water const& floor,
                                                                     dedupe_index& index);

    write_session(write_session const&) = delete;
    write_session& operator=(write_session const&) = delete;

    [[nodiscard]] result<void> begin();
    // Everything since `begin` is durable, or nothing is acknowledged and the session is over.
    [[nodiscard]] result<void> commit();
    // Runs `work` inside the transaction so that, when it fails, what it wrote is taken back and the rest of
    // the transaction stands: the inner result is its failure. The outer one fails when the session is over,
    // because the disk failed or the database has taken the whole transaction back.
    [[nodiscard]] result<result<void>> alone(std::function<result<void>()> const& work);
    // Takes the keys of the unfinished transaction out of the index again.
    void forget_keys();

    // Stores one event, or finds that a key of it is known; sets its sequence and id. The outer result fails
    // when the session is over, the inner one says no to this event alone: no room for its keys.
    [[nodiscard]] result<result<receipt>> append(event& fresh, packed_event const& packed,
                                                 std::span<dedupe_key const> keys, wall_time now);

    // Whether all of it can be recorded; not_found names the event that is not there. Changes nothing.
    [[nodiscard]] result<void> check(std::span<routing const> done);
    [[nodiscard]] result<std::vector<delivery>> route(std::vector<routing> done, wall_time now);
    [[nodiscard]] result<bool> apply(transition const& change, wall_time now);

    // The newest numbers given, committed or not.
    [[nodiscard]] high_water const& given() const noexcept { return given_; }
    // The same for the session after this one, with the last key that the index knows for certain.
    [[nodiscard]] high_water floor() const noexcept;
    // The last sequence that is durable.
    [[nodiscard]] sequence_number durable() const noexcept { return durable_; }
    [[nodiscard]] sequence_number routed_through() const noexcept { return marks_.routed_through; }
    [[nodiscard]] std::uint64_t backlog() const noexcept;
    [[nodiscard]] std::uint64_t log_frames() const noexcept { return log_frames_; }
    [[nodiscard]] auto const& deliveries() const noexcept { return marks_.deliveries; }
    // Of the database, without its free pages, at the last commit.
    [[nodiscard]] std::uint64_t used_bytes() const noexcept { return used_bytes_; }
    // The names of sources whose last event was refused because its keys had no room, and have none still.
    [[nodiscard]] std::vector<std::string> sources_without_room();

    // For retention, which works on the same connection and index.
    [[nodiscard]] connection& database() noexcept { return database_; }
    [[nodiscard]] marks& kept_marks() noexcept { return marks_; }
    [[nodiscard]] dedupe_index& index() noexcept { return *index_; }
    void remove_key_after_commit(dedupe_key const& key, std::uint64_t row, source_number source) {
        removed_.push_back({key, row, source});
    }

private:
    struct key_row {
        dedupe_key key;
        std::uint64_t row;
        source_number source;
    };
    struct first_event {
        sequence_number sequence;
        uuid id;
    };

    write_session(connection opened, dedupe_index& index) : database_{std::move(opened)}, index_{&index} {}

    [[nodiscard]] result<void> start(settings const& chosen, high_water const& floor);
    [[nodiscard]] result<void> prove_that_commits_work();
    [[nodiscard]] result<std::uint64_t> measure();
    [[nodiscard]] result<void> load_routed_ahead();
    [[nodiscard]] result<void> load_sources();

    [[nodiscard]] result<std::optional<first_event>> find(dedupe_key const& key);
    [[nodiscard]] result<std::optional<first_event>> confirm(dedupe_key const& key, std::uint64_t row);
    [[nodiscard]] result<void> count_duplicate(sequence_number of, wall_time now);
    [[nodiscard]] result<void> insert(event const& fresh, packed_event const& packed);
    [[nodiscard]] result<void> insert_key(event const& fresh, dedupe_key const& key, source_number source);
    [[nodiscard]] result<source_number> number_of_source(event const& fresh);

    [[nodiscard]] result<void> mark_routed(routing const& done);
    [[nodiscard]] result<void> advance_routed_through();
    [[nodiscard]] result<bool> is_next_to_route(sequence_number sequence);
    [[nodiscard]] result<void> keep_rule_text(std::string const& revision, std::string const& text);
    [[nodiscard]] result<void> count_rule_uses(std::string const& revision, std::int64_t more);
    [[nodiscard]] result<std::optional<delivery>> existing(delivery const& same);
    [[nodiscard]] result<void> insert(delivery const& fresh, std::uint64_t number);
    [[nodiscard]] result<void> put_order(delivery const& of, std::uint64_t number);
    [[nodiscard]] result<std::optional<std::uint64_t>> number_of(uuid const& delivery);
    void remember_number(uuid const& delivery, std::uint64_t number);
    [[nodiscard]] result<void> change_order(numbered_delivery& of, transition const& change);
    [[nodiscard]] result<void> update(numbered_delivery const& changed);
    [[nodiscard]] result<void> insert_attempt(std::uint64_t delivery, attempt const& tried);
    [[nodiscard]] result<void> forget_attempts(std::uint64_t delivery, std::uint32_t through);
    [[nodiscard]] result<void> note_revival(std::uint64_t delivery, revival const& one);

    connection database_;
    statement begin_;
    statement commit_;
    statement mark_;
    statement take_back_;
    statement release_;
    statement insert_event_;
    statement insert_key_;
    statement find_key_;

    dedupe_index* index_;
    std::vector<key_row> added_;    // In this transaction.
    std::vector<key_row> removed_;  // Taken out of the index once this transaction is durable.
    std::vector<std::uint64_t> candidates_;

    high_water given_;
    sequence_number durable_ = 0;
    std::uint64_t durable_key_ = 0;
    sequence_number appended_ = 0;  // The last one inserted in this transaction.
    uuid_sequence event_ids_;
    uuid_sequence delivery_ids_;
    marks marks_;
    marks saved_marks_;
    std::set<sequence_number> routed_ahead_;   // Routed, but something before them is not.
    std::vector<sequence_number> routed_now_;  // Of those, the ones of this transaction.
    struct known_number {
        uuid id;
        std::uint64_t number = 0;
    };
    std::vector<known_number> known_numbers_;  // A cache: deliveries in flight are found without a search.
    std::map<std::string, std::map<std::string, source_number>> sources_;  // By tenant, then by name.
    source_number newest_source_ = 0;
    struct refused_source {
        std::string name;
        std::size_t keys = 0;  // Of the event that was refused.
    };
    std::map<source_number, refused_source> sources_without_room_;
    std::uint64_t log_frames_ = 0;
    std::uint64_t used_bytes_ = 0;
};

}  // namespace headgate::store::sqlite
