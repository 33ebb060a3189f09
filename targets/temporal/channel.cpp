#include "targets/temporal/channel.hpp"

#include "core/log.hpp"
#include "targets/temporal/text.hpp"

#include <fmt/format.h>
#include <grpc/support/log.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <mutex>
#include <string_view>
#include <system_error>
#include <utility>

namespace headgate::targets {
namespace {

// gRPC writes lines of its own to standard error; among ours they would be no JSON. One text for all, because
// a server that is away repeats them with every dial.
void log_for_grpc(gpr_log_func_args* line) {
    auto const level = line->severity == GPR_LOG_SEVERITY_ERROR ? log_level::warning : log_level::debug;
    log_sparingly(level, "gRPC says", {{"what", presentable(line->message)}});
}

void take_over_the_log_of_grpc() {
    static std::once_flag taken_over;
    std::call_once(taken_over, [] { gpr_set_log_function(log_for_grpc); });
}

// A PEM file has some kilobytes; a bundle of authorities some hundred.
constexpr std::size_t pem_bytes_max = 4 * 1024 * 1024;

result<std::string> read_pem(std::string const& path, std::string_view what, std::string_view must_contain) {
    std::ifstream file{path, std::ios::binary};
    if (!file) {
        auto const reason = std::generic_category().message(errno);
        return refuse(errc::not_found, fmt::format("cannot read the {} {}: {}", what, path, reason),
                      "check the path and its permissions");
    }
    std::string text(pem_bytes_max, '\0');
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(file.gcount()));
    if (!text.contains(must_contain)) {
        return refuse(errc::invalid_argument,
                      fmt::format("the {} {} holds no \"{}\"", what, path, must_contain), "give a PEM file");
    }
    return text;
}

result<grpc::SslCredentialsOptions> read_tls(temporal_tls const& tls) {
    grpc::SslCredentialsOptions options;
    if (tls.certificate.empty() != tls.key.empty()) {
        return refuse(errc::invalid_argument, "a client certificate and its key come together",
                      "set both certificate and key, or neither");
    }
    if (!tls.server_ca.empty()) {
        HEADGATE_TRY(options.pem_root_certs,
                     read_pem(tls.server_ca, "certificate authority", "-----BEGIN CERTIFICATE-----"));
    }
    if (!tls.certificate.empty()) {
        HEADGATE_TRY(options.pem_cert_chain,
                     read_pem(tls.certificate, "client certificate", "-----BEGIN CERTIFICATE-----"));
        HEADGATE_TRY(options.pem_private_key, read_pem(tls.key, "client key", "PRIVATE KEY-----"));
    }
    return options;
}

result<std::shared_ptr<grpc::ChannelCredentials>> make_credentials(temporal_settings const& settings) {
    // An API key never travels in plain text.
    if (!settings.tls && !settings.api_key) return grpc::InsecureChannelCredentials();
    HEADGATE_TRY(auto const options, read_tls(settings.tls.value_or(temporal_tls{})));
    return grpc::SslCredentials(options);
}

grpc::ChannelArguments make_arguments(temporal_settings const& settings) {
    grpc::ChannelArguments arguments;
    // A frontend wants pings no more often than every 10 s; without them a dead connection is found too late.
    arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 30'000);
    arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 15'000);
    arguments.SetInt(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
    arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
    arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 200);
    arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 10'000);
    arguments.SetLoadBalancingPolicyName("round_robin");
    // Retries are ours: they are counted, shown, and know the delivery.
    arguments.SetInt(GRPC_ARG_SERVICE_CONFIG_DISABLE_RESOLUTION, 1);
    // Another target of this process has connections of its own: after a reload nothing of the old one is
    // left.
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    auto constexpr most = std::size_t{1} << 30;
    arguments.SetMaxReceiveMessageSize(static_cast<int>(std::min(settings.answer_bytes_max, most)));
    arguments.SetUserAgentPrefix("headgate/" HEADGATE_VERSION);
    if (settings.tls && !settings.tls->server_name.empty()) {
        arguments.SetSslTargetNameOverride(settings.tls->server_name);
    }
    return arguments;
}

}  // namespace

result<std::shared_ptr<grpc::Channel>> make_channel(temporal_settings const& settings) {
    take_over_the_log_of_grpc();
    HEADGATE_TRY(auto const credentials, make_credentials(settings));
    return grpc::CreateCustomChannel("dns:///" + settings.address, credentials, make_arguments(settings));
}

}  // namespace headgate::targets
