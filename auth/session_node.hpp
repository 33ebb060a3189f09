#pragma once

#include "auth/node.hpp"
#include "auth/settings.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace headgate::auth {

// Somebody who is logged in, and of whom all that is asked for holds.
class session_node : public node {
public:
    session_node(check const& from, std::string name);

protected:
    [[nodiscard]] result<proof> examine(exam& of) const final;

    // With `about` filled in, perhaps with nobody. The message of a failure begins with a name.
    [[nodiscard]] virtual result<proof> find_person(exam& of) const = 0;

    session_check const& is_;

private:
    [[nodiscard]] result<void> check_person(person const& about) const;
};

// By asking OAuth2-proxy.
class asked_session final : public session_node {
public:
    asked_session(check const& from, std::string name);

    [[nodiscard]] std::vector<fetch> needs(exam& of) const override;
    [[nodiscard]] bool may_need() const override { return true; }
    [[nodiscard]] bool was_given(exam const& of) const override;
    [[nodiscard]] cost costs() const override { return cost::fetched; }

protected:
    [[nodiscard]] result<proof> find_person(exam& of) const override;

private:
    [[nodiscard]] result<person> ask(exam const& of) const;

    session_proxy const& proxy_;
};

// Whom the `peer` checks look at that must hold beside another check.
enum class peer_beside : std::uint8_t {
    none,
    sender,  // Alone, who is not whoever connects where a trusted proxy speaks for them.
    proxy
};

// What the headers say, where a `peer` beside this says who wrote them.
class told_session final : public session_node {
public:
    told_session(check const& from, std::string name, peer_beside peer);

    [[nodiscard]] cost costs() const override { return cost::comparison; }

protected:
    [[nodiscard]] result<proof> find_person(exam& of) const override;

private:
    [[nodiscard]] result<person> read(exam const& of) const;

    identity_headers const& told_;
    peer_beside peer_;
};

// By what another check proves: headers that a MAC covers, or a token.
class proven_session final : public session_node {
public:
    // `inner` is what `proof_by` describes.
    proven_session(check const& from, std::string name, check_ptr proof_by, node_ptr inner);

    [[nodiscard]] std::vector<fetch> needs(exam& of) const override;
    [[nodiscard]] bool may_need() const override { return inner_->may_need(); }
    [[nodiscard]] bool was_given(exam const& of) const override { return inner_->was_given(of); }
    void name_keys(std::vector<std::string>& into) const override { inner_->name_keys(into); }
    [[nodiscard]] cost costs() const override { return inner_->costs(); }

protected:
    [[nodiscard]] result<proof> find_person(exam& of) const override;

private:
    check_ptr proof_by_;
    node_ptr inner_;
};

}  // namespace headgate::auth
