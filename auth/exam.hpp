#pragma once

#include "auth/authenticator.hpp"
#include "auth/settings.hpp"
#include "auth/text.hpp"
#include "auth/verifier.hpp"
#include "core/clock.hpp"
#include "core/result.hpp"
#include "json/lookup.hpp"
#include "json/parse.hpp"
#include "model/request.hpp"

#include <cstddef>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// One request while it is being looked at: what several checks read is parsed once.

namespace headgate::auth {

inline constexpr std::size_t value_bytes_max = 8 * 1024;  // Of a header, query, form or JSON value.

// What the configuration says about the place where requests arrive.
struct surroundings {
    std::map<std::string, std::vector<std::string>> params;
    std::string public_url;         // As configured, without a slash at the end.
    std::string public_url_ported;  // The same, with the default port written or left out the other way.
    json::lookup members{{}};       // What the source's checks may look at in a JSON body.
    reading_limits limits;
};

// A failed check: always unauthenticated. `what` has no secret and no payload in it.
[[nodiscard]] std::unexpected<error> fails(std::string what, std::string remedy = {});

// The claims of a token that was verified.
struct verified_token {
    std::shared_ptr<json::arena const> values;  // Where they live.
    json::value claims;
};

class exam {
public:
    exam(request const& incoming, facts const& known, wall_time now, surroundings const& place)
        : incoming{incoming}, known{known}, now{now}, place{place} {}
    exam(exam const&) = delete;
    exam& operator=(exam const&) = delete;

    request const& incoming;
    facts const& known;
    wall_time now;
    surroundings const& place;

    // Where an `each` is: a pointer that item-relative paths go on from. Set by it, for one item at a time.
    std::string item_pointer;

    // What `claim` values are read from: set by the `jwt` check that held.
    std::optional<verified_token> token;

    // Whether as much time has gone by as a MAC over the body takes; a refusal sees to it.
    bool spent_a_mac = false;

    // A longer body is not read as JSON: before anything is proven, a sender must not choose what reading
    // costs.
    std::size_t json_bytes_max = std::numeric_limits<std::size_t>::max();

    // Everything that is looked at is appended here while a verdict is explained; else null.
    std::vector<finding>* findings = nullptr;

    // The value at `path`; nothing where it leads nowhere. Fails where the body is not JSON, and where the
    // path goes through a name that stands twice.
    [[nodiscard]] result<std::optional<json::value>> json_at(json_path const& path);

    // The raw bytes of what `from` names; nothing where that is nowhere or ambiguous. Fails where the body is
    // not JSON.
    [[nodiscard]] result<std::optional<std::string_view>> slice_of(slice_value const& from);

    // Null when they are malformed; of the form also when the body is not form-encoded.
    [[nodiscard]] parameters const* query();
    [[nodiscard]] parameters const* form();

private:
    [[nodiscard]] result<void> may_read_json() const;
    [[nodiscard]] result<json::place> place_of(std::string_view pointer);
    [[nodiscard]] result<std::optional<json::value>> item_at(std::string_view pointer);
    [[nodiscard]] json::arena& values();

    std::unique_ptr<json::arena> arena_;
    std::optional<result<std::vector<json::place>>> places_;  // Of `place.members`.
    std::optional<result<json::parsed>> parsed_;              // For `each` alone.
    std::optional<std::optional<parameters>> query_;
    std::optional<std::optional<parameters>> form_;
};

// What a signature's grammar captured for `part`.
struct captured_part {
    std::string_view name;
    std::string_view value;
};

// Where a value is evaluated.
struct vantage {
    std::span<captured_part const> parts;
    bool other_port = false;  // The second spelling of a `url` with `port: any`.
};

// The text of a value. Fails when it is missing, empty, repeated, malformed or longer than `bytes_max`;
// only `body`, `form_sorted` and `const` may be empty, and only `body`, `slice` and `form_sorted` are longer.
[[nodiscard]] result<text> evaluate(value const& from, exam& of, vantage const& here = {},
                                    std::size_t bytes_max = value_bytes_max);

// Like `evaluate`, but nothing when a value that may be absent is absent or empty. Fails on the rest.
[[nodiscard]] result<std::optional<text>> evaluate_optional(value const& from, exam& of,
                                                            vantage const& here = {},
                                                            std::size_t bytes_max = value_bytes_max);

// "header x-hub-signature-256", for people.
[[nodiscard]] std::string describe(value const& from);

[[nodiscard]] bool holds(guard const& when, exam& of);

}  // namespace headgate::auth
