#include "gateway/source_counts.hpp"

#include <algorithm>

namespace headgate::gateway {

source_counts& counts_by_source::of(source const& from) {
    auto const& name = from.settings.name;
    auto found = all_.find(name);
    if (found == all_.end()) {
        auto const make = [&](char const* result) -> counter& {
            return to_.make_counter("headgate_requests_total", "Requests to sources, by what became of them.",
                                    {{"source", name}, {"result", result}});
        };
        source_counts made{make("accepted"), make("duplicate"),   make("refused"),
                           make("limited"),  make("unavailable"), make("handshake")};
        found = all_.emplace(name, std::move(made)).first;
    }
    auto& counts = found->second;
    if (counts.keys_as_of != keys_as_of_) {
        counts.keys_as_of = keys_as_of_;
        for (auto const& key : from.sender.key_names()) static_cast<void>(of_key(from, counts, key));
    }
    return counts;
}

void counts_by_source::count_verified(source const& from, source_counts& counts,
                                      std::span<std::string_view const> keys) {
    for (auto const key : keys) of_key(from, counts, key).add();
}

counter& counts_by_source::of_key(source const& from, source_counts& counts, std::string_view key) {
    auto const known =
        std::ranges::find(counts.by_key, key, [](auto const& one) -> std::string_view { return one.first; });
    if (known != counts.by_key.end()) return *known->second;
    auto& made = to_.make_counter("headgate_verified_total",
                                  "Requests that were proven genuine, by the key that proved them.",
                                  {{"source", from.settings.name}, {"key", std::string{key}}});
    counts.by_key.emplace_back(key, &made);
    return made;
}

}  // namespace headgate::gateway
