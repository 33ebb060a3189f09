#include "auth/uses.hpp"

#include <variant>

namespace headgate::auth {
namespace {

// Calls `look` with the check and all that it is made of.
template <class Look>
void walk(check const& is, Look const& look) {
    look(is);
    auto const walk_members = [&](auto const& members) {
        for (auto const& member : members) walk(member, look);
    };
    if (auto const* all = std::get_if<all_check>(&is.is)) walk_members(all->members);
    if (auto const* any = std::get_if<any_check>(&is.is)) walk_members(any->members);
    if (auto const* each = std::get_if<each_check>(&is.is); each && each->item) walk(*each->item, look);
    auto const* session = std::get_if<session_check>(&is.is);
    auto const* token = session ? std::get_if<id_token>(&session->by) : nullptr;
    if (token && token->jwt) walk(*token->jwt, look);
}

// By which rules `is` itself has something fetched.
void gather_rules(check const& is, std::vector<fetch_rule const*>& all) {
    if (auto const* jwt = std::get_if<jwt_check>(&is.is)) {
        if (auto const* rule = std::get_if<fetch_rule>(&jwt->keys)) all.push_back(rule);
        if (auto const* endpoint = std::get_if<key_endpoint>(&jwt->keys)) all.push_back(&endpoint->kept);
    }
    if (auto const* sig = std::get_if<sig_check>(&is.is)) {
        if (auto const* source = std::get_if<certificate_source>(&sig->key)) all.push_back(&source->kept);
    }
    if (auto const* postback = std::get_if<postback_check>(&is.is)) {
        all.push_back(&postback->asked);
        if (postback->credentials == postback_check::scheme::oauth2) all.push_back(&postback->token);
    }
}

void gather_secret_names(value const& from, std::set<std::string>& names) {
    if (auto const* secret = std::get_if<secret_value>(&from.is)) names.insert(secret->shape.name);
    if (auto const* mac = std::get_if<mac_value>(&from.is)) names.insert(mac->key.name);
}

void gather_secret_names(std::vector<named_values> const& members, std::set<std::string>& names) {
    for (auto const& member : members) {
        for (auto const& part : member.parts) gather_secret_names(part, names);
    }
}

void gather_secret_names(check const& from, std::set<std::string>& names) {
    walk(from, [&names](check const& is) {
        if (auto const* mac = std::get_if<mac_check>(&is.is)) names.insert(mac->key.name);
        if (auto const* sig = std::get_if<sig_check>(&is.is)) {
            if (auto const* key = std::get_if<public_key_shape>(&sig->key)) names.insert(key->from.name);
        }
        if (auto const* jwt = std::get_if<jwt_check>(&is.is)) {
            if (auto const* shape = std::get_if<secret_shape>(&jwt->keys)) names.insert(shape->name);
            if (auto const* pairs = std::get_if<token_key_shape>(&jwt->keys)) names.insert(pairs->from.name);
            if (auto const* by = std::get_if<key_endpoint>(&jwt->keys)) gather_secret_names(by->json, names);
        }
        if (auto const* equal = std::get_if<equal_check>(&is.is)) {
            gather_secret_names(equal->a, names);
            gather_secret_names(equal->b, names);
        }
        if (auto const* session = std::get_if<session_check>(&is.is)) {
            if (auto const* gap = std::get_if<gap_signature>(&session->by)) names.insert(gap->key.name);
        }
        if (auto const* postback = std::get_if<postback_check>(&is.is)) {
            gather_secret_names(postback->json, names);
            gather_secret_names({{"body", postback->body}}, names);
            if (postback->credentials != postback_check::scheme::none)
                names.insert(postback->credentials_from.name);
        }
    });
}

}  // namespace

std::set<std::string> secrets_used_by(settings const& source) {
    std::set<std::string> used;
    if (source.verify) gather_secret_names(*source.verify, used);
    for (auto const& shaking : source.handshakes) {
        if (auto const* required = std::get_if<check>(&shaking.require)) gather_secret_names(*required, used);
        for (auto const& part : shaking.reply.body) gather_secret_names(part, used);
        gather_secret_names(shaking.reply.json, used);
    }
    return used;
}

std::vector<fetch_rule const*> fetched_for(settings const& source) {
    std::vector<fetch_rule const*> all;
    if (source.verify) walk(*source.verify, [&all](check const& is) { gather_rules(is, all); });
    for (auto const& each : source.handshakes) {
        if (each.call) all.push_back(&each.call->asked);
    }
    return all;
}

std::vector<session_proxy const*> session_proxies_of(settings const& source) {
    std::vector<session_proxy const*> all;
    if (!source.verify) return all;
    walk(*source.verify, [&all](check const& is) {
        auto const* session = std::get_if<session_check>(&is.is);
        if (auto const* proxy = session ? std::get_if<session_proxy>(&session->by) : nullptr)
            all.push_back(proxy);
    });
    return all;
}

bool uses_values_once(settings const& source) {
    bool any = false;
    if (source.verify) walk(*source.verify, [&any](check const& is) { any = any || is.once; });
    return any;
}

}  // namespace headgate::auth
