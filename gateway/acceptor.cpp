#include "gateway/acceptor.hpp"

#include "core/deadline.hpp"
#include "core/log.hpp"
#include "gateway/answers.hpp"
#include "gateway/counted_in.hpp"
#include "gateway/dedupe.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace headgate::gateway {

namespace {

bool contains(auto const& list, std::string_view wanted) {
    return std::ranges::find(list, wanted) != list.end();
}

void log_refusal(source const& of, request_head const& head, error const& why) {
    log_sparingly(
        log_level::warning, "refused a request",
        {{"source", of.settings.name}, {"peer", head.peer}, {"why", why.message}, {"remedy", why.remedy}});
}

}  // namespace

acceptor::acceptor(std::shared_ptr<snapshot const> first, store::event_store& store, wall_clock const& clock,
                   auth::fact_finder& facts, metrics& counts, load& in_flight)
    : current_{std::move(first)},
      store_{store},
      clock_{clock},
      facts_{facts},
      in_flight_{in_flight},
      flooded_{counts.make_counter("headgate_flood_refusals_total",
                                   "Requests answered 429, and TLS handshakes not begun, because their "
                                   "address sent too many.")},
      unknown_{counts.make_counter("headgate_unknown_path_total", "Requests to paths that no source has.")},
      took_{counts.make_histogram("headgate_accept_seconds", "From the whole request to the answer.")},
      counts_{counts},
      scratch_bytes_(64 * 1024),
      scratch_{scratch_bytes_.data(), scratch_bytes_.size()} {}

void acceptor::use(std::shared_ptr<snapshot const> next) {
    current_ = std::move(next);
    counts_.forget_keys();
}

std::optional<std::chrono::seconds> acceptor::take_from(std::string const& address,
                                                        std::chrono::steady_clock::time_point now) {
    auto const wait = current_->flood ? current_->flood->take(address, now) : std::nullopt;
    if (!wait) return std::nullopt;
    flooded_.add();
    log_sparingly(log_level::warning, "an address sends too many requests",
                  {{"peer", address},
                   {"remedy",
                    "if it is your proxy, name it in listen.trusted_proxies; else see "
                    "requests_per_second_per_address"}});
    return wait;
}

bool acceptor::admits_handshake(std::string const& address) {
    return !take_from(address, std::chrono::steady_clock::now());
}

http::admission acceptor::admit(request_head const& head) {
    http::admission admitted{.body_bytes_max = current_->general.body_bytes_max};
    auto const now = std::chrono::steady_clock::now();
    if (auto const wait = take_from(head.peer, now)) {
        admitted.refusal = too_many_requests(*wait);
        return admitted;
    }
    auto found = current_->routes.find(head.path());
    if (!found) return admitted;
    auto const& from = current_->sources[found->source];
    if (!contains(from.methods, head.method) && !contains(from.sender.methods(), head.method)) {
        admitted.refusal = method_not_allowed(from.methods);
        return admitted;
    }
    if (!allows_encoding(from, head.fields)) {
        admitted.refusal = encoding_not_allowed(from.settings.content_encodings);
        return admitted;
    }
    if (auto const room = from.limiter ? from.limiter->look(now) : result<void>{}; !room) {
        admitted.refusal = over_limit(from, room.error());
        return admitted;
    }
    admitted.body_bytes_max = from.body_bytes_max;
    admitted.context = std::shared_ptr<source const>{current_, &from};  // Keeps the whole snapshot.
    admitted.path_parameters = std::move(found->values);
    return admitted;
}

asio::awaitable<response> acceptor::handle(request incoming, http::admission admitted) {
    counted_in const counting{in_flight_};
    auto const began = std::chrono::steady_clock::now();
    if (!admitted.context) {
        auth::burn_time(incoming.body);
        unknown_.add();
        co_return unknown_path();
    }
    auto const& from = *static_cast<source const*>(admitted.context.get());
    incoming.path_parameters = std::move(admitted.path_parameters);
    incoming.received_at = clock_.now();
    if (auto const* const which = from.sender.handshake_for(incoming)) {
        auto finding = auth::find_facts(from.sender.checks(), incoming, facts_, began + from.accept_within);
        auto const found = co_await std::move(finding);
        auto shaking = shake_hands(incoming, found, from, *which, began + from.accept_within);
        co_return co_await std::move(shaking);
    }
    if (!contains(from.methods, incoming.head.method)) co_return method_not_allowed(from.methods);
    auto accepting = accept(std::move(incoming), from, began);
    auto answer = co_await std::move(accepting);
    took_.observe(std::chrono::steady_clock::now() - began);
    co_return answer;
}

asio::awaitable<response> acceptor::accept(request incoming, source const& from,
                                           std::chrono::steady_clock::time_point began) {
    auto const& answers = from.sender.answers();
    auto& counts = counts_.of(from);
    auto finding = auth::find_facts(from.sender.checks(), incoming, facts_, began + from.accept_within);
    auto const found = co_await std::move(finding);
    auto proof = from.sender.checks().verify(incoming, found.known, incoming.received_at);
    if (!proof && found.trouble) {  // What could not be had might have proved it.
        counts.unavailable.add();
        log_refusal(from, incoming.head, *found.trouble);
        co_return refused(answers, from.retry_after, *found.trouble);
    }
    if (!proof) {
        counts.refused.add();
        log_refusal(from, incoming.head, proof.error());
        co_return refused(answers, from.retry_after, proof.error());
    }
    counts_.count_verified(from, counts, proof->keys);
    std::optional<source_limiter::place> place;
    if (from.limiter) {
        auto entered = from.limiter->enter(began);
        if (!entered) co_return over_limit(from, entered.error());
        place.emplace(*std::move(entered));
    }

    auto const digest = digest_if_needed(from, incoming, *proof);
    event fresh{.sequence = 0,
                .id = {},
                .tenant = from.settings.tenant,
                .source = from.settings.name,
                .sender = std::move(proof->sender),
                .received = std::move(incoming)};
    auto keys = dedupe_keys(from, fresh, proof->once, digest, scratch_);
    scratch_.release();
    from.sender.redact(fresh.received);

    auto appending = store_.append(std::move(fresh), std::move(keys), began + from.accept_within);
    auto const stored = co_await std::move(appending);
    if (!stored) {
        counts.unavailable.add();
        log_sparingly(log_level::error, "could not keep an event",
                      {{"source", from.settings.name},
                       {"why", stored.error().message},
                       {"remedy", stored.error().remedy}});
        co_return refused(answers, from.retry_after, stored.error());
    }
    (stored->duplicate ? counts.duplicate : counts.accepted).add();
    auto answer = accepted(answers, *stored);
    auth::relay_cookies(found.known, answer);
    co_return answer;
}

response acceptor::over_limit(source const& from, error const& why) {
    counts_.of(from).limited.add();
    log_sparingly(log_level::warning, "a source is over its limit",
                  {{"source", from.settings.name}, {"why", why.message}, {"remedy", why.remedy}});
    return refused(from.sender.answers(), from.retry_after, why);
}

asio::awaitable<response> acceptor::shake_hands(request const& incoming, auth::found_facts const& found,
                                                source const& from, auth::handshake const& which,
                                                deadline until) {
    auto answer = from.sender.answer(which, incoming, found.known, incoming.received_at);
    if (answer) {
        auto calling = call_back(incoming, from, which, until);
        if (auto called = co_await std::move(calling); !called) answer = std::unexpected{called.error()};
    } else if (found.trouble) {  // What could not be had might have proved it.
        answer = std::unexpected{*found.trouble};
    }
    if (answer) {
        counts_.of(from).handshakes.add();
        if (auto const key = from.sender.handed_over(which, incoming); !key.empty()) {
            log_sparingly(
                log_level::warning, "a sender hands over its key",
                {{"source", from.settings.name},
                 {"peer", incoming.head.peer},
                 {"key", key},
                 {"remedy",
                  "if you have just set up this sender, write the key into the source's secret file; "
                  "anybody could have sent it"}});
        }
        co_return *std::move(answer);
    }
    auto& counts = counts_.of(from);
    (answer.error().code == errc::unavailable ? counts.unavailable : counts.refused).add();
    log_refusal(from, incoming.head, answer.error());
    co_return refused(from.sender.answers(), from.retry_after, answer.error());
}

asio::awaitable<result<void>> acceptor::call_back(request const& incoming, source const& from,
                                                  auth::handshake const& which, deadline until) {
    HEADGATE_CO_TRY(auto call, from.sender.call_of(which, incoming));
    if (!call) co_return result<void>{};
    auto calling = facts_.find(*std::move(call), until);
    auto const called = co_await std::move(calling);
    if (!called) co_return while_doing("call that the handshake asks for", called.error());
    co_return result<void>{};
}

}  // namespace headgate::gateway
