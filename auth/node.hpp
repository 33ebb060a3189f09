#pragma once

#include "auth/exam.hpp"
#include "auth/person.hpp"
#include "auth/settings.hpp"
#include "auth/text.hpp"
#include "auth/verifier.hpp"
#include "core/clock.hpp"
#include "core/result.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// A check that works: one node of the tree that `verify` is. A new kind of check is a new class here and one
// line in `compile.cpp`.

namespace headgate::auth {

// What a check that held has shown.
struct proof {
    std::string verified_by;
    std::string key_id;
    std::optional<wall_time> signed_time{};
    std::vector<std::string> once{};
    std::vector<text> signed_pieces{};     // Without the time value.
    person about{};                        // As a token or a session says; empty without one.
    std::string certificate{};             // The name of the sender's; empty without one.
    bool is_logged_in = false;             // `about` is somebody with a session.
    std::vector<std::string_view> keys{};  // Their names, as `name_keys` gives them; each once.
};

// For all keys that an issuer publishes, and for all certificates that senders or requests bring: they change
// without us.
inline constexpr std::string_view issuers_key = "issuer";
inline constexpr std::string_view certificates_key = "certificate";

// Members of an `all` are tried in this order, so that nothing dear is reached while something cheap fails.
// `claims`: what reads those of a token that another member verifies.
enum class cost : std::uint8_t { address, comparison, mac, public_key, token, fetched, claims, asked };

class node {
public:
    // `from` outlives the node. `name` is its place in the tree: "all[1].mac".
    node(check const& from, std::string name) : from_{from}, name_{std::move(name)} {}
    virtual ~node() = default;
    node(node const&) = delete;
    node& operator=(node const&) = delete;

    // Fails closed: a guard that does not hold fails too.
    [[nodiscard]] result<proof> test(exam& of) const;

    // What `test` needs that is not known yet; see `verifier::needs`.
    [[nodiscard]] virtual std::vector<fetch> needs(exam&) const { return {}; }
    [[nodiscard]] virtual bool may_need() const { return false; }

    // Whether something that it needs was fetched, or could not be had.
    [[nodiscard]] virtual bool was_given(exam const&) const { return false; }

    // Appends the names of all keys that a proof of this may show: those that are configured, and the above.
    virtual void name_keys(std::vector<std::string>&) const {}

    [[nodiscard]] virtual cost costs() const = 0;
    [[nodiscard]] bool applies(exam& of) const { return !from_.when || holds(*from_.when, of); }
    [[nodiscard]] std::string const& name() const noexcept { return name_; }

protected:
    [[nodiscard]] virtual result<proof> examine(exam& of) const = 0;

    // The time rule beside this check, to be asked before anything dear. Nothing without a rule.
    [[nodiscard]] result<std::optional<wall_time>> check_time(exam& of, vantage const& here = {}) const;

    // The use-once value beside this check; adds it to `shown`.
    [[nodiscard]] result<void> take_once(exam& of, proof& shown, vantage const& here = {}) const;

    [[nodiscard]] std::optional<time_rule> const& time() const noexcept { return from_.time; }

    // Kept only while a verdict is explained.
    void note(exam& of, std::string step, bool held, std::string said, std::string remedy = {}) const;

private:
    check const& from_;
    std::string name_;
};

using node_ptr = std::unique_ptr<node const>;

// A check that looks at the request itself: its failures begin with its name.
class leaf : public node {
public:
    using node::node;

protected:
    [[nodiscard]] result<proof> examine(exam& of) const final;
    [[nodiscard]] virtual result<proof> look(exam& of) const = 0;
};

}  // namespace headgate::auth
