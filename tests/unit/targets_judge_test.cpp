#include "targets/temporal/connection.hpp"
#include "targets/temporal/judge.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <rpc_status.pb.h>
#include <string>
#include <temporal_error_details.pb.h>
#include <utility>
#include <vector>

// Messages and details as servers 1.29.1 and 1.31.2 sent them, gRPC's own as its C library 1.51 words them.

namespace headgate::targets {
namespace {

namespace details = ::temporal::api::errordetails::v1;
using kind = start_answer::kind;
using scope = start_answer::scope;
using reached = call_outcome::reached;
using testing::HasSubstr;
using testing::Not;

template <class Detail>
std::string attach(Detail const& detail) {
    rpc::Status status;
    status.add_details()->PackFrom(detail);
    return status.SerializeAsString();
}

std::string exhausted(details::ResourceExhaustedCause cause) {
    details::ResourceExhaustedFailure failure;
    failure.set_cause(cause);
    return attach(failure);
}

call_outcome failed(errc code, std::string message, std::string attached = {}) {
    call_outcome outcome;
    outcome.failure = code;
    outcome.message = std::move(message);
    outcome.details = std::move(attached);
    return outcome;
}

temporal_settings settings() {
    temporal_settings chosen;
    chosen.address = "temporal:7233";
    chosen.name_space = "data-platform";
    return chosen;
}

struct row {
    std::string name;
    call_outcome outcome;
    kind what;
    scope concerns;
};

call_outcome unconnected(errc code, std::string message) {
    auto outcome = failed(code, std::move(message));
    outcome.got_to = reached::no_connection;
    return outcome;
}

std::vector<row> rows() {
    using enum errc;
    auto const of_delivery = scope::delivery;
    auto const of_target = scope::target;
    return {
        {"input too large", failed(invalid_argument, "Blob data size exceeds limit."), kind::refused,
         of_delivery},
        {"memo too large", failed(invalid_argument, "Memo size exceeds limit."), kind::refused, of_delivery},
        {"attribute unknown",
         failed(invalid_argument, "Namespace default has no mapping defined for search attribute NotThere"),
         kind::missing, of_delivery},
        {"attribute unknown, Elasticsearch",
         failed(invalid_argument, "search attribute NotThere is not defined"), kind::missing, of_delivery},
        {"attribute of another type",
         failed(invalid_argument, "invalid value for search attribute WebhookSize of type Int: notanumber"),
         kind::refused, of_delivery},
        {"type missing", failed(invalid_argument, "WorkflowType is not set on request."), kind::refused,
         of_delivery},
        {"namespace unknown",
         failed(not_found, "Namespace nope is not found.", attach(details::NamespaceNotFoundFailure{})),
         kind::missing, of_target},
        {"namespace unknown, detail lost", failed(not_found, "Namespace nope is not found."), kind::missing,
         of_target},
        {"something else not found", failed(not_found, "shard is gone"), kind::not_now, of_delivery},
        {"rate limit of the namespace",
         failed(resource_exhausted, "namespace rate limit exceeded",
                exhausted(details::RESOURCE_EXHAUSTED_CAUSE_RPS_LIMIT)),
         kind::not_now, of_target},
        {"overload",
         failed(resource_exhausted, "service rate limit exceeded",
                exhausted(details::RESOURCE_EXHAUSTED_CAUSE_SYSTEM_OVERLOADED)),
         kind::not_now, of_target},
        {"busy workflow",
         failed(resource_exhausted, "Too many restarts for workflow x. Time since last start: 2ms",
                exhausted(details::RESOURCE_EXHAUSTED_CAUSE_BUSY_WORKFLOW)),
         kind::not_now, of_delivery},
        {"message too large",
         failed(resource_exhausted, "grpc: received message larger than max (4194459 vs. 4194304)"),
         kind::refused, of_delivery},
        {"answer too large for us",
         failed(resource_exhausted, "Received message larger than max (5000000 vs. 4194304)"),
         kind::unanswered, of_delivery},
        {"namespace active elsewhere",
         failed(failed_precondition,
                "Namespace: x is active in cluster: b, while current cluster a is a standby",
                attach(details::NamespaceNotActiveFailure{})),
         kind::not_now, of_target},
        {"namespace being deleted",
         failed(failed_precondition, "Namespace has invalid state: Deleted.",
                attach(details::NamespaceInvalidStateFailure{})),
         kind::missing, of_target},
        {"client too old",
         failed(failed_precondition, "Client version 0.1.0 is not supported",
                attach(details::ClientVersionNotSupportedFailure{})),
         kind::not_now, of_target},
        {"not ready", failed(failed_precondition, "Workflow is not ready"), kind::not_now, of_delivery},
        {"not allowed", failed(permission_denied, "Request unauthorized."), kind::denied, of_target},
        {"not known", failed(unauthenticated, "Request unauthorized."), kind::denied, of_target},
        {"nobody listens",
         unconnected(
             unavailable,
             "failed to connect to all addresses; last error: UNKNOWN: ipv4:127.0.0.1:1: Failed to connect "
             "to remote host: Connection refused"),
         kind::not_now, of_target},
        {"connection lost", failed(unavailable, "Socket closed"), kind::unanswered, of_target},
        {"frontend without history", failed(unavailable, "Not enough hosts to serve the request"),
         kind::unanswered, of_target},
        {"namespace unavailable",
         failed(unavailable, "Namespace x is unavailable", attach(details::NamespaceUnavailableFailure{})),
         kind::not_now, of_target},
        {"deadline", failed(deadline_exceeded, "Deadline Exceeded"), kind::unanswered, of_target},
        {"cancelled", failed(cancelled, "CANCELLED"), kind::unanswered, of_delivery},
        {"server bug", failed(unknown, "something went wrong, please retry (e3b0c442)"), kind::unanswered,
         of_delivery},
        {"database trouble", failed(internal, "something went wrong, please retry (e3b0c442)"),
         kind::unanswered, of_delivery},
        {"aborted", failed(aborted, "aborted"), kind::unanswered, of_delivery},
        {"data lost", failed(data_loss, "history branch not found"), kind::unanswered, of_delivery},
        {"id too long for PostgreSQL",
         failed(
             unavailable,
             "createOrUpdateCurrentExecution failed. Failed to insert into current_executions table. Error: "
             "ERROR: value too long for type character varying(255) (SQLSTATE 22001)"),
         kind::refused, of_delivery},
        {"not UTF-8",
         failed(internal, "grpc: error unmarshalling request: string field contains invalid UTF-8"),
         kind::refused, of_delivery},
        {"no Temporal",
         failed(unimplemented, "unknown service temporal.api.workflowservice.v1.WorkflowService"),
         kind::not_now, of_target},
        {"proxy: bad request", failed(internal, "Received http2 header with status: 400"), kind::not_now,
         of_target},
        {"proxy: login", failed(permission_denied, "Received http2 header with status: 403"), kind::denied,
         of_target},
        {"proxy: body too large", failed(unknown, "Received http2 header with status: 413"), kind::refused,
         of_delivery},
        {"proxy: overload", failed(unavailable, "Received http2 header with status: 503"), kind::not_now,
         of_target},
        // nginx also says so after it has passed the request on.
        {"proxy: lost Temporal", failed(unavailable, "Received http2 header with status: 502"),
         kind::unanswered, of_target},
        {"proxy: waited for Temporal", failed(unavailable, "Received http2 header with status: 504"),
         kind::unanswered, of_target},
    };
}

TEST(judging_a_failed_start, every_answer_of_temporal_means_what_its_row_says) {
    for (auto const& each : rows()) {
        auto const judged = judge_failed_start(each.outcome, settings());
        EXPECT_EQ(static_cast<int>(judged.what), static_cast<int>(each.what)) << each.name;
        EXPECT_EQ(judged.concerns, each.concerns) << each.name;
        EXPECT_EQ(judged.code, *each.outcome.failure) << each.name;
        EXPECT_FALSE(judged.message.empty()) << each.name;
        EXPECT_FALSE(judged.remedy.empty()) << each.name;
    }
}

TEST(judging_a_failed_start, nothing_is_dead_that_may_have_been_started) {
    for (int code = 1; code <= 16; ++code) {
        auto const judged = judge_failed_start(failed(static_cast<errc>(code), "unheard of"), settings());
        bool const says_it_never_works = judged.what == kind::refused;
        EXPECT_EQ(says_it_never_works, code == static_cast<int>(errc::invalid_argument)) << code;
    }
}

TEST(judging_a_failed_start, waits_at_least_a_second_when_temporal_limits_the_rate) {
    auto const limited = judge_failed_start(failed(errc::resource_exhausted, "namespace rate limit exceeded",
                                                   exhausted(details::RESOURCE_EXHAUSTED_CAUSE_RPS_LIMIT)),
                                            settings());
    EXPECT_GE(limited.not_before, std::chrono::seconds{1});
}

TEST(judging_a_failed_start, the_value_of_a_search_attribute_is_not_repeated) {
    auto const judged = judge_failed_start(
        failed(errc::invalid_argument, "invalid value for search attribute Size of type Int: very secret"),
        settings());
    EXPECT_EQ(judged.message, "invalid value for search attribute Size of type Int");
}

TEST(judging_a_failed_start, remedies_name_the_namespace_and_the_address) {
    auto const missing =
        judge_failed_start(failed(errc::not_found, "Namespace data-platform is not found."), settings());
    EXPECT_THAT(missing.remedy, HasSubstr("temporal operator namespace create --namespace data-platform"));
    auto const away = judge_failed_start(failed(errc::unavailable, "Socket closed"), settings());
    EXPECT_THAT(away.remedy, HasSubstr("temporal:7233"));
}

TEST(judging_a_failed_start, a_long_or_unprintable_message_is_cut_and_cleaned) {
    auto const judged =
        judge_failed_start(failed(errc::unknown, "a\r\nb" + std::string(1'000'000, 'x')), settings());
    EXPECT_THAT(judged.message, HasSubstr("a  bxxx"));
    EXPECT_EQ(judged.message.size(), 512U + 3U);

    // 511 bytes and a two-byte letter: the letter is left out whole.
    auto const letters = judge_failed_start(
        failed(errc::unknown, std::string(511, 'x') + "\xC3\xA4" + std::string(100, 'y')), settings());
    EXPECT_EQ(letters.message, std::string(511, 'x') + "...");
}

TEST(judging_a_failed_start, details_that_are_no_details_are_ignored) {
    auto const judged =
        judge_failed_start(failed(errc::unavailable, "x", std::string("\xFF\xFF\x01", 3)), settings());
    EXPECT_EQ(judged.what, kind::unanswered);
}

}  // namespace
}  // namespace headgate::targets
