#pragma once

#include "auth/reporter.hpp"
#include "auth/settings.hpp"

#include <span>
#include <string>
#include <string_view>

// The loader's rules about single values: what may stand where, and whether what it names is configured.

namespace headgate::auth {

// Where a value stands decides what it may be.
struct position {
    std::span<std::string const> parts;  // Labels that the signature beside it captures.
    bool inside_each = false;            // Item-relative paths have an item.
    bool lists_allowed = false;          // A param with several values means one of them.
    bool claims_known = false;           // A token has been verified before this is looked at.
};

// Notes everything wrong with one value, at `at`.
void inspect(value const& from, std::string const& at, position const& where, settings const& source,
             reporter& notes);

void inspect(content const& signs, std::string const& at, position const& where, settings const& source,
             reporter& notes);

void inspect(signature_grammar const& grammar, std::string const& at, position const& where,
             settings const& source, reporter& notes);

void inspect(jwt_check const& is, std::string const& at, position const& where, settings const& source,
             reporter& notes);

void inspect(session_check const& is, std::string const& at, reporter& notes);

// Of the whole document.
void inspect(json_path const& path, std::string const& at, reporter& notes);

void inspect(postback_check const& is, std::string const& at, reporter& notes);

// Where `at` names its URL.
void inspect(fetch_rule const& is, std::string const& at, reporter& notes);

void inspect(client_certificate const& is, std::string const& at, reporter& notes);

// Of one in lower case.
[[nodiscard]] bool is_header_name(std::string_view name);

// Of a header that an answer is to have: how long the answer is, what it is and when it ends are not for a
// configuration or a request to say.
void inspect_answer_header(std::string const& name, std::string const& at, reporter& notes);

void inspect(guard const& when, std::string const& at, settings const& source, reporter& notes);

// `public_url`: scheme, host and perhaps port, nothing after it.
void inspect_public_url(settings const& source, std::string const& path, reporter& notes);

// The same URL without a slash at its end, and with the default port written or left out the other way.
[[nodiscard]] std::string plain_public_url(std::string const& public_url);
[[nodiscard]] std::string public_url_with_other_port(std::string const& public_url);

}  // namespace headgate::auth
