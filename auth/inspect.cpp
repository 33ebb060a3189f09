#include "auth/inspect.hpp"

#include "auth/exam.hpp"
#include "core/digest.hpp"
#include "core/encoding.hpp"
#include "json/value.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace headgate::auth {
namespace {

bool is_pointer(std::string_view pointer) {
    if (!pointer.empty() && pointer.front() != '/') return false;
    for (auto tilde = pointer.find('~'); tilde != std::string_view::npos;
         tilde = pointer.find('~', tilde + 1)) {
        bool const escape =
            tilde + 1 < pointer.size() && (pointer[tilde + 1] == '0' || pointer[tilde + 1] == '1');
        if (!escape) return false;
    }
    return true;
}

void inspect_header(std::string const& name, std::string const& at, settings const& source, reporter& notes) {
    if (source.removed_header.empty() || name != source.removed_header) return;
    notes.mistake(at,
                  fmt::format("reads {}, which is removed from every request: the certificates of senders "
                              "come in it",
                              name),
                  "give listen.webhooks.client_certificate_header another name, in the proxy too");
}

struct value_inspector {
    std::string const& at;
    position const& where;
    settings const& source;
    reporter& notes;

    void operator()(const_value const&) const {}
    void operator()(body_value const&) const {}
    void operator()(method_value const&) const {}
    void operator()(form_sorted_value const&) const {}
    void operator()(path_value const& v) const {
        named(v.name, "path parameter");
        auto const segment = fmt::format("/{{{}}}/", v.name);
        if (v.name.empty() || (source.path + '/').contains(segment)) return;
        notes.mistake(at,
                      fmt::format("the path {} has no parameter {}: every request would be refused",
                                  source.path, v.name),
                      fmt::format("name one that it has, or write {{{}}} as one of its segments", v.name));
    }
    void operator()(query_value const& v) const { named(v.name, "query parameter"); }
    void operator()(form_value const& v) const { named(v.name, "form parameter"); }
    void operator()(json_value const& v) const { path(v.path); }

    void operator()(header_value const& v) const {
        bool const ok = !v.names.empty() && std::ranges::all_of(v.names, is_header_name);
        if (!ok) notes.mistake(at, "is not the name of a header", "letters, digits and '-'");
        for (auto const& name : v.names) inspect_header(name, at, source, notes);
    }

    void operator()(slice_value const& v) const {
        for (auto const& side : {v.if_array, v.if_object}) {
            path(side);
            if (side.from == json_path::start::item) {
                notes.mistake(at, "slices an item", "only the whole document can be sliced: begin with /");
            }
        }
    }

    void operator()(url_value const& v) const {
        if (v.has_base && source.public_url.empty()) {
            notes.mistake(at, "this sender signs the public URL, which is not configured",
                          "write public_url: https://hooks.example.com beside the preset");
        }
        for (auto const& escape : v.decode) {
            if (escape.size() != 2 || !decode_hex(escape, hex_case::any)) {
                notes.mistake(at, fmt::format("\"{}\" is no escape", escape), "two hex digits, as \"3A\"");
            }
        }
    }

    void operator()(part_value const& v) const {
        if (std::ranges::find(where.parts, v.name) != where.parts.end()) return;
        notes.mistake(at, fmt::format("no signature beside this captures the part {}", v.name),
                      fmt::format("write parts: {{{}: once}} in its signature", v.name));
    }

    void operator()(param_value const& v) const {
        auto const found = source.params.find(v.name);
        if (found == source.params.end() || found->second.empty()) {
            notes.mistake(at, fmt::format("the param {} is not configured", v.name),
                          fmt::format("write params: {{{}: …}} beside the preset", v.name));
        } else if (found->second.size() > 1 && !where.lists_allowed) {
            notes.mistake(at, fmt::format("the param {} has several values, one is needed here", v.name),
                          "give one value");
        } else if (std::ranges::any_of(found->second, &std::string::empty)) {
            notes.mistake(at, fmt::format("the param {} is empty", v.name), "give it a value");
        }
    }

    void operator()(digest_value const& v) const {
        if (!v.of) {
            notes.mistake(at, "a digest of nothing", "write of: body");
            return;
        }
        if (v.out == text_form::dec && v.algorithm != hash_name::crc32) {
            notes.mistake(at, "only a crc32 has a decimal form", "write out: hex");
        }
        inspect(*v.of, at, where, source, notes);
    }

    void operator()(claim_value const& v) const {
        named(v.name, "claim");
        if (where.claims_known) return;
        notes.mistake(at, fmt::format("no token is verified before the claim {} is read", v.name),
                      "claims stand in `equal` beside a `jwt` in the same `all`, in `time` or `once` of the "
                      "`jwt`, and in `delivery`");
    }

    void operator()(secret_value const&) const {
        notes.mistake(at, "a secret stands only on one side of `equal`",
                      "use `equal`, or `mac` for a signature");
    }

    void operator()(mac_value const&) const {
        notes.mistake(at, "a computed MAC stands only in a handshake's reply", "use the check `mac`");
    }

private:
    void named(std::string const& name, std::string_view kind) const {
        if (name.empty()) notes.mistake(at, fmt::format("the {} has no name", kind), "name it");
    }

    void path(json_path const& is) const {
        if (!is_pointer(is.pointer)) {
            notes.mistake(at, fmt::format("\"{}\" is not a JSON pointer", is.pointer),
                          "write for example /event/id (RFC 6901)");
        } else if (is.from == json_path::start::item && !where.inside_each) {
            notes.mistake(
                at, fmt::format("\"{}\" is relative to an item, and there is none", is.pointer.substr(1)),
                fmt::format("begin with a slash: {}", is.pointer));
        }
    }
};

bool is_constant(value const& v) {
    return std::holds_alternative<const_value>(v.is) || std::holds_alternative<param_value>(v.is);
}

bool is_only_constant(content const& signs) {
    if (auto const* sequence = std::get_if<values>(&signs))
        return std::ranges::all_of(*sequence, is_constant);
    if (auto const* joined = std::get_if<join_content>(&signs)) {
        return std::ranges::all_of(joined->items, [](auto const& item) { return is_constant(item.item); });
    }
    return std::get<lines_content>(signs).lists.empty();
}

}  // namespace

void inspect(value const& from, std::string const& at, position const& where, settings const& source,
             reporter& notes) {
    std::visit(value_inspector{at, where, source, notes}, from.is);
}

void inspect(content const& signs, std::string const& at, position const& where, settings const& source,
             reporter& notes) {
    if (auto const* sequence = std::get_if<values>(&signs)) {
        for (auto const& item : *sequence) inspect(item, at, where, source, notes);
    } else if (auto const* joined = std::get_if<join_content>(&signs)) {
        for (auto const& item : joined->items) inspect(item.item, at, where, source, notes);
    } else if (auto const& lines = std::get<lines_content>(signs); lines.chosen_by) {
        inspect(value{json_value{*lines.chosen_by}}, at, where, source, notes);
    } else if (lines.lists.size() > 1) {
        notes.mistake(at, "has several lists of members and nothing that chooses one", "name the member");
    }
    if (is_only_constant(signs)) {
        notes.mistake(at, "nothing of the request is signed",
                      "write content: [body], or what the sender signs");
    }
}

void inspect(signature_grammar const& grammar, std::string const& at, position const& where,
             settings const& source, reporter& notes) {
    position const from{.parts = {}, .inside_each = where.inside_each};
    inspect(grammar.from, at + ".from", from, source, notes);
    if (grammar.pair.empty() != grammar.take.empty()) {
        notes.mistake(at, "`pair` and `take` belong together", "write both: pair: \"=\", take: v1");
    }
    if (!grammar.parts.empty() && grammar.pair.empty()) {
        notes.mistake(at + ".parts", "parts are captured from labelled items only", "write pair: \"=\"");
    }
}

void inspect(client_certificate const& is, std::string const& at, reporter& notes) {
    if (is.anchors_pem.empty() && is.fingerprints.empty()) {
        notes.mistake(at, "takes the certificate of anybody",
                      "write anchors: FILE, the authorities, or fingerprints: [SHA-256 in hex]");
    }
    bool const has_empty =
        std::ranges::any_of(is.san, &std::string::empty) || std::ranges::any_of(is.cn, &std::string::empty);
    if (has_empty) notes.mistake(at, "has an empty name", "write the name as the certificate has it");
    for (std::size_t i = 0; i < is.fingerprints.size(); ++i) {
        auto const bytes = decode_hex(is.fingerprints[i], hex_case::lower);
        if (bytes && bytes->size() == sizeof(sha256_digest)) continue;
        notes.mistake(fmt::format("{}.fingerprints[{}]", at, i), "is no SHA-256 in lower-case hex",
                      "openssl x509 -in FILE -outform der | sha256sum");
    }
    if (is.fingerprints.empty() && is.san.empty() && is.cn.empty()) {
        notes.warning(at, "takes every certificate that these authorities issued", "name it with san or cn");
    }
}

void inspect(json_path const& path, std::string const& at, reporter& notes) {
    if (is_pointer(path.pointer) && path.from == json_path::start::document) return;
    notes.mistake(at, fmt::format("\"{}\" is not a JSON pointer", path.pointer), "begin with a slash");
}

void inspect(postback_check const& is, std::string const& at, reporter& notes) {
    inspect(is.asked, at + ".url", notes);
    if (is.json.empty() == is.body.empty()) {
        notes.mistake(at, "does not say what is asked", "write either json: {…} or body: […]");
    }
    if (is.expect.empty() && is.expect_body.empty()) {
        notes.mistake(at + ".expect", "would take every answer",
                      "write expect: {json: {/POINTER: TEXT}}, or expect: {body: TEXT}");
    }
    for (auto const& [path, expected] : is.expect) inspect(path, at + ".expect.json", notes);
    if (is.credentials == postback_check::scheme::oauth2)
        inspect(is.token, at + ".credentials.token_url", notes);
}

bool is_header_name(std::string_view name) {
    return !name.empty() && std::ranges::all_of(name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
    });
}

void inspect_answer_header(std::string const& name, std::string const& at, reporter& notes) {
    constexpr std::array<std::string_view, 12> ours{
        "cache-control",     "connection",   "content-encoding",
        "content-length",    "content-type", "date",
        "keep-alive",        "set-cookie",   "trailer",
        "transfer-encoding", "upgrade",      "x-content-type-options"};
    if (!is_header_name(name))
        notes.mistake(at, fmt::format("\"{}\" is not the name of a header", name), "letters, digits and '-'");
    if (std::ranges::find(ours, name) != ours.end())
        notes.mistake(at, fmt::format("{} is not for a configuration to say", name),
                      "leave it out: it follows from the rest of the answer");
}

void inspect(guard const& when, std::string const& at, settings const& source, reporter& notes) {
    if (!std::ranges::all_of(when.headers, [](auto const& item) { return is_header_name(item.first); })) {
        notes.mistake(at, "names something that is not a header", "letters, digits and '-'");
    }
    for (auto const& [name, expected] : when.headers) inspect_header(name, at, source, notes);
    for (auto const& [path, expected] : when.json) inspect(path, at, notes);
    for (auto const& path : when.json_has) inspect(path, at, notes);
}

void inspect_public_url(settings const& source, std::string const& path, reporter& notes) {
    if (source.public_url.empty()) return;
    auto rest = std::string_view{source.public_url};
    bool const schemed = rest.starts_with("https://") || rest.starts_with("http://");
    if (schemed) rest.remove_prefix(rest.find("//") + 2);
    if (rest.ends_with('/')) rest.remove_suffix(1);
    if (schemed && !rest.empty() && rest.find_first_of("/?#@ ") == std::string_view::npos) return;
    notes.mistake(path + ".verify.public_url", "is not scheme, host and port alone",
                  "write for example https://hooks.example.com; the path is taken from each request");
}

std::string plain_public_url(std::string const& public_url) {
    return public_url.ends_with('/') ? public_url.substr(0, public_url.size() - 1) : public_url;
}

std::string public_url_with_other_port(std::string const& public_url) {
    auto url = plain_public_url(public_url);
    auto const host = url.find("//");
    auto const colon = url.rfind(':');
    bool const has_port = host != std::string::npos && colon != std::string::npos && colon > host &&
                          url.find(']', colon) == std::string::npos;
    if (has_port) return url.substr(0, colon);
    return url + (url.starts_with("http://") ? ":80" : ":443");
}

}  // namespace headgate::auth
