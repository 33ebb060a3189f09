#include "transforms/machine.hpp"
#include "transforms/operations.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <limits>
#include <span>

// The instructions that go into values, and the paths they go by.

namespace headgate::transforms {

bool machine::do_check_path(instruction const& now) {
    auto const path = registers_[now.b + 1];
    if (path.is_null()) return no_path(registers_[now.b]);
    registers_[now.a] = path;
    return true;
}

bool machine::no_path(json::value const& any) {
    return run_.fail(fmt::format("Invalid path expression with a result of type {}", name_of(any.type())));
}

bool machine::extend_path(instruction const& now, json::value key) {
    if (!(now.flags & flag_path)) return true;
    auto const path = registers_[now.b + 1];
    if (path.is_null()) return no_path(registers_[now.b]);
    registers_[now.a + 1] = run_.appended(path, std::span{&key, 1});
    return run_.ok();
}

bool machine::do_field(instruction const& now) {
    auto const& key = program_.constants[now.c];
    auto const container = registers_[now.b];
    if ((now.flags & flag_path) && !extend_path(now, key)) return false;
    if (container.is_object()) {
        auto const* const found = container.find_pointer(key.as_string());
        registers_[now.a] = found ? *found : json::value{};
        if (found && found->is_null() && found->holds_unreadable()) return run_.unreadable(*found);
        return true;
    }
    if (container.is_null()) {
        registers_[now.a] = json::value{};
        return true;
    }
    return run_.fail(fmt::format("Cannot index {} with \"{}\"", name_of(container.type()), key.as_string()));
}

bool machine::do_index(instruction const& now) {
    auto* const r = registers_;
    auto const container = r[now.b];
    json::value found;
    if (now.what == op::slice) {
        auto const from = r[now.c];
        auto const to = r[now.c + 1];
        if ((now.flags & flag_path) && !extend_path(now, slice_key(run_, from, to))) return false;
        if (!get_slice(run_, container, from, to, found)) return false;
    } else {
        auto const key = r[now.c];
        if ((now.flags & flag_path) && !extend_path(now, key)) return false;
        if (!get_key(run_, container, key, found)) return false;
    }
    r[now.a] = found;
    return true;
}

machine::outcome machine::do_each(instruction const& now) {
    auto* const r = registers_;
    auto const container = r[now.b];
    bool const is_array = container.is_array();
    if (!is_array && !container.is_object()) {
        (void)run_.fail(fmt::format("Cannot iterate over {}", name_of(container.type())));
        return outcome::failed;
    }
    bool const is_first = now.what == op::each;
    if (is_first) ++at_;  // Behind the `each_next` that follows.
    auto const index = is_first ? 0 : number_in(now.c);
    auto const size = is_array ? container.items().size() : container.members().size();
    if (index >= size) return outcome::back;
    r[now.c] = json::value::integer(static_cast<std::int64_t>(index) + 1);
    // The last item leaves no fork behind: what follows may end its call for good.
    if (index + 1 < size) push(fork_kind::choice, is_first ? &now + 1 : &now);
    auto const item = is_array ? container.items()[index] : container.members()[index].value;
    if (!is_array && item.is_null() && item.holds_unreadable())
        return (void)run_.unreadable(item), outcome::failed;
    if (now.flags & flag_path) {
        auto const key = is_array ? json::value::integer(static_cast<std::int64_t>(index))
                                  : json::value::string_view_of(container.members()[index].key);
        if (!extend_path(now, key)) return outcome::failed;
    }
    r[now.a] = item;
    return outcome::next;
}

machine::outcome machine::do_range(instruction const& now) {
    auto* const r = registers_;
    bool const is_first = now.what == op::range;
    if (!r[now.b].is_number() || !r[now.b + 1].is_number()) {
        (void)run_.fail("Range bounds must be numeric");
        return outcome::failed;
    }
    if (is_first) ++at_;  // Behind the `range_next` that follows.
    auto const current = is_first ? r[now.b] : r[now.c];
    if (compare(run_, current, r[now.b + 1]) >= 0) return outcome::back;
    // The greatest integer has no next one: from there it goes on as a real.
    bool const counts_exactly =
        current.holds_integer() && current.held_integer() < std::numeric_limits<std::int64_t>::max();
    auto const next = counts_exactly ? json::value::integer(current.held_integer() + 1)
                                     : json::value::real(current.as_double() + 1);
    r[now.c] = next;
    if (compare(run_, next, r[now.b + 1]) < 0) push(fork_kind::choice, is_first ? &now + 1 : &now);
    r[now.a] = current;
    return outcome::next;
}

bool machine::do_get_path(instruction const& now) {
    auto* const r = registers_;
    auto const path = r[now.c];
    auto const before = r[now.b + 1];
    json::value found;
    if (!path.is_array()) return run_.fail("Path must be specified as an array");
    if (before.is_null()) return run_.fail("Invalid path expression");
    if (!get_path(run_, r[now.b], path, found)) return false;
    r[now.a + 1] = run_.appended(before, path.items());
    r[now.a] = found;
    return run_.ok();
}

}  // namespace headgate::transforms
