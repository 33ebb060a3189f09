#include "auth/certificate_rules.hpp"

#include "auth/exam.hpp"
#include "auth/openssl_care.hpp"
#include "core/digest.hpp"
#include "core/encoding.hpp"
#include "core/text.hpp"

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
#include <map>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

namespace headgate::auth {
namespace {

constexpr std::size_t anchors_max = 1000;
constexpr std::size_t opinions_max = 256;  // Of good ones, and of refusals.
constexpr std::chrono::minutes refused_for{1};
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
using certificate = std::unique_ptr<X509, freed_by<X509_free>>;
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
        certificate next{d2i_X509(nullptr, &at, block->size)};
        if (!next || at != end) return std::nullopt;
        all.push_back(std::move(next));
    }
    bool const has_ended = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
    if (all.size() <= most && !has_ended) return std::nullopt;
    return all;
}

// Of the leaf, which nobody has to take apart for it. Nothing where there is none.
std::optional<std::string> fingerprint_of(std::string_view pem) {
    auto const leaf = next_block(reader_of(pem).get());
    if (!leaf || !is_certificate(*leaf)) return std::nullopt;
    return to_hex(
        sha256({reinterpret_cast<char const*>(leaf->bytes.get()), static_cast<std::size_t>(leaf->size)}));
}

// All of its bytes: a name with a NUL in it is another name.
std::string_view text_of(ASN1_STRING const* text) {
    return {reinterpret_cast<char const*>(ASN1_STRING_get0_data(text)),
            static_cast<std::size_t>(ASN1_STRING_length(text))};
}

// The subject's only common name, in UTF-8; nothing without one, and nothing when there are several.
std::optional<std::string> common_name_of(X509* leaf) {
    auto const* const subject = X509_get_subject_name(leaf);
    auto const first = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
    if (first < 0 || X509_NAME_get_index_by_NID(subject, NID_commonName, first) >= 0) return std::nullopt;
    unsigned char* text = nullptr;
    auto const size =
        ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, first)));
    std::unique_ptr<unsigned char, freed_by<free_memory>> const owned{text};
    if (size < 0) return std::nullopt;
    return std::string{reinterpret_cast<char const*>(text), static_cast<std::size_t>(size)};
}

// What a wanted name is, by its look: whatever an authority may not give as a DNS name (RFC 5280, 4.2.1.10),
// it may perhaps give as an e-mail address with the same text.
int kind_of(std::string_view wanted) {
    if (wanted.contains(':')) return GEN_URI;
    return wanted.contains('@') ? GEN_EMAIL : GEN_DNS;
}

// The first of `wanted` that it has, as it is written there. DNS names have no case (RFC 4343).
std::optional<std::string> wanted_name_of(X509* leaf, std::vector<std::string> const& wanted) {
    name_list const names{
        static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(leaf, NID_subject_alt_name, nullptr, nullptr))};
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

// When it is over; at the beginning of all time where it does not say so.
wall_time end_of(X509 const* it) {
    std::tm when{};
    if (ASN1_TIME_to_tm(X509_get0_notAfter(it), &when) != 1) return {};
    return wall_time{std::chrono::seconds{::timegm(&when)}};
}

// Until when the chain is good, if nobody's clock is set back.
result<wall_time> check_chain(X509_STORE* anchors, std::vector<certificate> const& shown, std::time_t now) {
    certificate_list const rest{sk_X509_new_null()};
    for (auto const& each : shown) {
        if (&each != &shown.front()) sk_X509_push(rest.get(), each.get());
    }
    verification const looking{X509_STORE_CTX_new()};
    bool const ready = looking &&
                       X509_STORE_CTX_init(looking.get(), anchors, shown.front().get(), rest.get()) == 1 &&
                       X509_STORE_CTX_set_purpose(looking.get(), X509_PURPOSE_SSL_CLIENT) == 1;
    if (!ready) return fails("the client's certificate cannot be looked at");
    X509_STORE_CTX_set_time(looking.get(), 0, now);
    X509_STORE_CTX_set_depth(looking.get(), static_cast<int>(certificates_max));
    X509_VERIFY_PARAM_set_auth_level(X509_STORE_CTX_get0_param(looking.get()), security_level);
    if (X509_verify_cert(looking.get()) != 1) {
        return fails(fmt::format("the client's certificate is not good: {}",
                                 X509_verify_cert_error_string(X509_STORE_CTX_get_error(looking.get()))),
                     "is it of these authorities, for clients, and still valid?");
    }
    auto const* const chain = X509_STORE_CTX_get0_chain(looking.get());
    auto until = wall_time::max();
    for (int i = 0; i < sk_X509_num(chain); ++i) until = std::min(until, end_of(sk_X509_value(chain, i)));
    return until;
}

result<wall_time> check_validity(X509* leaf, std::time_t now) {
    bool const is_valid = X509_cmp_time(X509_get0_notBefore(leaf), &now) == -1 &&
                          X509_cmp_time(X509_get0_notAfter(leaf), &now) == 1;
    if (is_valid) return end_of(leaf);
    return fails("the client's certificate is not valid at this time", "renew it, or look at the clocks");
}

}  // namespace

struct certificate_rules::parts {
    // Between two instants the same is said of a text.
    struct opinion {
        result<shown> said;
        wall_time from;
        wall_time until;
    };
    // By the digest of the text. Of good ones and of refusals apart: whoever shows many certificates that are
    // not good displaces none that is.
    using opinions = std::map<sha256_digest, opinion>;

    [[nodiscard]] opinion judge(std::string_view pem, wall_time now) const;
    [[nodiscard]] result<wall_time> look_at(std::string_view pem, wall_time now, shown& found) const;

    client_certificate const& is;
    std::shared_ptr<X509_STORE> anchors{};  // Null: fingerprints alone.

    std::mutex guard{};
    opinions good{};     // Under `guard`.
    opinions refused{};  // The same.
};

result<certificate_rules> certificate_rules::make(client_certificate const& is) {
    quiet_errors const quiet;
    auto made = std::make_shared<parts>(is);
    if (is.anchors_pem.empty()) return certificate_rules{std::move(made)};
    auto const all = read_certificates(is.anchors_pem, anchors_max);
    if (!all || all->empty()) {
        return refuse(errc::invalid_argument,
                      all ? "has no certificate in it" : "has something in it that is no certificate",
                      "it must be a PEM file of the authorities to trust");
    }
    if (all->size() > anchors_max) {
        return refuse(errc::invalid_argument, fmt::format("has more than {} certificates in it", anchors_max),
                      "name only the authorities that issue to this sender");
    }
    made->anchors = {X509_STORE_new(), X509_STORE_free};
    // An authority need not be a root.
    X509_STORE_set_flags(made->anchors.get(), X509_V_FLAG_PARTIAL_CHAIN);
    for (auto const& each : *all) X509_STORE_add_cert(made->anchors.get(), each.get());
    return certificate_rules{std::move(made)};
}

// Until when it is good, and in `found` who it is.
result<wall_time> certificate_rules::parts::look_at(std::string_view pem, wall_time now, shown& found) const {
    auto const fingerprint = fingerprint_of(pem);
    bool const is_pinned =
        fingerprint && std::ranges::find(is.fingerprints, *fingerprint) != is.fingerprints.end();
    if (fingerprint && !is_pinned && !is.fingerprints.empty()) {
        return fails(fmt::format("the client's certificate {} is none of the configured ones", *fingerprint));
    }
    auto const all = fingerprint ? read_certificates(pem, certificates_max) : std::nullopt;
    if (!all || all->empty()) {
        return fails("the client's certificate cannot be read",
                     "the proxy must pass it on once, as nginx's $ssl_client_escaped_cert");
    }
    if (all->size() > certificates_max) {
        return fails(fmt::format("the client shows more than {} certificates", certificates_max));
    }
    auto* const leaf = all->front().get();
    auto const when = std::chrono::system_clock::to_time_t(now);
    HEADGATE_TRY(auto const until,
                 anchors ? check_chain(anchors.get(), *all, when) : check_validity(leaf, when));
    if (X509_check_ca(leaf) != 0 && !is_pinned) {
        return fails("the client's certificate is an authority's",
                     "issue the sender one that may not issue others, or name it in `fingerprints`");
    }

    auto const common = common_name_of(leaf);
    found = {.name = common.value_or(""), .fingerprint = *fingerprint};
    if (!is.cn.empty() && (!common || std::ranges::find(is.cn, *common) == is.cn.end())) {
        return fails("the client's certificate has another common name", "compare it with `cn`");
    }
    if (!is.san.empty()) {
        auto name = wanted_name_of(leaf, is.san);
        if (!name) return fails("the client's certificate has none of the names", "compare them with `san`");
        found.name = *std::move(name);
    }
    if (has_controls(found.name)) {
        return fails("the client's certificate has control characters in its name", "name it with `san`");
    }
    return until;
}

certificate_rules::parts::opinion certificate_rules::parts::judge(std::string_view pem, wall_time now) const {
    quiet_errors const quiet;
    shown found;
    auto const until = look_at(pem, now, found);
    if (!until) return {std::unexpected{until.error()}, now, now + refused_for};
    return {std::move(found), now, *until};
}

result<certificate_rules::shown> certificate_rules::check(std::string_view pem, wall_time now) const {
    if (pem.empty()) {
        return fails("no client certificate was shown",
                     "see ask_for_client_certificates and client_certificate_header of listen.webhooks");
    }
    if (pem.size() > certificate_bytes_max) {
        return fails(fmt::format("the client's certificates have over {} bytes", certificate_bytes_max));
    }
    auto const digest = sha256(pem);
    {
        std::scoped_lock const held{all_->guard};
        for (auto* const each : {&all_->good, &all_->refused}) {
            auto const known = each->find(digest);
            bool const holds = known != each->end() && known->second.from <= now && now < known->second.until;
            if (holds) return known->second.said;
        }
    }
    auto opinion = all_->judge(pem, now);
    std::scoped_lock const held{all_->guard};
    auto& among = opinion.said ? all_->good : all_->refused;
    if (among.size() >= opinions_max) {
        std::erase_if(among, [&](auto const& each) { return each.second.until <= now; });
    }
    if (among.size() >= opinions_max) among.erase(among.begin());
    return among.insert_or_assign(digest, std::move(opinion)).first->second.said;
}

}  // namespace headgate::auth
