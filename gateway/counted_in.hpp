#pragma once

namespace headgate::gateway {

// One more of `All`, a counter, for as long as it lives.
template <class All>
class counted_in {
public:
    explicit counted_in(All& all) : all_{all} { ++all_; }
    ~counted_in() { --all_; }
    counted_in(counted_in const&) = delete;
    counted_in& operator=(counted_in const&) = delete;

private:
    All& all_;
};

}  // namespace headgate::gateway
