#include "core/digest.hpp"
#include "core/encoding.hpp"
#include "core/ids.hpp"
#include "transforms/builtins.hpp"
#include "transforms/operations.hpp"
#include "transforms/runtime.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

// Short names for long things, the same wherever they are made: beyond jq, for ids.

namespace headgate::transforms {
namespace {

using json::value;

// Hashing takes some ten times as long as looking.
bool may_hash(runtime& run, value const& any, std::string_view what) {
    if (!any.is_string()) return run.fail(fmt::format("{} {}", name_of(any.type()), what));
    return run.may_touch(any.as_string().size() * 8);
}

bool sha256_of(runtime& run, value const* in, value& out) {
    if (!may_hash(run, *in, "cannot be hashed, only a string can: use tojson")) return false;
    out = run.text(to_hex(sha256(in->as_string())));
    return run.ok();
}

bool hmac_of(runtime& run, value const* in, value& out) {
    if (!may_hash(run, *in, "cannot be signed, only a string can: use tojson")) return false;
    if (!may_hash(run, in[1], "cannot be a key, only a string can")) return false;
    out = run.text(to_hex(hmac_sha256(in[1].as_string(), in->as_string())));
    return run.ok();
}

// RFC 9562, 6.6.
constexpr auto known_name_spaces = std::to_array<std::pair<std::string_view, std::string_view>>({
    {"dns", "6ba7b810-9dad-11d1-80b4-00c04fd430c8"},
    {"url", "6ba7b811-9dad-11d1-80b4-00c04fd430c8"},
    {"oid", "6ba7b812-9dad-11d1-80b4-00c04fd430c8"},
    {"x500", "6ba7b814-9dad-11d1-80b4-00c04fd430c8"},
});

result<uuid> name_space_of(std::string_view text) {
    auto const* const known =
        std::ranges::find(known_name_spaces, text, &std::pair<std::string_view, std::string_view>::first);
    return parse_uuid(known == known_name_spaces.end() ? text : known->second);
}

bool uuid5_of(runtime& run, value const* in, value& out) {
    if (!may_hash(run, *in, "cannot be a name, only a string can: use tojson")) return false;
    if (!may_hash(run, in[1], "cannot be a name space, only a string can")) return false;
    auto const name_space = name_space_of(in[1].as_string());
    if (!name_space) return run.fail("the name space of uuid5 is a UUID, or one of dns, url, oid and x500");
    out = run.text(to_string(uuid_of_name(*name_space, in->as_string())));
    return run.ok();
}

constexpr auto table = std::to_array<native_entry>({
    {"sha256", 0, sha256_of},
    {"hmac_sha256", 1, hmac_of},
    {"uuid5", 1, uuid5_of},
});

}  // namespace

std::span<native_entry const> name_natives() {
    return table;
}

}  // namespace headgate::transforms
