#include "targets/temporal/temporal.hpp"

#include "targets/temporal/answers.hpp"
#include "targets/temporal/connection.hpp"
#include "targets/temporal/judge.hpp"
#include "targets/temporal/requests.hpp"
#include "targets/temporal/text.hpp"

#include <boost/asio/ip/host_name.hpp>
#include <boost/system/error_code.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

namespace headgate::targets {
namespace {

// Runs of one workflow that `follow` and a taken id are traced through in one go; the next question goes on
// from there.
constexpr int runs_traced_max = 100;

class temporal_target final : public target {
public:
    temporal_target(temporal_settings settings, std::unique_ptr<connection> server)
        : settings_{std::move(settings)}, server_{std::move(server)} {}

    [[nodiscard]] asio::awaitable<start_answer> start(start_order const& order, uuid request_id,
                                                      deadline until) override;
    [[nodiscard]] asio::awaitable<result<run_status>> follow(std::string workflow_id, std::string run_id,
                                                             patience how, deadline until) override;
    [[nodiscard]] asio::awaitable<result<void>> probe(deadline until) override;
    [[nodiscard]] std::optional<std::chrono::milliseconds> keeps_runs_for() const override {
        return retention_;
    }

private:
    asio::awaitable<start_answer> start_run(start_order const& order, std::string delivery_id,
                                            deadline until);
    asio::awaitable<start_answer> signal_run(start_order const& order, std::string delivery_id,
                                             deadline until);
    asio::awaitable<start_answer> signal_with_start(start_order const& order, std::string delivery_id,
                                                    deadline until);
    asio::awaitable<start_answer> judge_signalled(std::string const& workflow_id, std::string run_id,
                                                  std::string const& delivery_id, deadline until);
    asio::awaitable<start_answer> judge_taken_id(std::string const& workflow_id, std::string run_id,
                                                 std::string const& delivery_id, call_outcome const& refusal,
                                                 deadline until);
    asio::awaitable<result<std::optional<run_description>>> describe(std::string const& workflow_id,
                                                                     std::string const& run_id,
                                                                     deadline until);
    asio::awaitable<result<history_page>> read_end(std::string const& workflow_id,
                                                   run_description const& closed, deadline until);
    asio::awaitable<result<history_page>> wait_for_end(std::string const& workflow_id,
                                                       std::string const& run_id, deadline until);
    [[nodiscard]] bool is_gone(call_outcome const& outcome) const;
    [[nodiscard]] envelope envelope_of(std::string const& delivery_id) const {
        return {delivery_id, settings_.name_space, settings_.identity, limits_};
    }
    [[nodiscard]] deadline attempt_until(deadline until) const {
        return std::min(until, from_now(settings_.attempt_within));
    }

    temporal_settings settings_;
    std::unique_ptr<connection> server_;
    size_limits limits_;  // As `probe` learnt them.
    std::optional<std::chrono::milliseconds> retention_;
};

start_answer started(std::string run_id) {
    return {.what = start_answer::kind::started,
            .run_id = std::move(run_id),
            .code = errc::unknown,
            .message = {},
            .remedy = {}};
}

start_answer signalled(std::string run_id) {
    auto answer = started(std::move(run_id));
    answer.what = start_answer::kind::signalled;
    return answer;
}

start_answer refused(error why) {
    return {.what = start_answer::kind::refused,
            .run_id = {},
            .code = why.code,
            .message = std::move(why.message),
            .remedy = std::move(why.remedy)};
}

// The server said OK, in words that we cannot read: it may have started.
start_answer unreadable(error why) {
    return {.what = start_answer::kind::unanswered,
            .run_id = {},
            .code = why.code,
            .message = std::move(why.message),
            .remedy = std::move(why.remedy),
            .concerns = start_answer::scope::target};
}

asio::awaitable<start_answer> temporal_target::start(start_order const& order, uuid request_id,
                                                     deadline until) {
    auto delivery_id = to_string(request_id);
    switch (order.kind) {
        case order_kind::start: return start_run(order, std::move(delivery_id), until);
        case order_kind::signal: return signal_run(order, std::move(delivery_id), until);
        case order_kind::signal_with_start: return signal_with_start(order, std::move(delivery_id), until);
    }
    return start_run(order, std::move(delivery_id), until);
}

asio::awaitable<start_answer> temporal_target::start_run(start_order const& order, std::string delivery_id,
                                                         deadline until) {
    auto request = encode_start(order, envelope_of(delivery_id));
    if (!request) co_return refused(std::move(request).error());

    auto calling = server_->call("StartWorkflowExecution", *std::move(request), attempt_until(until));
    auto const outcome = co_await std::move(calling);
    if (!outcome.failure) {
        // Whatever else it says: the policies let no run be attached that is not ours.
        auto run_id = read_started(outcome.body);
        co_return run_id ? started(*std::move(run_id)) : unreadable(std::move(run_id).error());
    }
    if (outcome.failure != errc::already_exists) co_return judge_failed_start(outcome, settings_);

    auto const detail = read_detail(outcome.details);
    if (detail.start_request_id == delivery_id) co_return started(detail.run_id);
    auto judging = judge_taken_id(order.workflow_id, detail.run_id, delivery_id, outcome, until);
    co_return co_await std::move(judging);
}

start_answer no_run_for(start_order const& order, call_outcome const& outcome) {
    return {.what = start_answer::kind::no_run,
            .run_id = {},
            .code = outcome.failure.value_or(errc::not_found),
            .message = fmt::format("no run of {} is running that could take the signal ({})",
                                   order.workflow_id, presentable(outcome.message)),
            .remedy = "let the rule start a run with the signal, or retry the delivery once one is running"};
}

asio::awaitable<start_answer> temporal_target::signal_run(start_order const& order, std::string delivery_id,
                                                          deadline until) {
    auto request = encode_signal(order, envelope_of(delivery_id));
    if (!request) co_return refused(std::move(request).error());

    auto calling = server_->call("SignalWorkflowExecution", *std::move(request), attempt_until(until));
    auto const outcome = co_await std::move(calling);
    if (is_gone(outcome)) co_return no_run_for(order, outcome);
    if (outcome.failure) co_return judge_failed_start(outcome, settings_);
    // Which run it was is not said; the link is worth a question, and not a second signal.
    auto describing = describe(order.workflow_id, {}, until);
    auto const found = co_await std::move(describing);
    co_return signalled(found && *found ? (*found)->run_id : std::string{});
}

asio::awaitable<start_answer> temporal_target::signal_with_start(start_order const& order,
                                                                 std::string delivery_id, deadline until) {
    auto request = encode_signal_with_start(order, envelope_of(delivery_id));
    if (!request) co_return refused(std::move(request).error());

    auto calling =
        server_->call("SignalWithStartWorkflowExecution", *std::move(request), attempt_until(until));
    auto const outcome = co_await std::move(calling);
    if (!outcome.failure) {
        auto run = read_signalled_with_start(outcome.body);
        if (!run) co_return unreadable(std::move(run).error());
        if (run->is_new) co_return started(std::move(run->run_id));
        auto judging = judge_signalled(order.workflow_id, std::move(run->run_id), delivery_id, until);
        co_return co_await std::move(judging);
    }
    if (outcome.failure != errc::already_exists) co_return judge_failed_start(outcome, settings_);

    auto const detail = read_detail(outcome.details);
    if (detail.start_request_id == delivery_id) co_return started(detail.run_id);
    auto judging = judge_taken_id(order.workflow_id, detail.run_id, delivery_id, outcome, until);
    auto judged = co_await std::move(judging);
    // It began to run meanwhile: it can be signalled.
    if (judged.what == start_answer::kind::joined) judged.what = start_answer::kind::not_now;
    co_return judged;
}

// Whose run has taken the signal: ours, where an earlier attempt has started it, or a server says nothing of
// who did. Where that cannot be learnt it is followed as ours: it has the signal, and whatever comes of it is
// seen.
asio::awaitable<start_answer> temporal_target::judge_signalled(std::string const& workflow_id,
                                                               std::string run_id,
                                                               std::string const& delivery_id,
                                                               deadline until) {
    auto describing = describe(workflow_id, run_id, until);
    auto const found = co_await std::move(describing);
    bool const is_anothers = found && *found && (*found)->delivery_id != delivery_id;
    co_return is_anothers ? signalled(std::move(run_id)) : started(std::move(run_id));
}

start_answer taken(run_description const& holder, call_outcome const& refusal,
                   std::string const& workflow_id) {
    bool const runs = holder.is == run_description::status::running;
    auto const ending = holder.ended_at ? fmt::format(", {}", to_rfc3339(*holder.ended_at)) : std::string{};
    return {.what = runs ? start_answer::kind::joined : start_answer::kind::id_taken,
            .run_id = holder.run_id,
            .code = refusal.failure.value_or(errc::already_exists),
            .message = fmt::format("workflow id already used by run {} of {} ({}{})", holder.run_id,
                                   workflow_id, name_of(holder.is), ending),
            .remedy = runs ? "" : "let the rule's id differ per event, or replay the delivery"};
}

// Whose run holds the id. Its memo tells, also after the run was continued as a new one, which the request id
// does not survive. Nothing was started by the call that asks this.
asio::awaitable<start_answer> temporal_target::judge_taken_id(std::string const& workflow_id,
                                                              std::string run_id,
                                                              std::string const& delivery_id,
                                                              call_outcome const& refusal, deadline until) {
    start_answer ask_again{.what = start_answer::kind::not_now,
                           .run_id = {},
                           .code = errc::already_exists,
                           .message = "workflow id is taken, by whom could not be learnt",
                           .remedy = "retried by itself",
                           .not_before = std::chrono::seconds{1}};
    for (int traced = 0; traced < runs_traced_max; ++traced) {
        auto describing = describe(workflow_id, run_id, until);
        auto const found = co_await std::move(describing);
        if (!found) {
            ask_again.message += ": " + found.error().message;
            co_return ask_again;
        }
        if (!*found) co_return ask_again;
        auto const& holder = **found;
        if (holder.delivery_id == delivery_id) co_return started(holder.run_id);
        bool const goes_on_elsewhere =
            holder.is == run_description::status::continued_as_new && !run_id.empty();
        if (!goes_on_elsewhere) co_return taken(holder, refusal, workflow_id);
        run_id.clear();  // The latest run.
    }
    co_return ask_again;
}

bool temporal_target::is_gone(call_outcome const& outcome) const {
    return outcome.failure == errc::not_found &&
           judge_failed_start(outcome, settings_).what != start_answer::kind::missing;
}

// Nothing: there is no such run (any more).
asio::awaitable<result<std::optional<run_description>>> temporal_target::describe(
    std::string const& workflow_id, std::string const& run_id, deadline until) {
    auto calling =
        server_->call("DescribeWorkflowExecution", encode_describe(settings_.name_space, workflow_id, run_id),
                      attempt_until(until));
    auto const outcome = co_await std::move(calling);
    if (is_gone(outcome)) co_return std::optional<run_description>{};
    if (outcome.failure) co_return std::unexpected{to_error(outcome, settings_)};
    HEADGATE_CO_TRY(auto described, read_description(outcome.body));
    co_return std::optional{std::move(described)};
}

run_status without_detail(run_description const& closed) {
    bool const good = closed.is == run_description::status::completed;
    return {.what = good ? run_status::kind::completed : run_status::kind::failed,
            .detail = good ? std::string{} : std::string{name_of(closed.is)},
            .run_id = {},
            .ended_at = closed.ended_at};
}

// How a closed run ended. Its history may go between two questions; then what the description said stands.
asio::awaitable<result<history_page>> temporal_target::read_end(std::string const& workflow_id,
                                                                run_description const& closed,
                                                                deadline until) {
    auto calling = server_->call("GetWorkflowExecutionHistory",
                                 encode_history(settings_.name_space, workflow_id, closed.run_id, {},
                                                history_question::is_there_an_end),
                                 attempt_until(until));
    auto const outcome = co_await std::move(calling);
    if (outcome.failure && !is_gone(outcome)) co_return std::unexpected{to_error(outcome, settings_)};
    history_page page;
    if (!outcome.failure) {
        HEADGATE_CO_TRY(page, read_history(outcome.body));
    }
    if (!page.end) page.end = without_detail(closed);
    co_return page;
}

// Waits for the end of a running run, until `until`: a page without an end means that it runs on. A frontend
// answers after 20 s, or a second before the deadline, with a token to go on with.
asio::awaitable<result<history_page>> temporal_target::wait_for_end(std::string const& workflow_id,
                                                                    std::string const& run_id,
                                                                    deadline until) {
    std::string token;
    while (std::chrono::steady_clock::now() < until) {
        auto calling = server_->call("GetWorkflowExecutionHistory",
                                     encode_history(settings_.name_space, workflow_id, run_id, token,
                                                    history_question::wait_for_the_end),
                                     until);
        auto const outcome = co_await std::move(calling);
        bool const waited_long_enough = outcome.failure == errc::deadline_exceeded;
        if (waited_long_enough || is_gone(outcome)) break;
        if (outcome.failure) co_return std::unexpected{to_error(outcome, settings_)};
        HEADGATE_CO_TRY(auto page, read_history(outcome.body));
        if (page.end || page.next_page_token.empty()) co_return page;
        token = std::move(page.next_page_token);
    }
    co_return history_page{};
}

asio::awaitable<result<run_status>> temporal_target::follow(std::string workflow_id, std::string run_id,
                                                            patience how, deadline until) {
    for (int traced = 0; traced < runs_traced_max; ++traced) {
        auto describing = describe(workflow_id, run_id, until);
        HEADGATE_CO_TRY(auto const described, co_await std::move(describing));
        if (!described) co_return run_status{.what = run_status::kind::gone, .run_id = run_id};

        run_id = described->run_id;
        bool const runs = described->is == run_description::status::running;
        if (runs && how == patience::look) break;
        auto asking =
            runs ? wait_for_end(workflow_id, run_id, until) : read_end(workflow_id, *described, until);
        HEADGATE_CO_TRY(auto page, co_await std::move(asking));
        if (!page.end) break;
        if (page.continued_by.empty()) {
            page.end->run_id = run_id;
            co_return *std::move(page.end);
        }
        run_id = page.continued_by;
    }
    co_return run_status{.what = run_status::kind::running, .run_id = run_id};
}

asio::awaitable<result<void>> temporal_target::probe(deadline until) {
    auto greeting = server_->call("GetSystemInfo", {}, attempt_until(until));
    auto const greeted = co_await std::move(greeting);
    // A server from before this call is still a server; the next one tells whether it is Temporal's.
    bool const answers = !greeted.failure || greeted.failure == errc::unimplemented;
    if (!answers) co_return std::unexpected{to_error(greeted, settings_)};

    auto asking = server_->call("DescribeNamespace", encode_describe_namespace(settings_.name_space),
                                attempt_until(until));
    auto const told = co_await std::move(asking);
    if (told.failure) co_return std::unexpected{to_error(told, settings_)};
    HEADGATE_CO_TRY(auto const facts, read_namespace(told.body));
    retention_ = facts.retention;
    limits_ = facts.limits;
    co_return result<void>{};
}

// gRPC takes only visible ASCII in what it sends along, and ends the process otherwise.
bool can_be_metadata(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7F; });
}

result<void> check(temporal_settings const& settings) {
    auto const colon = settings.address.rfind(':');
    bool const has_port = colon != std::string::npos && colon > 0 && colon + 1 < settings.address.size();
    if (!has_port || !can_be_metadata(settings.address)) {
        return refuse(errc::invalid_argument, fmt::format("\"{}\" is no host:port", settings.address),
                      "write for example temporal:7233");
    }
    if (settings.name_space.empty() || !can_be_metadata(settings.name_space)) {
        return refuse(errc::invalid_argument,
                      "the namespace is empty or has other characters than visible ASCII",
                      "write the namespace's name as Temporal shows it");
    }
    if (settings.api_key && (settings.api_key->empty() || !can_be_metadata(settings.api_key->reveal()))) {
        return refuse(errc::invalid_argument,
                      "the API key is empty or has other characters than visible ASCII",
                      "check the file or variable that holds the API key");
    }
    return {};
}

std::string own_identity() {
    boost::system::error_code failed;
    auto const host = asio::ip::host_name(failed);
    return failed ? "headgate" : "headgate@" + host;
}

}  // namespace

result<std::unique_ptr<target>> make_temporal_target(temporal_settings const& settings,
                                                     asio::any_io_executor executor) {
    if (auto const good = check(settings); !good) return std::unexpected{good.error()};
    HEADGATE_TRY(auto server, connection::make(settings, std::move(executor)));
    auto own = settings;
    if (own.identity.empty()) own.identity = own_identity();
    return std::make_unique<temporal_target>(std::move(own), std::move(server));
}

}  // namespace headgate::targets
