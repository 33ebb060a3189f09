#pragma once

#include "core/result.hpp"
#include "targets/settings.hpp"

#include <memory>

namespace grpc {
class Channel;
}

namespace headgate::targets {

// A gRPC channel with the credentials and the keepalive that a Temporal frontend expects. Reads the files
// that the settings name; connects at the first call. Fails with invalid_argument or not_found.
[[nodiscard]] result<std::shared_ptr<grpc::Channel>> make_channel(temporal_settings const& settings);

}  // namespace headgate::targets
