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
#include <array>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace headgate::targets {
namespace {

constexpr char const* service_path = "/temporal.api.workflowservice.v1.WorkflowService/";

// The calls that gRPC holds, so that they can be cancelled and waited for. Safe from any thread.
class open_calls {
public:
    using ticket = std::uint64_t;

    ticket enter(grpc::ClientContext& call) {
        std::lock_guard const held{guard_};
        cancellable_.emplace(++last_, &call);
        ++open_;
        return last_;
    }

    // Does nothing when the call has ended.
    void cancel(ticket which) {
        std::lock_guard const held{guard_};
        auto const found = cancellable_.find(which);
        if (found != cancellable_.end()) found->second->TryCancel();
    }

    // From here on the call's context may be destroyed.
    void ended(ticket which) {
        std::lock_guard const held{guard_};
        cancellable_.erase(which);
    }

    // The last thing that a completion does: afterwards the connection may be gone.
    void leave() {
        std::lock_guard const held{guard_};
        if (--open_ == 0) emptied_.notify_all();
    }

    void cancel_and_wait() {
        std::unique_lock held{guard_};
        for (auto const& [which, call] : cancellable_) call->TryCancel();
        emptied_.wait(held, [this] { return open_ == 0; });
    }

private:
    std::mutex guard_;
    std::condition_variable emptied_;
    std::unordered_map<ticket, grpc::ClientContext*> cancellable_;
    ticket last_ = 0;
    std::size_t open_ = 0;
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

// Whether gRPC says that it had no connection to put the call on. The absence of a peer alone proves nothing:
// it is only known once the server has answered. So what is not said in these words may have been sent.
call_outcome::reached how_far(grpc::ClientContext const& context, grpc::Status const& status) {
    bool const has_peer = !context.peer().starts_with("dns:");
    if (has_peer || status.error_code() != grpc::StatusCode::UNAVAILABLE)
        return call_outcome::reached::a_connection;
    constexpr std::array never_connected{
        std::string_view{"failed to connect to all addresses"},
        std::string_view{"connections to all backends failing"},
        std::string_view{"DNS resolution failed"},
        std::string_view{"empty address list"},
    };
    auto const message = status.error_message();
    bool const said =
        std::ranges::any_of(never_connected, [&](auto words) { return message.contains(words); });
    return said ? call_outcome::reached::no_connection : call_outcome::reached::a_connection;
}

call_outcome outcome_of(grpc::ClientContext const& context, grpc::Status const& status,
                        grpc::ByteBuffer const& response) {
    call_outcome outcome;
    outcome.got_to = how_far(context, status);
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

using work_guard = asio::executor_work_guard<asio::any_io_executor>;

// One call on its way, owned by gRPC's callback. `Handler` is the waiting coroutine.
template <class Handler>
struct call_in_flight {
    call_in_flight(Handler waiting, asio::any_io_executor const& executor)
        : handler{std::move(waiting)}, work{executor} {}

    grpc::ClientContext context;
    grpc::ByteBuffer request;
    grpc::ByteBuffer response;
    Handler handler;
    work_guard work;  // Or the executor's context would run out of work meanwhile.
};

// Resumes the coroutine on its executor.
template <class Handler>
void resume(Handler waiting, work_guard work, call_outcome outcome) {
    auto const executor = work.get_executor();
    auto resuming = [handler = std::move(waiting), guard = std::move(work),
                     result = std::move(outcome)]() mutable {
        auto slot = asio::get_associated_cancellation_slot(handler);
        if (slot.is_connected()) slot.clear();
        auto const until_resumed = std::move(guard);
        std::move(handler)(std::move(result));
    };
    asio::post(executor, std::move(resuming));
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
    using in_flight = call_in_flight<Handler>;
    auto const where = asio::get_associated_executor(handler, executor);
    auto call = std::make_unique<in_flight>(std::move(handler), where);
    for (auto const& each : sent_along) {
        call->context.AddMetadata(each.name, std::string{each.value.reveal()});
    }
    call->context.set_deadline(to_grpc(until));
    call->request = to_buffer(request);

    auto const ticket = open->enter(call->context);
    auto slot = asio::get_associated_cancellation_slot(call->handler);
    if (slot.is_connected()) {
        slot.assign([registry = open, ticket](asio::cancellation_type) { registry->cancel(ticket); });
    }

    auto* const given =
        call.release();  // To the callback, which gRPC runs exactly once, on a thread of its own.
    stub.UnaryCall(&given->context, service_path + std::string{method}, {}, &given->request, &given->response,
                   [given, ticket, registry = open](grpc::Status const& status) {
                       std::unique_ptr<in_flight> ended{given};
                       registry->ended(ticket);
                       auto outcome = outcome_of(ended->context, status, ended->response);
                       resume(std::move(ended->handler), std::move(ended->work), std::move(outcome));
                       // The context holds the channel, and a thread of gRPC that were its last owner would
                       // destroy the queue that it is serving.
                       ended.reset();
                       registry->leave();
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
    sent_along.emplace_back("temporal-namespace", secret{std::string{settings.name_space}});
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
