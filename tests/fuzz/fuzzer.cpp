#include "tests/fuzz/looks.hpp"

#include <cstddef>
#include <cstdint>

// What libFuzzer calls; HEADGATE_LOOK is one of the looks.
extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* bytes, std::size_t size) {
    static_cast<void>(headgate::fuzz::HEADGATE_LOOK({reinterpret_cast<char const*>(bytes), size}));
    return 0;
}
