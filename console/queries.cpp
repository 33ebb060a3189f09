#include "console/queries.hpp"

#include <charconv>
#include <map>
#include <optional>
#include <string>
#include <utility>

namespace headgate::console {
namespace {

constexpr std::size_t page_default = 50;
constexpr std::size_t page_max = 1000;

result<wall_time> time_parameter(std::string_view name, std::string const& text) {
    auto time = parse_rfc3339(text);
    if (!time) return while_doing("?" + std::string{name}, std::move(time).error());
    return time;
}

// The query of a list, each parameter at most once; unknown ones are refused, so that a misspelt filter is
// not "all".
class query_reader {
public:
    static result<query_reader> read(std::string_view query) {
        auto const pairs = parse_form(query);
        if (!pairs)
            return refuse(errc::invalid_argument, "the query has a malformed escape", "encode it anew");
        query_reader reader;
        for (auto const& [name, value] : *pairs) {
            if (reader.values_.emplace(name, value).second) continue;
            return refuse(errc::invalid_argument, "?" + name + " stands twice", "give it once");
        }
        return reader;
    }

    std::optional<std::string> take(std::string const& name) {
        auto const found = values_.find(name);
        if (found == values_.end()) return std::nullopt;
        auto value = std::move(found->second);
        values_.erase(found);
        return value;
    }

    result<std::optional<wall_time>> take_time(std::string const& name) {
        auto const text = take(name);
        if (!text) return std::nullopt;
        HEADGATE_TRY(auto const time, time_parameter(name, *text));
        return time;
    }

    result<store::page_request> take_page() {
        store::page_request which{.cursor = take("after").value_or(""), .limit = page_default};
        auto const text = take("limit");
        if (!text) return which;
        auto const [end, status] = std::from_chars(text->data(), text->data() + text->size(), which.limit);
        bool const is_number = status == std::errc{} && end == text->data() + text->size();
        if (is_number && which.limit >= 1 && which.limit <= page_max) return which;
        return refuse(errc::invalid_argument, "?limit is not a number from 1 to 1000", "leave it out for 50");
    }

    result<void> finish(std::string_view known) const {
        if (values_.empty()) return {};
        return refuse(errc::invalid_argument, "?" + values_.begin()->first + " is not a parameter here",
                      "one of: " + std::string{known});
    }

private:
    std::map<std::string, std::string, std::less<>> values_;
};

std::optional<event_state> event_state_named(std::string_view name) {
    for (auto const state :
         {event_state::accepted, event_state::routed, event_state::unmatched, event_state::quarantined}) {
        if (name_of(state) == name) return state;
    }
    return std::nullopt;
}

}  // namespace

result<event_query> read_event_query(std::string_view text) {
    HEADGATE_TRY(auto query, query_reader::read(text));
    event_query asked;
    HEADGATE_TRY(asked.which, query.take_page());
    asked.filter.source = query.take("source");
    if (auto const state = query.take("state")) {
        asked.filter.state = event_state_named(*state);
        if (!asked.filter.state) {
            return refuse(errc::invalid_argument, "?state names no state of events",
                          "one of: accepted, routed, unmatched, quarantined");
        }
    }
    HEADGATE_TRY(asked.filter.received_from, query.take_time("from"));
    HEADGATE_TRY(asked.filter.received_before, query.take_time("to"));
    if (auto known = query.finish("source, state, from, to, after, limit"); !known) {
        return std::unexpected{std::move(known).error()};
    }
    return asked;
}

result<delivery_query> read_delivery_query(std::string_view text) {
    HEADGATE_TRY(auto query, query_reader::read(text));
    delivery_query asked;
    HEADGATE_TRY(asked.which, query.take_page());
    asked.filter.source = query.take("source");
    asked.filter.rule = query.take("rule");
    asked.filter.target = query.take("target");
    if (auto const state = query.take("state")) {
        asked.filter.state = delivery_state_named(*state);
        if (!asked.filter.state) {
            return refuse(
                errc::invalid_argument, "?state names no state of deliveries",
                "one of: waiting, starting, started, completed, failed, outcome_unknown, joined, held, dead");
        }
    }
    HEADGATE_TRY(asked.filter.created_from, query.take_time("from"));
    HEADGATE_TRY(asked.filter.created_before, query.take_time("to"));
    if (auto known = query.finish("source, rule, target, state, from, to, after, limit"); !known) {
        return std::unexpected{std::move(known).error()};
    }
    return asked;
}

}  // namespace headgate::console
