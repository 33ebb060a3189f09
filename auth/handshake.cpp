#include "auth/handshake.hpp"

#include "auth/coverage.hpp"
#include "auth/crypto.hpp"
#include "auth/encoding.hpp"
#include "json/write.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

namespace headgate::auth {

namespace {

bool comes_from_request(value const& v) {
    if (auto const* mac = std::get_if<mac_value>(&v.is)) return mac->of && comes_from_request(*mac->of);
    if (auto const* digest = std::get_if<digest_value>(&v.is))
        return digest->of && comes_from_request(*digest->of);
    return !std::holds_alternative<const_value>(v.is) && !std::holds_alternative<param_value>(v.is);
}

bool is_empty(guard const& when) {
    return when.methods.empty() && when.content_type.empty() && !when.body_empty && when.headers.empty() &&
           when.query.empty() && when.query_has.empty() && when.json.empty() && when.json_has.empty();
}

// Percent-encoded but for unreserved characters (RFC 3986, 2.3).
std::string query_text(std::string_view text) {
    constexpr std::string_view others = "-._~";
    std::string written;
    for (char const c : text) {
        bool const is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                              others.find(c) != std::string_view::npos;
        if (is_plain) {
            written += c;
        } else {
            written += fmt::format("%{:02X}", static_cast<unsigned char>(c));
        }
    }
    return written;
}

bool has_control(std::string_view text) {
    return std::ranges::any_of(text,
                               [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

}  // namespace

handshake::handshake(handshake_rule const& is) : is_{is} {}
handshake::~handshake() = default;

std::unique_ptr<handshake const> handshake::make(handshake_rule const& is, std::size_t number,
                                                 settings const& source, std::string const& path,
                                                 reporter& notes) {
    auto const before = notes.mistakes();
    auto const root = fmt::format("handshake[{}]", number);
    auto const at = path + "." + root;
    std::unique_ptr<handshake> made{new handshake{is}};

    if (is_empty(is.when))
        notes.mistake(at + ".when", "holds for every request", "name what makes this one special");
    inspect(is.when, at + ".when", source, notes);
    if (is.call) made->prepare_call(at + ".call", source, notes);
    if (is.shows) {
        inspect(*is.shows, at + ".shows", {}, source, notes);
        if (!is.accept || !same(is.accept->from, *is.shows)) {
            notes.mistake(at + ".shows", "is not looked at by `accept`",
                          "write accept: {value: the same, match: …}, so that only a key can be shown");
        }
    }
    if (is.reply.status < 200 || is.reply.status > 299) {
        notes.mistake(at + ".reply", "is no success", "a status from 200 to 299");
    }

    // What may have come from anybody is nothing that a browser would run.
    if (is.reply.type != "text/plain" && is.reply.type != "application/json") {
        notes.mistake(at + ".reply.type",
                      fmt::format("{} is not text/plain or application/json", is.reply.type),
                      "leave it out, or write json: {…}");
    }

    made->prepare(is.reply.body, at + ".reply.body", source, path, notes);
    for (auto const& member : is.reply.json)
        made->prepare(member.parts, at + ".reply.json", source, path, notes);
    for (auto const& line : is.reply.headers) {
        inspect_answer_header(line.name, at + ".reply.headers", notes);
        made->prepare(line.parts, at + ".reply.headers", source, path, notes);
    }

    if (is.accept) {
        inspect(is.accept->from, at + ".accept", {}, source, notes);
        made->accepted_.emplace(is.accept->match);
        if (!made->accepted_->flaw().empty()) {
            notes.mistake(at + ".accept.match", "is not a regular expression: " + made->accepted_->flaw(),
                          "RE2 syntax, matched against the whole value");
        }
    }
    // Without a proof of the sender the endpoint signs and echoes for anybody: only values of one form.
    bool const unproven = std::holds_alternative<require_nothing>(is.require);
    if (unproven && made->echoes_ && !is.accept) {
        notes.mistake(at, "answers anybody with what they sent", "write accept: {value: …, match: …}");
    }
    for (auto const& signing : made->reply_keys_) {
        auto const& mac = std::get<mac_value>(signing.of_value->is);
        if (unproven && is.accept && !same(is.accept->from, *mac.of)) {
            notes.mistake(at + ".reply", "signs a value that `accept` does not look at",
                          "accept the value it signs");
        }
    }
    if (auto const* required = std::get_if<check>(&is.require)) {
        made->required_ = compiler{source, path, notes}.compile_tree(*required, root + ".require");
        if (!proves_sender(*required)) {
            notes.mistake(at + ".require", "proves nothing about the sender", "compare with a secret");
        }
    }
    if (notes.mistakes() != before) return nullptr;
    return made;
}

void handshake::prepare(values const& parts, std::string const& at, settings const& source,
                        std::string const& path, reporter& notes) {
    for (auto const& part : parts) {
        echoes_ = echoes_ || comes_from_request(part);
        if (std::holds_alternative<mac_value>(part.is)) {
            prepare_key(part, at, source, path, notes);
        } else {
            inspect(part, at, {}, source, notes);
        }
    }
}

// Only the sender may make us call somebody, and choose nothing of it that it did not sign.
void handshake::prepare_call(std::string const& at, settings const& source, reporter& notes) {
    auto const& call = *is_.call;
    callable_.emplace(call.hosts, call.path, at, notes);
    if (!std::holds_alternative<require_verified>(is_.require)) {
        notes.mistake(at, "is made for anybody", "write require: verified");
    }
    auto const inspect_one = [&](value const& from, std::string const& place) {
        inspect(from, place, {}, source, notes);
        if (!comes_from_request(from) || (source.verify && binds(*source.verify, from, is_.when))) return;
        notes.mistake(place, fmt::format("{} is not signed", describe(from)),
                      "call with signed members and constants only");
    };
    inspect_one(call.url, at + ".url");
    for (auto const& [name, parts] : call.query) {
        for (auto const& part : parts) inspect_one(part, at + ".query." + name);
    }
}

void handshake::prepare_key(value const& from, std::string const& at, settings const& source,
                            std::string const& path, reporter& notes) {
    auto const& mac = std::get<mac_value>(from.is);
    if (!mac.of || mac.algorithm == mac_algorithm::sha256_prefix || mac.out == text_form::dec) {
        notes.mistake(at, "is not a MAC that can be computed", "write {mac: hmac-sha256, of: …, out: hex}");
        return;
    }
    inspect(*mac.of, at, {}, source, notes);
    reply_key ready{&from, {}};
    for (auto const& key : shape_secrets(source, mac.key, path, notes)) {
        ready.keys.emplace_back(mac_key{mac.algorithm, key.bytes.reveal()}, key.until);
    }
    reply_keys_.push_back(std::move(ready));
}

result<void> handshake::check_required(exam& of, node const& verify) const {
    if (std::holds_alternative<require_nothing>(is_.require)) return {};
    auto const shown = required_ ? required_->test(of) : verify.test(of);
    if (!shown) return while_doing("handshake", shown.error());
    return {};
}

result<std::string> handshake::mac_of(value const& from, exam& of) const {
    auto const& mac = std::get<mac_value>(from.is);
    HEADGATE_TRY(auto const bytes, evaluate(*mac.of, of));
    auto const ready = std::ranges::find(reply_keys_, &from, &reply_key::of_value);
    for (auto const& [key, until] : ready->keys) {
        if (until && of.now >= *until) continue;
        return encode(key.compute(bytes.view()).view(), mac.out);
    }
    return fails(fmt::format("every secret named {} has expired", mac.key.name), "look at their `until`");
}

result<std::string> handshake::text_of(values const& parts, exam& of) const {
    std::string whole;
    for (auto const& part : parts) {
        if (std::holds_alternative<mac_value>(part.is)) {
            HEADGATE_TRY(auto const code, mac_of(part, of));
            whole += code;
        } else {
            HEADGATE_TRY(auto const piece, evaluate(part, of));
            whole += piece.view();
        }
    }
    return whole;
}

result<response> handshake::answer(exam& of, node const& verify) const {
    if (auto required = check_required(of, verify); !required) {
        return std::unexpected{std::move(required).error()};
    }
    if (is_.accept) {
        HEADGATE_TRY(auto const given, evaluate(is_.accept->from, of));
        bool const accepted = given.view().size() <= accepted_bytes_max && accepted_->matches(given.view());
        if (!accepted) {
            return refuse(errc::invalid_argument, fmt::format("handshake: {} is not of the accepted form",
                                                              describe(is_.accept->from)));
        }
    }

    response reply;
    reply.status = is_.reply.status;
    HEADGATE_TRY(reply.body, text_of(is_.reply.body, of));
    auto type = is_.reply.type;
    if (!is_.reply.json.empty()) {
        json::writer out;
        out.begin_object();
        for (auto const& [name, parts] : is_.reply.json) {
            HEADGATE_TRY(auto const content, text_of(parts, of));
            out.key(name).string(content);
        }
        out.end_object();
        reply.body = std::move(out).take();
        type = "application/json";
    }
    if (!reply.body.empty()) reply.fields.push_back({"content-type", std::move(type)});
    for (auto const& [name, parts] : is_.reply.headers) {
        HEADGATE_TRY(auto content, text_of(parts, of));
        if (has_control(content)) {
            return refuse(errc::invalid_argument, fmt::format("handshake: no value for header {}", name));
        }
        reply.fields.push_back({name, std::move(content)});
    }
    if (reply.body.size() > reply_bytes_max) {
        return refuse(errc::invalid_argument,
                      fmt::format("handshake: the reply is over {} bytes", reply_bytes_max));
    }
    return reply;
}

result<std::optional<wanted_fact>> handshake::call(exam& of) const {
    if (!is_.call) return std::nullopt;
    HEADGATE_TRY(auto const named, evaluate(is_.call->url, of));
    std::string url{named.view().substr(0, named.view().find('?'))};
    if (!callable_->allow(url)) return fails("handshake: the URL to call is not at an allowed place");
    char before = '?';
    for (auto const& [name, parts] : is_.call->query) {
        HEADGATE_TRY(auto const content, text_of(parts, of));
        url += before + query_text(name) + "=" + query_text(content);
        before = '&';
    }
    return wanted_fact{.from = &is_.call->asked,
                       .name = {},
                       .asks = {.method = "GET", .url = std::move(url), .fields = {}, .body = {}}};
}

std::string handshake::handed_over(exam& of) const {
    if (!is_.shows) return {};
    auto const key = evaluate(*is_.shows, of);
    return key ? std::string{key->view()} : std::string{};
}

}  // namespace headgate::auth
