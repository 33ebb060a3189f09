#include "gateway/newcomers.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace headgate::gateway {
namespace {

constexpr std::size_t columns = 1024;
constexpr std::size_t counted_max = 4096;
constexpr std::size_t forbidden_max = 64;
constexpr int forbidden_intervals = 30;

std::string random_key() {
    std::array<std::uint8_t, 32> bytes{};
    fill_random(bytes);
    return {bytes.begin(), bytes.end()};
}

}  // namespace

newcomers::newcomers(std::chrono::milliseconds interval) : interval_{interval}, key_{random_key()} {}

std::optional<newcomers::newcomer> newcomers::next(newcomer const& one, clock::time_point now) {
    auto const name = digest_of(one.name);
    bool const may_be = !is_forbidden(name, now);
    if (may_be) count(one, name);
    if (turn_at_ && now - *turn_at_ < interval_) return std::nullopt;
    // Where nobody asked for a whole interval, nobody waits.
    bool const is_quiet = !turn_at_ || now - *turn_at_ >= 2 * interval_;
    if (is_quiet && may_be) first_ = {one, name};
    if (!first_) return std::nullopt;
    auto chosen = *std::exchange(first_, std::nullopt);
    turn_at_ = now;
    auto const often = count_of(chosen.name);
    for (auto* const each : places_of(chosen.name)) *each = static_cast<std::uint16_t>(*each - often);
    return std::move(chosen.is);
}

void newcomers::forbid(std::string_view name, clock::time_point now) {
    if (forbidden_.size() >= forbidden_max) forbidden_.pop_front();
    forbidden_.emplace_back(digest_of(name), now + forbidden_intervals * interval_);
}

sha256_digest newcomers::digest_of(std::string_view name) const {
    return hmac_sha256(key_, name);
}

bool newcomers::is_forbidden(sha256_digest const& name, clock::time_point now) {
    while (!forbidden_.empty() && forbidden_.front().second <= now) forbidden_.pop_front();
    return std::ranges::any_of(forbidden_, [&](auto const& each) { return each.first == name; });
}

std::array<std::uint16_t*, newcomers::rows> newcomers::places_of(sha256_digest const& name) {
    counts_.resize(rows * columns);
    std::array<std::uint16_t*, rows> all{};
    for (std::size_t row = 0; row < rows; ++row) {
        auto const column = (name[2 * row] + 256U * name[2 * row + 1]) % columns;
        all[row] = &counts_[row * columns + column];
    }
    return all;
}

std::uint16_t newcomers::count_of(sha256_digest const& name) {
    auto const all = places_of(name);
    return **std::ranges::min_element(all, {}, [](auto const* each) { return *each; });
}

// Halved now and then, so that what nobody asks for any more does not wait for ever.
void newcomers::count(newcomer const& one, sha256_digest const& name) {
    if (++counted_ >= counted_max) {
        counted_ = 0;
        for (auto& each : counts_) each /= 2;
    }
    auto const before = count_of(name);
    auto const often = static_cast<std::uint16_t>(std::min(before + 1, 0xffff));
    for (auto* const each : places_of(name)) *each = std::max(*each, often);
    if (!first_ || often > count_of(first_->name)) first_ = {one, name};
}

}  // namespace headgate::gateway
