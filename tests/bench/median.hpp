#pragma once

#include <algorithm>
#include <chrono>
#include <vector>

namespace headgate::bench {

// The median of many batches of 16 calls, in microseconds a call.
template <class Work>
[[nodiscard]] double median_of(Work const& work, int batches) {
    using std::chrono::steady_clock;
    constexpr int calls = 16;
    std::vector<double> took;
    for (int i = 0; i < batches; ++i) {
        auto const begun = steady_clock::now();
        for (int k = 0; k < calls; ++k) work();
        took.push_back(std::chrono::duration<double, std::micro>(steady_clock::now() - begun).count() /
                       calls);
    }
    auto const middle = took.begin() + batches / 2;
    std::ranges::nth_element(took, middle);
    return *middle;
}

}  // namespace headgate::bench
