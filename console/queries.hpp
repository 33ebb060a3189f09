#pragma once

#include "core/result.hpp"
#include "store/event_store.hpp"

#include <string_view>

// The queries of the lists: what is asked for, as docs/reference/api.md says. Each parameter at most once; an
// unknown one is refused, so that a misspelt filter is not "all".

namespace headgate::console {

struct event_query {
    store::event_filter filter;
    store::page_request which;
};

struct delivery_query {
    store::delivery_filter filter;
    store::page_request which;
};

// Both fail with invalid_argument.
[[nodiscard]] result<event_query> read_event_query(std::string_view query);
[[nodiscard]] result<delivery_query> read_delivery_query(std::string_view query);

}  // namespace headgate::console
