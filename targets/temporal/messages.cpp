#include "targets/temporal/messages.hpp"

#include "targets/temporal/text.hpp"

#include <fmt/format.h>
#include <google/protobuf/duration.pb.h>
#include <google/protobuf/timestamp.pb.h>

#include <rpc_status.pb.h>
#include <temporal_error_details.pb.h>
#include <temporal_service.pb.h>
#include <utility>

namespace headgate::targets {
namespace {

namespace wire = ::temporal::api::workflowservice::v1;
namespace details = ::temporal::api::errordetails::v1;

wire::Payload json_payload(std::string text) {
    wire::Payload payload;
    (*payload.mutable_metadata())["encoding"] = "json/plain";
    payload.set_data(std::move(text));
    return payload;
}

// As the types are called in the metadata of a payload.
std::string_view wire_name_of(attribute_type type) {
    switch (type) {
        case attribute_type::unsaid: return "";
        case attribute_type::text: return "Text";
        case attribute_type::keyword: return "Keyword";
        case attribute_type::integer: return "Int";
        case attribute_type::real: return "Double";
        case attribute_type::boolean: return "Bool";
        case attribute_type::datetime: return "Datetime";
        case attribute_type::keywords: return "KeywordList";
    }
    return "";
}

wire::Payload attribute_payload(search_attribute const& from) {
    auto payload = json_payload(from.json);
    auto const type = wire_name_of(from.type);
    if (!type.empty()) (*payload.mutable_metadata())["type"] = type;
    return payload;
}

wire::WorkflowIdReusePolicy policy_of(id_reuse how) {
    switch (how) {
        case id_reuse::never: return wire::WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE;
        case id_reuse::after_failure: return wire::WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE_FAILED_ONLY;
        case id_reuse::always: return wire::WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE;
    }
    return wire::WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE;
}

void set_duration(google::protobuf::Duration& duration, std::chrono::milliseconds value) {
    duration.set_seconds(value.count() / 1000);
    duration.set_nanos(static_cast<std::int32_t>(value.count() % 1000 * 1'000'000));
}

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

result<void> check_id(std::string const& workflow_id) {
    if (workflow_id.empty()) {
        return refuse(errc::invalid_argument, "workflow id is empty",
                      "let the rule's id give a non-empty string");
    }
    if (workflow_id.size() > workflow_id_bytes_max) {
        return refuse(
            errc::invalid_argument,
            fmt::format("workflow id has {} bytes, more than {}", workflow_id.size(), workflow_id_bytes_max),
            "let the rule's id give a shorter string");
    }
    return {};
}

result<void> check_sizes(wire::StartWorkflowExecutionRequest const& request, size_limits const& limits) {
    auto const input = request.input().ByteSizeLong();
    if (input > limits.input_bytes_max) {
        return refuse(
            errc::invalid_argument,
            fmt::format("input has {} bytes as sent, the namespace takes {}", input, limits.input_bytes_max),
            "let the rule's input pick what the workflow needs, not the whole body");
    }
    auto const memo = request.memo().ByteSizeLong();
    if (memo > limits.memo_bytes_max) {
        return refuse(
            errc::invalid_argument,
            fmt::format("memo has {} bytes as sent, the namespace takes {}", memo, limits.memo_bytes_max),
            "let the rule's memo hold less");
    }
    return {};
}

void set_timeouts(wire::StartWorkflowExecutionRequest& request, start_order const& order) {
    using std::chrono::milliseconds;
    if (order.execution_timeout > milliseconds{0}) {
        set_duration(*request.mutable_workflow_execution_timeout(), order.execution_timeout);
    }
    if (order.run_timeout > milliseconds{0}) {
        set_duration(*request.mutable_workflow_run_timeout(), order.run_timeout);
    }
    if (order.task_timeout > milliseconds{0}) {
        set_duration(*request.mutable_workflow_task_timeout(), order.task_timeout);
    }
}

void set_names(wire::StartWorkflowExecutionRequest& request, start_order const& order,
               std::string const& delivery_id) {
    auto& memo = *request.mutable_memo()->mutable_fields();
    for (auto const& [name, json] : order.memo) memo[name] = json_payload(json);
    // Last, so that no rule can speak for another delivery.
    memo[std::string{delivery_memo}] = json_payload('"' + delivery_id + '"');
    for (auto const& each : order.search_attributes) {
        (*request.mutable_search_attributes()->mutable_indexed_fields())[each.name] = attribute_payload(each);
    }
}

}  // namespace

result<std::string> encode_start(start_order const& order, std::string const& delivery_id,
                                 std::string const& name_space, std::string const& identity,
                                 size_limits const& limits) {
    if (auto const good = check_id(order.workflow_id); !good) return std::unexpected{good.error()};
    wire::StartWorkflowExecutionRequest request;
    request.set_namespace_(name_space);
    request.set_workflow_id(order.workflow_id);
    request.mutable_workflow_type()->set_name(order.workflow);
    request.mutable_task_queue()->set_name(order.task_queue);
    request.mutable_task_queue()->set_kind(wire::TASK_QUEUE_KIND_NORMAL);
    for (auto const& each : order.inputs) *request.mutable_input()->add_payloads() = json_payload(each);
    set_timeouts(request, order);
    request.set_identity(identity);
    request.set_request_id(delivery_id);
    request.set_workflow_id_reuse_policy(policy_of(order.reuse));
    set_names(request, order, delivery_id);
    if (auto const good = check_sizes(request, limits); !good) return std::unexpected{good.error()};
    return request.SerializeAsString();
}

std::string encode_describe(std::string const& name_space, std::string const& workflow_id,
                            std::string const& run_id) {
    wire::DescribeWorkflowExecutionRequest request;
    request.set_namespace_(name_space);
    request.mutable_execution()->set_workflow_id(workflow_id);
    request.mutable_execution()->set_run_id(run_id);
    return request.SerializeAsString();
}

std::string encode_history(std::string const& name_space, std::string const& workflow_id,
                           std::string const& run_id, std::string const& page_token, history_question asked) {
    wire::GetWorkflowExecutionHistoryRequest request;
    request.set_namespace_(name_space);
    request.mutable_execution()->set_workflow_id(workflow_id);
    request.mutable_execution()->set_run_id(run_id);
    request.set_next_page_token(page_token);
    request.set_wait_new_event(asked == history_question::wait_for_the_end);
    request.set_history_event_filter_type(wire::HISTORY_EVENT_FILTER_TYPE_CLOSE_EVENT);
    request.set_skip_archival(true);
    return request.SerializeAsString();
}

std::string encode_describe_namespace(std::string const& name_space) {
    wire::DescribeNamespaceRequest request;
    request.set_namespace_(name_space);
    return request.SerializeAsString();
}

result<std::string> read_started(std::string const& body) {
    HEADGATE_TRY(auto const answer,
                 read<wire::StartWorkflowExecutionResponse>(body, "StartWorkflowExecutionResponse"));
    return answer.run_id();
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
