#include "core/planted.hpp"

#ifdef HEADGATE_PLANTED_BUGS

#include <chrono>
#include <cstdlib>
#include <string_view>
#include <thread>

namespace headgate {

bool planted(planted_bug bug) noexcept {
    auto const* const named = std::getenv("HEADGATE_PLANTED");
    if (named == nullptr) return false;
    auto const is = [&](std::string_view name) { return name == named; };
    switch (bug) {
        case planted_bug::acknowledge_before_commit: return is("acknowledge_before_commit");
        case planted_bug::index_not_rebuilt: return is("index_not_rebuilt");
        case planted_bug::rule_evaluated_again: return is("rule_evaluated_again");
        case planted_bug::event_stored_twice: return is("event_stored_twice");
    }
    return false;
}

void dawdle(std::chrono::milliseconds how_long) noexcept {
    std::this_thread::sleep_for(how_long);
}

}  // namespace headgate

#endif
