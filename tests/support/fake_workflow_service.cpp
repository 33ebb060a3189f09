#include "tests/support/fake_workflow_service.hpp"

#include "core/check.hpp"
#include "tests/support/fake_workflow_messages.hpp"

#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <set>
#include <temporal_error_details.pb.h>
#include <temporal_service.grpc.pb.h>
#include <utility>

namespace headgate::testing_support {
namespace {

using namespace std::chrono_literals;
namespace details = ::temporal::api::errordetails::v1;

struct run {
    std::string id;
    std::string request_id;
    wire::Memo memo;
    wire::WorkflowExecutionStatus status = wire::WORKFLOW_EXECUTION_STATUS_RUNNING;
    std::optional<wire::HistoryEvent> end;
    std::vector<fake_workflow_service::seen_signal> signals;
};

struct planned {
    fake_workflow_service::answer told;
    fake_workflow_service::work when;
};

}  // namespace

struct fake_workflow_service::parts final : wire::WorkflowService::Service {
    using lock = std::unique_lock<std::mutex>;

    explicit parts(settings given) : chosen{std::move(given)} {}

    grpc::Status StartWorkflowExecution(grpc::ServerContext* context,
                                        wire::StartWorkflowExecutionRequest const* request,
                                        wire::StartWorkflowExecutionResponse* response) override {
        return serve("StartWorkflowExecution", *context, [&](lock&) {
            started.push_back(to_seen(*request, *context));
            return begin(*request, *response);
        });
    }

    grpc::Status SignalWorkflowExecution(grpc::ServerContext* context,
                                         wire::SignalWorkflowExecutionRequest const* request,
                                         wire::SignalWorkflowExecutionResponse*) override {
        return serve("SignalWorkflowExecution", *context, [&](lock&) {
            if (request->namespace_() != chosen.name_space) return no_namespace(request->namespace_());
            auto const* const found = find(request->workflow_execution());
            if (found == nullptr) return no_run(request->workflow_execution());
            if (found->end && !has_taken(*found, request->request_id()))
                return grpc::Status{grpc::StatusCode::NOT_FOUND, "workflow execution already completed"};
            return take(current(request->workflow_execution().workflow_id()), to_seen(*request));
        });
    }

    grpc::Status SignalWithStartWorkflowExecution(
        grpc::ServerContext* context, wire::SignalWithStartWorkflowExecutionRequest const* request,
        wire::SignalWithStartWorkflowExecutionResponse* response) override {
        return serve("SignalWithStartWorkflowExecution", *context, [&](lock&) {
            auto const start = start_of(*request);
            started.push_back(to_seen(start, *context));
            return begin_or_signal(start, to_seen(*request), *response);
        });
    }

    grpc::Status DescribeWorkflowExecution(grpc::ServerContext* context,
                                           wire::DescribeWorkflowExecutionRequest const* request,
                                           wire::DescribeWorkflowExecutionResponse* response) override {
        return serve("DescribeWorkflowExecution", *context, [&](lock&) {
            if (request->namespace_() != chosen.name_space) return no_namespace(request->namespace_());
            auto const* found = find(request->execution());
            if (found == nullptr) return no_run(request->execution());
            auto& info = *response->mutable_workflow_execution_info();
            info.mutable_execution()->set_workflow_id(request->execution().workflow_id());
            info.mutable_execution()->set_run_id(found->id);
            info.set_status(found->status);
            *info.mutable_memo() = found->memo;
            if (found->end) *info.mutable_close_time() = found->end->event_time();
            return grpc::Status::OK;
        });
    }

    grpc::Status GetWorkflowExecutionHistory(grpc::ServerContext* context,
                                             wire::GetWorkflowExecutionHistoryRequest const* request,
                                             wire::GetWorkflowExecutionHistoryResponse* response) override {
        return serve("GetWorkflowExecutionHistory", *context,
                     [&](lock& held) { return tell_end(held, *context, *request, *response); });
    }

    grpc::Status GetSystemInfo(grpc::ServerContext* context, wire::GetSystemInfoRequest const*,
                               wire::GetSystemInfoResponse* response) override {
        return serve("GetSystemInfo", *context, [&](lock&) {
            if (!chosen.tells_system_info) {
                return grpc::Status{grpc::StatusCode::UNIMPLEMENTED, "unknown method GetSystemInfo"};
            }
            response->set_server_version("1.29.1");
            return grpc::Status::OK;
        });
    }

    grpc::Status DescribeNamespace(grpc::ServerContext* context,
                                   wire::DescribeNamespaceRequest const* request,
                                   wire::DescribeNamespaceResponse* response) override {
        return serve("DescribeNamespace", *context, [&](lock&) {
            if (request->namespace_() != chosen.name_space) return no_namespace(request->namespace_());
            auto& info = *response->mutable_namespace_info();
            info.set_name(chosen.name_space);
            info.mutable_limits()->set_blob_size_limit_error(
                static_cast<std::int64_t>(chosen.input_bytes_max));
            info.mutable_limits()->set_memo_size_limit_error(
                static_cast<std::int64_t>(chosen.input_bytes_max));
            auto const seconds = std::chrono::duration_cast<std::chrono::seconds>(chosen.retention);
            response->mutable_config()->mutable_workflow_execution_retention_ttl()->set_seconds(
                seconds.count());
            return grpc::Status::OK;
        });
    }

    // Every call comes through here: it is counted, and may have been told what to answer.
    template <class Work>
    grpc::Status serve(std::string const& method, grpc::ServerContext& context, Work work) {
        lock held{guard};
        ++calls[method];
        happened.notify_all();
        auto& waiting_answers = planned_answers[method];
        if (waiting_answers.empty()) {
            auto status = work(held);
            if (silent.contains(method)) wait_until_given_up(held, context);
            return status;
        }
        auto const plan = waiting_answers.front();
        waiting_answers.erase(waiting_answers.begin());
        if (plan.when == fake_workflow_service::work::done) static_cast<void>(work(held));
        return failure(static_cast<grpc::StatusCode>(plan.told.code), plan.told.message,
                       plan.told.detail_type, plan.told.detail_bytes);
    }

    void wait_until_given_up(lock& held, grpc::ServerContext& context) {
        while (!context.IsCancelled()) happened.wait_for(held, 5ms);
    }

    static bool may_follow(run const& last, wire::WorkflowIdReusePolicy policy) {
        if (!last.end || policy == wire::WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE) return false;
        return policy == wire::WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE ||
               last.status != wire::WORKFLOW_EXECUTION_STATUS_COMPLETED;
    }

    // The request id of a run that is closed says nothing here: another is started, if the policy allows it.
    grpc::Status begin_or_signal(wire::StartWorkflowExecutionRequest const& start,
                                 fake_workflow_service::seen_signal signal,
                                 wire::SignalWithStartWorkflowExecutionResponse& response) {
        if (auto const valid = look_at(start); !valid.ok()) return valid;
        auto& all = runs[start.workflow_id()];
        bool const is_open = !all.empty() && !all.back().end;
        if (!is_open) {
            if (!all.empty() && !may_follow(all.back(), start.workflow_id_reuse_policy()))
                return already_started(start.workflow_id(), all.back());
            add_run(start.workflow_id(), start.request_id(), start.memo());
        }
        response.set_run_id(all.back().id);
        response.set_started(!is_open && chosen.tells_what_is_new);
        return take(all.back(), std::move(signal));
    }

    static bool has_taken(run const& of, std::string const& request_id) {
        return std::ranges::any_of(of.signals,
                                   [&](auto const& each) { return each.request_id == request_id; });
    }

    // One that the run has taken before is dropped.
    grpc::Status take(run& of, fake_workflow_service::seen_signal signal) {
        if (has_taken(of, signal.request_id)) return grpc::Status::OK;
        if (of.signals.size() >= chosen.signals_max) {
            return {grpc::StatusCode::INVALID_ARGUMENT,
                    "exceeded workflow execution limit for signal events"};
        }
        signal.run_id = of.id;
        of.signals.push_back(std::move(signal));
        return grpc::Status::OK;
    }

    grpc::Status look_at(wire::StartWorkflowExecutionRequest const& request) {
        if (request.namespace_() != chosen.name_space) return no_namespace(request.namespace_());
        for (auto const& [name, value] : request.search_attributes().indexed_fields()) {
            if (std::ranges::find(chosen.search_attributes, name) == chosen.search_attributes.end()) {
                return {grpc::StatusCode::INVALID_ARGUMENT,
                        "Namespace " + chosen.name_space + " has no mapping defined for search attribute " +
                            name};
            }
        }
        if (request.input().ByteSizeLong() > chosen.input_bytes_max) {
            return {grpc::StatusCode::INVALID_ARGUMENT, "Blob data size exceeds limit."};
        }
        return grpc::Status::OK;
    }

    // As the server decides: the request id of the current run first, then the reuse policy.
    grpc::Status begin(wire::StartWorkflowExecutionRequest const& request,
                       wire::StartWorkflowExecutionResponse& response) {
        if (auto const valid = look_at(request); !valid.ok()) return valid;
        auto& all = runs[request.workflow_id()];
        bool const is_known = !all.empty() && all.back().request_id == request.request_id();
        if (!is_known && !all.empty() && !may_follow(all.back(), request.workflow_id_reuse_policy())) {
            return already_started(request.workflow_id(), all.back());
        }
        if (!is_known) add_run(request.workflow_id(), request.request_id(), request.memo());
        response.set_run_id(all.back().id);
        response.set_started(true);
        return grpc::Status::OK;
    }

    // Answers when the run has ended, or one second before the caller's deadline, as the server does.
    grpc::Status tell_end(lock& held, grpc::ServerContext& context,
                          wire::GetWorkflowExecutionHistoryRequest const& request,
                          wire::GetWorkflowExecutionHistoryResponse& response) {
        if (request.namespace_() != chosen.name_space) return no_namespace(request.namespace_());
        auto const give_up = context.deadline() - 1s;
        for (;;) {
            auto const* found = find(request.execution());
            if (found == nullptr) return no_run(request.execution());
            if (found->end) {
                *response.mutable_history()->add_events() = *found->end;
                return grpc::Status::OK;
            }
            bool const waits = request.wait_new_event() && std::chrono::system_clock::now() < give_up &&
                               !context.IsCancelled();
            if (!waits) break;
            happened.wait_for(held, 5ms);
        }
        response.set_next_page_token("go on");
        return grpc::Status::OK;
    }

    run& add_run(std::string const& workflow_id, std::string const& request_id, wire::Memo const& memo) {
        auto const id = "00000000-0000-4000-8000-" + std::to_string(100'000'000'000 + ++runs_made);
        return runs[workflow_id].emplace_back(run{.id = id, .request_id = request_id, .memo = memo});
    }

    run const* find(wire::WorkflowExecution const& execution) {
        auto const& all = runs[execution.workflow_id()];
        if (all.empty()) return nullptr;
        if (execution.run_id().empty()) return &all.back();
        auto const found = std::ranges::find(all, execution.run_id(), &run::id);
        return found == all.end() ? nullptr : &*found;
    }

    run& current(std::string const& workflow_id) {
        auto& all = runs[workflow_id];
        HEADGATE_CHECK(!all.empty(), "the test speaks of a run that is not there");
        return all.back();
    }

    grpc::Status no_namespace(std::string const& name) {
        return failure(grpc::StatusCode::NOT_FOUND, "Namespace " + name + " is not found.",
                       "NamespaceNotFoundFailure", {});
    }

    grpc::Status no_run(wire::WorkflowExecution const& execution) {
        return {grpc::StatusCode::NOT_FOUND, "workflow not found for ID: " + execution.workflow_id()};
    }

    grpc::Status already_started(std::string const& workflow_id, run const& holder) {
        details::WorkflowExecutionAlreadyStartedFailure told;
        told.set_start_request_id(holder.request_id);
        told.set_run_id(holder.id);
        bool const open = holder.status == wire::WORKFLOW_EXECUTION_STATUS_RUNNING;
        auto const text = std::string{"Workflow execution "} +
                          (open ? "is already running" : "already finished") +
                          ". WorkflowId: " + workflow_id + ", RunId: " + holder.id + ".";
        return failure(grpc::StatusCode::ALREADY_EXISTS, text, "WorkflowExecutionAlreadyStartedFailure",
                       told.SerializeAsString());
    }

    settings chosen;
    std::unique_ptr<grpc::Server> server;
    int port = 0;

    std::mutex guard;  // Over everything below.
    std::condition_variable happened;
    std::map<std::string, std::vector<run>> runs;  // The last of each is the current one.
    std::uint64_t runs_made = 0;
    std::vector<seen_start> started;
    std::map<std::string, std::size_t> calls;
    std::map<std::string, std::vector<planned>> planned_answers;
    std::set<std::string> silent;
    bool stopping = false;
};

namespace {

std::shared_ptr<grpc::ServerCredentials> credentials_of(fake_workflow_service::settings const& chosen) {
    if (!chosen.tls) return grpc::InsecureServerCredentials();
    grpc::SslServerCredentialsOptions options;
    options.pem_key_cert_pairs.push_back({chosen.tls->key, chosen.tls->certificate});
    if (!chosen.tls->client_ca.empty()) {
        options.pem_root_certs = chosen.tls->client_ca;
        options.client_certificate_request = GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY;
    }
    return grpc::SslServerCredentials(options);
}

}  // namespace

fake_workflow_service::fake_workflow_service() : fake_workflow_service(settings{}) {}

fake_workflow_service::fake_workflow_service(settings chosen)
    : parts_{std::make_unique<parts>(std::move(chosen))} {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:" + std::to_string(parts_->chosen.port),
                             credentials_of(parts_->chosen), &parts_->port);
    builder.RegisterService(parts_.get());
    parts_->server = builder.BuildAndStart();
    HEADGATE_CHECK(parts_->server != nullptr && parts_->port != 0, "the fake cannot listen");
}

fake_workflow_service::~fake_workflow_service() {
    stop();
}

void fake_workflow_service::stop() {
    {
        std::lock_guard const held{parts_->guard};
        if (std::exchange(parts_->stopping, true)) return;
    }
    parts_->server->Shutdown(std::chrono::system_clock::now());
}

std::uint16_t fake_workflow_service::port() const {
    return static_cast<std::uint16_t>(parts_->port);
}

std::string fake_workflow_service::address() const {
    return "127.0.0.1:" + std::to_string(parts_->port);
}

std::vector<fake_workflow_service::seen_start> fake_workflow_service::starts() const {
    std::lock_guard const held{parts_->guard};
    return parts_->started;
}

std::vector<fake_workflow_service::seen_signal> fake_workflow_service::signals(
    std::string const& workflow_id) const {
    std::lock_guard const held{parts_->guard};
    std::vector<seen_signal> all;
    for (auto const& each : parts_->runs[workflow_id])
        all.insert(all.end(), each.signals.begin(), each.signals.end());
    return all;
}

std::size_t fake_workflow_service::calls_of(std::string const& method) const {
    std::lock_guard const held{parts_->guard};
    return parts_->calls[method];
}

bool fake_workflow_service::wait_for_calls(std::string const& method, std::size_t n) const {
    std::unique_lock held{parts_->guard};
    return parts_->happened.wait_for(held, 10s, [&] { return parts_->calls[method] >= n; });
}

void fake_workflow_service::close(std::string const& workflow_id, ending how, std::string const& why) {
    std::lock_guard const held{parts_->guard};
    auto& closed = parts_->current(workflow_id);
    closed.status = status_of(how);
    closed.end = end_event(how, why);
    parts_->happened.notify_all();
}

std::string fake_workflow_service::continue_as_new(std::string const& workflow_id) {
    std::lock_guard const held{parts_->guard};
    // The memo goes on to the new run, the request id does not.
    auto const id = parts_->add_run(workflow_id, {}, parts_->current(workflow_id).memo).id;
    auto& all = parts_->runs[workflow_id];
    auto& closed = all[all.size() - 2];
    closed.status = wire::WORKFLOW_EXECUTION_STATUS_CONTINUED_AS_NEW;
    closed.end.emplace().mutable_event_time()->set_seconds(1'700'000'000);
    closed.end->mutable_workflow_execution_continued_as_new_event_attributes()->set_new_execution_run_id(id);
    parts_->happened.notify_all();
    return id;
}

std::string fake_workflow_service::fail_and_retry(std::string const& workflow_id, std::string const& why) {
    std::lock_guard const held{parts_->guard};
    auto const id = parts_->add_run(workflow_id, {}, parts_->current(workflow_id).memo).id;
    auto& all = parts_->runs[workflow_id];
    auto& closed = all[all.size() - 2];
    closed.status = wire::WORKFLOW_EXECUTION_STATUS_FAILED;
    closed.end = end_event(ending::failed, why);
    closed.end->mutable_workflow_execution_failed_event_attributes()->set_new_execution_run_id(id);
    parts_->happened.notify_all();
    return id;
}

void fake_workflow_service::forget(std::string const& workflow_id) {
    std::lock_guard const held{parts_->guard};
    parts_->runs.erase(workflow_id);
}

void fake_workflow_service::answer_next(std::string const& method, answer told, work when) {
    std::lock_guard const held{parts_->guard};
    parts_->planned_answers[method].push_back({std::move(told), when});
}

void fake_workflow_service::never_answer(std::string const& method) {
    std::lock_guard const held{parts_->guard};
    parts_->silent.insert(method);
}

}  // namespace headgate::testing_support
