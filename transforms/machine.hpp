#pragma once

#include "transforms/code.hpp"
#include "transforms/runtime.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace headgate::transforms {

struct frame;

// A piece of a program with the frame it stands in.
struct closure {
    function_code const* function = nullptr;
    function_code const* path_function = nullptr;
    frame* surroundings = nullptr;
};

// The frames of calls, one behind the other in blocks that do not move. Going back to a fork drops all frames
// made since.
class frame_stack {
public:
    struct position {
        std::size_t block = 0;
        std::size_t used = 0;
    };

    [[nodiscard]] void* allocate(std::size_t bytes);
    [[nodiscard]] position top() const noexcept { return top_; }
    void drop_to(position earlier) noexcept { top_ = earlier; }
    [[nodiscard]] std::size_t held_bytes() const noexcept { return held_bytes_; }

private:
    static constexpr std::size_t first_bytes =
        1'024;  // Most programs' own frame; more would be cleared for nothing.
    struct block {
        std::unique_ptr<std::byte[]> bytes;
        std::size_t size;
    };
    alignas(16) std::byte first_[first_bytes];
    std::vector<block> more_;
    std::size_t held_bytes_ = 0;
    position top_;
};

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

// Runs one program over one input. Never recurses: calls, forks and collecting have stacks of their own, on
// which the budget counts.
class machine {
public:
    machine(compiled const& program, json::value input, json::arena& where, run_options const& options);

    [[nodiscard]] result<std::optional<json::value>> next();
    [[nodiscard]] std::uint64_t steps() const noexcept { return run_.steps(); }

private:
    static constexpr std::uint64_t instructions_per_step = 64;

    enum class fork_kind : std::uint8_t {
        choice,        // go on at `next`
        attempt,       // errors go on at `next`, with the error in register `error`
        left_attempt,  // what comes behind the attempt at `error`: its errors pass that attempt by
        collect,       // as `choice`; what was kept since `error` is dropped when an error passes
    };
    struct fork {
        fork_kind kind;
        std::uint32_t error;
        frame* in;
        instruction const* next;
        frame_stack::position frames;
    };

    // What an instruction leads to: the next one, the last fork, an error, or an output of the program.
    enum class outcome : std::uint8_t { next, back, failed, output };
    enum class step : std::uint8_t { give, stop };

    [[nodiscard]] step run_until_output(json::value& out);
    [[nodiscard]] outcome execute(instruction const& now);
    [[nodiscard]] instruction const* target(std::uint32_t index) const {
        return here_->function->code.data() + index;
    }
    [[nodiscard]] std::size_t number_in(std::uint32_t where) const {
        return static_cast<std::size_t>(registers_[where].held_integer());
    }
    [[nodiscard]] bool go_back();
    [[nodiscard]] bool handle_error();
    void push(fork_kind kind, instruction const* next, std::uint32_t error = 0);
    void cut(std::size_t forks);
    [[nodiscard]] bool may_read(native_call const& native, json::value const* arguments);
    [[nodiscard]] bool do_field(instruction const& now);
    [[nodiscard]] bool do_index(instruction const& now);
    [[nodiscard]] outcome do_each(instruction const& now);
    [[nodiscard]] outcome do_range(instruction const& now);
    [[nodiscard]] bool do_jump_if(instruction const& now);
    void do_attempt(instruction const& now);
    void do_count_down(instruction const& now);
    void do_collect(instruction const& now);
    [[nodiscard]] outcome do_keep(instruction const& now);
    [[nodiscard]] bool do_native(instruction const& now);
    [[nodiscard]] outcome do_give_back(instruction const& now);
    [[nodiscard]] bool do_check_path(instruction const& now);
    [[nodiscard]] bool no_path(json::value const& any);
    [[nodiscard]] bool do_collected(instruction const& now);
    [[nodiscard]] bool do_remapped(instruction const& now);
    [[nodiscard]] bool do_object(instruction const& now);
    [[nodiscard]] bool do_interpolate(instruction const& now);
    [[nodiscard]] bool do_binary(instruction const& now);
    [[nodiscard]] bool do_get_path(instruction const& now);
    [[nodiscard]] bool do_call(instruction const& now);
    [[nodiscard]] bool do_call_closure(instruction const& now);
    [[nodiscard]] bool enter(instruction const& now, function_code const& callee, frame* surroundings,
                             call_site const& site);
    [[nodiscard]] bool extend_path(instruction const& now, json::value key);
    [[nodiscard]] closure resolve(closure_source const& from) const;
    [[nodiscard]] frame* scope(std::uint32_t scopes_out) const;
    [[nodiscard]] result<std::optional<json::value>> end_with_error();

    compiled const& program_;
    runtime run_;
    frame_stack frames_;
    frame* here_ = nullptr;
    instruction const* at_ = nullptr;
    json::value* registers_ = nullptr;
    std::vector<fork> forks_;
    std::vector<json::value> kept_;
    std::uint64_t executed_ = 0;
    std::size_t outputs_ = 0;
    bool has_started_ = false;
    bool has_ended_ = false;
    std::optional<error> ended_with_;
};

}  // namespace headgate::transforms
