#include "app/commands.hpp"
#include "app/exit_code.hpp"
#include "app/files.hpp"
#include "app/gateway_process.hpp"
#include "app/reloader.hpp"
#include "core/log.hpp"

#include <atomic>
#include <chrono>
#include <csignal>
#include <pthread.h>
#include <string>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <thread>
#include <unistd.h>

namespace headgate::app {
namespace {

// Secrets do not end up in core files, nor in those that a program takes from a pipe, whatever their limit.
void prepare_process() {
    rlimit const no_core{0, 0};
    ::setrlimit(RLIMIT_CORE, &no_core);
    ::prctl(PR_SET_DUMPABLE, 0);
    std::signal(SIGPIPE, SIG_IGN);
}

// Signals are blocked in every thread (all inherit this) and taken one by one, by `wait_for_end`.
sigset_t block_signals() {
    sigset_t taken;
    sigemptyset(&taken);
    for (auto const each : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&taken, each);
    pthread_sigmask(SIG_BLOCK, &taken, nullptr);
    return taken;
}

// Until the process is to end; a hang-up only means to read the configuration again.
template <class Reread>
void wait_for_end(sigset_t const& signals, Reread reread) {
    for (;;) {
        int received = 0;
        sigwait(&signals, &received);
        if (received != SIGHUP) return;
        reread();
    }
}

void say_that_it_is_too_late() {
    log(log_level::warning, "SIGHUP while draining: the configuration is not read again");
}

// While this lives, a second signal ends the process at once. Nothing is lost by it: what was acknowledged is
// durable.
class impatience {
public:
    explicit impatience(sigset_t const& signals)
        : waiting_{[this, signals] {
              wait_for_end(signals, say_that_it_is_too_late);
              if (!calmed_) ::_exit(exit_failed);
          }} {}
    ~impatience() {
        calmed_ = true;
        // NOLINTNEXTLINE(bugprone-bad-signal-to-kill-thread): blocked everywhere, `sigwait` takes it.
        pthread_kill(waiting_.native_handle(), SIGTERM);
        waiting_.join();
    }
    impatience(impatience const&) = delete;
    impatience& operator=(impatience const&) = delete;

private:
    std::atomic<bool> calmed_{false};
    std::thread waiting_;
};

}  // namespace

int serve(serve_options const& asked) {
    prepare_process();
    auto planned = make_plan(asked.config);
    print_problems(planned.found);
    if (!planned.made) return exit_no;
    configure_log(planned.made->settings.log);
    auto const signals = block_signals();

    auto const poll_every = planned.made->settings.reload.poll_every;
    auto gateway = start_gateway(*std::move(planned.made));
    if (!gateway) {
        print_error(gateway.error());
        return exit_code_of(gateway.error().code);
    }
    log(log_level::info, "ready",
        {{"webhooks_port", std::to_string((*gateway)->webhooks_port())},
         {"operator_port", std::to_string((*gateway)->operator_port())}});
    {
        reloader keeping_up{asked.config, std::move(planned.made_from), poll_every,
                            [&gateway](app::planned next) { (*gateway)->take(std::move(next)); }};
        wait_for_end(signals, [&keeping_up] { keeping_up.ask(); });
    }

    log(log_level::info, "draining");
    {
        impatience const second_signal{signals};
        (*gateway)->drain();
        gateway->reset();
    }
    log(log_level::info, "stopped");
    return exit_yes;
}

}  // namespace headgate::app
