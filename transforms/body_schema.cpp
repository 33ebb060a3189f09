#include "transforms/body_schema.hpp"

#include "core/text.hpp"
#include "transforms/operations.hpp"
#include "transforms/patterns.hpp"
#include "transforms/runtime.hpp"
#include "transforms/schema_reader.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <re2/re2.h>
#include <string>
#include <utility>
#include <vector>

namespace headgate::transforms {
namespace {

using json::value;

constexpr std::size_t mismatches_max = 3;      // Named ones.
constexpr std::size_t levels_max = 512;        // Schemas within schemas, on the thread's stack.
constexpr std::size_t name_bytes_max = 64;     // Of a name in a pointer.
constexpr std::size_t pointer_names_max = 16;  // Of a pointer, from its end.

// Where in the body: a name or an index, below what is above it.
struct place {
    place const* above = nullptr;
    std::string_view name = {};
    std::size_t index = 0;
};

// A stranger chose these names: they are cut short, and nothing in them moves a terminal's cursor.
std::string shown(std::string_view name) {
    std::string text;
    for (auto rest = shortened(name, name_bytes_max); !rest.empty();) {
        auto const one = rest.substr(0, std::max<std::size_t>(character_bytes(rest), 1));
        rest.remove_prefix(one.size());
        text += is_control(one) ? "?" : one == "~" ? "~0" : one == "/" ? "~1" : one;
    }
    return text;
}

std::string pointer_to(place const& at) {
    std::vector<std::string> names;
    for (auto const* here = &at; here->above != nullptr; here = here->above) {
        if (names.size() == pointer_names_max) {
            names.emplace_back("…");
            break;
        }
        names.push_back(here->name.data() != nullptr ? shown(here->name) : std::to_string(here->index));
    }
    std::ranges::reverse(names);
    return names.empty() ? "the body" : "/" + fmt::format("{}", fmt::join(names, "/"));
}

bool is_whole(value const& number) {
    if (number.holds_integer()) return true;
    auto const real = number.as_double();
    return std::isfinite(real) && std::trunc(real) == real;
}

bool is_multiple(value const& number, value const& of) {
    bool const are_integers = number.holds_integer() && of.holds_integer();
    if (are_integers) return number.held_integer() % of.held_integer() == 0;  // Above 0: no overflow.
    auto const times = number.as_double() / of.as_double();
    return std::isfinite(times) &&
           std::abs(times - std::round(times)) <= 1e-9 * std::max(1.0, std::abs(times));
}

// One body under one schema. Everything is counted by the runtime, which says at the end whether it was too
// much.
class schema_look {
public:
    schema_look(std::vector<schema_node> const& nodes, runtime& run) : nodes_{nodes}, run_{run} {}

    [[nodiscard]] bool fits(value const& body) { return look(0, body, {}); }
    [[nodiscard]] bool went_over() const { return went_too_deep_ || run_.is_refused(); }
    [[nodiscard]] std::string mismatches() const { return fmt::format("{}", fmt::join(mismatches_, "; ")); }

private:
    bool say(place const& at, std::string_view what) {
        if (quiet_ == 0 && mismatches_.size() < mismatches_max)
            mismatches_.push_back(fmt::format("{} {}", pointer_to(at), what));
        return false;
    }

    // What the rest is looked at for: more to say, or a yes.
    [[nodiscard]] bool goes_on(bool fits_so_far) const {
        return !went_over() && (fits_so_far || (quiet_ == 0 && mismatches_.size() < mismatches_max));
    }

    bool look(schema_number number, value const& it, place const& at) {
        if (level_ == levels_max) went_too_deep_ = true;
        if (!run_.may_step(1) || went_too_deep_) return false;
        auto const& node = nodes_[number];
        ++level_;
        bool const fits = node.refers_to ? look(*node.refers_to, it, at)
                                         : looks_right(node, it, at) && inside_is_right(node, it, at) &&
                                               others_agree(node, it, at);
        --level_;
        return fits;
    }

    // The same, without a word about it.
    bool would_fit(schema_number number, value const& it, place const& at) {
        ++quiet_;
        bool const fits = look(number, it, at);
        --quiet_;
        return fits;
    }

    bool looks_right(schema_node const& node, value const& it, place const& at) {
        if (node.is_never) return say(at, "may not be there");
        bool const has_type = node.types == 0 || (node.types & (1U << static_cast<unsigned>(it.type()))) != 0;
        if (!has_type) return say(at, fmt::format("may not be of type {}", json::name_of(it.type())));
        if (it.is_number() && node.only_whole && !is_whole(it)) return say(at, "is not a whole number");
        auto const is_it = [&](value const& option) { return is_equal(run_, option, it); };
        if (node.has_options && std::ranges::none_of(node.options, is_it))
            return say(at, "is none of the allowed values");
        return true;
    }

    bool inside_is_right(schema_node const& node, value const& it, place const& at) {
        switch (it.type()) {
            case json::kind::number: return number_is_right(node, it, at);
            case json::kind::string: return text_is_right(node, it.as_string(), at);
            case json::kind::array: return array_is_right(node, it, at);
            case json::kind::object: return object_is_right(node, it, at);
            case json::kind::null:
            case json::kind::boolean: return true;
        }
        return true;
    }

    bool number_is_right(schema_node const& node, value const& it, place const& at) {
        if (node.least) {
            auto const beside = compare(run_, it, *node.least);
            if (beside < 0 || (beside == 0 && node.least_is_out)) return say(at, "is too small");
        }
        if (node.most) {
            auto const beside = compare(run_, it, *node.most);
            if (beside > 0 || (beside == 0 && node.most_is_out)) return say(at, "is too large");
        }
        if (node.multiple_of && !is_multiple(it, *node.multiple_of)) return say(at, "is not a multiple");
        return true;
    }

    bool text_is_right(schema_node const& node, std::string_view text, place const& at) {
        if (node.length.least || node.length.most) {
            if (!run_.may_touch(text.size())) return false;
            auto const starts = [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; };
            auto const characters = static_cast<std::size_t>(std::ranges::count_if(text, starts));
            if (!is_within(node.length, characters)) return say(at, "has the wrong length");
        }
        return !node.pattern || matches(*node.pattern, text) || say(at, "does not match the pattern");
    }

    // RE2 goes once over the text, some ten times as slow as looking.
    bool matches(RE2 const& pattern, std::string_view text) {
        return run_.may_touch(text.size() * 8) &&
               RE2::PartialMatch(re2::StringPiece{text.data(), text.size()}, pattern);
    }

    static bool is_within(schema_node::bounds const& allowed, std::size_t count) {
        return count >= allowed.least.value_or(0) && count <= allowed.most.value_or(SIZE_MAX);
    }

    bool array_is_right(schema_node const& node, value const& it, place const& at) {
        auto const items = it.items();
        if (!is_within(node.items, items.size())) return say(at, "has the wrong number of items");
        if (node.are_unique && !are_unique(items)) return say(at, "has an item twice");
        bool fits = true;
        for (std::size_t i = 0; i < items.size() && goes_on(fits); ++i) {
            auto const schema =
                i < node.first_items.size() ? std::optional{node.first_items[i]} : node.other_items;
            if (!schema) break;
            fits = look(*schema, items[i], {.above = &at, .index = i}) && fits;
        }
        if (!fits || !node.contained) return fits;
        auto const is_it = [&](value const& item) {
            return !went_over() && would_fit(*node.contained, item, at);
        };
        return std::ranges::any_of(items, is_it) || say(at, "has no item of the kind that it must have");
    }

    bool are_unique(std::span<value const> items) {
        std::vector<std::uint32_t> order;
        if (!order_of(run_, items, order)) return false;
        for (std::size_t i = 1; i < order.size(); ++i) {
            if (is_equal(run_, items[order[i - 1]], items[order[i]])) return false;
        }
        return true;
    }

    bool object_is_right(schema_node const& node, value const& it, place const& at) {
        if (!is_within(node.members, it.members().size())) return say(at, "has the wrong number of members");
        bool fits = has_all(node.required, it, at);
        for (auto const& [name, needed] : node.required_beside) {
            if (it.find_pointer(name) != nullptr) fits = has_all(needed, it, at) && fits;
        }
        for (auto const& one : it.members()) {
            if (!goes_on(fits)) break;
            fits = member_is_right(node, one, at) && fits;
        }
        for (auto const& [name, schema] : node.schemas_beside) {
            if (goes_on(fits) && it.find_pointer(name) != nullptr) fits = look(schema, it, at) && fits;
        }
        return fits;
    }

    bool has_all(std::vector<std::string_view> const& names, value const& it, place const& at) {
        bool fits = run_.may_step(names.size() / 16);
        for (auto const name : names) {
            if (it.find_pointer(name) == nullptr) fits = say({.above = &at, .name = name}, "is missing");
        }
        return fits;
    }

    bool member_is_right(schema_node const& node, json::member const& one, place const& at) {
        place const here{.above = &at, .name = one.key};
        bool fits = true;
        bool is_known = false;
        if (node.names) fits = look(*node.names, value::string_view_of(one.key), here);
        if (auto const known = node.properties.find(one.key); known != node.properties.end()) {
            is_known = true;
            fits = look(known->second, one.value, here) && fits;
        }
        for (auto const& [like, schema] : node.properties_like) {
            if (!matches(*like, one.key)) continue;
            is_known = true;
            fits = look(schema, one.value, here) && fits;
        }
        return is_known || !node.other_properties ? fits
                                                  : look(*node.other_properties, one.value, here) && fits;
    }

    bool others_agree(schema_node const& node, value const& it, place const& at) {
        bool fits = true;
        for (auto const each : node.all_of) fits = goes_on(fits) && look(each, it, at) && fits;
        auto const would = [&](schema_number each) { return !went_over() && would_fit(each, it, at); };
        if (!node.any_of.empty() && std::ranges::none_of(node.any_of, would))
            fits = say(at, "matches none of anyOf");
        if (!node.one_of.empty()) {
            auto const count = std::ranges::count_if(node.one_of, would);
            if (count != 1) fits = say(at, fmt::format("matches {} of oneOf, not 1", count));
        }
        if (node.none_of && would(*node.none_of)) fits = say(at, "matches what it must not");
        if (!node.when || (!node.then && !node.otherwise)) return fits;
        auto const next = would(*node.when) ? node.then : node.otherwise;
        return next ? look(*next, it, at) && fits : fits;
    }

    std::vector<schema_node> const& nodes_;
    runtime& run_;
    std::vector<std::string> mismatches_;
    std::size_t quiet_ = 0;
    std::size_t level_ = 0;
    bool went_too_deep_ = false;
};

}  // namespace

struct body_schema::compiled {
    std::shared_ptr<kept_document const> text;  // What the nodes point into.
    std::vector<schema_node> nodes;
};

result<body_schema> body_schema::compile(std::shared_ptr<kept_document const> from) {
    HEADGATE_TRY(auto nodes, read_schema(from->root));
    return body_schema{std::make_shared<compiled const>(compiled{std::move(from), std::move(nodes)})};
}

result<void> body_schema::look_at(value const& body, json::arena& scratch, run_options const& how) const {
    pattern_table const none;  // Those of the schema are its own.
    runtime run{scratch, how, none};
    schema_look looking{made_->nodes, run};
    bool const fits = looking.fits(body);
    if (looking.went_over()) {
        return refuse(
            errc::resource_exhausted, "looking whether the body matches its schema took too long",
            "raise dispatch.schema_steps_max and dispatch.schema_time_max, or make the schema simpler; "
            "then route the event again");
    }
    if (fits) return {};
    return refuse(errc::failed_precondition, "the body does not match its schema: " + looking.mismatches(),
                  "mend the schema, or let the sender mend the body; then route the event again");
}

}  // namespace headgate::transforms
