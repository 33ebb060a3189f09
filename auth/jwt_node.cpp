#include "auth/jwt_node.hpp"

#include "auth/crypto.hpp"
#include "auth/encoding.hpp"
#include "auth/leaves.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <span>
#include <utility>
#include <vector>

namespace headgate::auth {
namespace {

using std::chrono::seconds;

constexpr auto any_length = std::string_view::npos;  // Of a token its own limit is looked at.

// All values that a wanted text may have: those of a param, else the one.
result<std::vector<std::string>> allowed_texts(value const& wanted, exam& of) {
    if (auto const* param = std::get_if<param_value>(&wanted.is)) {
        auto const listed = of.place.params.find(param->name);
        if (listed != of.place.params.end()) return listed->second;
    }
    HEADGATE_TRY(auto const one, evaluate(wanted, of));
    return std::vector{std::string{one.view()}};
}

// A text, or a list of texts, with one of `allowed`.
bool has_one_of(json::value const& claim, std::span<std::string const> allowed) {
    auto const is_allowed = [&](json::value const& each) {
        return each.is_string() && std::ranges::find(allowed, each.as_string()) != allowed.end();
    };
    if (!claim.is_array()) return is_allowed(claim);
    return std::ranges::all_of(claim.items(), &json::value::is_string) &&
           std::ranges::any_of(claim.items(), is_allowed);
}

// The date in the claim; nothing without the claim. Fails where it is there and no date.
result<std::optional<seconds>> date_of(json::value const& claims, char const* name) {
    auto const found = claims.find(name);
    if (!found) return std::nullopt;
    auto const date = numeric_date(*found);
    if (!date) return fails(fmt::format("the token's {} is no time in seconds", name));
    return seconds{*date};
}

std::string text_in(json::value const& claims, char const* name) {
    auto const found = claims.find(name);
    return found && found->is_string() ? std::string{found->as_string()} : std::string{};
}

// An address that its issuer says is not the person's own is none.
person person_of(json::value const& claims) {
    person about{.subject = text_in(claims, "sub"), .email = {}, .groups = {}};
    auto const verified = claims.find("email_verified");
    if (!verified || (verified->is_boolean() && verified->as_boolean()))
        about.email = text_in(claims, "email");
    auto const groups = claims.find("groups");
    if (!groups || !groups->is_array()) return about;
    for (auto const& each : groups->items()) {
        if (each.is_string()) about.groups.emplace_back(each.as_string());
    }
    return about;
}

// Null where they are configured.
fetch_rule const* fetched_keys(jwt_check const& is) {
    if (auto const* endpoint = std::get_if<key_endpoint>(&is.keys)) return &endpoint->kept;
    return std::get_if<fetch_rule>(&is.keys);
}

// `tries`: of those that may have made it.
std::string const* matching_pair(token const& read, std::span<token_key const> keys, exam const& of,
                                 std::size_t& tries) {
    text const piece{read.signed_part};
    for (auto const& each : keys) {
        bool const is_named = !read.key_id || each.key_id.empty() || *read.key_id == each.key_id;
        if (each.algorithm != read.algorithm || !is_named || (each.until && of.now >= *each.until)) continue;
        if (++tries > of.place.limits.key_tries_max) return nullptr;
        if (each.key.verifies(read.signature, std::span{&piece, 1})) return &each.label;
    }
    return nullptr;
}

}  // namespace

jwt_node::jwt_node(check const& from, std::string name, token_keys keys, std::optional<outgoing_body> asks)
    : leaf{from, std::move(name)},
      is_{std::get<jwt_check>(from.is)},
      keys_{std::move(keys)},
      fetched_{fetched_keys(is_)},
      asks_{std::move(asks)} {}

result<proof> jwt_node::look(exam& of) const {
    HEADGATE_TRY(auto const compact, evaluate(is_.from, of, {}, any_length));
    auto read = read_token(compact.view(), of.place.limits.token_bytes_max);
    if (!read) return while_doing(describe(is_.from), std::move(read).error());
    if (of.findings) {
        note(of, "token", true,
             fmt::format("{} has a token of {}{}", describe(is_.from), name_of(read->algorithm),
                         read->key_id ? " by the key " + *read->key_id : ""));
    }
    if (auto fit = look_inside(*read, of); !fit) return std::unexpected{std::move(fit).error()};
    of.spent_a_mac = true;
    HEADGATE_TRY(auto const label, find_key(*read, of));
    of.token = verified_token{read->values, read->claims};

    HEADGATE_TRY(auto signed_time, check_time(of));
    HEADGATE_TRY(auto const issued, date_of(read->claims, "iat"));
    if (!signed_time && issued) signed_time = wall_time{*issued};
    proof shown{.verified_by = "jwt",
                .key_id = std::string{label},
                .signed_time = signed_time,
                .about = person_of(read->claims),
                .keys = {fetched_ ? issuers_key : label}};
    if (auto taken = take_once(of, shown); !taken) return std::unexpected{std::move(taken).error()};
    if (of.findings) note(of, "compare", true, "the token was made by the key " + shown.key_id);
    return shown;
}

result<void> jwt_node::look_inside(token const& read, exam& of) const {
    if (std::ranges::find(is_.algorithms, read.algorithm) == is_.algorithms.end()) {
        return fails(
            fmt::format("the token is made with {}, which is not one of algs", name_of(read.algorithm)),
            "does the sender use another kind of key?");
    }
    for (auto const& name : is_.require) {
        if (find_claim(read.claims, name)) continue;
        return fails(fmt::format("the token has no claim {}", name), "see `require`");
    }
    if (auto held = check_times(read, of.now); !held) return held;
    if (!is_.issuers.empty()) {
        auto const issuer = read.claims.find("iss");
        if (!issuer || !issuer->is_string() || !has_one_of(*issuer, is_.issuers)) {
            return fails("the token is of another issuer", "compare its iss with the configured ones");
        }
    }
    if (auto held = check_audience(read, of); !held) return held;
    if (auto held = check_claims(read, of); !held) return held;
    return check_body(read, of);
}

// RFC 7519, 4.1.4 to 4.1.6. The token writes whole seconds, so it is judged in whole seconds.
result<void> jwt_node::check_times(token const& read, wall_time now) const {
    auto const today = std::chrono::floor<seconds>(now).time_since_epoch();
    HEADGATE_TRY(auto const expires, date_of(read.claims, "exp"));
    HEADGATE_TRY(auto const not_before, date_of(read.claims, "nbf"));
    HEADGATE_TRY(auto const issued, date_of(read.claims, "iat"));
    if (expires && today >= *expires + is_.leeway) {
        return fails(fmt::format("the token has expired {} s ago", (today - *expires).count()),
                     "is it a replay, a slow queue, or a wrong clock?");
    }
    auto const later = [&](std::optional<seconds> const& when) { return when && *when > today + is_.leeway; };
    if (later(not_before) || later(issued)) {
        return fails("the token is from the future", "compare the clocks of the sender and of this machine");
    }
    if (!is_.age_max) return {};
    if (!issued) return fails("the token has no claim iat", "max_age needs one");
    if (today - *issued > *is_.age_max) {
        return fails(fmt::format("the token is {} s old, {} s are allowed", (today - *issued).count(),
                                 is_.age_max->count()),
                     "is it a replay, a slow queue, or a wrong clock?");
    }
    return {};
}

result<void> jwt_node::check_audience(token const& read, exam& of) const {
    auto const audience = read.claims.find("aud");
    if (!is_.audience) {
        if (!audience) return {};
        return fails("the token is for an audience, and none is configured", "write aud: \"…\"");
    }
    HEADGATE_TRY(auto const allowed, allowed_texts(*is_.audience, of));
    if (audience && has_one_of(*audience, allowed)) return {};
    return fails("the token is not for this audience", "compare its aud with the configured one");
}

result<void> jwt_node::check_claims(token const& read, exam& of) const {
    for (auto const& [name, wanted] : is_.claims) {
        auto const wrong = [&] { return fails(fmt::format("the claim {} is not as configured", name)); };
        auto const there = find_claim(read.claims, name);
        if (!there) return fails(fmt::format("the token has no claim {}", name));
        if (auto const* flag = std::get_if<bool>(&wanted)) {
            if (!there->is_boolean() || there->as_boolean() != *flag) return wrong();
            continue;
        }
        HEADGATE_TRY(auto const allowed, allowed_texts(std::get<value>(wanted), of));
        if (!has_one_of(*there, allowed)) return wrong();
    }
    return {};
}

result<void> jwt_node::check_body(token const& read, exam& of) const {
    if (!is_.binds_body) return {};
    auto const& rule = *is_.binds_body;
    auto const there = find_claim(read.claims, rule.claim);
    if (!there || !there->is_string()) return fails(fmt::format("the token has no claim {}", rule.claim));
    auto const said = decode(there->as_string(), rule.out);
    auto const found = decode(digest_text(of.incoming.body, rule.algorithm, rule.out), rule.out);
    if (said && equal_in_constant_time(*said, *found)) return {};
    return fails("the body is not the one that the token was made for",
                 "bytes that were changed on the way, or another way of writing the hash");
}

void jwt_node::name_keys(std::vector<std::string>& into) const {
    if (fetched_) into.emplace_back(issuers_key);
    for (auto const& each : keys_.of_pairs) into.push_back(each.label);
    for (auto const& each : keys_.of_secrets) into.push_back(each.label);
}

bool jwt_node::may_need() const {
    return fetched_ != nullptr;
}

bool jwt_node::was_given(exam const& of) const {
    return of.known.fetched.contains(fetched_);
}

// A token that is refused with any key makes nobody ask for keys.
std::vector<fetch> jwt_node::needs(exam& of) const {
    if (!fetched_ || was_given(of) || !applies(of)) return {};
    auto const compact = evaluate(is_.from, of, {}, any_length);
    if (!compact) return {};
    auto const read = read_token(compact->view(), of.place.limits.token_bytes_max);
    if (!read || !look_inside(*read, of)) return {};
    auto asks = question(*read, of);
    if (!asks) return {};
    // What is given to whoever has these credentials is kept for them alone.
    bool const is_one_key = std::holds_alternative<key_endpoint>(is_.keys);
    auto name =
        is_one_key ? digest_text(asks->body, hash_name::sha256, text_form::hex) : read->key_id.value_or("");
    return {wanted_fact{.from = fetched_, .name = std::move(name), .asks = *std::move(asks)}};
}

std::optional<outgoing> jwt_node::question(token const& read, exam& of) const {
    auto asks = question_for(*fetched_);
    auto const* const endpoint = std::get_if<key_endpoint>(&is_.keys);
    if (!endpoint) return asks;
    if (!read.key_id) return std::nullopt;
    auto body = asks_->json(of, endpoint->key_id_as, *read.key_id);
    if (!body) return std::nullopt;
    asks.method = "POST";
    asks.fields.push_back({"content-type", "application/json"});
    asks.body = *std::move(body);
    return asks;
}

result<std::string_view> jwt_node::find_key(token const& read, exam const& of) const {
    std::size_t tries = 0;
    std::string const* matching = nullptr;
    if (fetched_) {
        auto const known = of.known.fetched.find(fetched_);
        if (known == of.known.fetched.end() || !known->second.keys)
            return fails("the keys of the issuer are not known");
        matching = matching_pair(read, known->second.keys->keys, of, tries);
    } else if (keys_.of_secrets.empty()) {
        matching = matching_pair(read, keys_.of_pairs, of, tries);
    } else {
        matching = matching_secret(read, of.now, tries);
    }
    if (matching) return matching->empty() ? std::string_view{"unnamed"} : *matching;
    if (tries == 0) {
        return fails("no key that is active now can have made the token",
                     "does the sender use a new key? look at `until` of the old one");
    }
    if (keys_.of_secrets.empty() && tries > of.place.limits.key_tries_max) {
        return fails("the token's signature matches none of the keys that were tried",
                     "raise limits.key_tries_max of the source, or have the issuer name its keys");
    }
    return fails("the token's signature does not match", "another key than the sender's, or a changed token");
}

// Every one is computed, so that the time taken does not show which secret matched.
std::string const* jwt_node::matching_secret(token const& read, wall_time now, std::size_t& tries) const {
    std::string const* matching = nullptr;
    for (auto const& each : keys_.of_secrets) {
        if (each.algorithm != read.algorithm || (each.until && now >= *each.until)) continue;
        ++tries;
        auto const code = each.key.compute(read.signed_part);
        if (equal_in_constant_time(read.signature, code.view()) && !matching) matching = &each.label;
    }
    return matching;
}

}  // namespace headgate::auth
