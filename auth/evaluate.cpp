#include "auth/crypto.hpp"
#include "auth/encoding.hpp"
#include "auth/exam.hpp"
#include "auth/token.hpp"
#include "core/encoding.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <tuple>
#include <utility>

// What each source of a value gives. Nothing here ever stands in for a value that is not there.

namespace headgate::auth {
namespace {

using maybe = result<std::optional<text>>;

std::optional<text> kept(std::string_view bytes) {
    return text{bytes};
}

std::optional<text> made(std::string bytes) {
    return text{std::move(bytes)};
}

// The value of the only parameter of this name.
maybe sole_parameter(parameters const& all, std::string const& name, std::string_view kind) {
    std::string const* found = nullptr;
    for (auto const& [key, content] : all) {
        if (key != name) continue;
        if (found) return fails(fmt::format("{} {} is given more than once", kind, name));
        found = &content;
    }
    if (!found) return std::nullopt;
    return kept(*found);
}

bool equals_ignoring_case(std::string_view a, std::string_view b) {
    return a.size() == b.size() && to_lower(a) == to_lower(b);
}

// A member or a claim as text.
maybe text_of(json::value const& there, std::string_view kind, std::string_view name) {
    switch (there.type()) {
        case json::kind::string: return kept(there.as_string());
        case json::kind::number: return made(there.number_text());
        case json::kind::boolean: return kept(there.as_boolean() ? "true" : "false");
        case json::kind::null: return std::nullopt;
        case json::kind::array:
        case json::kind::object: break;
    }
    return fails(fmt::format("{} {} is no text", kind, name));
}

struct evaluator {
    exam& of;
    vantage const& here;

    maybe operator()(const_value const& v) const { return kept(v.bytes); }
    maybe operator()(body_value const&) const { return kept(of.incoming.body); }
    maybe operator()(method_value const&) const { return kept(of.incoming.head.method); }

    maybe operator()(path_value const& v) const {
        return sole_parameter(of.incoming.path_parameters, v.name, "path parameter");
    }

    maybe operator()(query_value const& v) const {
        auto const* all = of.query();
        if (!all) return fails("the query is malformed");
        return sole_parameter(*all, v.name, "query parameter");
    }

    maybe operator()(form_value const& v) const {
        auto const* all = of.form();
        if (!all) return fails("the body is not a well-formed form", "is the sender set to send forms?");
        return sole_parameter(*all, v.name, "form parameter");
    }

    maybe operator()(header_value const& v) const {
        auto const& fields = of.incoming.head.fields;
        std::optional<std::string_view> found;
        for (auto const& name : v.names) {
            auto const lines = count_headers(fields, name);
            if (lines == 0) continue;
            if (lines > 1) return fails(fmt::format("header {} stands {} times", name, lines));
            auto const line = *sole_header(fields, name);
            if (found && *found != line) {
                return fails(fmt::format("headers {} disagree", fmt::join(v.names, " and ")));
            }
            found = line;
        }
        if (!found) return std::nullopt;
        if (!v.scheme.empty()) {
            auto const size = v.scheme.size();
            bool const has_scheme = found->size() > size && (*found)[size] == ' ' &&
                                    equals_ignoring_case(found->substr(0, size), v.scheme);
            if (!has_scheme)
                return fails(fmt::format("header {} is not of scheme {}", v.names.front(), v.scheme));
            found->remove_prefix(size + 1);
        }
        if (!v.decode) return kept(*found);
        auto decoded = decode(*found, *v.decode);
        if (!decoded) return fails(fmt::format("header {} cannot be decoded", v.names.front()));
        return made(*std::move(decoded));
    }

    maybe operator()(json_value const& v) const {
        HEADGATE_TRY(auto const there, of.json_at(v.path));
        if (!there) return std::nullopt;
        return text_of(*there, "JSON member", v.path.pointer);
    }

    maybe operator()(slice_value const& v) const {
        HEADGATE_TRY(auto const raw, of.slice_of(v));
        if (!raw) return std::nullopt;
        return kept(*raw);
    }

    maybe operator()(form_sorted_value const& v) const {
        auto const* all = of.form();
        if (!all) return fails("the body is not a well-formed form", "is the sender set to send forms?");
        struct item {
            std::string_view name;
            std::string_view content;
            std::size_t place;
        };
        std::vector<item> sorted;
        for (auto const& [name, content] : *all) sorted.push_back({name, content, sorted.size()});
        if (v.unique) {
            auto const both = [](item const& i) { return std::tie(i.name, i.content); };
            std::ranges::sort(sorted, {}, both);
            auto const rest = std::ranges::unique(sorted, {}, both);
            sorted.erase(rest.begin(), rest.end());
        } else {
            std::ranges::sort(sorted, {}, [](item const& i) { return std::tie(i.name, i.place); });
        }
        std::string joined;
        for (auto const& i : sorted) joined.append(i.name).append(i.content);
        return made(std::move(joined));
    }

    maybe operator()(url_value const& v) const {
        std::string url;
        if (v.has_base) url = here.other_port ? of.place.public_url_ported : of.place.public_url;
        std::string_view const target = of.incoming.head.target;
        for (std::size_t i = 0; i < target.size(); ++i) {
            auto const escape = target.substr(i, 3);
            bool const decodes = escape.size() == 3 && escape[0] == '%' &&
                                 std::ranges::any_of(v.decode, [&](auto const& known) {
                                     return equals_ignoring_case(known, escape.substr(1));
                                 });
            if (!decodes) {
                url += target[i];
                continue;
            }
            url += *decode_hex(escape.substr(1), hex_case::any);
            i += 2;
        }
        return made(std::move(url));
    }

    maybe operator()(part_value const& v) const {
        auto const found = std::ranges::find(here.parts, std::string_view{v.name}, &captured_part::name);
        if (found == here.parts.end()) return std::nullopt;
        return kept(found->value);
    }

    maybe operator()(param_value const& v) const {
        auto const found = of.place.params.find(v.name);
        if (found == of.place.params.end() || found->second.empty()) return std::nullopt;
        return kept(found->second.front());
    }

    maybe operator()(digest_value const& v) const {
        HEADGATE_TRY(auto const bytes, evaluate(*v.of, of, here));
        return made(digest_text(bytes.view(), v.algorithm, v.out));
    }

    maybe operator()(claim_value const& v) const {
        if (!of.token) return std::nullopt;
        auto const there = find_claim(of.token->claims, v.name);
        if (!there) return std::nullopt;
        return text_of(*there, "claim", v.name);
    }

    // Secrets and MACs are no texts: `equal` and replies to handshakes have them prepared.
    maybe operator()(secret_value const&) const { return std::nullopt; }
    maybe operator()(mac_value const&) const { return std::nullopt; }
};

bool may_be_empty(value const& v) {
    return std::holds_alternative<body_value>(v.is) || std::holds_alternative<form_sorted_value>(v.is) ||
           std::holds_alternative<const_value>(v.is);
}

bool may_be_long(value const& v) {
    return std::holds_alternative<body_value>(v.is) || std::holds_alternative<form_sorted_value>(v.is) ||
           std::holds_alternative<slice_value>(v.is) || std::holds_alternative<const_value>(v.is);
}

struct describer {
    std::string operator()(const_value const&) const { return "constant"; }
    std::string operator()(body_value const&) const { return "body"; }
    std::string operator()(path_value const& v) const { return "path parameter " + v.name; }
    std::string operator()(header_value const& v) const {
        return fmt::format("header {}", fmt::join(v.names, " or "));
    }
    std::string operator()(query_value const& v) const { return "query parameter " + v.name; }
    std::string operator()(json_value const& v) const { return "JSON member " + v.path.pointer; }
    std::string operator()(slice_value const& v) const { return "JSON text at " + v.if_array.pointer; }
    std::string operator()(form_value const& v) const { return "form parameter " + v.name; }
    std::string operator()(form_sorted_value const&) const { return "sorted form parameters"; }
    std::string operator()(method_value const&) const { return "method"; }
    std::string operator()(url_value const&) const { return "public URL"; }
    std::string operator()(part_value const& v) const { return "signature part " + v.name; }
    std::string operator()(param_value const& v) const { return "param " + v.name; }
    std::string operator()(digest_value const& v) const { return "digest of " + describe(*v.of); }
    std::string operator()(claim_value const& v) const { return "claim " + v.name; }
    std::string operator()(secret_value const& v) const { return "secret " + v.shape.name; }
    std::string operator()(mac_value const& v) const { return "MAC of " + describe(*v.of); }
};

}  // namespace

std::string describe(value const& from) {
    return std::visit(describer{}, from.is);
}

result<std::optional<text>> evaluate_optional(value const& from, exam& of, vantage const& here,
                                              std::size_t bytes_max) {
    HEADGATE_TRY(auto found, std::visit(evaluator{of, here}, from.is));
    if (!found) return std::nullopt;
    if (found->view().size() > bytes_max && !may_be_long(from)) {
        return fails(fmt::format("{} is longer than {} bytes", describe(from), bytes_max));
    }
    if (found->empty() && !may_be_empty(from)) return std::nullopt;
    return found;
}

result<text> evaluate(value const& from, exam& of, vantage const& here, std::size_t bytes_max) {
    HEADGATE_TRY(auto found, evaluate_optional(from, of, here, bytes_max));
    if (!found) {
        return fails(describe(from) + " is missing",
                     "does the sender sign, with this kind of signature? does a proxy remove it?");
    }
    return *std::move(found);
}

bool holds(guard const& when, exam& of) {
    auto const& head = of.incoming.head;
    bool const method =
        when.methods.empty() || std::ranges::find(when.methods, head.method) != when.methods.end();
    if (!method) return false;
    if (!when.content_type.empty() && media_type(head.fields) != when.content_type) return false;
    if (when.body_empty && *when.body_empty != of.incoming.body.empty()) return false;

    auto const has = [&](value const& from, std::string const& expected) {
        auto const found = evaluate_optional(from, of);
        return found && *found && (*found)->view() == expected;
    };
    for (auto const& [name, expected] : when.headers) {
        if (!has({header_value{.names = {name}, .scheme = {}, .decode = {}}}, expected)) return false;
    }
    for (auto const& [name, expected] : when.query) {
        if (!has({query_value{name}}, expected)) return false;
    }
    for (auto const& name : when.query_has) {
        auto const found = evaluate_optional({query_value{name}}, of);
        if (!found || !*found) return false;
    }
    for (auto const& [path, expected] : when.json) {
        if (!has({json_value{path}}, expected)) return false;
    }
    for (auto const& path : when.json_has) {
        auto const found = evaluate_optional({json_value{path}}, of);
        if (!found || !*found) return false;
    }
    return true;
}

}  // namespace headgate::auth
