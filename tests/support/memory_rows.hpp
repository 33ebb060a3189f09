#pragma once

#include "core/clock.hpp"
#include "store/event_store.hpp"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <system_error>
#include <tuple>
#include <utility>
#include <vector>

namespace headgate::testing_support {

// What a memory_store keeps, and how it changes: the promises of `event_store`, without waiting and without a
// disk. Nothing is ever deleted, so the place of a row among the others is its cursor.
class memory_rows {
public:
    explicit memory_rows(wall_clock const& clock) : clock_{clock} {}

    store::receipt append(event fresh, std::vector<dedupe_key> const& keys) {
        for (auto const& key : keys) {
            auto const known = keys_.find(key);
            if (known == keys_.end()) continue;
            auto& first = events.at(known->second);
            ++first.duplicates;
            first.last_duplicate_at = clock_.now();
            return {known->second, first.kept.id, true};
        }
        fresh.sequence = events.size() + 1;
        fresh.id = ids_.next(clock_.now());
        store::receipt const stored{fresh.sequence, fresh.id, false};
        for (auto const& key : keys) keys_.emplace(key, fresh.sequence);
        events.emplace(stored.sequence, store::event_record{.kept = std::move(fresh)});
        return stored;
    }

    std::vector<event> lease(store::batch_limit limit) {
        std::vector<event> leased;
        std::uint64_t bytes = 0;
        for (auto it = events.upper_bound(leased_through_); it != events.end(); ++it) {
            bytes += it->second.kept.received.body.size();
            if (leased.size() == limit.items || (!leased.empty() && bytes > limit.bytes)) break;
            leased.push_back(it->second.kept);
            leased_through_ = it->first;
        }
        return leased;
    }

    result<std::vector<delivery>> route(std::vector<store::routing> done) {
        for (auto const& each : done) {
            if (!events.contains(each.sequence)) return refuse(errc::not_found, "no such event", "");
        }
        std::vector<delivery> recorded;
        for (auto& each : done) {
            auto& from = events.at(each.sequence);
            if (from.state != event_state::routed) {
                from.state = each.state;
                from.reason = std::move(each.reason);
            }
            rule_texts.insert(each.rule_texts.begin(), each.rule_texts.end());
            for (auto& one : each.deliveries) {
                one.event_sequence = each.sequence;
                recorded.push_back(kept_or_known(std::move(one)));
            }
        }
        return recorded;
    }

    // As an earlier life of the process left it.
    delivery const& keep(delivery old) {
        old.id = ids_.next(clock_.now());
        auto const id = old.id;
        return deliveries.emplace(id, store::delivery_record{std::move(old), {}, {}}).first->second.kept;
    }

    bool apply(store::transition const& change) {
        auto const found = deliveries.find(change.delivery);
        if (found == deliveries.end() || found->second.kept.state != change.from) return false;
        auto& kept = found->second.kept;
        bool const begins_anew = change.from == delivery_state::held || change.from == delivery_state::dead;
        if (begins_anew) note_revival(found->second, change);
        kept.state = change.to;
        kept.held_because = change.held_because;
        kept.reason = change.reason;
        if (!change.run_id.empty()) kept.run_id = change.run_id;
        if (change.due_at) kept.due_at = *change.due_at;
        if (begins_anew) {
            kept.began_at = clock_.now();
            kept.started_at.reset();
            if (change.to == delivery_state::starting) kept.started_at = kept.began_at;
        }
        if (change.started_at) kept.started_at = change.started_at;
        if (change.ended_at || !is_final(change.to)) kept.ended_at = change.ended_at;
        if (change.order) kept.order = *change.order;
        if (!change.rule_revision.empty()) kept.rule_revision = change.rule_revision;
        if (!change.rule_text.empty()) rule_texts.emplace(change.rule_revision, change.rule_text);
        if (change.tried) add_attempt(found->second, *change.tried, change.attempts_kept_max);
        return true;
    }

    [[nodiscard]] result<store::page<store::event_summary>> list(store::event_filter const& filter,
                                                                 store::page_request const& which) const {
        auto const take = [&filter](store::event_record const& one) {
            return fits(one, filter) ? std::optional{summary_of(one)} : std::nullopt;
        };
        return page_of<store::event_summary>(events, order::newest_first, which, take);
    }

    [[nodiscard]] result<store::page<delivery>> list(store::delivery_filter const& filter,
                                                     store::page_request const& which) const {
        auto const take = [&filter](store::delivery_record const& one) {
            return fits(one.kept, filter) ? std::optional{without_what_is_sent(one.kept)} : std::nullopt;
        };
        return page_of<delivery>(deliveries, order::newest_first, which, take);
    }

    [[nodiscard]] result<store::page<delivery>> list(store::unfinished_filter const& filter,
                                                     store::page_request const& which) const {
        auto const take = [&filter](store::delivery_record const& one) {
            bool const is_wanted =
                one.kept.state == filter.state && !filter.targets_left_out.contains(one.kept.order.target);
            return is_wanted ? std::optional{without_what_is_sent(one.kept)} : std::nullopt;
        };
        return page_of<delivery>(deliveries, order::oldest_first, which, take);
    }

    [[nodiscard]] store::event_record const* find_event(uuid const& id) const {
        auto const has_id = [&id](auto const& each) { return each.second.kept.id == id; };
        auto const found = std::ranges::find_if(events, has_id);
        return found == events.end() ? nullptr : &found->second;
    }

    [[nodiscard]] store::store_health health() const {
        auto const is_waiting = [](auto const& each) { return each.second.state == event_state::accepted; };
        auto const first = std::ranges::find_if(events, is_waiting);
        store::store_health found{.accepting = true, .last_sequence = events.size()};
        found.routed_through = first == events.end() ? events.size() : first->first - 1;
        found.backlog = static_cast<std::uint64_t>(std::ranges::count_if(events, is_waiting));
        for (int state = 0; state <= static_cast<int>(delivery_state::dead); ++state)
            found.deliveries[static_cast<delivery_state>(state)] = 0;
        for (auto const& [id, each] : deliveries) ++found.deliveries[each.kept.state];
        return found;
    }

    std::map<sequence_number, store::event_record> events;
    std::map<uuid, store::delivery_record> deliveries;
    std::map<std::string, std::string> rule_texts;

private:
    enum class order { oldest_first, newest_first };

    template <class T, class Rows, class Take>
    static result<store::page<T>> page_of(Rows const& rows, order by, store::page_request const& which,
                                          Take const& take) {
        if (which.limit < 1 || which.limit > 1000) return refuse(errc::invalid_argument, "no such page", "");
        HEADGATE_TRY(auto place, place_of(which.cursor, by == order::oldest_first ? 0 : rows.size()));
        if (place > rows.size()) return refuse(errc::invalid_argument, "not a cursor of this list", "");
        auto row = std::next(rows.begin(), static_cast<std::ptrdiff_t>(place));
        auto const end = by == order::oldest_first ? rows.end() : rows.begin();
        store::page<T> found;
        while (row != end) {
            if (found.items.size() == which.limit) {
                found.next = std::to_string(place);
                break;
            }
            auto const& one = by == order::oldest_first ? row++->second : (--row)->second;
            place = by == order::oldest_first ? place + 1 : place - 1;
            if (auto taken = take(one)) found.items.push_back(*std::move(taken));
        }
        return found;
    }

    static result<std::size_t> place_of(std::string const& cursor, std::size_t first) {
        if (cursor.empty()) return first;
        std::size_t place = 0;
        auto const* const end = cursor.data() + cursor.size();
        auto const [stopped, status] = std::from_chars(cursor.data(), end, place);
        if (status == std::errc{} && stopped == end) return place;
        return refuse(errc::invalid_argument, "not a cursor of this list", "");
    }

    static bool fits(store::event_record const& one, store::event_filter const& filter) {
        auto const received_at = one.kept.received.received_at;
        if (filter.source && *filter.source != one.kept.source) return false;
        if (filter.state && *filter.state != one.state) return false;
        if (filter.received_from && received_at < *filter.received_from) return false;
        return !filter.received_before || received_at < *filter.received_before;
    }

    static bool fits(delivery const& one, store::delivery_filter const& filter) {
        if (filter.source && *filter.source != one.source) return false;
        if (filter.rule && *filter.rule != one.rule) return false;
        if (filter.target && *filter.target != one.order.target) return false;
        if (filter.state && *filter.state != one.state) return false;
        if (filter.created_from && one.created_at < *filter.created_from) return false;
        return !filter.created_before || one.created_at < *filter.created_before;
    }

    static store::event_summary summary_of(store::event_record const& one) {
        auto const& kept = one.kept;
        return {.sequence = kept.sequence,
                .id = kept.id,
                .tenant = kept.tenant,
                .source = kept.source,
                .type = kept.sender.event_type,
                .method = kept.received.head.method,
                .path = std::string{kept.received.head.path()},
                .received_at = kept.received.received_at,
                .body_bytes = kept.received.body.size(),
                .state = one.state,
                .duplicates = one.duplicates};
    }

    static delivery without_what_is_sent(delivery one) {
        one.order = {.target = std::move(one.order.target), .workflow_id = std::move(one.order.workflow_id)};
        return one;
    }

    delivery kept_or_known(delivery fresh) {
        auto const place = [](delivery const& of) {
            return std::tie(of.event_sequence, of.rule, of.item, of.generation);
        };
        auto const is_same = [&](auto const& each) { return place(each.second.kept) == place(fresh); };
        auto const known = std::ranges::find_if(deliveries, is_same);
        if (known != deliveries.end()) return known->second.kept;
        if (fresh.created_at == wall_time{}) fresh.created_at = clock_.now();
        fresh.began_at = fresh.created_at;
        return keep(std::move(fresh));
    }

    static void add_attempt(store::delivery_record& to, attempt tried, std::uint32_t kept_max) {
        if (tried.number == 0) tried.number = to.kept.attempts + 1;
        to.kept.attempts = std::max(to.kept.attempts, tried.number);
        auto const newest = tried.number;
        to.attempts.push_back(std::move(tried));
        if (kept_max == 0 || newest <= kept_max) return;
        auto const is_forgotten = [&](attempt const& each) {
            return each.number > 1 && each.number <= newest - kept_max;
        };
        std::erase_if(to.attempts, is_forgotten);
    }

    void note_revival(store::delivery_record& of, store::transition const& change) const {
        auto const& was = of.kept;
        of.revivals.push_back({clock_.now(), change.asked_by, was.state, was.reason, was.ended_at});
        if (of.revivals.size() > store::revivals_kept_max) of.revivals.erase(of.revivals.begin());
    }

    wall_clock const& clock_;
    uuid_sequence ids_;
    std::map<dedupe_key, sequence_number> keys_;
    sequence_number leased_through_ = 0;
};

}  // namespace headgate::testing_support
