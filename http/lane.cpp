#include "http/lane.hpp"

#include "core/log.hpp"
#include "http/answer.hpp"
#include "http/session.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <string>
#include <unistd.h>
#include <utility>

namespace headgate::http {
namespace {

constexpr std::size_t small_bytes_max = 64 * 1024;  // One read of a body, or an ordinary event.

// Often enough that a deadline is missed by a quarter of the shortest at most, and never more than a second.
std::chrono::milliseconds watch_interval(limits const& bounds) {
    auto const shortest =
        std::min({bounds.first_byte_within, bounds.headers_within, bounds.body_within, bounds.body_rate_after,
                  bounds.write_within, bounds.idle_for, bounds.tls_handshake_within, bounds.linger_for});
    return std::clamp(shortest / 4, std::chrono::milliseconds{5}, std::chrono::milliseconds{1000});
}

}  // namespace

byte_hold::~byte_hold() {
    state_.in_flight_bytes.fetch_sub(held_, std::memory_order_relaxed);
    sender_.release(held_);
}

std::expected<void, refusal> byte_hold::grow_to(std::size_t bytes) noexcept {
    if (bytes <= held_) return {};
    auto const more = bytes - held_;
    if (!sender_.hold(more, bounds_.in_flight_bytes_per_address_max))
        return std::unexpected{refusal::too_many_bytes_of_one_address};
    auto const all = bounds_.in_flight_bytes_max;
    auto const most = bytes <= small_bytes_max ? all : all - all / 4;
    auto const before = state_.in_flight_bytes.fetch_add(more, std::memory_order_relaxed);
    if (before + more > most) {
        state_.in_flight_bytes.fetch_sub(more, std::memory_order_relaxed);
        sender_.release(more);
        return std::unexpected{refusal::too_many_bytes_in_flight};
    }
    held_ = bytes;
    return {};
}

lane::lane(worker where, std::shared_ptr<listener_state> shared, prepared_listener const& first,
           metrics& counts)
    : where_{where},
      shared_{std::move(shared)},
      bounds_{first.bounds},
      trusted_proxies_{first.trusted_proxies},
      client_certificate_header_{first.client_certificate_header},
      received_bytes_{counts.make_counter("headgate_http_received_bytes_total",
                                          "Bytes read from senders, after TLS.",
                                          {{"listener", shared_->name}})},
      failed_handshakes_{counts.make_counter("headgate_http_failed_tls_handshakes_total",
                                             "Connections that did not get through their TLS handshake.",
                                             {{"listener", shared_->name}})},
      watch_timer_{context()},
      watch_{context().get_executor()},
      sessions_{context().get_executor()} {
    for (std::size_t i = 0; i < answers_by_class_.size(); ++i) {
        answers_by_class_[i] =
            &counts.make_counter("headgate_http_answers_total", "Answers sent, by class of status.",
                                 {{"listener", shared_->name}, {"status", std::to_string(i + 2) + "xx"}});
    }
    for (std::size_t i = 0; i < refusals_.size(); ++i) {
        refusals_[i] = &counts.make_counter(
            "headgate_http_refusals_total", "Requests refused before their handler, by reason.",
            {{"listener", shared_->name}, {"reason", std::string{name_of(static_cast<refusal>(i))}}});
    }
}

void lane::start() {
    watch_.spawn("deadlines of connections", watch_deadlines());
}

void lane::use(prepared_listener const& next) {
    bounds_ = next.bounds;
    trusted_proxies_ = next.trusted_proxies;
    client_certificate_header_ = next.client_certificate_header;
    watch_timer_.cancel();
}

void lane::adopt(int descriptor, caller from, std::shared_ptr<tls_contexts const> tls) {
    if (is_cut_) {
        ::close(descriptor);
        shared_->connections.fetch_sub(1, std::memory_order_relaxed);
        return;
    }
    auto sender =
        tls ? make_tls_wire(context(), descriptor, std::move(tls)) : make_plain_wire(context(), descriptor);
    sessions_.spawn("connection", serve(*this, std::move(sender), std::move(from)));
}

void lane::stop() {
    is_stopping_ = true;
    for (auto* const each : connections_) {
        if (each->is_idle()) each->interrupt();
    }
}

asio::awaitable<void> lane::finish(deadline until) {
    cut_at_ = until;
    watch_timer_.cancel();
    auto sessions_gone = sessions_.join();
    co_await std::move(sessions_gone);
    is_over_ = true;
    watch_timer_.cancel();
    auto watch_gone = watch_.join();
    co_await std::move(watch_gone);
}

void lane::cut_all() {
    is_cut_ = true;
    cut_at_ = deadline::max();
    for (auto* const each : connections_) each->cut();
    sessions_.cancel();
}

asio::awaitable<void> lane::watch_deadlines() {
    while (!is_over_) {
        watch_timer_.expires_at(std::min(from_now(watch_interval(bounds())), cut_at_));
        auto [woken_early] = co_await watch_timer_.async_wait(asio::as_tuple(asio::use_awaitable));
        static_cast<void>(woken_early);
        auto const now = std::chrono::steady_clock::now();
        if (cut_at_ <= now) cut_all();
        auto const idle_for = shared_->is_crowded(bounds()) ? bounds().idle_for / 10 : bounds().idle_for;
        for (auto* const each : connections_) {
            if (each->is_overdue(now) || each->is_idle_for(idle_for, now)) each->interrupt();
        }
    }
}

std::string_view lane::date(wall_time now) {
    auto const second = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
    if (second != date_second_) {
        date_second_ = second;
        date_ = http_date(second);
    }
    return date_;
}

std::list<connection*>::iterator lane::enter(connection& member) {
    return connections_.insert(connections_.end(), &member);
}

void lane::leave(std::list<connection*>::iterator position) noexcept {
    connections_.erase(position);
    shared_->connections.fetch_sub(1, std::memory_order_relaxed);
}

void lane::count_answer(unsigned status) noexcept {
    answers_by_class_[std::clamp(status / 100, 2U, 5U) - 2]->add();
}

void lane::count_refusal(refusal why) noexcept {
    refusals_[static_cast<std::size_t>(why)]->add();
}

}  // namespace headgate::http
