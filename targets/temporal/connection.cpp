#include "targets/temporal/connection.hpp"

#include "targets/temporal/channel.hpp"

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>
#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/support/byte_buffer.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

namespace headgate::targets {
namespace {

constexpr char const* service_path = "/temporal.api.workflowservice.v1.WorkflowService/";

// The calls that gRPC holds, so that they can be cancelled and waited for. Safe from any thread.
class open_calls {
public:
    void enter(grpc::ClientContext& call) {
        std::lock_guard const held{guard_};
        calls_.insert(&call);
    }

    // The last thing that a completion does: afterwards the connection may be gone.
    void leave(grpc::ClientContext& call) {
        std::lock_guard const held{guard_};
        calls_.erase(&call);
        if (calls_.empty()) emptied_.notify_all();
    }

    void cancel_and_wait() {
        std::unique_lock held{guard_};
        for (auto* const call : calls_) call->TryCancel();
        emptied_.wait(held, [this] { return calls_.empty(); });
    }

private:
    std::mutex guard_;
    std::condition_variable emptied_;
    std::unordered_set<grpc::ClientContext*> calls_;
};

struct metadata {
    std::string name;
    secret value;
};

gpr_timespec to_grpc(deadline when) {
    auto const left =
        std::chrono::duration_cast<std::chrono::nanoseconds>(when - std::chrono::steady_clock::now());
    // gRPC takes an infinite deadline for none at all; a day is longer than any wait of ours.
    std::chrono::nanoseconds const bounded = std::min<std::chrono::nanoseconds>(left, std::chrono::hours{24});
    return gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), gpr_time_from_nanos(bounded.count(), GPR_TIMESPAN));
}

grpc::ByteBuffer to_buffer(std::string const& bytes) {
    grpc::Slice slice{bytes};
    return grpc::ByteBuffer{&slice, 1};
}

std::string to_bytes(grpc::ByteBuffer const& buffer) {
    std::vector<grpc::Slice> slices;
    std::string bytes;
    if (!buffer.Dump(&slices).ok()) return bytes;
    bytes.reserve(buffer.Length());
    for (auto const& slice : slices) {
        bytes.append(reinterpret_cast<char const*>(slice.begin()), slice.size());
    }
    return bytes;
}

// A call that was given to a connection names that connection's address; any other names what was dialled.
call_outcome::reached how_far(grpc::ClientContext const& context) {
    auto const peer = context.peer();
    bool const connected =
        peer.starts_with("ipv4:") || peer.starts_with("ipv6:") || peer.starts_with("unix:");
    return connected ? call_outcome::reached::a_connection : call_outcome::reached::no_connection;
}

call_outcome outcome_of(grpc::ClientContext const& context, grpc::Status const& status,
                        grpc::ByteBuffer const& response) {
    call_outcome outcome;
    outcome.got_to = how_far(context);
    if (status.ok()) {
        outcome.body = to_bytes(response);
        return outcome;
    }
    auto const code = static_cast<int>(status.error_code());
    outcome.failure = code >= 1 && code <= 16 ? static_cast<errc>(code) : errc::unknown;
    outcome.message = status.error_message();
    outcome.details = status.error_details();
    return outcome;
}

// One call on its way, kept by gRPC's callback until it has ended. `Handler` is the waiting coroutine.
template <class Handler>
struct call_in_flight {
    call_in_flight(Handler waiting, asio::any_io_executor const& executor)
        : handler{std::move(waiting)}, work{executor} {}

    grpc::ClientContext context;
    grpc::ByteBuffer request;
    grpc::ByteBuffer response;
    Handler handler;
    asio::executor_work_guard<asio::any_io_executor> work;  // Or the context would run out of work meanwhile.
};

// Resumes the coroutine on its executor.
template <class Handler>
void finish(std::shared_ptr<call_in_flight<Handler>> call, call_outcome outcome) {
    auto executor = call->work.get_executor();
    asio::post(executor, [call = std::move(call), outcome = std::move(outcome)]() mutable {
        auto slot = asio::get_associated_cancellation_slot(call->handler);
        if (slot.is_connected()) slot.clear();
        auto handler = std::move(call->handler);
        auto const work = std::move(call->work);
        call.reset();
        std::move(handler)(std::move(outcome));
    });
}

}  // namespace

struct connection::parts {
    std::shared_ptr<grpc::Channel> channel;
    grpc::GenericStub stub;
    asio::any_io_executor executor;
    std::vector<metadata> sent_along;
    std::shared_ptr<open_calls> open = std::make_shared<open_calls>();

    template <class Handler>
    void begin(Handler handler, char const* method, std::string const& request, deadline until);
};

template <class Handler>
void connection::parts::begin(Handler handler, char const* method, std::string const& request,
                              deadline until) {
    auto const where = asio::get_associated_executor(handler, executor);
    auto call = std::make_shared<call_in_flight<Handler>>(std::move(handler), where);
    for (auto const& each : sent_along) {
        call->context.AddMetadata(each.name, std::string{each.value.reveal()});
    }
    call->context.set_deadline(to_grpc(until));
    call->request = to_buffer(request);

    auto slot = asio::get_associated_cancellation_slot(call->handler);
    if (slot.is_connected()) {
        slot.assign([weak = std::weak_ptr{call}](asio::cancellation_type) {
            if (auto const alive = weak.lock()) alive->context.TryCancel();
        });
    }

    open->enter(call->context);
    auto* const kept = call.get();  // As long as the callback below lives.
    stub.UnaryCall(&kept->context, service_path + std::string{method}, {}, &kept->request, &kept->response,
                   [call, registry = open](grpc::Status const& status) {
                       finish(call, outcome_of(call->context, status, call->response));
                       registry->leave(call->context);
                   });
}

connection::connection(std::unique_ptr<parts> made) : parts_{std::move(made)} {}

connection::~connection() {
    parts_->open->cancel_and_wait();
}

result<std::unique_ptr<connection>> connection::make(temporal_settings const& settings,
                                                     asio::any_io_executor executor) {
    HEADGATE_TRY(auto channel, make_channel(settings));
    std::vector<metadata> sent_along;
    sent_along.emplace_back("client-name", secret{"headgate"});
    sent_along.emplace_back("client-version", secret{HEADGATE_VERSION});
    sent_along.emplace_back("temporal-namespace", secret{settings.name_space});
    // Without it a retried run's end is reported in a form of its own, for old clients.
    sent_along.emplace_back("supported-features", secret{"follows-next-run-id"});
    if (settings.api_key) {
        sent_along.emplace_back("authorization",
                                secret{fmt::format("Bearer {}", settings.api_key->reveal())});
    }
    grpc::GenericStub stub{channel};
    return std::unique_ptr<connection>{new connection{std::make_unique<parts>(
        std::move(channel), std::move(stub), std::move(executor), std::move(sent_along))}};
}

asio::awaitable<call_outcome> connection::call(char const* method, std::string request, deadline until) {
    auto calling = asio::async_initiate<asio::use_awaitable_t<> const, void(call_outcome)>(
        [this, method, &request, until](auto handler) {
            parts_->begin(std::move(handler), method, request, until);
        },
        asio::use_awaitable);
    co_return co_await std::move(calling);
}

}  // namespace headgate::targets
