#include "targets/temporal/answers.hpp"

#include "targets/temporal/text.hpp"

#include <fmt/format.h>
#include <google/protobuf/timestamp.pb.h>

#include <rpc_status.pb.h>
#include <temporal_error_details.pb.h>
#include <temporal_service.pb.h>
#include <utility>

namespace headgate::targets {
namespace {

namespace wire = ::temporal::api::workflowservice::v1;
namespace details = ::temporal::api::errordetails::v1;

wall_time to_wall_time(google::protobuf::Timestamp const& stamp) {
    return wall_time{std::chrono::milliseconds{stamp.seconds() * 1000 + stamp.nanos() / 1'000'000}};
}

std::unexpected<error> not_temporal(std::string_view answer) {
    return refuse(errc::internal, fmt::format("the answer is no {}", answer),
                  "check that the address is that of a Temporal frontend (gRPC, usually port 7233)");
}

template <class Message>
result<Message> read(std::string const& body, std::string_view answer) {
    Message message;
    if (!message.ParseFromString(body)) return not_temporal(answer);
    return message;
}

}  // namespace

result<std::string> read_started(std::string const& body) {
    HEADGATE_TRY(auto const answer,
                 read<wire::StartWorkflowExecutionResponse>(body, "StartWorkflowExecutionResponse"));
    return answer.run_id();
}

result<signalled_run> read_signalled_with_start(std::string const& body) {
    using answer_message = wire::SignalWithStartWorkflowExecutionResponse;
    HEADGATE_TRY(auto const answer, read<answer_message>(body, "SignalWithStartWorkflowExecutionResponse"));
    return signalled_run{answer.run_id(), answer.started()};
}

std::string_view name_of(run_description::status status) noexcept {
    using enum run_description::status;
    switch (status) {
        case running: return "running";
        case completed: return "completed";
        case failed: return "failed";
        case cancelled: return "cancelled";
        case terminated: return "terminated";
        case continued_as_new: return "continued as new";
        case timed_out: return "timed out";
    }
    return "unknown";
}

namespace {

// A status that this build does not know is open: following goes on until one comes that it knows.
run_description::status to_status(wire::WorkflowExecutionStatus status) {
    using enum run_description::status;
    switch (status) {
        case wire::WORKFLOW_EXECUTION_STATUS_COMPLETED: return completed;
        case wire::WORKFLOW_EXECUTION_STATUS_FAILED: return failed;
        case wire::WORKFLOW_EXECUTION_STATUS_CANCELED: return cancelled;
        case wire::WORKFLOW_EXECUTION_STATUS_TERMINATED: return terminated;
        case wire::WORKFLOW_EXECUTION_STATUS_CONTINUED_AS_NEW: return continued_as_new;
        case wire::WORKFLOW_EXECUTION_STATUS_TIMED_OUT: return timed_out;
        default: return running;
    }
}

// Our memo's value is one JSON string without escapes: the id in quotes.
std::string delivery_of(wire::Memo const& memo) {
    auto const found = memo.fields().find(std::string{delivery_memo});
    if (found == memo.fields().end()) return {};
    auto const& json = found->second.data();
    bool const quoted = json.size() > 2 && json.front() == '"' && json.back() == '"';
    return quoted ? json.substr(1, json.size() - 2) : std::string{};
}

// "activity error: no such table": what the SDKs wrap says little, what they wrapped says why.
std::string describe(wire::Failure const& failure) {
    constexpr int causes_max = 8;
    std::string text = failure.message();
    auto const* at = &failure;
    for (int depth = 0; at->has_cause() && depth < causes_max; ++depth) {
        at = &at->cause();
        if (!at->message().empty()) text += (text.empty() ? "" : ": ") + at->message();
    }
    return text;
}

run_status ended(run_status::kind what, std::string detail, wire::HistoryEvent const& event) {
    return {.what = what,
            .detail = presentable(detail),
            .run_id = {},
            .ended_at = to_wall_time(event.event_time())};
}

std::string with_reason(std::string_view what, std::string const& reason) {
    return reason.empty() ? std::string{what} : fmt::format("{}: {}", what, reason);
}

void read_event(wire::HistoryEvent const& event, history_page& page) {
    using enum run_status::kind;
    if (event.has_workflow_execution_completed_event_attributes()) {
        page.end = ended(completed, {}, event);
        page.continued_by = event.workflow_execution_completed_event_attributes().new_execution_run_id();
    } else if (event.has_workflow_execution_failed_event_attributes()) {
        auto const& failing = event.workflow_execution_failed_event_attributes();
        page.end = ended(failed, with_reason("failed", describe(failing.failure())), event);
        page.continued_by = failing.new_execution_run_id();
    } else if (event.has_workflow_execution_timed_out_event_attributes()) {
        page.end = ended(failed, "timed out", event);
        page.continued_by = event.workflow_execution_timed_out_event_attributes().new_execution_run_id();
    } else if (event.has_workflow_execution_terminated_event_attributes()) {
        auto const& reason = event.workflow_execution_terminated_event_attributes().reason();
        page.end = ended(failed, with_reason("terminated", reason), event);
    } else if (event.has_workflow_execution_canceled_event_attributes()) {
        page.end = ended(failed, "cancelled", event);
    } else if (event.has_workflow_execution_continued_as_new_event_attributes()) {
        page.end = ended(failed, "continued as new", event);
        page.continued_by =
            event.workflow_execution_continued_as_new_event_attributes().new_execution_run_id();
    }
}

}  // namespace

result<run_description> read_description(std::string const& body) {
    HEADGATE_TRY(auto const answer,
                 read<wire::DescribeWorkflowExecutionResponse>(body, "DescribeWorkflowExecutionResponse"));
    if (!answer.has_workflow_execution_info()) return not_temporal("DescribeWorkflowExecutionResponse");
    auto const& info = answer.workflow_execution_info();
    run_description described;
    described.is = to_status(info.status());
    described.run_id = info.execution().run_id();
    described.delivery_id = delivery_of(info.memo());
    if (info.has_close_time()) described.ended_at = to_wall_time(info.close_time());
    return described;
}

result<history_page> read_history(std::string const& body) {
    HEADGATE_TRY(auto const answer, read<wire::GetWorkflowExecutionHistoryResponse>(
                                        body, "GetWorkflowExecutionHistoryResponse"));
    history_page page;
    page.next_page_token = answer.next_page_token();
    auto const& events = answer.history().events();
    if (!events.empty()) read_event(*events.rbegin(), page);
    return page;
}

result<namespace_facts> read_namespace(std::string const& body) {
    HEADGATE_TRY(auto const answer, read<wire::DescribeNamespaceResponse>(body, "DescribeNamespaceResponse"));
    if (!answer.has_namespace_info()) return not_temporal("DescribeNamespaceResponse");
    namespace_facts facts;
    if (answer.config().has_workflow_execution_retention_ttl()) {
        auto const& kept = answer.config().workflow_execution_retention_ttl();
        facts.retention = std::chrono::milliseconds{kept.seconds() * 1000 + kept.nanos() / 1'000'000};
    }
    // Older servers name no limits; then the defaults of all servers stand.
    auto const& limits = answer.namespace_info().limits();
    if (limits.blob_size_limit_error() > 0) {
        facts.limits.input_bytes_max = static_cast<std::size_t>(limits.blob_size_limit_error());
    }
    if (limits.memo_size_limit_error() > 0) {
        facts.limits.memo_bytes_max = static_cast<std::size_t>(limits.memo_size_limit_error());
    }
    return facts;
}

error_detail read_detail(std::string const& bytes) {
    using enum error_detail::kind;
    rpc::Status status;
    if (!status.ParseFromString(bytes) || status.details().empty()) return {};
    auto const& any = status.details(0);  // Temporal attaches one.
    error_detail detail{.what = other};
    if (details::WorkflowExecutionAlreadyStartedFailure taken; any.UnpackTo(&taken)) {
        detail.what = already_started;
        detail.start_request_id = taken.start_request_id();
        detail.run_id = taken.run_id();
    } else if (details::ResourceExhaustedFailure much; any.UnpackTo(&much)) {
        detail.what = exhausted;
        detail.exhausted_cause = much.cause();
    } else if (any.Is<details::NamespaceNotFoundFailure>()) {
        detail.what = namespace_not_found;
    } else if (any.Is<details::NamespaceNotActiveFailure>()) {
        detail.what = namespace_not_active;
    } else if (any.Is<details::NamespaceInvalidStateFailure>()) {
        detail.what = namespace_invalid_state;
    } else if (any.Is<details::NamespaceUnavailableFailure>()) {
        detail.what = namespace_unavailable;
    } else if (any.Is<details::ClientVersionNotSupportedFailure>() ||
               any.Is<details::ServerVersionNotSupportedFailure>()) {
        detail.what = version_not_supported;
    }
    return detail;
}

}  // namespace headgate::targets
