#include "store/sqlite/paging.hpp"

#include <fmt/format.h>

#include <charconv>

namespace headgate::store::sqlite {

result<std::uint64_t> read_cursor(std::string const& cursor) {
    if (cursor.empty()) return no_cursor;
    std::uint64_t number = 0;
    auto const* const end = cursor.data() + cursor.size();
    auto const [stopped, status] = std::from_chars(cursor.data(), end, number);
    if (status != std::errc{} || stopped != end || number > no_cursor)
        return refuse(errc::invalid_argument, "not a cursor of this list", "pass `next` of the page before");
    return number;
}

result<std::size_t> read_limit(page_request const& which) {
    if (which.limit >= 1 && which.limit <= 1000) return which.limit;
    return refuse(errc::invalid_argument, "a page has 1 to 1000 items", "ask for fewer, and follow `next`");
}

std::unexpected<error> no_such(std::string_view what) {
    return refuse(errc::not_found, fmt::format("no {} has this id", what),
                  "check the id; what is older than its retention was deleted");
}

}  // namespace headgate::store::sqlite
