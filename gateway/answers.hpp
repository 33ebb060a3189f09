#pragma once

#include "auth/settings.hpp"
#include "core/result.hpp"
#include "gateway/settings.hpp"
#include "model/response.hpp"
#include "store/event_store.hpp"
#include "transforms/settings.hpp"

#include <chrono>
#include <span>
#include <string_view>
#include <vector>

// What senders read. Refusals say nothing about why.

namespace headgate::gateway {

// 202 {"id": …}, a duplicate 200 {"id": first, "duplicate": true}; or as the preset says.
[[nodiscard]] response accepted(auth::answer_rule const& as, store::receipt const& stored);

// 401, 400, 503 … from the error's code, as the preset maps them; 503 with Retry-After.
[[nodiscard]] response refused(auth::answer_rule const& as, std::chrono::seconds retry_after,
                               error const& why);

// An unknown path: the same body as a refused signature.
[[nodiscard]] response unknown_path();

// 429: the same whatever was asked for, so that a flood learns nothing.
[[nodiscard]] response too_many_requests(std::chrono::seconds retry_after);

[[nodiscard]] response method_not_allowed(std::vector<std::string> const& allowed);

// 415: says which would be (RFC 9110, 15.5.16).
[[nodiscard]] response encoding_not_allowed(std::span<transforms::content_coding const> allowed);

}  // namespace headgate::gateway
