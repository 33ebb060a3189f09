#pragma once

#include "auth/address.hpp"
#include "auth/crypto.hpp"
#include "auth/keyring.hpp"
#include "auth/node.hpp"
#include "core/digest.hpp"

#include <optional>
#include <string>
#include <vector>

// The checks that need nothing but the request.

namespace headgate::auth {

// HMAC over a template of the request.
class mac_node final : public leaf {
public:
    struct active_key {
        mac_key key;
        std::string label;
        std::optional<wall_time> until;
    };

    // `secrets` are the source's, kept for `explain`; they outlive the node. `times` are the time values of
    // this check and of those around it: what they name is left out of the signed content's digest.
    mac_node(check const& from, std::string name, std::vector<key_bytes> keys,
             std::vector<secret_entry> const& secrets, std::vector<value const*> const& times);

    [[nodiscard]] cost costs() const override { return cost::mac; }

protected:
    [[nodiscard]] result<proof> look(exam& of) const override;

private:
    [[nodiscard]] active_key const* matching_key(std::vector<std::string> const& candidates,
                                                 std::vector<text> const& pieces, wall_time now) const;
    [[nodiscard]] std::vector<text> without_time(std::vector<text> pieces) const;
    void note_content(exam& of, std::vector<text> const& pieces) const;

    mac_check const& is_;
    std::vector<active_key> keys_;
    std::vector<secret_entry> const& secrets_;
    std::vector<bool> is_time_;  // Of each piece of a plain sequence.
    bool has_other_port_;
};

// Two values, compared without showing by the time it takes how much of them is equal.
class equal_node final : public leaf {
public:
    // `keys` are those of the side that is a secret; empty when neither is.
    equal_node(check const& from, std::string name, std::vector<key_bytes> const& keys);

    [[nodiscard]] cost costs() const override { return cost::comparison; }

protected:
    [[nodiscard]] result<proof> look(exam& of) const override;

private:
    struct hashed_secret {
        sha256_digest digest;
        std::string label;
        std::optional<wall_time> until;
    };

    [[nodiscard]] result<proof> compare_with_secrets(exam& of) const;
    [[nodiscard]] result<proof> compare_values(exam& of) const;

    equal_check const& is_;
    std::vector<hashed_secret> secrets_;
};

// Where the request came from.
class peer_node final : public leaf {
public:
    peer_node(check const& from, std::string name, std::vector<address_range> ranges);

    [[nodiscard]] cost costs() const override { return cost::address; }

protected:
    [[nodiscard]] result<proof> look(exam& of) const override;

private:
    std::vector<address_range> ranges_;
};

}  // namespace headgate::auth
