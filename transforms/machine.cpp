#include "transforms/machine.hpp"

#include "core/check.hpp"
#include "transforms/operations.hpp"
#include "transforms/source_error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <new>
#include <span>
#include <utility>

namespace headgate::transforms {

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
    : program_{program}, run_{where, options, program.patterns} {
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
    if (out.is_put_together()) (void)run_.may_walk(out);
    if (++outputs_ > run_.limits().outputs_max) (void)run_.refuse(limit::outputs);
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
        (void)run_.refuse(limit::memory);
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
        bool const is_paid = ++executed_ % instructions_per_step != 0 || run_.may_step(1);
        auto how = is_paid ? execute(now) : outcome::failed;
        if (how == outcome::output) {
            out = registers_[now.a];
            return step::give;
        }
        if (how == outcome::failed || !run_.ok()) {
            bool const is_quiet = !run_.is_refused() && (now.flags & flag_quiet);
            if (!is_quiet && !handle_error()) return step::stop;
            if (!is_quiet) continue;
            (void)run_.take_error();
            how = outcome::back;
        }
        if (how == outcome::back && !go_back()) return step::stop;
    }
}

machine::outcome machine::execute(instruction const& now) {
    auto const done = [](bool fine) { return fine ? outcome::next : outcome::failed; };
    auto* const r = registers_;
    switch (now.what) {
        case op::constant: r[now.a] = program_.constants[now.b]; return outcome::next;
        case op::move: r[now.a] = r[now.b]; return outcome::next;
        case op::move_pair:
            r[now.a] = r[now.b];
            r[now.a + 1] = r[now.b + 1];
            return outcome::next;
        case op::outer: r[now.a] = scope(now.b)->registers()[now.c]; return outcome::next;
        case op::field: return done(do_field(now));
        case op::index:
        case op::slice: return done(do_index(now));
        case op::each:
        case op::each_next: return do_each(now);
        case op::range:
        case op::range_next: return do_range(now);
        case op::fork: push(fork_kind::choice, target(now.a)); return outcome::next;
        case op::jump: at_ = target(now.a); return outcome::next;
        case op::jump_if:
        case op::jump_if_not: return done(do_jump_if(now));
        case op::backtrack: return outcome::back;
        case op::attempt:
        case op::attempt_end: do_attempt(now); return outcome::next;
        case op::mark:
            r[now.a] = json::value::integer(static_cast<std::int64_t>(forks_.size()));
            return outcome::next;
        case op::cut: cut(number_in(now.a)); return outcome::next;
        case op::count_down: do_count_down(now); return outcome::next;
        case op::collect: do_collect(now); return outcome::next;
        case op::keep:
        case op::keep_entry: return do_keep(now);
        case op::collected: return done(do_collected(now));
        case op::remapped: return done(do_remapped(now));
        case op::make_object: return done(do_object(now));
        case op::interpolate: return done(do_interpolate(now));
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
        case op::more_equal: return done(do_binary(now));
        case op::negate: return done(negate(run_, r[now.b], r[now.a]));
        case op::call: return done(do_call(now));
        case op::call_closure: return done(do_call_closure(now));
        case op::give_back: return do_give_back(now);
        case op::native: return done(do_native(now));
        case op::raise: return done(run_.fail_with(r[now.a]));
        case op::check_path: return done(do_check_path(now));
        case op::get_path: return done(do_get_path(now));
    }
    return outcome::next;
}

bool machine::do_jump_if(instruction const& now) {
    auto const question = registers_[now.a];
    if (question.holds_unreadable()) return run_.unreadable(question);
    if (question.is_truthy() == (now.what == op::jump_if)) at_ = target(now.b);
    return true;
}

void machine::do_attempt(instruction const& now) {
    if (now.what == op::attempt) {
        registers_[now.b] = json::value::integer(static_cast<std::int64_t>(forks_.size()));
        push(fork_kind::attempt, target(now.a), now.c);
        return;
    }
    auto const attempt = number_in(now.b);
    if (forks_.size() == attempt + 1) {
        forks_.pop_back();
    } else {
        push(fork_kind::left_attempt, nullptr, static_cast<std::uint32_t>(attempt));
    }
}

void machine::do_count_down(instruction const& now) {
    auto const left = registers_[now.a].held_integer() - 1;
    registers_[now.a] = json::value::integer(left);
    if (left <= 0) cut(number_in(now.b));
}

void machine::do_collect(instruction const& now) {
    registers_[now.a] = json::value::integer(static_cast<std::int64_t>(kept_.size()));
    push(fork_kind::collect, target(now.b), static_cast<std::uint32_t>(kept_.size()));
}

machine::outcome machine::do_keep(instruction const& now) {
    if (kept_.size() * sizeof(json::value) >= run_.limits().memory_bytes_max) {
        (void)run_.refuse(limit::memory);
        return outcome::failed;
    }
    if (now.what == op::keep_entry) kept_.push_back(registers_[now.b]);
    kept_.push_back(registers_[now.a]);
    return outcome::back;
}

bool machine::do_native(instruction const& now) {
    auto const& native = program_.natives[now.c];
    json::value made;
    auto const* const arguments = registers_ + now.b;
    if (native.how != walks::lazily && !may_read(native, arguments)) return false;
    if (!native.function(run_, arguments, made)) return false;
    registers_[now.a] = made;
    return true;
}

machine::outcome machine::do_give_back(instruction const& now) {
    auto* const caller = here_->caller;
    if (caller == nullptr) return outcome::output;
    auto* const into = caller->registers() + here_->return_register;
    into[0] = registers_[now.a];
    if (now.flags & flag_path) into[1] = registers_[now.a + 1];
    at_ = here_->return_to;
    // Nothing can come back to a call without forks of its own.
    if (forks_.size() == here_->forks) frames_.drop_to(here_->before);
    here_ = caller;
    registers_ = caller->registers();
    return outcome::next;
}

bool machine::may_read(native_call const& native, json::value const* arguments) {
    for (std::uint32_t i = 0; i < native.arguments; ++i) {
        if (arguments[i].holds_unreadable()) return run_.unreadable(arguments[i]);
        bool const may =
            native.how == walks::everything ? run_.may_walk(arguments[i]) : run_.may_look(arguments[i]);
        if (!may) return false;
    }
    return true;
}

}  // namespace headgate::transforms
