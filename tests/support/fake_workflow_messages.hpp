#pragma once

#include "tests/support/fake_workflow_service.hpp"

#include <grpcpp/server_context.h>
#include <grpcpp/support/status.h>

#include <string>
#include <temporal_service.pb.h>

// What a fake_workflow_service says and is told, as Temporal's messages.

namespace headgate::testing_support {

namespace wire = ::temporal::api::workflowservice::v1;

// With a detail of this type from temporal.api.errordetails.v1, as serialized; empty: without.
[[nodiscard]] grpc::Status failure(grpc::StatusCode code, std::string const& message, std::string const& type,
                                   std::string const& bytes);

[[nodiscard]] fake_workflow_service::seen_start to_seen(wire::StartWorkflowExecutionRequest const& request,
                                                        grpc::ServerContext const& context);

// The half of it that starts, as a request of its own.
[[nodiscard]] wire::StartWorkflowExecutionRequest start_of(
    wire::SignalWithStartWorkflowExecutionRequest const& request);
[[nodiscard]] fake_workflow_service::seen_signal to_seen(
    wire::SignalWithStartWorkflowExecutionRequest const& request);
[[nodiscard]] fake_workflow_service::seen_signal to_seen(wire::SignalWorkflowExecutionRequest const& request);

// How a run ended, and the last event of its history.
[[nodiscard]] wire::WorkflowExecutionStatus status_of(fake_workflow_service::ending how);
[[nodiscard]] wire::HistoryEvent end_event(fake_workflow_service::ending how, std::string const& why);

}  // namespace headgate::testing_support
