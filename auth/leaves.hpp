#pragma once

#include "auth/allowed_urls.hpp"
#include "auth/certificate_rules.hpp"
#include "auth/certificates.hpp"
#include "auth/crypto.hpp"
#include "auth/good_certificates.hpp"
#include "auth/keyring.hpp"
#include "auth/node.hpp"
#include "auth/public_key.hpp"
#include "auth/signed_leaf.hpp"
#include "core/digest.hpp"
#include "core/network.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// The checks that need nothing but the request.

namespace headgate::auth {

// HMAC over a template of the request.
class mac_node final : public signed_leaf {
public:
    // `secrets` are the source's, kept for `explain`; they outlive the node. `times`: see `signed_leaf`.
    mac_node(check const& from, std::string name, std::vector<key_bytes> keys,
             std::vector<secret_entry> const& secrets, std::vector<value const*> const& times);

    [[nodiscard]] cost costs() const override { return cost::mac; }
    void name_keys(std::vector<std::string>& into) const override;

protected:
    [[nodiscard]] result<void> check_keys(exam& of) const override;
    [[nodiscard]] std::string const* matching_key(std::vector<std::string> const& candidates,
                                                  std::vector<text> const& pieces,
                                                  exam const& of) const override;
    [[nodiscard]] std::string hint(std::vector<std::string> const& candidates, exam& of,
                                   vantage const& here) const override;

private:
    mac_check const& is_;
    std::vector<timed_key<mac_key>> keys_;
    std::vector<secret_entry> const& secrets_;
};

// A signature with the private half of a key that is configured here.
class sig_node final : public signed_leaf {
public:
    sig_node(check const& from, std::string name, std::vector<timed_key<public_key>> keys,
             std::vector<value const*> const& times);

    [[nodiscard]] cost costs() const override { return cost::public_key; }
    void name_keys(std::vector<std::string>& into) const override;

protected:
    [[nodiscard]] result<void> check_keys(exam& of) const override;
    [[nodiscard]] std::string const* matching_key(std::vector<std::string> const& candidates,
                                                  std::vector<text> const& pieces,
                                                  exam const& of) const override;
    [[nodiscard]] std::string hint(std::vector<std::string> const& candidates, exam& of,
                                   vantage const& here) const override;

private:
    sig_check const& is_;
    std::vector<timed_key<public_key>> keys_;
};

// A signature with the key of a certificate that the request names.
class certified_node final : public signed_leaf {
public:
    certified_node(check const& from, std::string name, allowed_urls urls, trust_anchors anchors,
                   std::vector<value const*> const& times);

    [[nodiscard]] std::vector<fetch> needs(exam& of) const override;
    [[nodiscard]] bool may_need() const override { return true; }
    [[nodiscard]] bool was_given(exam const& of) const override;
    [[nodiscard]] cost costs() const override { return cost::fetched; }
    void name_keys(std::vector<std::string>& into) const override { into.emplace_back(certificates_key); }

protected:
    [[nodiscard]] std::string_view key_name(std::string const&) const override { return certificates_key; }
    [[nodiscard]] result<void> check_keys(exam& of) const override;
    [[nodiscard]] std::string const* matching_key(std::vector<std::string> const& candidates,
                                                  std::vector<text> const& pieces,
                                                  exam const& of) const override;
    [[nodiscard]] std::string hint(std::vector<std::string> const& candidates, exam& of,
                                   vantage const& here) const override;

private:
    // Fails where it is not an allowed one.
    [[nodiscard]] result<std::string> url(exam& of) const;

    // Of a certificate that is good at this time and has the name.
    [[nodiscard]] result<good_certificates::key_ptr> good_key(certificate_chain const& shown,
                                                              wall_time now) const;

    sig_check const& is_;
    certificate_source const& source_;
    allowed_urls urls_;
    trust_anchors anchors_;
    std::unique_ptr<good_certificates> good_ = std::make_unique<good_certificates>();
};

// Two values, compared without showing by the time it takes how much of them is equal.
class equal_node final : public leaf {
public:
    // `keys` are those of the side that is a secret; empty when neither is.
    equal_node(check const& from, std::string name, std::vector<key_bytes> const& keys);

    [[nodiscard]] cost costs() const override;
    void name_keys(std::vector<std::string>& into) const override;

protected:
    [[nodiscard]] result<proof> look(exam& of) const override;

private:
    struct hashed_secret {
        sha256_digest digest;
        std::string label;
        std::optional<wall_time> until;
    };

    [[nodiscard]] result<proof> compare_with_secrets(exam& of) const;
    [[nodiscard]] std::string hint(std::string_view sent) const;
    [[nodiscard]] result<proof> compare_values(exam& of) const;

    equal_check const& is_;
    std::vector<hashed_secret> secrets_;
};

// Where the request came from, and with which certificate.
class peer_node final : public leaf {
public:
    struct places {
        std::vector<network> senders;  // Empty: any.
        std::vector<network> proxies;  // Empty: any, or none.
    };
    peer_node(check const& from, std::string name, places from_where,
              std::optional<certificate_rules> certificates);

    [[nodiscard]] cost costs() const override { return certificates_ ? cost::public_key : cost::address; }
    void name_keys(std::vector<std::string>& into) const override;

protected:
    [[nodiscard]] result<proof> look(exam& of) const override;

private:
    [[nodiscard]] result<void> check_sender(exam& of) const;
    [[nodiscard]] result<void> check_proxy(exam& of) const;

    places places_;
    std::optional<certificate_rules> certificates_;
};

}  // namespace headgate::auth
