#include "auth/postback_node.hpp"

#include "auth/crypto.hpp"
#include "core/encoding.hpp"
#include "json/parse.hpp"

#include <fmt/format.h>

#include <utility>

namespace headgate::auth {
namespace {

using scheme = postback_check::scheme;

std::string basic(std::string_view credentials) {
    return "Basic " + encode_base64(credentials, base64_alphabet::standard);
}

// What the answer must say; nothing about what it says instead.
result<void> check_answer(postback_check const& is, response const& answer) {
    auto const remedy = "the sender says that it did not send this: a forgery, or another account's event";
    if (!is.expect_body.empty() && answer.body != is.expect_body) {
        return fails("the sender was asked back and does not confirm the request", remedy);
    }
    if (is.expect.empty()) return {};
    json::arena where;
    auto const read = json::parse(answer.body, where);
    if (!read) return fails("the sender was asked back, and its answer is not JSON", remedy);
    for (auto const& [path, expected] : is.expect) {
        bool const is_it = !read->has_duplicates && says(read->root, path.pointer, expected);
        if (!is_it) return fails("the sender was asked back and does not confirm the request", remedy);
    }
    return {};
}

}  // namespace

postback_node::postback_node(check const& from, std::string name, outgoing_body body,
                             std::vector<key_bytes> credentials)
    : leaf{from, std::move(name)},
      is_{std::get<postback_check>(from.is)},
      body_{std::move(body)},
      credentials_{std::move(credentials)} {}

result<outgoing> postback_node::question(exam& of) const {
    outgoing asks{.method = is_.method, .url = is_.asked.url, .fields = {}, .body = {}};
    if (is_.json.empty()) {
        HEADGATE_TRY(asks.body, body_.text(of));
    } else {
        HEADGATE_TRY(asks.body, body_.json(of));
    }
    asks.fields.push_back({"content-type", is_.json.empty() ? is_.type : "application/json"});
    return asks;
}

result<std::string> postback_node::authorization(exam& of) const {
    if (is_.credentials == scheme::oauth2) {
        auto const known = of.known.fetched.find(&is_.token);
        if (known == of.known.fetched.end() || !known->second.token) {
            return fails("there is no access token to ask the sender with",
                         "see `token_url`, and whether the credentials are right");
        }
        return "Bearer " + std::string{known->second.token->reveal()};
    }
    HEADGATE_TRY(auto const written, active_secret(credentials_, of.now));
    return is_.credentials == scheme::basic ? basic(written) : "Bearer " + written;
}

// Kept under the digest of the credentials, so that new ones get a token of their own.
result<wanted_fact> postback_node::wanted_token(exam& of) const {
    HEADGATE_TRY(auto const written, active_secret(credentials_, of.now));
    return wanted_fact{.from = &is_.token,
                       .name = digest_text(written, hash_name::sha256, text_form::hex),
                       .asks = {.method = "POST",
                                .url = is_.token.url,
                                .fields = {{"accept", "application/json"},
                                           {"authorization", basic(written)},
                                           {"content-type", "application/x-www-form-urlencoded"}},
                                .body = "grant_type=client_credentials"}};
}

bool postback_node::was_given(exam const& of) const {
    return of.known.fetched.contains(&is_.token) || of.known.fetched.contains(&is_.asked);
}

std::vector<fetch> postback_node::needs(exam& of) const {
    if (of.known.fetched.contains(&is_.asked) || !applies(of)) return {};
    auto asks = question(of);
    if (!asks) return {};
    if (is_.credentials == scheme::oauth2 && !of.known.fetched.contains(&is_.token)) {
        auto token = wanted_token(of);
        return token ? std::vector<fetch>{*std::move(token)} : std::vector<fetch>{};
    }
    if (is_.credentials != scheme::none) {
        auto shown = authorization(of);
        if (!shown) return {};
        asks->fields.push_back({"authorization", *std::move(shown)});
    }
    wanted_fact wanted{.from = &is_.asked, .name = {}, .asks = *std::move(asks)};
    if (is_.credentials == scheme::oauth2) {
        wanted.token = of.known.fetched.at(&is_.token).token;
        wanted.token_from = &is_.token;
    }
    return {std::move(wanted)};
}

result<proof> postback_node::look(exam& of) const {
    auto const known = of.known.fetched.find(&is_.asked);
    if (known == of.known.fetched.end()) {
        // Why there was nothing to ask.
        HEADGATE_TRY(auto const unasked, question(of));
        static_cast<void>(unasked);
        if (is_.credentials != scheme::none) {
            HEADGATE_TRY(auto const unshown, authorization(of));
            static_cast<void>(unshown);
        }
    }
    if (known == of.known.fetched.end() || !known->second.answer)
        return fails("the sender could not be asked back");
    if (auto held = check_answer(is_, *known->second.answer); !held) {
        return std::unexpected{std::move(held).error()};
    }
    if (of.findings) note(of, "answer", true, fmt::format("{} confirms it", is_.asked.url));
    proof shown{.verified_by = "postback", .key_id = {}};
    if (auto taken = take_once(of, shown); !taken) return std::unexpected{std::move(taken).error()};
    return shown;
}

}  // namespace headgate::auth
