#pragma once

#include <cstddef>
#include <memory_resource>

namespace headgate::fuzz {

// Counts what an arena takes.
class counted_memory final : public std::pmr::memory_resource {
public:
    [[nodiscard]] std::size_t taken() const noexcept { return taken_; }

private:
    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
        taken_ += bytes;
        return upstream_->allocate(bytes, alignment);
    }
    void do_deallocate(void* place, std::size_t bytes, std::size_t alignment) override {
        upstream_->deallocate(place, bytes, alignment);
    }
    [[nodiscard]] bool do_is_equal(memory_resource const& other) const noexcept override {
        return this == &other;
    }

    std::pmr::memory_resource* upstream_ = std::pmr::new_delete_resource();
    std::size_t taken_ = 0;
};

}  // namespace headgate::fuzz
