#include "tests/support/temporal_dev_server.hpp"

#include "core/check.hpp"

#include <google/protobuf/unknown_field_set.h>
#include <grpcpp/create_channel.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <arpa/inet.h>
#include <chrono>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <netinet/in.h>
#include <random>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <temporal_service.grpc.pb.h>
#include <thread>
#include <unistd.h>

namespace headgate::testing_support {
namespace {

std::string tool_of(temporal_dev_server::version chosen) {
    bool const floor = chosen == temporal_dev_server::version::floor;
    if (auto const* named = std::getenv(floor ? "HEADGATE_TEMPORAL_FLOOR" : "HEADGATE_TEMPORAL"))
        return named;
    auto const* home = std::getenv("HOME");
    return std::string{home != nullptr ? home : ""} + "/.cache/headgate/tools/" +
           (floor ? "temporal-v0.12.0" : "temporal-v1.5.1") + "/temporal";
}

sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

// Below the range from which the kernel gives ports of its own, so that nobody takes it in between.
std::uint16_t free_port() {
    std::random_device seed;
    std::uniform_int_distribution<int> some{20'000, 31'999};
    for (;;) {
        auto const port = static_cast<std::uint16_t>(some(seed));
        auto const address = loopback(port);
        int const probe = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        HEADGATE_CHECK(probe >= 0, "no socket to look for a free port");
        bool const taken = ::bind(probe, reinterpret_cast<sockaddr const*>(&address), sizeof address) != 0;
        ::close(probe);
        if (!taken) return port;
    }
}

bool takes_connections(std::uint16_t port) {
    auto const address = loopback(port);
    int const probe = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool const connected = ::connect(probe, reinterpret_cast<sockaddr const*>(&address), sizeof address) == 0;
    ::close(probe);
    return connected;
}

pid_t start(std::vector<std::string> const& words) {
    std::vector<char*> arguments;
    for (auto const& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    pid_t const parent = ::getpid();
    pid_t const child = ::fork();
    HEADGATE_CHECK(child >= 0, "cannot start a process");
    if (child != 0) return child;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(127);
    int const nowhere = ::open("/dev/null", O_RDWR);
    ::dup2(nowhere, STDIN_FILENO);
    ::dup2(nowhere, STDOUT_FILENO);
    ::dup2(nowhere, STDERR_FILENO);
    ::execv(arguments[0], arguments.data());
    ::_exit(127);
}

int wait_for(pid_t process) {
    int status = 0;
    while (::waitpid(process, &status, 0) < 0 && errno == EINTR) continue;
    return status;
}

}  // namespace

temporal_dev_server::temporal_dev_server(version chosen, std::vector<std::string> more_arguments)
    : tool_{tool_of(chosen)}, port_{free_port()} {
    HEADGATE_CHECK(std::filesystem::exists(tool_),
                   "no Temporal tool at " + tool_ + ": run scripts/install.sh");
    // The floor would look for new search attributes every ten seconds only.
    std::vector<std::string> words{tool_,
                                   "server",
                                   "start-dev",
                                   "--headless",
                                   "--ip",
                                   "127.0.0.1",
                                   "--port",
                                   std::to_string(port_),
                                   "--log-level",
                                   "error",
                                   "--dynamic-config-value",
                                   "system.forceSearchAttributesCacheRefreshOnRead=true"};
    words.insert(words.end(), more_arguments.begin(), more_arguments.end());
    process_ = start(words);
    auto const give_up = std::chrono::steady_clock::now() + std::chrono::seconds{30};
    while (!takes_connections(port_) || !has_search_attributes()) {
        HEADGATE_CHECK(::waitpid(process_, nullptr, WNOHANG) == 0, "the Temporal server ended at once");
        HEADGATE_CHECK(std::chrono::steady_clock::now() < give_up, "the Temporal server does not come up");
        std::this_thread::sleep_for(std::chrono::milliseconds{10});
    }
}

// The floor's tool knows no flag for them; making them once more is no error.
bool temporal_dev_server::has_search_attributes() const {
    auto const made =
        start({tool_, "operator", "search-attribute", "create", "--address", address(), "--name",
               "HeadgateSource", "--type", "Keyword", "--name", "HeadgateSize", "--type", "Int"});
    return wait_for(made) == 0;
}

temporal_dev_server::~temporal_dev_server() {
    ::kill(process_, SIGKILL);  // It is in memory: there is nothing to save.
    wait_for(process_);
}

std::string temporal_dev_server::address() const {
    return "127.0.0.1:" + std::to_string(port_);
}

void temporal_dev_server::terminate(std::string const& workflow_id, std::string const& reason) const {
    // A server under load may not answer in the tool's own time.
    for (int i = 0; i < 5; ++i) {
        auto const told = start({tool_, "workflow", "terminate", "--address", address(), "--workflow-id",
                                 workflow_id, "--reason", reason});
        if (wait_for(told) == 0) return;
    }
    ADD_FAILURE() << "the operator could not terminate the run";
}

std::size_t temporal_dev_server::signals_taken(std::string const& workflow_id) const {
    namespace wire = ::temporal::api::workflowservice::v1;
    // HistoryEvent.event_type and EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED, which Headgate itself does not
    // read.
    constexpr int event_type = 3;
    constexpr std::uint64_t signalled = 26;
    wire::GetWorkflowExecutionHistoryRequest request;
    request.set_namespace_("default");
    request.mutable_execution()->set_workflow_id(workflow_id);
    wire::GetWorkflowExecutionHistoryResponse history;
    grpc::ClientContext context;
    auto const asked =
        wire::WorkflowService::NewStub(grpc::CreateChannel(address(), grpc::InsecureChannelCredentials()));
    auto const told = asked->GetWorkflowExecutionHistory(&context, request, &history);
    EXPECT_TRUE(told.ok()) << told.error_message();
    auto const is_signal = [](wire::HistoryEvent const& event) {
        auto const& fields = event.GetReflection()->GetUnknownFields(event);
        for (int i = 0; i < fields.field_count(); ++i) {
            if (fields.field(i).number() == event_type) return fields.field(i).varint() == signalled;
        }
        return false;
    };
    return static_cast<std::size_t>(std::ranges::count_if(history.history().events(), is_signal));
}

}  // namespace headgate::testing_support
