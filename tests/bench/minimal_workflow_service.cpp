// A Temporal frontend that does nothing, as fast as it can: what a start through Headgate costs against it is
// Headgate's own cost. It starts everything, keeps nothing, and calls every run completed.
//
//   minimal_workflow_service [--running] [port]
//
// Prints "listening PORT" and serves until SIGTERM or SIGINT, then prints "starts N" and "calls N". With
// --running runs never end: following them costs one Describe each time.

#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <pthread.h>
#include <string>
#include <string_view>
#include <temporal_service.grpc.pb.h>

namespace {

namespace wire = ::temporal::api::workflowservice::v1;

enum class runs : std::uint8_t { end_at_once, never_end };

class minimal_service final : public wire::WorkflowService::CallbackService {
public:
    explicit minimal_service(runs chosen) : runs_{chosen} {}

    grpc::ServerUnaryReactor* StartWorkflowExecution(
        grpc::CallbackServerContext* context, wire::StartWorkflowExecutionRequest const*,
        wire::StartWorkflowExecutionResponse* response) override {
        auto const n = starts_.fetch_add(1, std::memory_order_relaxed);
        char run_id[37];
        std::snprintf(run_id, sizeof run_id, "00000000-0000-4000-8000-%012llx",
                      static_cast<unsigned long long>(n));
        response->set_run_id(run_id, 36);
        response->set_started(true);
        return done(context);
    }

    grpc::ServerUnaryReactor* DescribeWorkflowExecution(
        grpc::CallbackServerContext* context, wire::DescribeWorkflowExecutionRequest const* request,
        wire::DescribeWorkflowExecutionResponse* response) override {
        auto& info = *response->mutable_workflow_execution_info();
        *info.mutable_execution() = request->execution();
        info.set_status(runs_ == runs::never_end ? wire::WORKFLOW_EXECUTION_STATUS_RUNNING
                                                 : wire::WORKFLOW_EXECUTION_STATUS_COMPLETED);
        return done(context);
    }

    grpc::ServerUnaryReactor* GetWorkflowExecutionHistory(
        grpc::CallbackServerContext* context, wire::GetWorkflowExecutionHistoryRequest const*,
        wire::GetWorkflowExecutionHistoryResponse* response) override {
        if (runs_ == runs::never_end) return done(context);
        auto& end = *response->mutable_history()->add_events();
        end.mutable_event_time()->set_seconds(
            std::chrono::system_clock::to_time_t(std::chrono::system_clock::now()));
        end.mutable_workflow_execution_completed_event_attributes();
        return done(context);
    }

    grpc::ServerUnaryReactor* GetSystemInfo(grpc::CallbackServerContext* context,
                                            wire::GetSystemInfoRequest const*,
                                            wire::GetSystemInfoResponse* response) override {
        response->set_server_version("0.0.0-minimal");
        return done(context);
    }

    grpc::ServerUnaryReactor* DescribeNamespace(grpc::CallbackServerContext* context,
                                                wire::DescribeNamespaceRequest const* request,
                                                wire::DescribeNamespaceResponse* response) override {
        response->mutable_namespace_info()->set_name(request->namespace_());
        response->mutable_config()->mutable_workflow_execution_retention_ttl()->set_seconds(24 * 60 * 60);
        return done(context);
    }

    [[nodiscard]] std::uint64_t starts() const { return starts_; }
    [[nodiscard]] std::uint64_t calls() const { return calls_; }

private:
    grpc::ServerUnaryReactor* done(grpc::CallbackServerContext* context) {
        calls_.fetch_add(1, std::memory_order_relaxed);
        auto* const reactor = context->DefaultReactor();
        reactor->Finish(grpc::Status::OK);
        return reactor;
    }

    runs runs_;
    std::atomic<std::uint64_t> starts_{0};
    std::atomic<std::uint64_t> calls_{0};
};

// Signals are taken by sigwait below, so every thread, also gRPC's, must leave them alone.
sigset_t block_ending_signals() {
    sigset_t ending;
    sigemptyset(&ending);
    sigaddset(&ending, SIGTERM);
    sigaddset(&ending, SIGINT);
    pthread_sigmask(SIG_BLOCK, &ending, nullptr);
    return ending;
}

}  // namespace

int main(int count, char** arguments) {
    auto const ending = block_ending_signals();
    auto chosen = runs::end_at_once;
    std::string wanted = "0";
    for (int i = 1; i < count; ++i) {
        if (std::string_view{arguments[i]} == "--running") {
            chosen = runs::never_end;
        } else {
            wanted = arguments[i];
        }
    }

    minimal_service service{chosen};
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:" + wanted, grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(&service);
    auto const server = builder.BuildAndStart();
    if (!server || port == 0) {
        std::fprintf(stderr, "cannot listen on 127.0.0.1:%s\n", wanted.c_str());
        return 3;
    }
    std::printf("listening %d\n", port);
    std::fflush(stdout);

    int taken = 0;
    sigwait(&ending, &taken);
    server->Shutdown(std::chrono::system_clock::now());
    std::printf("starts %llu\ncalls %llu\n", static_cast<unsigned long long>(service.starts()),
                static_cast<unsigned long long>(service.calls()));
    return 0;
}
