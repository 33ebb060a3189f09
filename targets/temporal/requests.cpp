#include "targets/temporal/requests.hpp"

#include <fmt/format.h>
#include <google/protobuf/duration.pb.h>
#include <google/protobuf/message.h>

#include <temporal_service.pb.h>
#include <utility>

namespace headgate::targets {
namespace {

namespace wire = ::temporal::api::workflowservice::v1;

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

result<void> check_size(google::protobuf::Message const& part, std::string_view name, std::size_t bytes_max,
                        std::string_view remedy) {
    auto const bytes = part.ByteSizeLong();
    if (bytes <= bytes_max) return {};
    return refuse(errc::invalid_argument,
                  fmt::format("{} has {} bytes as sent, the namespace takes {}", name, bytes, bytes_max),
                  std::string{remedy});
}

constexpr std::string_view smaller_input =
    "let the rule's input pick what the workflow needs, not the whole body";

result<void> check_signal_size(wire::Payloads const& input, size_limits const& limits) {
    return check_size(input, "the signal's input", limits.input_bytes_max, smaller_input);
}

// What follows is the same for requests that start: their fields have the same names.

template <class Request>
result<void> check_sizes(Request const& request, size_limits const& limits) {
    auto const input = check_size(request.input(), "input", limits.input_bytes_max, smaller_input);
    if (!input) return input;
    return check_size(request.memo(), "memo", limits.memo_bytes_max, "let the rule's memo hold less");
}

template <class Request>
void set_timeouts(Request& request, start_order const& order) {
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

template <class Request>
void set_names(Request& request, start_order const& order, std::string const& delivery_id) {
    auto& memo = *request.mutable_memo()->mutable_fields();
    for (auto const& [name, json] : order.memo) memo[name] = json_payload(json);
    // Last, so that no rule can speak for another delivery.
    memo[std::string{delivery_memo}] = json_payload('"' + delivery_id + '"');
    for (auto const& each : order.search_attributes) {
        (*request.mutable_search_attributes()->mutable_indexed_fields())[each.name] = attribute_payload(each);
    }
}

template <class Request>
void set_start(Request& request, start_order const& order, envelope const& around) {
    request.set_namespace_(around.name_space);
    request.set_workflow_id(order.workflow_id);
    request.mutable_workflow_type()->set_name(order.workflow);
    request.mutable_task_queue()->set_name(order.task_queue);
    request.mutable_task_queue()->set_kind(wire::TASK_QUEUE_KIND_NORMAL);
    for (auto const& each : order.inputs) *request.mutable_input()->add_payloads() = json_payload(each);
    set_timeouts(request, order);
    request.set_identity(around.identity);
    request.set_request_id(around.delivery_id);
    request.set_workflow_id_reuse_policy(policy_of(order.reuse));
    set_names(request, order, around.delivery_id);
}

void set_headers(wire::Header& header, signal_order const& signal, envelope const& around) {
    auto& fields = *header.mutable_fields();
    fields[std::string{delivery_memo}] = json_payload('"' + around.delivery_id + '"');
    fields[std::string{event_header}] = json_payload('"' + signal.event_id + '"');
}

}  // namespace

result<std::string> encode_start(start_order const& order, envelope const& around) {
    if (auto const good = check_id(order.workflow_id); !good) return std::unexpected{good.error()};
    wire::StartWorkflowExecutionRequest request;
    set_start(request, order, around);
    if (auto const good = check_sizes(request, around.limits); !good) return std::unexpected{good.error()};
    return request.SerializeAsString();
}

result<std::string> encode_signal(start_order const& order, envelope const& around) {
    if (auto const good = check_id(order.workflow_id); !good) return std::unexpected{good.error()};
    wire::SignalWorkflowExecutionRequest request;
    request.set_namespace_(around.name_space);
    request.mutable_workflow_execution()->set_workflow_id(order.workflow_id);
    request.set_signal_name(order.signal.name);
    for (auto const& each : order.signal.inputs)
        *request.mutable_input()->add_payloads() = json_payload(each);
    request.set_identity(around.identity);
    request.set_request_id(around.delivery_id);
    set_headers(*request.mutable_header(), order.signal, around);
    auto const good = check_signal_size(request.input(), around.limits);
    if (!good) return std::unexpected{good.error()};
    return request.SerializeAsString();
}

result<std::string> encode_signal_with_start(start_order const& order, envelope const& around) {
    if (auto const good = check_id(order.workflow_id); !good) return std::unexpected{good.error()};
    wire::SignalWithStartWorkflowExecutionRequest request;
    set_start(request, order, around);
    request.set_signal_name(order.signal.name);
    for (auto const& each : order.signal.inputs)
        *request.mutable_signal_input()->add_payloads() = json_payload(each);
    set_headers(*request.mutable_header(), order.signal, around);
    if (auto const good = check_sizes(request, around.limits); !good) return std::unexpected{good.error()};
    auto const good = check_signal_size(request.signal_input(), around.limits);
    if (!good) return std::unexpected{good.error()};
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

}  // namespace headgate::targets
