#pragma once

#include "auth/node.hpp"
#include "auth/outgoing_body.hpp"

#include <string>
#include <vector>

namespace headgate::auth {

// The sender is asked whether it sent this. It is asked last, when everything else holds, and once.
class postback_node final : public leaf {
public:
    // `credentials`: empty where none are sent.
    postback_node(check const& from, std::string name, outgoing_body body,
                  std::vector<key_bytes> credentials);

    [[nodiscard]] std::vector<fetch> needs(exam& of) const override;
    [[nodiscard]] bool may_need() const override { return true; }
    [[nodiscard]] bool was_given(exam const& of) const override;
    [[nodiscard]] cost costs() const override { return cost::asked; }

protected:
    [[nodiscard]] result<proof> look(exam& of) const override;

private:
    [[nodiscard]] result<outgoing> question(exam& of) const;
    [[nodiscard]] result<std::string> authorization(exam& of) const;
    [[nodiscard]] result<wanted_fact> wanted_token(exam& of) const;

    postback_check const& is_;
    outgoing_body body_;
    std::vector<key_bytes> credentials_;
};

}  // namespace headgate::auth
