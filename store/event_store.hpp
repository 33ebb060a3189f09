#pragma once

#include "core/clock.hpp"
#include "core/deadline.hpp"
#include "core/result.hpp"
#include "model/delivery.hpp"
#include "model/event.hpp"
#include "store/settings.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

// Where events become safe.

namespace headgate::store {

namespace asio = boost::asio;

// What `append` did.
struct receipt {
    sequence_number sequence = 0;
    uuid id;
    bool duplicate = false;  // Some key was known: `id` is the first event's, and nothing new was stored.
};

// What routing made of one event, recorded in one transaction.
struct routing {
    sequence_number sequence = 0;
    event_state state = event_state::routed;  // routed, unmatched, quarantined
    std::string reason;                       // Why unmatched or quarantined, when there is something to say.
    std::vector<delivery> deliveries;         // Without ids: the store gives them, in this order.
    std::map<std::string, std::string>
        rule_texts;  // revision -> normal form, kept while a delivery refers to it
};

// A change of one delivery's state, with the attempt that caused it, if one did. One that leaves `held` or
// `dead` begins anew: its age counts from then, what was tried before is no longer its first try, and a
// revival keeps what it was.
struct transition {
    uuid delivery;
    delivery_state from = delivery_state::waiting;  // Not applied when the row is in another state by now.
    delivery_state to = delivery_state::waiting;
    hold_cause held_because = hold_cause::none;
    std::string reason;
    std::string run_id;
    std::optional<attempt> tried;
    std::uint32_t attempts_kept_max = 0;  // With `tried`: the first and this many of the last stay; 0: all.
    std::string asked_by;                 // The operator who asked for it; empty: nobody.
    std::optional<wall_time> due_at;
    std::optional<wall_time> started_at;
    std::optional<wall_time> ended_at;
    std::optional<start_order>
        order;                  // Rendered now: for a delivery that died in phase `match` and had none.
    std::string rule_revision;  // Of the rule that rendered `order`, or failed to.
    std::string rule_text;      // Its normal form, kept as that of `routing` is.
};

struct event_filter {
    std::optional<std::string> source;
    std::optional<event_state> state;
    std::optional<wall_time> received_from;    // inclusive
    std::optional<wall_time> received_before;  // exclusive
};

struct delivery_filter {
    std::optional<std::string> source;
    std::optional<std::string> rule;
    std::optional<std::string> target;
    std::optional<delivery_state> state;
    std::optional<wall_time> created_from;
    std::optional<wall_time> created_before;
};

struct unfinished_filter {
    delivery_state state = delivery_state::waiting;            // Not a final one.
    std::set<std::string, std::less<>> targets_left_out = {};  // Nobody is to be started there now.
};

// A page goes from new to old, by sequence, unless said otherwise. `cursor` is opaque; empty asks for the
// first page.
struct page_request {
    std::string cursor;
    std::size_t limit = 50;  // 1 to 1000
};

// How much one call gives back: one item at least, when there is one, then as many as fit both.
struct batch_limit {
    static constexpr std::uint64_t default_bytes = 16 * 1024 * 1024;

    // A number alone is a limit.
    batch_limit(std::size_t items_max, std::uint64_t bytes_max = default_bytes)  // NOLINT(*-explicit-*)
        : items{items_max}, bytes{bytes_max} {}

    std::size_t items;
    std::uint64_t bytes;
};

template <class T>
struct page {
    std::vector<T> items;
    std::string next;  // Cursor of the next page; empty on the last one.
};

struct event_record {
    event kept;
    event_state state = event_state::accepted;
    std::string reason;
    std::uint64_t duplicates = 0;
    std::optional<wall_time> last_duplicate_at;
};

// An event without its body, for lists.
struct event_summary {
    sequence_number sequence = 0;
    uuid id;
    std::string tenant;
    std::string source;
    std::string type;
    std::string method;
    std::string path;
    wall_time received_at;
    std::uint64_t body_bytes = 0;
    event_state state = event_state::accepted;
    std::uint64_t duplicates = 0;
};

inline constexpr std::size_t revivals_kept_max = 100;  // Of one delivery: the last ones.

struct delivery_record {
    delivery kept;
    std::vector<attempt> attempts;
    std::vector<revival> revivals;  // The last of them, in order.
};

// How full, how far behind, how healthy. For /readyz, metrics and back-pressure; never scans.
struct store_health {
    bool accepting = false;
    std::string reason;              // Why not.
    std::vector<std::string> notes;  // What is wrong although it accepts: sources that are refused.
    sequence_number last_sequence = 0;
    sequence_number routed_through = 0;  // Every event up to here is routed.
    std::uint64_t backlog = 0;           // Events not routed yet.
    std::uint64_t wal_bytes = 0;
    std::uint64_t database_bytes = 0;
    std::map<delivery_state, std::uint64_t> deliveries;  // In the store now.
};

// All members may be called from any thread; an awaitable resumes on the caller's executor. Errors:
// resource_exhausted (full, over a limit), unavailable (disk, failed commit: nothing was acknowledged),
// not_found, data_loss (a row whose checksum does not fit: named, never served).
class event_store {
public:
    virtual ~event_store() = default;

    // Completes once the event would survive a power cut. Appending a known key succeeds and says so in the
    // receipt; that answer, too, waits until the first one is durable. If the commit fails, all of its group
    // fail with unavailable and their keys are unknown again. Takes the event by value: the coroutine owns
    // it. At `until` the wait is given up (deadline_exceeded), not the append: the event may be kept.
    [[nodiscard]] virtual asio::awaitable<result<receipt>> append(event fresh, std::vector<dedupe_key> keys,
                                                                  deadline until) = 0;

    // --- for the dispatcher; one at a time ---

    // The next events to route, in order, at least one: waits until there is one. Fails with cancelled when
    // the awaiting coroutine is cancelled. An event is given again only after a restart, if it was not routed
    // by then.
    [[nodiscard]] virtual asio::awaitable<result<std::vector<event>>> lease_events(batch_limit limit) = 0;

    // Records what became of events; returns the deliveries with their ids, in order. One transaction: when
    // one of them can never be recorded (its event is gone, a row it needs is damaged, the database refuses
    // it), none is, and the code is one that is not retryable; record them one by one to learn which.
    [[nodiscard]] virtual asio::awaitable<result<std::vector<delivery>>> record_routing(
        std::vector<routing> done) = 0;

    // Applies changes in one transaction; returns for each whether it was applied: whether the row was in
    // the state `from`, and could be written. One that could not is logged and stops no other.
    [[nodiscard]] virtual asio::awaitable<result<std::vector<bool>>> record(
        std::vector<transition> changes) = 0;

    // Deliveries that are not final, oldest first: what a restart continues with, and what operators made
    // ready meanwhile. Of their orders only target and workflow id: millions may wait. A page may be empty
    // and not be the last one.
    [[nodiscard]] virtual asio::awaitable<result<page<delivery>>> unfinished(unfinished_filter filter,
                                                                             page_request which) = 0;

    // The same with all that will be sent, for the first of these ids: as many as fit, one at least. Nothing
    // stands for one that is gone or, which is logged, damaged.
    [[nodiscard]] virtual asio::awaitable<result<std::vector<std::optional<delivery>>>> read_orders(
        std::vector<uuid> ids, batch_limit limit) = 0;

    // --- for the console ---

    [[nodiscard]] virtual asio::awaitable<result<page<event_summary>>> list_events(event_filter filter,
                                                                                   page_request which) = 0;
    [[nodiscard]] virtual asio::awaitable<result<event_record>> read_event(uuid id) = 0;
    // Of their orders only target and workflow id.
    [[nodiscard]] virtual asio::awaitable<result<page<delivery>>> list_deliveries(delivery_filter filter,
                                                                                  page_request which) = 0;
    [[nodiscard]] virtual asio::awaitable<result<delivery_record>> read_delivery(uuid id) = 0;
    [[nodiscard]] virtual asio::awaitable<result<std::vector<delivery_record>>> deliveries_of(uuid event) = 0;
    [[nodiscard]] virtual asio::awaitable<result<std::string>> rule_text(std::string revision) = 0;

    [[nodiscard]] virtual store_health health() const = 0;

    // Keeps things for so long from now on. What was deleted before does not come back.
    virtual void use(retention_settings next) = 0;

    // Finishes what was queued, then closes: no more calls after it.
    virtual void close() = 0;

protected:
    event_store() = default;
};

}  // namespace headgate::store
