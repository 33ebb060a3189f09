#include "targets/temporal/judge.hpp"

#include "core/check.hpp"
#include "targets/temporal/answers.hpp"
#include "targets/temporal/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace headgate::targets {
namespace {

using namespace std::chrono_literals;
using kind = start_answer::kind;
using scope = start_answer::scope;

constexpr auto busy_pause = 1s;     // As the SDKs wait at least after RESOURCE_EXHAUSTED.
constexpr auto repair_pause = 10s;  // For what a person has to put right.

// What the texts of remedies name.
struct place {
    temporal_settings const& settings;
    call_outcome const& outcome;
    error_detail detail;
};

start_answer answer(kind what, scope concerns, place const& at, std::string remedy,
                    std::chrono::milliseconds not_before = 0ms) {
    return {.what = what,
            .run_id = {},
            .code = at.outcome.failure.value_or(errc::unknown),
            .message = presentable(at.outcome.message),
            .remedy = std::move(remedy),
            .concerns = concerns,
            .not_before = not_before};
}

// Texts of the Go side of gRPC, and of its C side in either direction. No rate limit: such a message stays as
// long as it is.
bool is_message_too_large(std::string_view message) {
    constexpr std::array prefixes{
        std::string_view{"grpc: received message larger than max"},
        std::string_view{"grpc: message after decompression larger than max"},
        std::string_view{"grpc: received message after decompression larger than max"},
        std::string_view{"grpc: trying to send message larger than max"},
        std::string_view{"trying to send message larger than max"},
        std::string_view{"Sent message larger than max"},
    };
    return std::ranges::any_of(prefixes, [&](auto prefix) { return message.starts_with(prefix); });
}

// gRPC says so when the answer was no gRPC at all but a page of some proxy.
std::optional<int> http_status_in(std::string_view message) {
    constexpr std::string_view before = "http2 header with status: ";
    auto const at = message.find(before);
    if (at == std::string_view::npos) return std::nullopt;
    int status = 0;
    auto const digits = message.substr(at + before.size());
    auto const read = std::from_chars(digits.data(), digits.data() + digits.size(), status);
    return read.ec == std::errc{} ? std::optional{status} : std::nullopt;
}

// What a proxy in front of Temporal answers for itself. A gateway's 502 or 504 may come after it has passed
// the request on; anything else it said instead of passing it on.
start_answer judge_proxy(int status, place const& at) {
    auto const remedy = fmt::format("a proxy at {} answers HTTP {} in Temporal's place: look into its log",
                                    at.settings.address, status);
    if (status == 401 || status == 403) return answer(kind::denied, scope::target, at, remedy, repair_pause);
    if (status == 413) {
        return answer(
            kind::refused, scope::delivery, at,
            "let the proxy in front of Temporal take bodies of 4 MiB (nginx: client_max_body_size)");
    }
    if (status == 502 || status == 504)
        return answer(kind::unanswered, scope::target, at, remedy, busy_pause);
    return answer(kind::not_now, scope::target, at, remedy, busy_pause);
}

start_answer judge_invalid_argument(place const& at) {
    auto const& message = at.outcome.message;
    bool const no_such_attribute =
        !message.starts_with("invalid value") &&
        (message.contains("no mapping defined for search attribute") ||
         (message.contains("search attribute") && message.contains("is not defined")));
    if (no_such_attribute) {
        return answer(
            kind::missing, scope::delivery, at,
            fmt::format("register it: temporal operator search-attribute create --namespace {} --name "
                        "NAME --type Keyword; or take it out of the rule",
                        at.settings.name_space),
            repair_pause);
    }
    if (message.contains("size exceeds limit")) {
        return answer(kind::refused, scope::delivery, at,
                      "let the rule send less: pick what the workflow needs, not the whole body");
    }
    // A run takes so many signals (10,000 by default); the one that continues it takes as many again.
    if (message.contains("limit for signal events")) {
        return answer(kind::not_now, scope::delivery, at,
                      "let the workflow continue as new before it has as many signals", repair_pause);
    }
    auto refused = answer(kind::refused, scope::delivery, at, "correct what the rule sends");
    // "invalid value for search attribute X of type Int: <the value>": the value stays out of logs and pages.
    if (auto const type = message.find(" of type ");
        message.starts_with("invalid value") && type != message.npos) {
        refused.message = presentable(std::string_view{message}.substr(0, message.find(':', type)));
    }
    return refused;
}

start_answer judge_not_found(place const& at) {
    bool const no_namespace = at.detail.what == error_detail::kind::namespace_not_found ||
                              at.outcome.message.starts_with("Namespace ");
    if (!no_namespace) {
        return answer(kind::not_now, scope::delivery, at, "look into the frontend's log", repair_pause);
    }
    return answer(kind::missing, scope::target, at,
                  fmt::format("create it: temporal operator namespace create --namespace {}; or correct the "
                              "target's namespace",
                              at.settings.name_space),
                  repair_pause);
}

start_answer judge_exhausted(place const& at) {
    if (is_message_too_large(at.outcome.message)) {
        return answer(kind::refused, scope::delivery, at,
                      "let the rule send less: pick what the workflow needs, not the whole body");
    }
    if (at.outcome.message.starts_with("Received message larger than max")) {
        // Our own limit, on an answer: the start has happened.
        return answer(kind::unanswered, scope::delivery, at, "look what answers at the target's address",
                      repair_pause);
    }
    if (at.detail.exhausted_cause == exhausted_by_busy_workflow) {
        return answer(kind::not_now, scope::delivery, at, "the workflow id is busy: retried by itself",
                      busy_pause);
    }
    return answer(
        kind::not_now, scope::target, at,
        "Temporal limits the rate: retried by itself; if it lasts, raise the namespace's limits or lower "
        "the target's starts per second",
        busy_pause);
}

start_answer judge_failed_precondition(place const& at) {
    switch (at.detail.what) {
        case error_detail::kind::namespace_invalid_state:
            return answer(kind::missing, scope::target, at,
                          "the namespace is being deleted or is deprecated: name another in the target",
                          repair_pause);
        case error_detail::kind::version_not_supported:
            return answer(kind::not_now, scope::target, at,
                          "this server does not take this version of headgate: upgrade one of them",
                          repair_pause);
        case error_detail::kind::namespace_not_active:
            return answer(
                kind::not_now, scope::target, at,
                "the namespace is active in another cluster: retried by itself; if it lasts, name that "
                "cluster's address in the target",
                busy_pause);
        default: return answer(kind::not_now, scope::delivery, at, "retried by itself", busy_pause);
    }
}

start_answer judge_denied(place const& at) {
    return answer(
        kind::denied, scope::target, at,
        fmt::format("check the target's API key or client certificate, and that it may start workflows in "
                    "namespace {}",
                    at.settings.name_space),
        repair_pause);
}

start_answer judge_away(place const& at) {
    auto const remedy =
        fmt::format("check that Temporal runs at {}, and the target's tls settings", at.settings.address);
    bool const never_seen = at.outcome.got_to == call_outcome::reached::no_connection ||
                            at.detail.what == error_detail::kind::namespace_unavailable;
    return answer(never_seen ? kind::not_now : kind::unanswered, scope::target, at, remedy);
}

start_answer judge_own_trouble(place const& at) {
    if (at.outcome.message.starts_with("grpc: error unmarshalling request")) {
        return answer(kind::refused, scope::delivery, at, "send valid UTF-8 in ids and names");
    }
    return answer(kind::unanswered, scope::delivery, at,
                  "retried by itself with the same ids; the frontend's log says more", busy_pause);
}

}  // namespace

start_answer judge_failed_start(call_outcome const& outcome, temporal_settings const& settings) {
    HEADGATE_CHECK(outcome.failure.has_value(), "only a failure is judged here");
    place const at{settings, outcome, read_detail(outcome.details)};
    // The answer of PostgreSQL to an id that is too long, behind codes that promise that a retry helps.
    if (outcome.message.contains("value too long for type character varying")) {
        return answer(kind::refused, scope::delivery, at, "let the rule give shorter ids and names");
    }
    // No proxy's page is an INVALID_ARGUMENT, and that one's message repeats what came from the event.
    auto const status =
        *outcome.failure == errc::invalid_argument ? std::nullopt : http_status_in(outcome.message);
    if (status) return judge_proxy(*status, at);
    switch (*outcome.failure) {
        case errc::invalid_argument: return judge_invalid_argument(at);
        case errc::not_found: return judge_not_found(at);
        case errc::resource_exhausted: return judge_exhausted(at);
        case errc::failed_precondition: return judge_failed_precondition(at);
        case errc::permission_denied:
        case errc::unauthenticated: return judge_denied(at);
        case errc::unavailable:
        case errc::deadline_exceeded: return judge_away(at);
        case errc::unimplemented:
            return answer(kind::not_now, scope::target, at,
                          fmt::format("check that {} is a Temporal frontend", settings.address),
                          repair_pause);
        case errc::already_exists:
        case errc::cancelled:
        case errc::unknown:
        case errc::aborted:
        case errc::out_of_range:
        case errc::internal:
        case errc::data_loss: return judge_own_trouble(at);
    }
    return judge_own_trouble(at);
}

error to_error(call_outcome const& outcome, temporal_settings const& settings) {
    auto judged = judge_failed_start(outcome, settings);
    return {judged.code, fmt::format("temporal at {}: {}", settings.address, judged.message),
            std::move(judged.remedy)};
}

}  // namespace headgate::targets
