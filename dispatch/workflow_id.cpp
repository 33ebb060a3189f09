#include "dispatch/workflow_id.hpp"

#include "core/text.hpp"

#include <fmt/format.h>

#include <cstddef>
#include <utility>

namespace headgate::dispatch {
namespace {

constexpr std::size_t workflow_id_bytes_max = 240;  // So that `~n` of a replay fits in 255.

// `orders~2` is the second replay of `orders`, and nobody else's.
bool looks_replayed(std::string_view id) {
    auto const tilde = id.find_last_not_of("0123456789");
    return tilde != std::string_view::npos && tilde + 1 < id.size() && id[tilde] == '~';
}

}  // namespace

error not_an_id(std::string what, std::string remedy) {
    return {errc::failed_precondition, std::move(what), std::move(remedy)};
}

std::optional<error> what_is_wrong_with_id(std::string_view id) {
    std::string const remedy = "make `id` one string of 1 to 240 bytes without control characters";
    if (id.empty()) return not_an_id("gave an empty string", remedy);
    if (id.size() > workflow_id_bytes_max) return not_an_id(fmt::format("gave {} bytes", id.size()), remedy);
    if (has_controls(id)) return not_an_id("has a control character in it", remedy);
    if (looks_replayed(id)) {
        return not_an_id("ends in `~` and digits, as only the ids of replays do",
                         "end it otherwise, for example with `-` and digits");
    }
    return std::nullopt;
}

std::optional<error> what_is_wrong_with_ids(transforms::outlook const& all) {
    if (all.is_nothing()) return std::nullopt;
    if (!all.of.has(json::kind::string))
        return not_an_id("gives " + name_of(all.of) + ", and an id is a string",
                         "put it into one: \"orders-\\(…)\"");
    if (all.may_be_blank)
        return not_an_id("may give an empty string",
                         "end it with // error(\"no id\"): then the delivery says why");
    return std::nullopt;
}

}  // namespace headgate::dispatch
