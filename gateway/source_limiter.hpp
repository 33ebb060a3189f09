#pragma once

#include "core/result.hpp"
#include "gateway/pace.hpp"
#include "gateway/settings.hpp"

#include <atomic>
#include <cstddef>
#include <optional>
#include <utility>

namespace headgate::gateway {

// Bounds what one source brings in. Only verified requests use it up, or anybody who knows the path could use
// it up for the sender. Shared by all workers.
class source_limiter {
public:
    explicit source_limiter(source_limits const& bounds);

    // One event between its verification and its answer.
    class place {
    public:
        explicit place(source_limiter& of) : of_{&of} {}
        ~place() {
            if (of_ != nullptr) of_->in_flight_.fetch_sub(1, std::memory_order_relaxed);
        }
        place(place&& other) noexcept : of_{std::exchange(other.of_, nullptr)} {}
        place& operator=(place&&) = delete;

    private:
        source_limiter* of_;
    };

    // Fails with resource_exhausted when an event would not be let in now. Uses up nothing.
    [[nodiscard]] result<void> look(pace::instant now) const;

    // Lets one event in. Fails as `look` does. The place must not outlive the limiter.
    [[nodiscard]] result<place> enter(pace::instant now);

private:
    source_limits bounds_;
    std::optional<pace> pace_;
    std::atomic<pace::instant> debt_{pace::instant{}};
    std::atomic<std::size_t> in_flight_{0};
};

}  // namespace headgate::gateway
