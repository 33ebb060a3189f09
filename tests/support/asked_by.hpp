#pragma once

#include "tests/support/given_facts.hpp"
#include "tests/support/senders.hpp"

#include <string>
#include <variant>
#include <vector>

// What a source asks others for, and what it says with an answer.

namespace headgate::testing_support {

inline wall_time const in_2026 = second(1'767'225'600);  // 2026-01-01

// Of one that is given that for whatever it asks.
[[nodiscard]] inline std::string said_with(auth::settings const& source, request const& incoming,
                                           auth::fact const& served, wall_time at = in_2026) {
    auto const made = authenticator_of(source);
    auto const known = gather(made.checks(), incoming, at, [&](auth::wanted_fact const&) { return served; });
    auto const judged = made.checks().verify(incoming, known, at);
    return judged ? "accepted by " + judged->sender.verified_by : judged.error().message;
}

[[nodiscard]] inline std::vector<auth::wanted_fact> wanted_by(auth::authenticator const& made,
                                                              request const& incoming,
                                                              wall_time at = in_2026) {
    std::vector<auth::wanted_fact> all;
    for (auto& each : made.checks().needs(incoming, {}, at)) all.push_back(std::get<auth::wanted_fact>(each));
    return all;
}

[[nodiscard]] inline std::vector<std::string> asked_by(auth::settings const& source, request const& incoming,
                                                       wall_time at = in_2026) {
    std::vector<std::string> all;
    for (auto const& each : wanted_by(authenticator_of(source), incoming, at)) {
        all.push_back(each.asks.method + " " + each.asks.url + (each.name.empty() ? "" : " " + each.name));
    }
    return all;
}

}  // namespace headgate::testing_support
