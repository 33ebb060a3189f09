#pragma once

#include "auth/allowed_urls.hpp"
#include "auth/authenticator.hpp"
#include "auth/compile.hpp"
#include "auth/crypto.hpp"
#include "auth/keyring.hpp"
#include "auth/node.hpp"
#include "auth/pattern.hpp"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace headgate::auth {

inline constexpr std::size_t reply_bytes_max = 4096;
inline constexpr std::size_t accepted_bytes_max = 1024;

// A request that asks for an answer before events come: one of the configured handshakes, made ready.
class handshake {
public:
    // Null when something is wrong. `number` is its place in the list; `is` outlives it.
    [[nodiscard]] static std::unique_ptr<handshake const> make(handshake_rule const& is, std::size_t number,
                                                               settings const& source,
                                                               std::string const& path, reporter& notes);
    ~handshake();
    handshake(handshake const&) = delete;
    handshake& operator=(handshake const&) = delete;

    [[nodiscard]] bool is_meant(exam& of) const { return holds(is_.when, of); }
    [[nodiscard]] std::vector<std::string> const& methods() const noexcept { return is_.when.methods; }

    // `verify` is the source's own tree, for `require: verified`.
    [[nodiscard]] result<response> answer(exam& of, node const& verify) const;

    // What to call before a request that was answered gets its answer; nothing where nothing is.
    [[nodiscard]] result<std::optional<wanted_fact>> call(exam& of) const;

    // The key that the sender hands over in a request that was answered; empty where it hands over none.
    [[nodiscard]] std::string handed_over(exam& of) const;

private:
    struct reply_key {
        value const* of_value;  // Which `mac` it is for.
        std::vector<std::pair<mac_key, std::optional<wall_time>>> keys;
    };

    explicit handshake(handshake_rule const& is);
    [[nodiscard]] result<void> check_required(exam& of, node const& verify) const;
    [[nodiscard]] result<std::string> text_of(values const& parts, exam& of) const;
    [[nodiscard]] result<std::string> mac_of(value const& from, exam& of) const;
    void prepare(values const& parts, std::string const& at, settings const& source, std::string const& path,
                 reporter& notes);
    void prepare_call(std::string const& at, settings const& source, reporter& notes);
    void prepare_key(value const& from, std::string const& at, settings const& source,
                     std::string const& path, reporter& notes);

    handshake_rule const& is_;
    node_ptr required_;  // For `require: {a check}`.
    std::optional<pattern> accepted_;
    std::optional<allowed_urls> callable_;  // For `call`.
    std::vector<reply_key> reply_keys_;
    bool echoes_ = false;  // The reply has something of the request in it.
};

}  // namespace headgate::auth
