#pragma once

#include "auth/node.hpp"
#include "auth/outgoing_body.hpp"
#include "auth/token.hpp"
#include "auth/token_keys.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace headgate::auth {

// A JSON Web Token, made by a key that is known here, for us, now. What costs little is looked at first.
class jwt_node final : public leaf {
public:
    // `asks`: for keys that are asked for one by one.
    jwt_node(check const& from, std::string name, token_keys keys, std::optional<outgoing_body> asks);

    [[nodiscard]] std::vector<fetch> needs(exam& of) const override;
    [[nodiscard]] bool may_need() const override;
    [[nodiscard]] bool was_given(exam const& of) const override;
    [[nodiscard]] cost costs() const override { return may_need() ? cost::fetched : cost::token; }
    void name_keys(std::vector<std::string>& into) const override;

protected:
    [[nodiscard]] result<proof> look(exam& of) const override;

private:
    // All that can be said without a key: algorithm, claims, body.
    [[nodiscard]] result<void> look_inside(token const& read, exam& of) const;
    [[nodiscard]] result<void> check_times(token const& read, wall_time now) const;
    [[nodiscard]] result<void> check_audience(token const& read, exam& of) const;
    [[nodiscard]] result<void> check_claims(token const& read, exam& of) const;
    [[nodiscard]] result<void> check_body(token const& read, exam& of) const;

    // The question for the keys that may have made it; nothing where there is none.
    [[nodiscard]] std::optional<outgoing> question(token const& read, exam& of) const;

    // The label of the key that made it; it lives as long as this, or as the facts.
    [[nodiscard]] result<std::string_view> find_key(token const& read, exam const& of) const;
    [[nodiscard]] std::string const* matching_secret(token const& read, wall_time now,
                                                     std::size_t& tries) const;

    jwt_check const& is_;
    token_keys keys_;
    fetch_rule const* fetched_;  // Null: the keys are configured.
    std::optional<outgoing_body> asks_;
};

}  // namespace headgate::auth
