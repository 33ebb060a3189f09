#pragma once

#include "auth/settings.hpp"
#include "core/result.hpp"
#include "core/secret.hpp"
#include "json/value.hpp"
#include "model/request.hpp"
#include "model/response.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

// What a verdict needs and the request does not have: named here, fetched by whoever has a network and
// caches.

namespace headgate::auth {

struct key_set;
class certificate_chain;

// One request of ours. It may carry secrets: nothing of it is logged but the URL.
struct outgoing {
    std::string method = "GET";
    std::string url;
    headers fields;  // Names in lower case.
    std::string body;
};

struct wanted_fact {
    fetch_rule const* from;  // Of the verifier's own settings.
    // Of a key set: the key that made the token, empty where that does not say. Of what is one of many: which
    // one, and under this name it is kept.
    std::string name;
    outgoing asks;
    // The access token that it shows, and whence that came: null without one.
    std::shared_ptr<secret const> token{};
    fetch_rule const* token_from = nullptr;
};

// What a fetch brought: one of these, as its rule says. All null: it could not be had.
struct fact {
    std::shared_ptr<key_set const> keys{};  // Of `key`: that one.
    std::shared_ptr<certificate_chain const> certificate{};
    std::shared_ptr<secret const> token{};
    std::shared_ptr<response const> answer{};
    std::optional<std::chrono::milliseconds> lifetime{};  // Of a token, where it is told.
};

// The question for a key set.
[[nodiscard]] outgoing question_for(fetch_rule const& key_set);

// Fails where `answer` is not a success. Of a place that is shown who we are: with unauthenticated for 401,
// and with permission_denied for what else refuses us; where nobody has what was asked for (4xx), with
// not_found; else with unavailable. Fails with invalid_argument where it is not what was asked for.
[[nodiscard]] result<fact> read_fact(fetch_rule const& by, outgoing const& asked, response const& answer);

// Whether an answer has this member and it says `text`: as a string, or as a number or boolean is written.
[[nodiscard]] bool says(json::value const& answer, std::string_view pointer, std::string_view text);

// Whether it is what `read_fact` says of a place that refuses what we ask, for wrong credentials most often.
[[nodiscard]] constexpr bool refuses_us(errc code) noexcept {
    return code == errc::unauthenticated || code == errc::permission_denied;
}

}  // namespace headgate::auth
