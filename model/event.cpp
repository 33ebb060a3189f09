#include "model/event.hpp"

#include "core/digest.hpp"

#include <algorithm>

namespace headgate {
namespace {

std::string_view name_of(dedupe_kind kind) {
    switch (kind) {
        case dedupe_kind::id: return "id";
        case dedupe_kind::digest: return "digest";
        case dedupe_kind::once: return "once";
    }
    return "id";
}

}  // namespace

dedupe_key make_dedupe_key(std::string_view tenant, std::string_view source, dedupe_kind kind,
                           std::string_view value) {
    std::array<std::string_view, 4> const fields{tenant, source, name_of(kind), value};
    auto const digest = sha256_of_fields(fields);
    dedupe_key key;
    std::copy_n(digest.begin(), key.hash.size(), key.hash.begin());
    return key;
}

std::string_view name_of(event_state state) noexcept {
    switch (state) {
        case event_state::accepted: return "accepted";
        case event_state::routed: return "routed";
        case event_state::unmatched: return "unmatched";
        case event_state::quarantined: return "quarantined";
    }
    return "accepted";
}

char const* name_of(coverage covers) noexcept {
    switch (covers) {
        case coverage::none: return "none";
        case coverage::partial: return "partial";
        case coverage::full: return "full";
    }
    return "none";
}

}  // namespace headgate
