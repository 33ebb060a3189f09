#pragma once

#include "auth/verifier.hpp"
#include "core/digest.hpp"
#include "gateway/snapshot.hpp"
#include "json/value.hpp"
#include "model/event.hpp"

#include <optional>
#include <span>
#include <string>
#include <vector>

// Which keys make a request the same as an earlier one.

namespace headgate::gateway {

// The digest of the signed content where a key may be made of it, else nothing. Ask while `incoming` still is
// what was verified: `proof` points into it.
[[nodiscard]] std::optional<sha256_digest> digest_if_needed(source const& of, request const& incoming,
                                                            auth::verdict const& proof);

// One key decides: the source's `dedupe`, else the sender's delivery id, else none. A configured key that is
// missing or empty falls back to the digest of the signed content, never to "". Beside it: the values to be
// used once, and the digest where `replay: digest` asks for it. `fresh` is the event with its request still
// unredacted.
[[nodiscard]] std::vector<dedupe_key> dedupe_keys(source const& of, event const& fresh,
                                                  std::span<std::string const> once,
                                                  std::optional<sha256_digest> const& digest,
                                                  json::arena& scratch);

}  // namespace headgate::gateway
