#include "http/tls.hpp"

#include <boost/asio/ssl/context.hpp>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <cerrno>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <system_error>
#include <utility>

namespace headgate::http {

namespace ssl = boost::asio::ssl;

struct tls_contexts::parts {
    std::vector<ssl::context> contexts;
};

namespace {

// Of what a client shows. It is kept, taken apart, as long as its connection is open, and looked at before
// anybody knows who it is: certificates as authorities issue them are far below each of these.
constexpr std::size_t client_chain_bytes_max = 8 * 1024;  // DER.
constexpr int client_certificates_max = 8;
constexpr int chain_parts_max = 128;  // Extensions and entries of names: memory goes by these, not by bytes.
constexpr int rsa_bits_max = 8192;
constexpr int rsa_exponent_bits_max = 64;
constexpr int curve_bits_max = 521;
constexpr char const* ciphers_of_tls_1_2 = "ECDHE+AESGCM:ECDHE+CHACHA20";

int choose_certificate(SSL* handshake, int*, void* all) {
    auto const* const name = SSL_get_servername(handshake, TLSEXT_NAMETYPE_host_name);
    if (name == nullptr) return SSL_TLSEXT_ERR_OK;
    for (auto& context : *static_cast<std::vector<ssl::context>*>(all)) {
        auto* const native = context.native_handle();
        if (X509_check_host(SSL_CTX_get0_certificate(native), name, 0, 0, nullptr) != 1) continue;
        SSL_set_SSL_CTX(handshake, native);
        break;
    }
    ERR_clear_error();
    return SSL_TLSEXT_ERR_OK;
}

// We speak HTTP/1.1 only; a sender that offers only others is not refused for it, but gets no such promise.
int choose_protocol(SSL*, unsigned char const** chosen, unsigned char* chosen_bytes,
                    unsigned char const* offered, unsigned int offered_bytes, void*) {
    static constexpr unsigned char ours[] = "\x08http/1.1";
    auto const agreed = SSL_select_next_proto(const_cast<unsigned char**>(chosen), chosen_bytes, ours,
                                              sizeof ours - 1, offered, offered_bytes);
    return agreed == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
}

result<void> check_key_mode(std::string const& path) {
    struct stat info{};
    if (::stat(path.c_str(), &info) != 0) {
        return refuse(errc::invalid_argument,
                      "cannot read the TLS key " + path + ": " + std::generic_category().message(errno),
                      "check the path and who may read it");
    }
    if ((info.st_mode & (S_IROTH | S_IWOTH)) != 0) {
        return refuse(errc::invalid_argument, "the TLS key " + path + " can be read or written by others",
                      "chmod 0600 " + path);
    }
    return {};
}

bool has_short_exponent(EVP_PKEY const* rsa) {
    BIGNUM* exponent = nullptr;
    if (EVP_PKEY_get_bn_param(rsa, OSSL_PKEY_PARAM_RSA_E, &exponent) != 1) return false;
    bool const is_short = BN_num_bits(exponent) <= rsa_exponent_bits_max;
    BN_free(exponent);
    return is_short;
}

// Whether a signature by it, a wrong one too, costs us little to look at.
bool is_cheap(EVP_PKEY const* key) {
    switch (EVP_PKEY_get_base_id(key)) {
        case EVP_PKEY_RSA:
        case EVP_PKEY_RSA_PSS: return EVP_PKEY_get_bits(key) <= rsa_bits_max && has_short_exponent(key);
        case EVP_PKEY_EC: return EVP_PKEY_get_bits(key) <= curve_bits_max;
        case EVP_PKEY_ED25519:
        case EVP_PKEY_ED448: return true;
        default: return false;
    }
}

int parts_of(X509 const* certificate) {
    return X509_get_ext_count(certificate) + X509_NAME_entry_count(X509_get_subject_name(certificate)) +
           X509_NAME_entry_count(X509_get_issuer_name(certificate));
}

// A key of a kind that OpenSSL does not know is none that anything is computed with.
bool is_ordinary(STACK_OF(X509) const* chain) {
    if (sk_X509_num(chain) > client_certificates_max) return false;
    int parts = 0;
    for (int i = 0; i < sk_X509_num(chain); ++i) {
        auto const* const key = X509_get0_pubkey(sk_X509_value(chain, i));
        if (key != nullptr && !is_cheap(key)) return false;
        parts += parts_of(sk_X509_value(chain, i));
    }
    return parts <= chain_parts_max;
}

// Called before the client has to prove that it has the key, which is what a large key makes dear.
int take_any_ordinary_chain(X509_STORE_CTX* looking, void*) {
    bool const is_taken = is_ordinary(X509_STORE_CTX_get0_untrusted(looking));
    ERR_clear_error();
    if (!is_taken) X509_STORE_CTX_set_error(looking, X509_V_ERR_CERT_REJECTED);
    return is_taken ? 1 : 0;
}

void ask_for_certificates(SSL_CTX* native) {
    SSL_CTX_set_verify(native, SSL_VERIFY_PEER, nullptr);
    SSL_CTX_set_cert_verify_callback(native, take_any_ordinary_chain, nullptr);
    SSL_CTX_set_max_cert_list(native, client_chain_bytes_max);
    SSL_CTX_set_session_cache_mode(native, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_options(native, SSL_OP_NO_TICKET);
    SSL_CTX_set_num_tickets(native, 0);
}

result<ssl::context> load_one(certificate_files const& files, bool asks_for_client_certificates) {
    ssl::context context{ssl::context::tls_server};
    auto* const native = context.native_handle();
    SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION);
    SSL_CTX_set_options(native, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
                                    SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
    SSL_CTX_set_mode(native, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_cipher_list(native, ciphers_of_tls_1_2);
    SSL_CTX_set_alpn_select_cb(native, choose_protocol, nullptr);
    if (asks_for_client_certificates) ask_for_certificates(native);

    if (auto const mode = check_key_mode(files.key); !mode) return std::unexpected{mode.error()};
    boost::system::error_code failure;
    // An encrypted key would otherwise ask for its passphrase on the terminal.
    context.set_password_callback([](std::size_t, ssl::context::password_purpose) { return std::string{}; },
                                  failure);
    context.use_certificate_chain_file(files.certificate, failure);
    if (failure) {
        return refuse(errc::invalid_argument,
                      "cannot use the TLS certificate " + files.certificate + ": " + failure.message(),
                      "it must be a PEM file, the leaf first, then its chain");
    }
    context.use_private_key_file(files.key, ssl::context::pem, failure);
    if (failure || SSL_CTX_check_private_key(native) != 1) {
        return refuse(errc::invalid_argument,
                      "cannot use the TLS key " + files.key +
                          (failure ? ": " + failure.message() : ": it is not the certificate's"),
                      "it must be an unencrypted PEM file that belongs to " + files.certificate);
    }
    return context;
}

}  // namespace

tls_contexts::tls_contexts(std::unique_ptr<parts> all) : all_{std::move(all)} {}
tls_contexts::~tls_contexts() = default;

result<std::shared_ptr<tls_contexts const>> tls_contexts::load(std::vector<certificate_files> const& files,
                                                               bool asks_for_client_certificates) {
    auto all = std::make_unique<parts>();
    for (auto const& each : files) {
        ERR_clear_error();
        auto context = load_one(each, asks_for_client_certificates);
        ERR_clear_error();
        if (!context) return std::unexpected{std::move(context).error()};
        all->contexts.push_back(*std::move(context));
    }
    auto* const first = all->contexts.front().native_handle();
    SSL_CTX_set_tlsext_servername_callback(first, choose_certificate);
    SSL_CTX_set_tlsext_servername_arg(first, &all->contexts);
    return std::shared_ptr<tls_contexts const>{new tls_contexts{std::move(all)}};
}

ssl::context& tls_contexts::first() const noexcept {
    return all_->contexts.front();
}

}  // namespace headgate::http
