#include "auth/compile.hpp"

#include "auth/combinators.hpp"
#include "auth/coverage.hpp"
#include "auth/jwt_node.hpp"
#include "auth/keyring.hpp"
#include "auth/leaves.hpp"
#include "auth/postback_node.hpp"
#include "auth/session.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace headgate::auth {
namespace {

constexpr std::size_t members_max = 32;  // Of one combinator.

char const* name_of(check const& is) {
    constexpr std::array names{"mac",     "sig",      "jwt", "equal", "peer",
                               "session", "postback", "all", "any",   "each"};
    static_assert(names.size() == std::variant_size_v<decltype(check::is)>);
    return names[is.is.index()];
}

bool reads_a_token(check const& is) {
    auto const* session = std::get_if<session_check>(&is.is);
    return std::holds_alternative<jwt_check>(is.is) ||
           (session && std::holds_alternative<id_token>(session->by));
}

std::ptrdiff_t count_tokens(all_check const& all) {
    return std::ranges::count_if(all.members, reads_a_token);
}

peer_beside peer_among(all_check const& all, peer_beside around) {
    for (auto const& member : all.members) {
        auto const* peer = std::get_if<peer_check>(&member.is);
        if (!peer || !limits_who_connects(*peer)) continue;
        around = std::max(around, peer->proxies.empty() ? peer_beside::sender : peer_beside::proxy);
    }
    return around;
}

// "sha256 BASE64"; which algorithm is ours to say.
check mac_of(gap_signature const& gap) {
    mac_check mac;
    mac.algorithm = gap.algorithm;
    mac.key = gap.key;
    mac.signs = gap_content();
    header_value const from{.names = {"gap-signature"}, .scheme = {}, .decode = {}};
    mac.signature = {.from = {from}, .prefix = gap_label(gap.algorithm), .decode = signature_encoding::b64};
    return {std::move(mac), {}, {}, {}};
}

bool is_constant(value const& v) {
    return std::holds_alternative<const_value>(v.is) || std::holds_alternative<param_value>(v.is) ||
           std::holds_alternative<secret_value>(v.is);
}

}  // namespace

// Turns one kind of check into a node.
struct check_compiler {
    compiler& owner;
    check const& is;
    compiler::scope& around;
    std::string name;  // Its own: "all[1].mac".
    std::string at;    // The same in the configuration.

    settings const& source = owner.source_;
    reporter& notes = owner.notes_;

    node_ptr operator()(mac_check const& mac) {
        position const where{.parts = mac.signature.parts, .inside_each = around.inside_each};
        inspect(mac.signature, at + ".signature", where, source, notes);
        inspect(mac.signs, at + ".content", where, source, notes);
        if (mac.algorithm == mac_algorithm::sha256_prefix) inspect_weak("sha256-prefix", mac.allow_weak);
        auto keys = shape_secrets(source, mac.key, owner.path_, notes);
        if (keys.empty()) return nullptr;
        auto const& secrets = source.secrets.at(mac.key.name);
        return std::make_unique<mac_node>(is, name, std::move(keys), secrets, around.times);
    }

    node_ptr operator()(equal_check const& equal) {
        bool const secret_a = std::holds_alternative<secret_value>(equal.a.is);
        bool const secret_b = std::holds_alternative<secret_value>(equal.b.is);
        if (is_constant(equal.a) && is_constant(equal.b)) {
            notes.mistake(at, "nothing of the request is compared", "one side must come from the request");
            return nullptr;
        }
        position const left{
            .parts = {}, .inside_each = around.inside_each, .claims_known = around.claims_known};
        auto right = left;
        right.lists_allowed = true;
        if (!secret_a) inspect(equal.a, at + ".a", left, source, notes);
        if (!secret_b) inspect(equal.b, at + ".b", right, source, notes);
        if (!secret_a && !secret_b) return std::make_unique<equal_node>(is, name, std::vector<key_bytes>{});
        auto const& shape = std::get<secret_value>(secret_a ? equal.a.is : equal.b.is).shape;
        auto const keys = shape_secrets(source, shape, owner.path_, notes);
        if (keys.empty()) return nullptr;
        return std::make_unique<equal_node>(is, name, keys);
    }

    node_ptr operator()(peer_check const& peer) {
        if (peer.cidrs.empty() && peer.proxies.empty() && !peer.mtls) {
            notes.mistake(at, "allows no address", "write cidr: [192.0.2.0/24]");
        }
        std::optional<certificate_rules> certificates;
        if (peer.mtls) certificates = compile_certificates(*peer.mtls);
        peer_node::places from{read_ranges(peer.cidrs, "cidr"), read_ranges(peer.proxies, "proxy")};
        return std::make_unique<peer_node>(is, name, std::move(from), std::move(certificates));
    }

    node_ptr operator()(session_check const& session) {
        inspect(session, at, notes);
        if (is.time || is.once) notes.mistake(at, "has no `time` and no `once`", "remove them");
        if (around.inside_each) {
            notes.mistake(at, "is about the request, not about an item", "write it beside the `each`");
            return nullptr;
        }
        if (std::holds_alternative<session_proxy>(session.by)) {
            inspect_fetched(".ask");
            return std::make_unique<asked_session>(is, name);
        }
        if (std::holds_alternative<identity_headers>(session.by)) {
            if (around.peer == peer_beside::none) {
                notes.mistake(at + ".headers", "would be believed from anybody",
                              "write beside it, in one `all`, who may write them: peer: {cidr: […]}, {proxy: "
                              "[…]} for a trusted proxy, or {mtls: …}");
            }
            return std::make_unique<told_session>(is, name, around.peer);
        }
        return compile_proven(session);
    }

    node_ptr operator()(all_check const& all) {
        auto const tokens = count_tokens(all);
        if (tokens > 1) {
            notes.mistake(at, "looks at several tokens: whose claims are read would not be clear",
                          "keep one `jwt` in an `all`");
        }
        around.claims_known = around.claims_known || tokens > 0;
        around.peer = peer_among(all, around.peer);
        around.keeps_strangers_out = around.keeps_strangers_out || proves_sender_unasked(is);
        auto members = compile_members(all.members);
        if (members.empty()) return nullptr;
        return std::make_unique<all_node>(is, name, std::move(members));
    }

    node_ptr operator()(any_check const& any) {
        bool const alike = std::ranges::all_of(any.members, [&](auto const& member) {
            return binding_of(member) == binding_of(any.members.front());
        });
        if (!alike && !source.covers) {
            notes.warning(
                at,
                fmt::format("one branch binds less of the request than another: the source counts as "
                            "covered {}",
                            headgate::name_of(binding_of(is))),
                "remove the weaker branch, or say so with covers");
        }
        auto members = compile_members(any.members);
        if (members.empty()) return nullptr;
        return std::make_unique<any_node>(is, name, std::move(members));
    }

    node_ptr operator()(each_check const& each) {
        if (around.inside_each) {
            notes.mistake(at, "an `each` inside an `each`", "look at one array");
            return nullptr;
        }
        inspect(value{json_value{each.in}}, at + ".in", {}, source, notes);
        if (!each.item) {
            notes.mistake(at, "has no check for its items", "write check: {…}");
            return nullptr;
        }
        auto inner = around;
        inner.name = name + ".";
        inner.inside_each = true;
        auto item = owner.compile(*each.item, std::move(inner));
        if (!item) return nullptr;
        return std::make_unique<each_node>(is, name, std::move(item));
    }

    node_ptr operator()(sig_check const& sig) {
        position const where{.parts = sig.signature.parts, .inside_each = around.inside_each};
        inspect(sig.signature, at + ".signature", where, source, notes);
        inspect(sig.signs, at + ".content", where, source, notes);
        if (sig.algorithm == signature_algorithm::rsa_pkcs1_sha1)
            inspect_weak("rsa-pkcs1-sha1", sig.allow_weak);
        auto const* shape = std::get_if<public_key_shape>(&sig.key);
        if (!shape) return compile_certified(sig);
        auto keys = read_public_keys(*shape, sig.algorithm);
        if (keys.empty()) return nullptr;
        return std::make_unique<sig_node>(is, name, std::move(keys), around.times);
    }

    node_ptr operator()(jwt_check const& jwt) {
        position const where{.parts = {}, .inside_each = around.inside_each};
        auto const before = notes.mistakes();
        inspect(jwt, at, where, source, notes);
        if (jwt.allow_weak) inspect_weak("a short secret", true);
        auto const* const endpoint = std::get_if<key_endpoint>(&jwt.keys);
        if (endpoint || std::holds_alternative<fetch_rule>(jwt.keys)) inspect_fetched(".keys");
        std::optional<outgoing_body> asks;
        if (endpoint) asks.emplace(endpoint->json, source, owner.path_, at + ".keys.json", where, notes);
        if (notes.mistakes() != before) return nullptr;
        auto keys = read_token_keys(jwt, source, owner.path_, at, notes);
        if (!keys) return nullptr;
        return std::make_unique<jwt_node>(is, name, *std::move(keys), std::move(asks));
    }

    node_ptr operator()(postback_check const& postback) {
        position const where{.parts = {}, .inside_each = false};
        inspect(postback, at, notes);
        inspect_fetched("");
        if (!around.keeps_strangers_out) {
            notes.warning(at, "lets anybody make us ask the sender",
                          "write a check beside it, in one `all`, that strangers fail: a `sig`, a `peer` …");
        }
        bool const has_json = !postback.json.empty();
        auto body = has_json ? outgoing_body{postback.json, source, owner.path_, at + ".json", where, notes}
                             : outgoing_body{postback.body, source, owner.path_, at + ".body", where, notes};
        std::vector<key_bytes> credentials;
        if (postback.credentials != postback_check::scheme::none) {
            credentials = shape_secrets(source, postback.credentials_from, owner.path_, notes);
        }
        return std::make_unique<postback_node>(is, name, std::move(body), std::move(credentials));
    }

private:
    // Facts are looked for before `verify` runs, once for each check.
    void inspect_fetched(std::string const& part) {
        if (!owner.root_.ends_with(".verify")) {
            notes.mistake(at + part, "nothing is fetched for a handshake", "use keys that you have");
        }
        if (around.inside_each) {
            notes.mistake(at + part, "nothing is fetched for the items of an `each`",
                          "use keys that you have");
        }
    }

    node_ptr compile_certified(sig_check const& sig) {
        auto const& from = std::get<certificate_source>(sig.key);
        position const where{.parts = {}, .inside_each = around.inside_each};
        inspect(from.url, at + ".cert.url", where, source, notes);
        inspect(from.kept, at + ".cert.url", notes);
        inspect_fetched(".cert");
        if (from.san.empty() && from.cn.empty()) {
            notes.mistake(at + ".cert.subject", "takes the certificate of anybody", "name it: {san: NAME}");
        }
        allowed_urls urls{from.hosts, from.path, at + ".cert", notes};
        auto anchors =
            from.anchors_pem.empty() ? trust_anchors::of_system() : trust_anchors::read(from.anchors_pem);
        if (!anchors) {
            notes.mistake(at + ".cert.anchors", anchors.error().message, anchors.error().remedy);
            return nullptr;
        }
        return std::make_unique<certified_node>(is, name, std::move(urls), *std::move(anchors), around.times);
    }

    // A session by GAP-Signature is one by a `mac`.
    node_ptr compile_proven(session_check const& session) {
        check_ptr proof_by;
        if (auto const* token = std::get_if<id_token>(&session.by)) {
            proof_by = token->jwt;
        } else {
            auto const& gap = std::get<gap_signature>(session.by);
            proof_by = std::make_shared<check const>(mac_of(gap));
        }
        auto inner = around;
        inner.name = name + ".";
        auto compiled = proof_by ? owner.compile(*proof_by, std::move(inner)) : nullptr;
        if (!compiled) return nullptr;
        return std::make_unique<proven_session>(is, name, std::move(proof_by), std::move(compiled));
    }

    std::vector<network> read_ranges(std::vector<std::string> const& written, char const* key) {
        std::vector<network> ranges;
        for (std::size_t i = 0; i < written.size(); ++i) {
            auto range = network::parse(written[i]);
            if (range) {
                ranges.push_back(*range);
            } else {
                notes.mistake(fmt::format("{}.{}[{}]", at, key, i), range.error().message,
                              range.error().remedy);
            }
        }
        return ranges;
    }

    std::optional<certificate_rules> compile_certificates(client_certificate const& is_shown) {
        inspect(is_shown, at + ".mtls", notes);
        auto rules = certificate_rules::make(is_shown);
        if (rules) return *std::move(rules);
        notes.mistake(at + ".mtls.anchors", rules.error().message, rules.error().remedy);
        return std::nullopt;
    }

    // All of the list, or none of it.
    std::vector<timed_key<public_key>> read_public_keys(public_key_shape const& shape,
                                                        signature_algorithm algorithm) {
        std::vector<timed_key<public_key>> keys;
        auto const written = shape_secrets(source, shape.from, owner.path_, notes);
        for (std::size_t i = 0; i < written.size(); ++i) {
            auto key = public_key::read(written[i].bytes.reveal(), shape.is, scheme_of(algorithm));
            if (key) {
                keys.push_back({*std::move(key), written[i].label, written[i].until});
            } else {
                notes.mistake(fmt::format("{}.secrets.{}[{}]", owner.path_, shape.from.name, i),
                              key.error().message, key.error().remedy);
            }
        }
        if (keys.size() != written.size()) keys.clear();
        return keys;
    }

    void inspect_weak(char const* algorithm, bool allowed) {
        if (!allowed) {
            notes.mistake(at, fmt::format("{} is a weak algorithm", algorithm),
                          "write allow_weak: true if the sender has no other");
            return;
        }
        notes.warning(at, "a weak algorithm is allowed",
                      "use the sender's newer signature as soon as it has one");
    }

    std::vector<node_ptr> compile_members(std::vector<check> const& members) {
        if (members.empty()) notes.mistake(at, "has no members", "write at least one check");
        if (members.size() > members_max) {
            notes.mistake(at, fmt::format("has more than {} members", members_max), "split the source");
            return {};
        }
        std::vector<node_ptr> compiled;
        bool whole = true;
        for (std::size_t i = 0; i < members.size(); ++i) {
            auto inner = around;
            inner.name = fmt::format("{}[{}].", name, i);
            auto member = owner.compile(members[i], std::move(inner));
            whole = whole && member != nullptr;
            compiled.push_back(std::move(member));
        }
        if (!whole) compiled.clear();
        return compiled;
    }
};

node_ptr compiler::compile_tree(check const& is, std::string const& root) {
    root_ = path_ + "." + root;
    auto const before = notes_.mistakes();
    auto tree = compile(is, {});
    if (notes_.mistakes() != before) return nullptr;
    return tree;
}

node_ptr compiler::compile(check const& is, scope around) {
    auto const name = around.name + name_of(is);
    auto const at = fmt::format("{}.{}", root_, name);
    auto const* mac = std::get_if<mac_check>(&is.is);
    auto const* sig = std::get_if<sig_check>(&is.is);
    auto const* grammar = mac ? &mac->signature : sig ? &sig->signature : nullptr;
    position beside{.parts = grammar ? std::span{grammar->parts} : std::span<std::string const>{},
                    .inside_each = around.inside_each,
                    .claims_known = reads_a_token(is)};
    if (is.when) inspect(*is.when, at + ".when", source_, notes_);
    inspect_time(is, at, beside);
    auto const* all = std::get_if<all_check>(&is.is);
    if (all && count_tokens(*all) > 0) beside.claims_known = true;  // Its `once` is read after its members.
    if (is.once) inspect(is.once->from, at + ".once", beside, source_, notes_);
    if (is.once && !binds(is, is.once->from)) {
        notes_.mistake(at + ".once", fmt::format("{} is not signed", describe(is.once->from)),
                       "a value to be used once must be part of what is signed");
    }
    if (is.time) around.times.push_back(&is.time->from);
    return std::visit(check_compiler{*this, is, around, name, at}, is.is);
}

void compiler::inspect_time(check const& is, std::string const& at, position const& where) {
    if (!is.time) return;
    inspect(is.time->from, at + ".time", where, source_, notes_);
    if (!binds(is, is.time->from)) {
        notes_.mistake(
            at + ".time",
            fmt::format("{} is not signed, so checking it proves nothing", describe(is.time->from)),
            "remove time, or use the time that is part of what is signed");
    }
    if (is.time->past.count() < 0 || is.time->future.count() < 0) {
        notes_.mistake(at + ".time", "the window is negative", "write for example past: 300s");
    }
}

}  // namespace headgate::auth
