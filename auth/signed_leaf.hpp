#pragma once

#include "auth/node.hpp"
#include "auth/signature.hpp"
#include "core/clock.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace headgate::auth {

// A key that is tried until its time is over.
template <class Key>
struct timed_key {
    Key key;
    std::string label;  // "signing#0"
    std::optional<wall_time> until;

    [[nodiscard]] bool is_active(wall_time now) const noexcept { return !until || now < *until; }
};

// A signature over a template of the request: what `mac` and `sig` have in common.
class signed_leaf : public leaf {
public:
    struct description {
        char const* kind;  // "mac"
        content const& signs;
        signature_grammar const& grammar;
        signature_length length;
        std::string const& secret_name;
    };

    // `times` are the time values of this check and of those around it: what is signed and comes from one of
    // them is left out of the signed content's digest. What `is` refers to outlives the node.
    signed_leaf(check const& from, std::string name, description const& is,
                std::vector<value const*> const& times);

protected:
    [[nodiscard]] result<proof> look(exam& of) const final;

    // Fails where there is no key to try now.
    [[nodiscard]] virtual result<void> check_keys(exam& of) const = 0;

    // The label of an active key that made one of the candidates; null without one. It lives as long as this,
    // or as the facts.
    [[nodiscard]] virtual std::string const* matching_key(std::vector<std::string> const& candidates,
                                                          std::vector<text> const& pieces,
                                                          exam const& of) const = 0;

    // What metrics call a key with this label.
    [[nodiscard]] virtual std::string_view key_name(std::string const& label) const { return label; }

    // Asked while a verdict is explained: which usual mistake would explain that nothing matched.
    [[nodiscard]] virtual std::string hint(std::vector<std::string> const& candidates, exam& of,
                                           vantage const& here) const = 0;

    // Everything but the comparison with the key: the signature's form, what is signed, the time.
    [[nodiscard]] bool looks_right(exam& of) const;

    [[nodiscard]] std::unexpected<error> all_expired() const;

private:
    [[nodiscard]] std::vector<text> without_time(std::vector<text> pieces) const;
    void note_content(exam& of, std::vector<text> const& pieces) const;

    description is_;
    std::vector<bool> is_time_;            // Of each piece of a sequence.
    std::vector<std::string> time_lines_;  // Of `lines`: the names of members that are times.
    bool has_other_port_;
};

}  // namespace headgate::auth
