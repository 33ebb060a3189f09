#include "gateway/newcomers.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace headgate::gateway {
namespace {

constexpr std::size_t columns = 1024;
constexpr std::size_t counted_max = 4096;
constexpr std::size_t judged_max = 64;
constexpr int judged_intervals = 30;

std::string random_key() {
    std::array<std::uint8_t, 32> bytes{};
    fill_random(bytes);
    return {bytes.begin(), bytes.end()};
}

}  // namespace

newcomers::newcomers(std::chrono::milliseconds interval) : interval_{interval}, key_{random_key()} {}

std::optional<newcomers::newcomer> newcomers::next(newcomer const& one, clock::time_point now) {
    while (!judged_.empty() && judged_.front().until <= now) judged_.pop_front();
    auto const name = digest_of(one.name);
    bool const may_be = standing_of(name) != standing::forbidden;
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
    judge(name, standing::forbidden, now);
}

void newcomers::put_behind(std::string_view name, clock::time_point now) {
    judge(name, standing::behind, now);
}

void newcomers::judge(std::string_view name, standing is, clock::time_point now) {
    if (judged_.size() >= judged_max) judged_.pop_front();
    judged_.push_back({digest_of(name), now + judged_intervals * interval_, is});
}

sha256_digest newcomers::digest_of(std::string_view name) const {
    return hmac_sha256(key_, name);
}

newcomers::standing newcomers::standing_of(sha256_digest const& name) const {
    auto most = standing::usual;
    for (auto const& each : judged_) {
        if (each.name == name) most = std::max(most, each.is);
    }
    return most;
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
    if (goes_before_first(name, often)) first_ = {one, name};
}

bool newcomers::goes_before_first(sha256_digest const& name, std::uint16_t often) {
    if (!first_) return true;
    auto const here = standing_of(name);
    auto const there = standing_of(first_->name);
    return here != there ? here < there : often > count_of(first_->name);
}

}  // namespace headgate::gateway
