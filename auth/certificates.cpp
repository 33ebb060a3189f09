#include "auth/certificates.hpp"

#include "auth/openssl_care.hpp"
#include "core/digest.hpp"
#include "core/encoding.hpp"

#include <fmt/format.h>
#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <utility>

namespace headgate::auth {
namespace {

constexpr std::size_t anchors_max = 1000;
constexpr int security_level = 2;  // SSL_CTX_set_security_level(3): RSA of 2048 bits, no SHA-1.

void free_names(GENERAL_NAMES* names) {
    GENERAL_NAMES_free(names);
}
void free_chain(STACK_OF(X509) * chain) {
    sk_X509_free(chain);
}
void free_memory(void* memory) {
    OPENSSL_free(memory);
}
using openssl_text = std::unique_ptr<char, freed_by<free_memory>>;
using bio = std::unique_ptr<BIO, freed_by<BIO_free>>;
using certificate = std::shared_ptr<X509>;
using certificate_list = std::unique_ptr<STACK_OF(X509), freed_by<free_chain>>;
using name_list = std::unique_ptr<GENERAL_NAMES, freed_by<free_names>>;
using verification = std::unique_ptr<X509_STORE_CTX, freed_by<X509_STORE_CTX_free>>;

// One block of a PEM file. Null at the end of the file, and where a block is broken, which the reason of
// OpenSSL's last error tells apart.
struct pem_block {
    openssl_text name;
    openssl_text header;
    std::unique_ptr<unsigned char, freed_by<free_memory>> bytes;
    long size = 0;
};

std::optional<pem_block> next_block(BIO* from) {
    char* name = nullptr;
    char* header = nullptr;
    unsigned char* bytes = nullptr;
    long size = 0;
    if (PEM_read_bio(from, &name, &header, &bytes, &size) != 1) return std::nullopt;
    pem_block read;
    read.name.reset(name);
    read.header.reset(header);
    read.bytes.reset(bytes);
    read.size = size;
    return read;
}

bool is_certificate(pem_block const& block) {
    return std::string_view{block.name.get()} == PEM_STRING_X509 && *block.header == '\0';
}

bio reader_of(std::string_view pem) {
    return bio{BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()))};
}

// The certificates of a PEM text, up to one more than `most`; nothing when it is broken or has other
// things in it. PEM_read_bio_X509 would ask whoever sits at the terminal for the passphrase of an encrypted
// block, and would take a broken one for the end.
std::optional<std::vector<certificate>> read_certificates(std::string_view pem, std::size_t most) {
    auto const from = reader_of(pem);
    std::vector<certificate> all;
    while (all.size() <= most) {
        auto const block = next_block(from.get());
        if (!block) break;
        if (!is_certificate(*block)) return std::nullopt;
        auto const* at = static_cast<unsigned char const*>(block->bytes.get());
        auto const* const end = at + block->size;
        certificate next{d2i_X509(nullptr, &at, block->size), X509_free};
        if (!next || at != end) return std::nullopt;
        all.push_back(std::move(next));
    }
    bool const has_ended = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
    if (all.size() <= most && !has_ended) return std::nullopt;
    return all;
}

// All of its bytes: a name with a NUL in it is another name.
std::string_view text_of(ASN1_STRING const* text) {
    return {reinterpret_cast<char const*>(ASN1_STRING_get0_data(text)),
            static_cast<std::size_t>(ASN1_STRING_length(text))};
}

// What one of OpenSSL's i2d functions writes.
template <class T, class Write>
std::string der_of(T* from, Write write) {
    unsigned char* bytes = nullptr;
    auto const size = write(from, &bytes);
    std::unique_ptr<unsigned char, freed_by<free_memory>> const owned{bytes};
    if (size <= 0) return {};
    return {reinterpret_cast<char const*>(bytes), static_cast<std::size_t>(size)};
}

// What a wanted name is, by its look: whatever an authority may not give as a DNS name (RFC 5280, 4.2.1.10),
// it may perhaps give as an e-mail address with the same text.
int kind_of(std::string_view wanted) {
    if (wanted.contains(':')) return GEN_URI;
    return wanted.contains('@') ? GEN_EMAIL : GEN_DNS;
}

// When it is over; at the beginning of all time where it does not say so.
wall_time end_of(X509 const* it) {
    std::tm when{};
    if (ASN1_TIME_to_tm(X509_get0_notAfter(it), &when) != 1) return {};
    return wall_time{std::chrono::seconds{::timegm(&when)}};
}

}  // namespace

std::optional<std::string> fingerprint_of(std::string_view pem) {
    quiet_errors const quiet;
    auto const leaf = next_block(reader_of(pem).get());
    if (!leaf || !is_certificate(*leaf)) return std::nullopt;
    return to_hex(
        sha256({reinterpret_cast<char const*>(leaf->bytes.get()), static_cast<std::size_t>(leaf->size)}));
}

std::optional<certificate_chain> certificate_chain::read(std::string_view pem, std::size_t most) {
    quiet_errors const quiet;
    auto all = read_certificates(pem, most);
    if (!all || all->empty()) return std::nullopt;
    certificate_chain made;
    made.fingerprint_ = to_hex(sha256(der_of(all->front().get(), i2d_X509)));
    made.all_ = *std::move(all);
    return made;
}

std::string certificate_chain::public_key() const {
    quiet_errors const quiet;
    return der_of(X509_get0_pubkey(all_.front().get()), i2d_PUBKEY);
}

std::optional<std::string> certificate_chain::common_name() const {
    auto const* const subject = X509_get_subject_name(all_.front().get());
    auto const first = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
    if (first < 0 || X509_NAME_get_index_by_NID(subject, NID_commonName, first) >= 0) return std::nullopt;
    quiet_errors const quiet;
    unsigned char* text = nullptr;
    auto const size =
        ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, first)));
    std::unique_ptr<unsigned char, freed_by<free_memory>> const owned{text};
    if (size < 0) return std::nullopt;
    return std::string{reinterpret_cast<char const*>(text), static_cast<std::size_t>(size)};
}

std::optional<std::string> certificate_chain::wanted_name(std::vector<std::string> const& wanted) const {
    quiet_errors const quiet;
    name_list const names{static_cast<GENERAL_NAMES*>(
        X509_get_ext_d2i(all_.front().get(), NID_subject_alt_name, nullptr, nullptr))};
    for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
        auto const* const name = sk_GENERAL_NAME_value(names.get(), i);
        bool const is_dns = name->type == GEN_DNS;
        if (!is_dns && name->type != GEN_EMAIL && name->type != GEN_URI) continue;
        auto const text = text_of(name->d.ia5);
        auto const found = std::ranges::find_if(wanted, [&](std::string const& one) {
            return kind_of(one) == name->type && (one == text || (is_dns && to_lower(one) == to_lower(text)));
        });
        if (found != wanted.end()) return *found;
    }
    return std::nullopt;
}

bool certificate_chain::is_valid_at(wall_time now) const {
    auto when = std::chrono::system_clock::to_time_t(now);
    auto const* const leaf = all_.front().get();
    return X509_cmp_time(X509_get0_notBefore(leaf), &when) == -1 &&
           X509_cmp_time(X509_get0_notAfter(leaf), &when) == 1;
}

wall_time certificate_chain::end() const {
    return end_of(all_.front().get());
}

bool certificate_chain::is_of_an_authority() const {
    quiet_errors const quiet;
    return X509_check_ca(all_.front().get()) != 0;
}

result<trust_anchors> trust_anchors::read(std::string_view pem) {
    quiet_errors const quiet;
    auto const all = read_certificates(pem, anchors_max);
    if (!all || all->empty()) {
        return refuse(errc::invalid_argument,
                      all ? "has no certificate in it" : "has something in it that is no certificate",
                      "it must be a PEM file of the authorities to trust");
    }
    if (all->size() > anchors_max) {
        return refuse(errc::invalid_argument, fmt::format("has more than {} certificates in it", anchors_max),
                      "name only the authorities that issue to this sender");
    }
    trust_anchors made;
    made.store_ = {X509_STORE_new(), X509_STORE_free};
    X509_STORE_set_flags(made.store_.get(), X509_V_FLAG_PARTIAL_CHAIN);  // An authority need not be a root.
    for (auto const& each : *all) X509_STORE_add_cert(made.store_.get(), each.get());
    return made;
}

// Read once: ten thousand sources may trust them.
trust_anchors trust_anchors::of_system() {
    static auto const shared = [] {
        quiet_errors const quiet;
        trust_anchors made;
        made.store_ = {X509_STORE_new(), X509_STORE_free};
        X509_STORE_set_default_paths(made.store_.get());
        return made;
    }();
    return shared;
}

std::expected<wall_time, std::string> trust_anchors::check(certificate_chain const& shown, purpose meant,
                                                           wall_time now) const {
    quiet_errors const quiet;
    certificate_list const rest{sk_X509_new_null()};
    for (auto const& each : shown.all_) {
        if (&each != &shown.all_.front()) sk_X509_push(rest.get(), each.get());
    }
    verification const looking{X509_STORE_CTX_new()};
    auto const purpose_id = meant == purpose::client ? X509_PURPOSE_SSL_CLIENT : X509_PURPOSE_ANY;
    bool const ready =
        looking &&
        X509_STORE_CTX_init(looking.get(), store_.get(), shown.all_.front().get(), rest.get()) == 1 &&
        X509_STORE_CTX_set_purpose(looking.get(), purpose_id) == 1;
    if (!ready) return std::unexpected{"it cannot be looked at"};
    X509_STORE_CTX_set_time(looking.get(), 0, std::chrono::system_clock::to_time_t(now));
    X509_STORE_CTX_set_depth(looking.get(), static_cast<int>(certificates_max));
    X509_VERIFY_PARAM_set_auth_level(X509_STORE_CTX_get0_param(looking.get()), security_level);
    if (X509_verify_cert(looking.get()) != 1)
        return std::unexpected{X509_verify_cert_error_string(X509_STORE_CTX_get_error(looking.get()))};
    auto const* const chain = X509_STORE_CTX_get0_chain(looking.get());
    auto until = wall_time::max();
    for (int i = 0; i < sk_X509_num(chain); ++i) until = std::min(until, end_of(sk_X509_value(chain, i)));
    return until;
}

}  // namespace headgate::auth
