#include "app/commands.hpp"
#include "app/exit_code.hpp"
#include "app/files.hpp"
#include "app/gateway_process.hpp"
#include "app/reloader.hpp"
#include "core/log.hpp"

#include <chrono>
#include <csignal>
#include <initializer_list>
#include <memory>
#include <pthread.h>
#include <string>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <thread>
#include <unistd.h>
#include <utility>

namespace headgate::app {
namespace {

// Secrets do not end up in core files, nor in those that a program takes from a pipe, whatever their limit.
void prepare_process() {
    rlimit const no_core{0, 0};
    ::setrlimit(RLIMIT_CORE, &no_core);
    ::prctl(PR_SET_DUMPABLE, 0);
    std::signal(SIGPIPE, SIG_IGN);
}

sigset_t set_of(std::initializer_list<int> signals) {
    sigset_t set;
    sigemptyset(&set);
    for (auto const each : signals) sigaddset(&set, each);
    return set;
}

// Ends an `impatience`; nobody outside has a reason to send it.
constexpr int calm = SIGUSR1;

// Signals are blocked in every thread (all inherit this) and taken one by one, by `wait_for_end`.
void block_signals() {
    auto const taken = set_of({SIGTERM, SIGINT, SIGHUP, calm});
    pthread_sigmask(SIG_BLOCK, &taken, nullptr);
}

// Until one of these signals that is no hang-up, which it gives back; a hang-up only means to read the
// configuration again.
template <class Reread>
int wait_for_end(sigset_t const& signals, Reread reread) {
    for (;;) {
        int received = 0;
        sigwait(&signals, &received);
        if (received != SIGHUP) return received;
        reread();
    }
}

void say_that_it_is_too_late() {
    log(log_level::warning, "SIGHUP while draining: the configuration is not read again");
}

// While this lives, SIGTERM and SIGINT end the process at once; its last lines get a second. Nothing is lost
// by it: what was acknowledged is durable. Those that were not taken meanwhile stay pending, for whoever
// waits next.
class impatience {
public:
    explicit impatience(sigset_t const& signals)
        : waiting_{[signals] {
              if (wait_for_end(signals, say_that_it_is_too_late) == calm) return;
              flush_log();
              ::_exit(exit_failed);
          }} {}
    ~impatience() {
        pthread_kill(waiting_.native_handle(), calm);
        waiting_.join();
    }
    impatience(impatience const&) = delete;
    impatience& operator=(impatience const&) = delete;

private:
    std::thread waiting_;
};

// A large store takes a while to open, and a disk may hang. A hang-up stays pending until there is a gateway.
result<std::unique_ptr<gateway_process>> start_impatiently(plan from) {
    impatience const a_signal{set_of({SIGTERM, SIGINT, calm})};
    return start_gateway(std::move(from));
}

}  // namespace

int serve(serve_options const& asked) {
    prepare_process();
    auto planned = make_tried_plan(asked.config);
    if (!planned.made) {
        print_problems(planned.found);
        return exit_no;
    }
    configure_log(planned.made->settings.log);
    log_problems(planned.found);
    block_signals();
    background_log const writing{planned.made->settings.log.lines_waiting_max};

    auto const when = planned.made->settings.reload;
    auto gateway = start_impatiently(*std::move(planned.made));
    if (!gateway) {
        print_error(gateway.error());
        return exit_code_of(gateway.error().code);
    }
    log(log_level::info, "ready",
        {{"webhooks_port", std::to_string((*gateway)->webhooks_port())},
         {"operator_port", std::to_string((*gateway)->operator_port())}});
    {
        reloader keeping_up{asked.config, std::move(planned.made_from), when,
                            [&gateway](app::planned next) { (*gateway)->take(std::move(next)); }};
        wait_for_end(set_of({SIGTERM, SIGINT, SIGHUP}), [&keeping_up] { keeping_up.ask(); });
    }

    log(log_level::info, "draining");
    {
        impatience const second_signal{set_of({SIGTERM, SIGINT, SIGHUP, calm})};
        (*gateway)->drain();
        gateway->reset();
    }
    log(log_level::info, "stopped");
    return exit_yes;
}

}  // namespace headgate::app
