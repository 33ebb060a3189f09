#pragma once

#include "core/result.hpp"
#include "http/settings.hpp"

#include <memory>
#include <vector>

namespace boost::asio::ssl {
class context;
}

namespace headgate::http {

// The certificates of a listener. TLS 1.2 and later, no renegotiation, no compression. A handshake gets the
// certificate whose name it asks for (SNI), else the first. Immutable; safe from any thread.
class tls_contexts {
public:
    // Reads and checks the files. Fails with invalid_argument: which file, and what is wrong with it. A key
    // that others than its owner and group can read or write is refused. `files` is not empty.
    //
    // Where clients are asked for a certificate, any ordinary one is taken, with or without a known issuer:
    // that the client has its key is proven by the handshake, and who may send is for the checks to say. The
    // handshake fails with over 8 certificates, 8 KiB of them or 128 extensions and entries of names in all,
    // and with a key that is dear to compute with (RSA of over 8192 bits). Sessions are not resumed then,
    // because a resumed one has no chain.
    [[nodiscard]] static result<std::shared_ptr<tls_contexts const>> load(
        std::vector<certificate_files> const& files, bool asks_for_client_certificates);

    ~tls_contexts();
    tls_contexts(tls_contexts const&) = delete;
    tls_contexts& operator=(tls_contexts const&) = delete;

    // For new connections.
    [[nodiscard]] boost::asio::ssl::context& first() const noexcept;

private:
    struct parts;
    explicit tls_contexts(std::unique_ptr<parts> all);

    std::unique_ptr<parts> all_;
};

}  // namespace headgate::http
