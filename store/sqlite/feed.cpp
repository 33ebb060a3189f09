#include "store/sqlite/feed.hpp"

#include <algorithm>

namespace headgate::store::sqlite {
namespace {

std::size_t bytes_of(event const& each) {
    std::size_t bytes = sizeof each + each.received.body.size() + each.received.head.target.size();
    for (auto const& line : each.received.head.fields) bytes += line.name.size() + line.value.size();
    return bytes;
}

}  // namespace

void feed::start(sequence_number routed, sequence_number committed) {
    std::scoped_lock const held{guard_};
    next_ = routed + 1;
    end_ = committed + 1;
    fresh_begin_ = fresh_end_ = end_;
}

void feed::push(std::vector<event> fresh) {
    if (fresh.empty()) return;
    std::scoped_lock const held{guard_};
    bool const follows_on = fresh_end_ == end_;  // Nothing was left out since the last push.
    if (fresh_.empty() && !follows_on) fresh_begin_ = fresh_end_ = end_;
    bool const takes = fresh_end_ == end_;
    end_ = fresh.back().sequence + 1;
    for (auto& each : fresh) {
        bool const fits = fresh_.size() < events_max_ && bytes_ < bytes_max_;
        if (!takes || !fits) break;
        bytes_ += bytes_of(each);
        fresh_end_ = each.sequence + 1;
        fresh_.push_back(std::move(each));
    }
    wake();
}

void feed::announce(sequence_number committed) {
    std::scoped_lock const held{guard_};
    end_ = std::max(end_, committed + 1);
    wake();
}

feed::step feed::next(batch_limit const& limit) {
    std::scoped_lock const held{guard_};
    step found;
    bool const is_fresh = next_ >= fresh_begin_ && !fresh_.empty();
    if (closed_ || (!is_fresh && !has_something())) {
        found.waits = true;  // When closed, `wait` will say why not.
    } else if (is_fresh) {
        std::uint64_t taken = 0;
        while (!fresh_.empty() && found.events.size() < limit.items) {
            auto const bytes = bytes_of(fresh_.front());
            taken += bytes;
            if (!found.events.empty() && taken > limit.bytes) break;
            bytes_ -= bytes;
            found.events.push_back(std::move(fresh_.front()));
            fresh_.pop_front();
        }
        next_ = fresh_begin_ = found.events.back().sequence + 1;
        if (fresh_.empty()) next_ = fresh_begin_ = fresh_end_;
    } else {
        found.from = next_;
        found.before = fresh_.empty() ? end_ : fresh_begin_;
    }
    return found;
}

void feed::wait(waiter who) {
    std::scoped_lock const held{guard_};
    if (closed_) return who->answer(std::unexpected{closed()});
    if (has_something()) return who->answer(true);
    waiter_ = std::move(who);
}

void feed::forget_waiter() {
    std::scoped_lock const held{guard_};
    waiter_ = nullptr;
}

void feed::advance_to(sequence_number sequence) {
    std::scoped_lock const held{guard_};
    next_ = std::max(next_, sequence);
}

void feed::wake() {
    if (!waiter_ || !has_something()) return;
    std::exchange(waiter_, nullptr)->answer(true);
}

void feed::close() {
    std::scoped_lock const held{guard_};
    closed_ = true;
    if (waiter_) std::exchange(waiter_, nullptr)->answer(std::unexpected{closed()});
}

}  // namespace headgate::store::sqlite
