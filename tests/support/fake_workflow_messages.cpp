#include "tests/support/fake_workflow_messages.hpp"

#include <chrono>
#include <map>
#include <rpc_status.pb.h>
#include <utility>

namespace headgate::testing_support {
namespace {

std::chrono::milliseconds to_milliseconds(google::protobuf::Duration const& duration) {
    return std::chrono::seconds{duration.seconds()} + std::chrono::milliseconds{duration.nanos() / 1'000'000};
}

std::map<std::string, std::string> data_of(
    google::protobuf::Map<std::string, wire::Payload> const& payloads) {
    std::map<std::string, std::string> all;
    for (auto const& [name, payload] : payloads) all.emplace(name, payload.data());
    return all;
}

std::vector<std::string> data_of(wire::Payloads const& payloads) {
    std::vector<std::string> all;
    for (auto const& payload : payloads.payloads()) all.push_back(payload.data());
    return all;
}

}  // namespace

grpc::Status failure(grpc::StatusCode code, std::string const& message, std::string const& type,
                     std::string const& bytes) {
    if (type.empty()) return {code, message};
    rpc::Status status;
    status.set_code(code);
    status.set_message(message);
    auto& detail = *status.add_details();
    detail.set_type_url("type.googleapis.com/temporal.api.errordetails.v1." + type);
    detail.set_value(bytes);
    return {code, message, status.SerializeAsString()};
}

fake_workflow_service::seen_start to_seen(wire::StartWorkflowExecutionRequest const& request,
                                          grpc::ServerContext const& context) {
    fake_workflow_service::seen_start seen;
    seen.name_space = request.namespace_();
    seen.workflow_id = request.workflow_id();
    seen.workflow = request.workflow_type().name();
    seen.task_queue = request.task_queue().name();
    seen.input = data_of(request.input());
    if (!seen.input.empty()) {
        auto const& metadata = request.input().payloads(0).metadata();
        auto const encoding = metadata.find("encoding");
        if (encoding != metadata.end()) seen.input_encoding = encoding->second;
    }
    seen.request_id = request.request_id();
    seen.identity = request.identity();
    seen.reuse_policy = request.workflow_id_reuse_policy();
    seen.memo = data_of(request.memo().fields());
    seen.search_attributes = data_of(request.search_attributes().indexed_fields());
    for (auto const& [name, payload] : request.search_attributes().indexed_fields()) {
        auto const type = payload.metadata().find("type");
        if (type != payload.metadata().end()) seen.search_attribute_types.emplace(name, type->second);
    }
    seen.execution_timeout = to_milliseconds(request.workflow_execution_timeout());
    seen.run_timeout = to_milliseconds(request.workflow_run_timeout());
    seen.task_timeout = to_milliseconds(request.workflow_task_timeout());
    for (auto const& [name, value] : context.client_metadata()) {
        seen.metadata.emplace(std::string{name.data(), name.size()}, std::string{value.data(), value.size()});
    }
    return seen;
}

wire::StartWorkflowExecutionRequest start_of(wire::SignalWithStartWorkflowExecutionRequest const& request) {
    wire::StartWorkflowExecutionRequest start;
    start.set_namespace_(request.namespace_());
    start.set_workflow_id(request.workflow_id());
    *start.mutable_workflow_type() = request.workflow_type();
    *start.mutable_task_queue() = request.task_queue();
    *start.mutable_input() = request.input();
    *start.mutable_workflow_execution_timeout() = request.workflow_execution_timeout();
    *start.mutable_workflow_run_timeout() = request.workflow_run_timeout();
    *start.mutable_workflow_task_timeout() = request.workflow_task_timeout();
    start.set_identity(request.identity());
    start.set_request_id(request.request_id());
    start.set_workflow_id_reuse_policy(request.workflow_id_reuse_policy());
    *start.mutable_memo() = request.memo();
    *start.mutable_search_attributes() = request.search_attributes();
    return start;
}

fake_workflow_service::seen_signal to_seen(wire::SignalWithStartWorkflowExecutionRequest const& request) {
    return {.run_id = {},
            .name = request.signal_name(),
            .input = data_of(request.signal_input()),
            .request_id = request.request_id(),
            .identity = request.identity(),
            .header = data_of(request.header().fields())};
}

fake_workflow_service::seen_signal to_seen(wire::SignalWorkflowExecutionRequest const& request) {
    return {.run_id = {},
            .name = request.signal_name(),
            .input = data_of(request.input()),
            .request_id = request.request_id(),
            .identity = request.identity(),
            .header = data_of(request.header().fields())};
}

wire::WorkflowExecutionStatus status_of(fake_workflow_service::ending how) {
    using enum fake_workflow_service::ending;
    switch (how) {
        case completed: return wire::WORKFLOW_EXECUTION_STATUS_COMPLETED;
        case failed: return wire::WORKFLOW_EXECUTION_STATUS_FAILED;
        case cancelled: return wire::WORKFLOW_EXECUTION_STATUS_CANCELED;
        case terminated: return wire::WORKFLOW_EXECUTION_STATUS_TERMINATED;
        case timed_out: return wire::WORKFLOW_EXECUTION_STATUS_TIMED_OUT;
    }
    return wire::WORKFLOW_EXECUTION_STATUS_UNSPECIFIED;
}

wire::HistoryEvent end_event(fake_workflow_service::ending how, std::string const& why) {
    using enum fake_workflow_service::ending;
    wire::HistoryEvent event;
    event.set_event_id(3);
    event.mutable_event_time()->set_seconds(1'700'000'000);
    event.mutable_event_time()->set_nanos(250'000'000);
    switch (how) {
        case completed: event.mutable_workflow_execution_completed_event_attributes(); break;
        case failed: {
            // As an SDK reports an activity that failed.
            auto& told = *event.mutable_workflow_execution_failed_event_attributes()->mutable_failure();
            told.set_message("Activity task failed");
            told.mutable_cause()->set_message(why);
            break;
        }
        case cancelled: event.mutable_workflow_execution_canceled_event_attributes(); break;
        case terminated:
            event.mutable_workflow_execution_terminated_event_attributes()->set_reason(why);
            break;
        case timed_out: event.mutable_workflow_execution_timed_out_event_attributes(); break;
    }
    return event;
}

}  // namespace headgate::testing_support
