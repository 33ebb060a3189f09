#include "store/sqlite/patience.hpp"

#include <boost/asio/prefer.hpp>
#include <boost/asio/query.hpp>

namespace headgate::store::sqlite {

patience& patience::of(asio::any_io_executor const& executor) {
    return asio::use_service<patience>(asio::query(executor, asio::execution::context));
}

patience::place patience::add(asio::any_io_executor const& executor, deadline until, impatient& waits) {
    // Those who wait keep the context at work; the timer alone must not.
    if (!timer_) timer_.emplace(asio::prefer(executor, asio::execution::outstanding_work.untracked));
    auto const where = waiting_.emplace(waiting_.end(), until, &waits);
    if (!looks_) look_later();
    return where;
}

void patience::look_later() {
    looks_ = true;
    timer_->expires_after(grain);
    timer_->async_wait([this](boost::system::error_code failure) {
        looks_ = false;
        if (!failure) look();
    });
}

void patience::look() {
    auto const now = std::chrono::steady_clock::now();
    for (auto at = waiting_.begin(); at != waiting_.end();) {
        auto const [until, waits] = *at;
        if (until > now) {
            ++at;
            continue;
        }
        at = waiting_.erase(at);
        waits->give_up();
    }
    if (!waiting_.empty()) look_later();
}

}  // namespace headgate::store::sqlite
