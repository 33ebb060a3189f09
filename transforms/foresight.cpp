#include "transforms/foresight.hpp"

#include "transforms/ast.hpp"
#include "transforms/nearest.hpp"
#include "transforms/parser.hpp"
#include "transforms/source_error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace headgate::transforms {
namespace {

using json::kind;

outlook only(kind one) {
    return {.of = {one}};
}

outlook nothing() {
    return {.of = {}};
}

// The text of a string without programs in it.
std::optional<std::string> literal_of(node const& at) {
    if (at.what != shape::string || !at.text.empty()) return std::nullopt;
    std::string text;
    for (auto const& piece : at.kids) {
        if (piece->what != shape::string_piece) return std::nullopt;
        text += piece->text;
    }
    return text;
}

// Goes through the tree once, from what is given to what comes of it.
class foreseer {
public:
    foreseer(std::string_view source, known_variables const& given) : source_{source} {
        for (auto const& one : given) variables_.push_back(one);
    }

    outlook see(node const& at, outlook const& in);  // Recurses as deep as the parser lets a program be.
    std::optional<error> const& mistake() const { return mistake_; }

private:
    outlook see_field(node const& at, outlook const& in);
    outlook see_index(node const& at, outlook const& in);
    outlook member(node const& at, outlook const& of, std::string const& name);
    outlook see_iterate(node const& at, outlook const& in);
    outlook see_slice(node const& at, outlook const& in);
    outlook see_string(node const& at, outlook const& in);
    outlook see_object(node const& at, outlook const& in);
    outlook see_binary(node const& at, outlook const& in);
    outlook see_alternative(node const& at, outlook const& in);
    outlook see_assign(node const& at, outlook const& in);
    outlook see_condition(node const& at, outlook const& in);
    outlook see_attempt(node const& at, outlook const& in);
    outlook see_bind(node const& at, outlook const& in);
    outlook see_fold(node const& at, outlook const& in);
    outlook see_define(node const& at, outlook const& in);
    outlook see_call(node const& at, outlook const& in);
    outlook see_known_call(node const& at, outlook const& in);
    outlook see_variable(node const& at) const;
    outlook see_and_forget(node const& at, outlook const& in, outlook given);
    outlook see_quietly(node const& at, outlook const& in);

    void bring_in(pattern const& bound, outlook const& value);
    bool is_defined_here(node const& call) const;
    void wrong(node const& at, std::string const& what, std::string remedy = {});

    std::string_view source_;
    known_variables variables_;                                    // The innermost last.
    std::vector<std::pair<std::string_view, std::size_t>> names_;  // Of definitions, and of their parameters.
    unsigned quiet_ = 0;                                           // How many places around may fail.
    std::optional<error> mistake_;
};

outlook foreseer::see(node const& at, outlook const& in) {
    switch (at.what) {
        case shape::identity: return in;
        case shape::field: return see_field(at, in);
        case shape::index: return see_index(at, in);
        case shape::slice: return see_slice(at, in);
        case shape::iterate: return see_iterate(at, in);
        case shape::number: return only(kind::number);
        case shape::string: return see_string(at, in);
        case shape::string_piece:
        case shape::format: return only(kind::string);
        case shape::array: return see_and_forget(at, in, only(kind::array));
        case shape::object: return see_object(at, in);
        case shape::negate: return see_and_forget(at, in, only(kind::number));
        case shape::pipe: return see(*at.kids[1], see(*at.kids[0], in));
        case shape::comma: return either(see(*at.kids[0], in), see(*at.kids[1], in));
        case shape::binary: return see_binary(at, in);
        case shape::logic_and:
        case shape::logic_or: return see_and_forget(at, in, only(kind::boolean));
        case shape::alternative: return see_alternative(at, in);
        case shape::assign: return see_assign(at, in);
        case shape::condition: return see_condition(at, in);
        case shape::attempt: return see_attempt(at, in);
        case shape::reduce:
        case shape::foreach: return see_fold(at, in);
        case shape::bind: return see_bind(at, in);
        case shape::define: return see_define(at, in);
        case shape::call: return see_call(at, in);
        case shape::variable: return see_variable(at);
        case shape::label: return see(*at.kids[0], in);
        case shape::break_out: return nothing();
        case shape::location: return only(kind::object);
    }
    return {};
}

// Looks for mistakes below; what comes is `given` whatever they give.
outlook foreseer::see_and_forget(node const& at, outlook const& in, outlook given) {
    for (auto const& kid : at.kids) {
        if (kid) (void)see(*kid, in);
    }
    return given;
}

outlook foreseer::see_quietly(node const& at, outlook const& in) {
    ++quiet_;
    auto seen = see(at, in);
    --quiet_;
    return seen;
}

outlook foreseer::see_field(node const& at, outlook const& in) {
    return member(at, see(*at.kids[0], in), at.text);
}

outlook foreseer::member(node const& at, outlook const& of, std::string const& name) {
    if (of.is_nothing()) return nothing();
    bool const can_be = of.of.meets({kind::null, kind::object});
    if (!can_be) {
        if (!at.is_optional)
            wrong(at, fmt::format("{} has no members, and \"{}\" is one", name_of(of.of), name));
        return nothing();
    }
    if (!of.of.has(kind::object)) return only(kind::null);
    auto found = member_of(of, name);
    if (!found) {
        auto const near = nearest(name, member_names(of));
        wrong(at, fmt::format("there is no \"{}\" here", name),
              near.empty() ? "docs/reference/rule-language.md lists what a rule sees"
                           : fmt::format("did you mean \"{}\"?", near));
        return {};
    }
    if (of.of.has(kind::null)) found->of = found->of | kinds{kind::null};
    return *found;
}

outlook foreseer::see_index(node const& at, outlook const& in) {
    auto const of = see(*at.kids[0], in);
    if (auto const name = literal_of(*at.kids[1])) return member(at, of, *name);
    auto const by = see(*at.kids[1], in);
    if (of.is_nothing() || by.is_nothing()) return nothing();
    bool const is_member = of.of.meets({kind::null, kind::object}) && by.of.has(kind::string);
    bool const is_item = of.of.meets({kind::null, kind::array}) &&
                         by.of.meets({kind::number, kind::object, kind::array, kind::null});
    bool const is_known = !is_item || of.which == known_object::checked;
    if (is_member || is_item) return is_known ? any_member_of(of.which) : outlook{};
    if (!at.is_optional) wrong(at, fmt::format("{} has nothing at {}", name_of(of.of), name_of(by.of)));
    return nothing();
}

outlook foreseer::see_slice(node const& at, outlook const& in) {
    auto const of = see(*at.kids[0], in);
    for (std::size_t i = 1; i < at.kids.size(); ++i) {
        if (at.kids[i]) (void)see(*at.kids[i], in);
    }
    if (of.is_nothing()) return nothing();
    kinds const parts{kind::null, kind::string, kind::array};
    if (!of.of.meets(parts) && !at.is_optional) wrong(at, name_of(of.of) + " has no parts");
    return {.of = parts};
}

outlook foreseer::see_iterate(node const& at, outlook const& in) {
    auto const of = see(*at.kids[0], in);
    if (of.is_nothing()) return nothing();
    if (!of.of.meets({kind::array, kind::object})) {
        if (!at.is_optional) wrong(at, name_of(of.of) + " has no items", "only an array or an object has");
        return nothing();
    }
    bool const are_members = of.of.only(kind::object) || of.which == known_object::checked;
    return are_members ? any_member_of(of.which) : outlook{};
}

// Null is written as a word there, which is seldom meant.
outlook foreseer::see_string(node const& at, outlook const& in) {
    outlook made = only(kind::string);
    bool may_be_blank = true;
    for (auto const& piece : at.kids) {
        if (piece->what == shape::string_piece) {
            may_be_blank = may_be_blank && piece->text.empty();
            continue;
        }
        auto const inner = see(*piece, in);
        if (inner.is_nothing()) return nothing();
        bool const is_text = inner.of.only(kind::string);
        may_be_blank = may_be_blank && is_text && inner.may_be_blank;
        if (!made.null_in_text.empty()) continue;
        made.null_in_text = inner.of.has(kind::null) ? place_in(source_, piece->offset) : inner.null_in_text;
    }
    made.may_be_blank = may_be_blank;
    return made;
}

outlook foreseer::see_object(node const& at, outlook const& in) {
    for (std::size_t i = 0; i + 1 < at.kids.size(); i += 2) {
        auto const key = see(*at.kids[i], in);
        if (!key.is_nothing() && !key.of.has(kind::string))
            wrong(*at.kids[i], name_of(key.of) + " cannot be a key",
                  "only a string can, for example with tostring");
        auto const name = literal_of(*at.kids[i]);
        if (at.kids[i + 1]) {
            (void)see(*at.kids[i + 1], in);
        } else if (name) {
            (void)member(*at.kids[i], in, *name);
        }
    }
    return only(kind::object);
}

outlook foreseer::see_binary(node const& at, outlook const& in) {
    auto const left = see(*at.kids[0], in);
    auto const right = see(*at.kids[1], in);
    if (left.is_nothing() || right.is_nothing()) return nothing();
    outlook made{.of = result_of(at.text, left.of, right.of)};
    if (made.is_nothing()) {
        wrong(at, fmt::format("{} {} {} cannot be computed", name_of(left.of), at.text, name_of(right.of)));
        return made;
    }
    if (at.text != "+" || !made.of.has(kind::string)) return made;
    // Null adds nothing, so what is made of it is another text than was meant.
    made.may_be_blank = left.may_be_blank && right.may_be_blank;
    for (auto const& [part, other] : {std::pair{&left, &right}, std::pair{&right, &left}}) {
        bool const hides = part->of.has(kind::null) && other->of.only(kind::string);
        if (made.null_in_text.empty())
            made.null_in_text = hides ? place_in(source_, at.offset) : part->null_in_text;
    }
    return made;
}

outlook foreseer::see_alternative(node const& at, outlook const& in) {
    auto left = see_quietly(*at.kids[0], in);
    left.of = left.of.without(kind::null);
    return either(std::move(left), see(*at.kids[1], in));
}

// What is assigned to need not be there.
outlook foreseer::see_assign(node const& at, outlook const& in) {
    (void)see_quietly(*at.kids[0], in);
    (void)see(*at.kids[1], at.text == "|=" ? outlook{} : in);
    return {};
}

outlook foreseer::see_condition(node const& at, outlook const& in) {
    (void)see(*at.kids[0], in);
    auto then = see(*at.kids[1], in);
    return either(std::move(then), at.kids[2] ? see(*at.kids[2], in) : in);
}

outlook foreseer::see_attempt(node const& at, outlook const& in) {
    auto body = see_quietly(*at.kids[0], in);
    return at.kids[1] ? either(std::move(body), see(*at.kids[1], {})) : body;
}

void foreseer::bring_in(pattern const& bound, outlook const& value) {
    switch (bound.what) {
        case pattern::form::name: variables_.emplace_back(bound.name, value); break;
        case pattern::form::array:
            for (auto const& one : bound.items) bring_in(*one, {});
            break;
        case pattern::form::object:
            for (auto const& one : bound.entries) {
                if (!one.variable.empty()) variables_.emplace_back(one.variable, outlook{});
                if (one.inner) bring_in(*one.inner, {});
            }
            break;
    }
}

// Of several patterns each may be the one: their variables are anything.
outlook foreseer::see_bind(node const& at, outlook const& in) {
    auto const outside = variables_.size();
    auto const value = see(*at.kids[0], in);
    for (auto const& one : at.bound) bring_in(*one, at.bound.size() == 1 ? value : outlook{});
    auto made = see(*at.kids[1], in);
    variables_.resize(outside);
    return value.is_nothing() ? nothing() : made;
}

// What is carried along changes with every item.
outlook foreseer::see_fold(node const& at, outlook const& in) {
    auto const outside = variables_.size();
    (void)see(*at.kids[0], in);
    for (auto const& one : at.bound) bring_in(*one, {});
    (void)see(*at.kids[1], in);
    for (std::size_t i = 2; i < at.kids.size(); ++i) {
        if (at.kids[i]) (void)see(*at.kids[i], {});
    }
    variables_.resize(outside);
    return {};
}

outlook foreseer::see_define(node const& at, outlook const& in) {
    names_.emplace_back(at.text, at.parameters.size());
    auto const with_itself = names_.size();
    auto const outside = variables_.size();
    for (auto const& one : at.parameters) {
        names_.emplace_back(one.name, 0);
        if (one.is_value) variables_.emplace_back(one.name, outlook{});
    }
    (void)see(*at.kids[0], {});
    names_.resize(with_itself);
    variables_.resize(outside);
    auto made = see(*at.kids[1], in);
    names_.pop_back();
    return made;
}

bool foreseer::is_defined_here(node const& call) const {
    return std::ranges::any_of(
        names_, [&](auto const& one) { return one.first == call.text && one.second == call.kids.size(); });
}

outlook foreseer::see_call(node const& at, outlook const& in) {
    if (!is_defined_here(at)) return see_known_call(at, in);
    return see_and_forget(at, {}, {});
}

outlook foreseer::see_known_call(node const& at, outlook const& in) {
    auto const& name = at.text;
    auto const arity = at.kids.size();
    if (name == "empty" || name == "error") return see_and_forget(at, in, nothing());
    if (arity == 0 && name == "null") return only(kind::null);
    if (arity == 0 && (name == "true" || name == "false")) return only(kind::boolean);
    if (arity == 1 && name == "select") return see_and_forget(at, in, in);
    if (arity == 1 && name == "first") return see(*at.kids[0], in);
    auto const* const known = find_function_outlook(name, arity);
    if (known == nullptr) return see_and_forget(at, {}, {});
    bool const hands_on_matches = name == "sub" || name == "gsub";
    (void)see_and_forget(at, hands_on_matches ? outlook{} : in, {});
    if (in.is_nothing()) return nothing();
    if (in.of.meets(known->takes)) return {.of = known->gives};
    wrong(at, fmt::format("{} cannot be given to {}", name_of(in.of), name),
          "it takes " + name_of(known->takes));
    return nothing();
}

outlook foreseer::see_variable(node const& at) const {
    auto const found = std::find_if(variables_.rbegin(), variables_.rend(),
                                    [&](auto const& one) { return one.first == at.text; });
    return found == variables_.rend() ? outlook{} : found->second;
}

void foreseer::wrong(node const& at, std::string const& what, std::string remedy) {
    if (quiet_ == 0 && !mistake_) mistake_ = source_error(source_, at.offset, what, std::move(remedy));
}

}  // namespace

result<outlook> foresee(std::string_view source, outlook const& input, known_variables const& variables) {
    HEADGATE_TRY(auto const root, parse_program(source));
    foreseer looks{source, variables};
    auto seen = looks.see(*root, input);
    if (looks.mistake()) return std::unexpected{*looks.mistake()};
    return seen;
}

}  // namespace headgate::transforms
