#include "transforms/machine.hpp"

#include "core/check.hpp"
#include "transforms/operations.hpp"
#include "transforms/source_error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <new>
#include <span>
#include <utility>

namespace headgate::transforms {

// One call: header, then the closures it was given, then its registers.
struct frame {
    frame* caller;
    frame* surroundings;  // Of the function's definition: where its outer variables are.
    function_code const* function;
    instruction const* return_to;
    std::uint32_t return_register;
    std::uint32_t depth;
    std::size_t forks;  // How many there were when it began.
    frame_stack::position before;

    [[nodiscard]] closure* closures() noexcept { return reinterpret_cast<closure*>(this + 1); }
    [[nodiscard]] json::value* registers() noexcept {
        return reinterpret_cast<json::value*>(closures() + function->closures);
    }
};
static_assert(alignof(frame) <= 16 && alignof(closure) <= 16 && sizeof(frame) % alignof(json::value) == 0);

void* frame_stack::allocate(std::size_t bytes) {
    bytes = (bytes + 15) & ~std::size_t{15};
    while (true) {
        auto const size = top_.block == 0 ? first_bytes : more_[top_.block - 1].size;
        if (top_.used + bytes <= size) {
            auto* const base = top_.block == 0 ? first_ : more_[top_.block - 1].bytes.get();
            auto* const place = base + top_.used;
            top_.used += bytes;
            return place;
        }
        top_ = {top_.block + 1, 0};
        if (top_.block > more_.size()) {
            auto const wanted = std::max(size * 2, bytes);
            more_.push_back({std::make_unique_for_overwrite<std::byte[]>(wanted), wanted});
            held_bytes_ += wanted;
        }
    }
}

machine::machine(compiled const& program, json::value input, json::arena& where, run_options const& options)
    : program_{program}, run_{where, options} {
    auto const& whole = program.functions.front();
    auto const before = frames_.top();
    auto* const place = frames_.allocate(sizeof(frame) + whole.slots * sizeof(json::value));
    here_ = new (place) frame{nullptr, nullptr, &whole, nullptr, 0, 0, 0, before};
    registers_ = here_->registers();
    registers_[0] = input;
    for (auto const& [name, where_to] : program.variables) {
        auto const given =
            std::ranges::find(options.variables, name, [](auto const& one) { return one.first; });
        HEADGATE_CHECK(given != options.variables.end(), "a variable of the program has no value");
        registers_[where_to] = given->second;
    }
    at_ = whole.code.data();
}

result<std::optional<json::value>> machine::next() {
    if (ended_with_) return std::unexpected{*ended_with_};
    if (has_ended_) return std::nullopt;
    if (has_started_ && !go_back()) {
        if (!run_.ok()) return end_with_error();
        has_ended_ = true;
        return std::nullopt;
    }
    has_started_ = true;
    json::value out;
    auto const how = run_until_output(out);
    if (how == step::stop && run_.ok()) {
        has_ended_ = true;
        return std::nullopt;
    }
    if (how == step::stop) return end_with_error();
    if (out.holds_unreadable()) (void)run_.unreadable(out);
    (void)run_.may_walk(out);
    if (++outputs_ > run_.limits().outputs_max) (void)run_.refuse("outputs");
    if (!run_.ok()) return end_with_error();
    return out;
}

result<std::optional<json::value>> machine::end_with_error() {
    if (run_.is_refused()) {
        ended_with_ = run_.refusal();
        return std::unexpected{*ended_with_};
    }
    auto const raised = run_.take_error();
    constexpr std::size_t shown_max = 200;
    auto text = raised.is_string() ? std::string{raised.as_string().substr(0, shown_max)}
                                   : fmt::format("the program raised an error that is no string: {}",
                                                 name_of(raised.type()));
    auto const failed = static_cast<std::size_t>(at_ - here_->function->code.data()) - 1;
    text += " at " + place_in(program_.source, here_->function->offsets[failed]);
    ended_with_ = error{errc::failed_precondition, std::move(text),
                        "try the program on this event with `headgate eval`"};
    return std::unexpected{*ended_with_};
}

void machine::push(fork_kind kind, instruction const* next, std::uint32_t error) {
    if (forks_.size() * sizeof(fork) >= run_.limits().memory_bytes_max) {
        (void)run_.refuse("memory");
        return;
    }
    forks_.push_back({kind, error, here_, next, frames_.top()});
}

void machine::cut(std::size_t forks) {
    while (forks_.size() > forks) {
        auto const& last = forks_.back();
        if (last.kind == fork_kind::collect) kept_.resize(last.error);
        forks_.pop_back();
    }
}

bool machine::go_back() {
    if (!run_.may_step(1)) return false;
    while (!forks_.empty()) {
        auto const last = forks_.back();
        forks_.pop_back();
        if (last.kind == fork_kind::attempt || last.kind == fork_kind::left_attempt) continue;
        here_ = last.in;
        registers_ = here_->registers();
        frames_.drop_to(last.frames);
        at_ = last.next;
        return true;
    }
    return false;
}

bool machine::handle_error() {
    if (run_.is_refused()) return false;
    while (!forks_.empty()) {
        auto const last = forks_.back();
        forks_.pop_back();
        if (last.kind == fork_kind::left_attempt) {
            cut(last.error);
        } else if (last.kind == fork_kind::collect) {
            kept_.resize(last.error);
        } else if (last.kind != fork_kind::choice) {
            here_ = last.in;
            registers_ = here_->registers();
            frames_.drop_to(last.frames);
            at_ = last.next;
            registers_[last.error] = run_.take_error();
            return true;
        }
    }
    return false;
}

frame* machine::scope(std::uint32_t scopes_out) const {
    auto* found = here_;
    for (; scopes_out > 0; --scopes_out) found = found->surroundings;
    return found;
}

machine::step machine::run_until_output(json::value& out) {
    while (true) {
        auto const& now = *at_++;
        auto* const r = registers_;
        bool fine = true;
        bool back = false;
        switch (now.what) {
            case op::constant: r[now.a] = program_.constants[now.b]; break;
            case op::move: r[now.a] = r[now.b]; break;
            case op::move_pair: {
                auto const path = r[now.b + 1];
                r[now.a] = r[now.b];
                r[now.a + 1] = path;
                break;
            }
            case op::outer: r[now.a] = scope(now.b)->registers()[now.c]; break;
            case op::field: fine = do_field(now); break;
            case op::index:
            case op::slice: fine = do_index(now); break;
            case op::each:
                r[now.c] = json::value::integer(0);
                ++at_;  // Behind the `each_next` that follows.
                [[fallthrough]];
            case op::each_next: {
                auto const& container = r[now.b];
                auto const index = static_cast<std::size_t>(*r[now.c].as_integer());
                bool const is_array = container.is_array();
                if (!is_array && !container.is_object()) {
                    fine = run_.fail(fmt::format("Cannot iterate over {}", name_of(container.type())));
                    break;
                }
                auto const size = is_array ? container.items().size() : container.members().size();
                if (index >= size) {
                    back = true;
                    break;
                }
                fine = do_each(now);
                break;
            }
            case op::range:
                r[now.c] = r[now.b];
                ++at_;  // Behind the `range_next` that follows.
                [[fallthrough]];
            case op::range_next:
                if (!r[now.b].is_number() || !r[now.b + 1].is_number()) {
                    fine = run_.fail("Range bounds must be numeric");
                } else if (compare(r[now.c], r[now.b + 1]) >= 0) {
                    back = true;
                } else {
                    do_range(now);
                }
                break;
            case op::fork: push(fork_kind::choice, here_->function->code.data() + now.a); break;
            case op::jump: at_ = here_->function->code.data() + now.a; break;
            case op::jump_if_not:
                if (!r[now.a].is_truthy()) at_ = here_->function->code.data() + now.b;
                if (r[now.a].holds_unreadable()) fine = run_.unreadable(r[now.a]);
                break;
            case op::jump_if:
                if (r[now.a].is_truthy()) at_ = here_->function->code.data() + now.b;
                if (r[now.a].holds_unreadable()) fine = run_.unreadable(r[now.a]);
                break;
            case op::backtrack: back = true; break;
            case op::attempt:
                r[now.b] = json::value::integer(static_cast<std::int64_t>(forks_.size()));
                push(fork_kind::attempt, here_->function->code.data() + now.a, now.c);
                break;
            case op::attempt_end: {
                auto const attempt = static_cast<std::size_t>(*r[now.b].as_integer());
                if (forks_.size() == attempt + 1) {
                    forks_.pop_back();
                } else {
                    push(fork_kind::left_attempt, nullptr, static_cast<std::uint32_t>(attempt));
                }
                break;
            }
            case op::mark: r[now.a] = json::value::integer(static_cast<std::int64_t>(forks_.size())); break;
            case op::cut: cut(static_cast<std::size_t>(*r[now.a].as_integer())); break;
            case op::count_down: {
                auto const left = *r[now.a].as_integer() - 1;
                r[now.a] = json::value::integer(left);
                if (left <= 0) cut(static_cast<std::size_t>(*r[now.b].as_integer()));
                break;
            }
            case op::collect:
                r[now.a] = json::value::integer(static_cast<std::int64_t>(kept_.size()));
                push(fork_kind::collect, here_->function->code.data() + now.b,
                     static_cast<std::uint32_t>(kept_.size()));
                break;
            case op::keep:
                if (kept_.size() * sizeof(json::value) >= run_.limits().memory_bytes_max) {
                    fine = run_.refuse("memory");
                    break;
                }
                kept_.push_back(r[now.a]);
                back = true;
                break;
            case op::collected: fine = do_collected(now); break;
            case op::keep_entry:
                kept_.push_back(r[now.b]);
                kept_.push_back(r[now.a]);
                back = true;
                break;
            case op::remapped: fine = do_remapped(now); break;
            case op::make_object: fine = do_object(now); break;
            case op::interpolate: fine = do_interpolate(now); break;
            case op::add:
            case op::subtract:
            case op::multiply:
            case op::divide:
            case op::modulo:
            case op::equal:
            case op::unequal:
            case op::less:
            case op::less_equal:
            case op::more:
            case op::more_equal: fine = do_binary(now); break;
            case op::negate: fine = negate(run_, r[now.b], r[now.a]); break;
            case op::call: fine = do_call(now); break;
            case op::call_closure: fine = do_call_closure(now); break;
            case op::give_back: {
                auto const given = r[now.a];
                if (here_->caller == nullptr) {
                    out = given;
                    return step::give;
                }
                auto* const caller = here_->caller;
                auto* const into = caller->registers() + here_->return_register;
                into[0] = given;
                if (now.flags & flag_path) into[1] = r[now.a + 1];
                at_ = here_->return_to;
                if (forks_.size() == here_->forks) frames_.drop_to(here_->before);
                here_ = caller;
                registers_ = caller->registers();
                break;
            }
            case op::native: {
                json::value made;
                auto const& native = program_.natives[now.c];
                fine = native.how == walks::lazily || may_read(native, r + now.b);
                fine = fine && native.function(run_, r + now.b, made);
                r[now.a] = made;
                break;
            }
            case op::raise: fine = run_.fail_with(r[now.a]); break;
            case op::check_path:
                if (r[now.b + 1].is_null()) {
                    fine = run_.fail(fmt::format("Invalid path expression with a result of type {}",
                                                 name_of(r[now.b].type())));
                    break;
                }
                r[now.a] = r[now.b + 1];
                break;
            case op::get_path: fine = do_get_path(now); break;
        }
        if (fine && !back && run_.ok()) continue;
        if (!fine || !run_.ok()) {
            if (!run_.is_refused() && (now.flags & flag_quiet)) {
                (void)run_.take_error();
                back = true;
            } else if (handle_error()) {
                continue;
            } else {
                return step::stop;
            }
        }
        if (back && !go_back()) return step::stop;
    }
}

bool machine::may_read(native_call const& native, json::value const* arguments) {
    for (std::uint32_t i = 0; i < native.arguments; ++i) {
        if (arguments[i].holds_unreadable()) return run_.unreadable(arguments[i]);
        if (native.how == walks::everything && !run_.may_walk(arguments[i])) return false;
    }
    return true;
}

bool machine::extend_path(instruction const& now, json::value key) {
    if (!(now.flags & flag_path)) return true;
    auto const path = registers_[now.b + 1];
    if (path.is_null()) {
        return run_.fail(fmt::format("Invalid path expression with a result of type {}",
                                     name_of(registers_[now.b].type())));
    }
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

bool machine::do_each(instruction const& now) {
    auto* const r = registers_;
    auto const container = r[now.b];
    auto const index = static_cast<std::size_t>(*r[now.c].as_integer());
    bool const is_array = container.is_array();
    auto const size = is_array ? container.items().size() : container.members().size();
    json::value key = json::value::integer(static_cast<std::int64_t>(index));
    json::value item;
    if (is_array) {
        item = container.items()[index];
    } else {
        auto const& one = container.members()[index];
        item = one.value;
        if (now.flags & flag_path) key = json::value::string_view_of(one.key);
        if (item.is_null() && item.holds_unreadable()) return run_.unreadable(item);
    }
    r[now.c] = json::value::integer(static_cast<std::int64_t>(index) + 1);
    // The last item leaves no fork behind: what follows may end its call for good.
    if (index + 1 < size) push(fork_kind::choice, now.what == op::each ? &now + 1 : &now);
    if (!extend_path(now, key)) return false;
    r[now.a] = item;
    return true;
}

void machine::do_range(instruction const& now) {
    auto* const r = registers_;
    auto const current = r[now.c];
    r[now.c] = current.holds_integer() ? json::value::integer(*current.as_integer() + 1)
                                       : json::value::real(current.as_double() + 1);
    if (compare(r[now.c], r[now.b + 1]) < 0) push(fork_kind::choice, now.what == op::range ? &now + 1 : &now);
    r[now.a] = current;
}

bool machine::do_collected(instruction const& now) {
    auto const from = static_cast<std::size_t>(*registers_[now.b].as_integer());
    registers_[now.a] = run_.list(std::span{kept_}.subspan(from));
    kept_.resize(from);
    return run_.ok();
}

// What was kept are pairs: the counter behind the item's own, and what stands there now.
bool machine::do_remapped(instruction const& now) {
    auto const container = registers_[now.b];
    auto const from = static_cast<std::size_t>(*registers_[now.c].as_integer());
    auto const kept = std::span{kept_}.subspan(from);
    if (container.is_array()) {
        std::vector<json::value> items;
        items.reserve(kept.size() / 2);
        for (std::size_t i = 1; i < kept.size(); i += 2) items.push_back(kept[i]);
        registers_[now.a] = run_.list(items);
    } else {
        std::vector<json::member> members;
        members.reserve(kept.size() / 2);
        for (std::size_t i = 0; i < kept.size(); i += 2) {
            auto const index = static_cast<std::size_t>(*kept[i].as_integer()) - 1;
            members.push_back({container.members()[index].key, kept[i + 1]});
        }
        registers_[now.a] = run_.object(members);
    }
    kept_.resize(from);
    return run_.ok();
}

bool machine::do_object(instruction const& now) {
    std::array<json::member, 16> few;
    std::vector<json::member> many;
    std::span<json::member> members{few};
    if (now.c > few.size()) {
        many.resize(now.c);
        members = many;
    }
    auto const* const pairs = registers_ + now.b;
    for (std::size_t i = 0; i < now.c; ++i) {
        auto const& key = pairs[i * 2];
        if (!key.is_string())
            return run_.fail(fmt::format("Object keys must be strings, not {}", name_of(key.type())));
        members[i] = {key.as_string(), pairs[i * 2 + 1]};
    }
    registers_[now.a] = run_.object(members.first(now.c));
    return run_.ok();
}

bool machine::do_interpolate(instruction const& now) {
    auto const& shape = program_.templates[now.b];
    std::string text;
    for (auto const& piece : shape.pieces) {
        if (!piece.is_register) {
            text += program_.constants[piece.index].as_string();
            continue;
        }
        if (!run_.may_walk(registers_[piece.index])) return false;
        if (!append_formatted(run_, shape.format, registers_[piece.index], text)) return false;
    }
    registers_[now.a] = run_.text(text);
    return run_.ok();
}

bool machine::do_binary(instruction const& now) {
    auto* const r = registers_;
    auto const& a = r[now.b];
    auto const& b = r[now.c];
    if (a.holds_unreadable()) return run_.unreadable(a);
    if (b.holds_unreadable()) return run_.unreadable(b);
    bool const compares_or_merges = now.what != op::add;
    if (compares_or_merges && (!run_.may_walk(a) || !run_.may_walk(b))) return false;
    json::value out;
    bool fine = true;
    switch (now.what) {
        case op::add: fine = add(run_, a, b, out); break;
        case op::subtract: fine = subtract(run_, a, b, out); break;
        case op::multiply: fine = multiply(run_, a, b, out); break;
        case op::divide: fine = divide(run_, a, b, out); break;
        case op::modulo: fine = modulo(run_, a, b, out); break;
        case op::equal: out = json::value::boolean(is_equal(a, b)); break;
        case op::unequal: out = json::value::boolean(!is_equal(a, b)); break;
        case op::less: out = json::value::boolean(compare(a, b) < 0 || (is_nan(a) && is_nan(b))); break;
        case op::less_equal: out = json::value::boolean(compare(a, b) <= 0); break;
        case op::more: out = json::value::boolean(compare(a, b) > 0); break;
        default: out = json::value::boolean(compare(a, b) >= 0 && !is_nan(a)); break;
    }
    r[now.a] = out;
    return fine;
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

closure machine::resolve(closure_source const& from) const {
    auto* const surroundings = scope(from.scopes_out);
    if (from.is_parameter) return surroundings->closures()[from.parameter];
    return {&program_.functions[from.function], &program_.functions[from.path_function], surroundings};
}

bool machine::do_call(instruction const& now) {
    auto const& site = program_.sites[now.c];
    return enter(now, program_.functions[site.function], scope(site.scopes_out), site);
}

bool machine::do_call_closure(instruction const& now) {
    auto const& site = program_.sites[now.c];
    auto const called = scope(site.scopes_out)->closures()[site.parameter];
    return enter(now, (now.flags & flag_path) ? *called.path_function : *called.function, called.surroundings,
                 site);
}

bool machine::enter(instruction const& now, function_code const& callee, frame* surroundings,
                    call_site const& site) {
    constexpr std::size_t closures_max = 16;  // The compiler refuses more.
    std::array<closure, closures_max> given;
    bool refers_to_here = surroundings == here_;
    for (std::size_t i = 0; i < site.closures.size(); ++i) {
        given[i] = resolve(site.closures[i]);
        refers_to_here = refers_to_here || given[i].surroundings == here_;
    }
    if (!run_.may_step(1)) return false;
    auto const input = registers_[now.b];
    auto const path = (now.flags & flag_path) ? registers_[now.b + 1] : json::value{};

    // A last call takes the place of the frame it ends, where nothing can come back to that.
    bool const replaces =
        (now.flags & flag_last) && here_->caller && forks_.size() == here_->forks && !refers_to_here;
    frame next{here_, surroundings, &callee, at_, now.a, here_->depth + 1, forks_.size(), frames_.top()};
    if (replaces) {
        next.caller = here_->caller;
        next.return_to = here_->return_to;
        next.return_register = here_->return_register;
        next.depth = here_->depth;
        next.before = here_->before;
        frames_.drop_to(here_->before);
    }
    if (next.depth > run_.limits().depth_max) return run_.refuse("depth");
    if (frames_.held_bytes() > run_.limits().memory_bytes_max) return run_.refuse("memory");
    auto const bytes = sizeof(frame) + callee.closures * sizeof(closure) + callee.slots * sizeof(json::value);
    here_ = new (frames_.allocate(bytes)) frame{next};
    std::copy_n(given.begin(), site.closures.size(), here_->closures());
    registers_ = here_->registers();
    registers_[0] = input;
    registers_[1] = path;
    at_ = callee.code.data();
    return true;
}

}  // namespace headgate::transforms
