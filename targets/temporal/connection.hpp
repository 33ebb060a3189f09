#pragma once

#include "core/deadline.hpp"
#include "core/result.hpp"
#include "targets/settings.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace headgate::targets {

namespace asio = boost::asio;

// What became of one call.
struct call_outcome {
    std::optional<errc> failure;  // Nothing: the server said OK, and `body` is its answer.
    std::string message;          // As it came: bounded and cleaned before it is shown.
    std::string details;          // Bytes of `grpc-status-details-bin`.
    std::string body;
    // Whether a connection may have taken the call. When none did, the server has certainly not seen it.
    enum class reached : std::uint8_t { no_connection, a_connection };
    reached got_to = reached::a_connection;
};

// A gRPC connection to one frontend: serialized messages in, serialized messages out. The completions of gRPC
// come on threads of its own; `call` brings them to the executor of the coroutine that waits.
class connection {
public:
    // Fails as `make_temporal_target` does.
    [[nodiscard]] static result<std::unique_ptr<connection>> make(temporal_settings const& settings,
                                                                  asio::any_io_executor executor);

    // Cancels what is open and waits until gRPC has let go of it; waiting coroutines are resumed later, by
    // their executor, or destroyed with it.
    ~connection();

    connection(connection const&) = delete;
    connection& operator=(connection const&) = delete;

    // `method` is a name of the service WorkflowService; `request` its serialized message. Ends at `until`,
    // or when cancelled, whichever comes first.
    [[nodiscard]] asio::awaitable<call_outcome> call(char const* method, std::string request, deadline until);

private:
    struct parts;
    explicit connection(std::unique_ptr<parts> made);

    std::unique_ptr<parts> parts_;
};

}  // namespace headgate::targets
