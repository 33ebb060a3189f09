#include "core/check.hpp"
#include "tests/fuzz/looks.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <ostream>
#include <random>
#include <string>
#include <string_view>
#include <vector>

// The looks over the kept corpus, as it is and with changes. A look that finds something ends the process.

namespace headgate::fuzz {

void PrintTo(look const& one, std::ostream* to) {
    *to << one.name;
}

namespace {

using inputs = std::vector<std::string>;

inputs corpus_of(look const& one) {
    std::filesystem::path const folder{HEADGATE_SOURCE_DIR "/tests/fuzz/corpus"};
    std::vector<std::filesystem::path> files;
    for (auto const& each : std::filesystem::directory_iterator{folder / one.name}) files.push_back(each);
    std::ranges::sort(files);
    inputs all;
    for (auto const& file : files) {
        std::ifstream from{file, std::ios::binary};
        all.emplace_back(std::istreambuf_iterator<char>{from}, std::istreambuf_iterator<char>{});
    }
    return all;
}

// Changes inputs as a fuzzer does, but the same way in every run.
class changer {
public:
    explicit changer(inputs const& corpus) : corpus_{corpus} {}

    std::string next() {
        auto changed = any_input();
        for (auto left = 1 + below(4); left > 0; --left) change(changed);
        return changed;
    }

private:
    // Not a std distribution: those differ between libraries.
    std::size_t below(std::size_t end) { return random_() % std::max<std::size_t>(end, 1); }
    std::string const& any_input() { return corpus_[below(corpus_.size())]; }

    void change(std::string& it) {
        using namespace std::string_view_literals;
        constexpr auto telling = "\0\r\n\t ,;:=.%+-_/\"\\{}[]09azAZ\x7f\x80\xff"sv;
        auto const at = below(it.size() + 1);
        auto const size = std::min(below(16), it.size() - at);
        switch (below(6)) {
            case 0: it.insert(at, 1, telling[below(telling.size())]); break;
            case 1: it.erase(at, size); break;
            case 2: it.insert(at, it.substr(at, size)); break;
            case 3: it.replace(at, size, any_input().substr(0, below(64))); break;
            case 4: it.resize(at); break;
            default:
                if (at < it.size()) it[at] = static_cast<char>(it[at] ^ (1 << below(8)));
        }
    }

    inputs const& corpus_;
    std::mt19937 random_{20261121};
};

class corpus : public ::testing::TestWithParam<look> {};

// A look that takes nothing, or everything, looks at nothing.
TEST_P(corpus, has_what_is_taken_and_what_is_not_and_nothing_that_breaks_what_must_hold) {
    auto const all = corpus_of(GetParam());
    auto const taken = std::ranges::count_if(all, [](auto const& input) { return GetParam().at(input); });
    EXPECT_GT(taken, 0);
    EXPECT_LT(static_cast<std::size_t>(taken), all.size());
}

TEST_P(corpus, with_changes_breaks_nothing_either) {
    auto const all = corpus_of(GetParam());
    ASSERT_FALSE(all.empty());
    changer changes{all};
    for (int i = 0; i < 2'000; ++i) static_cast<void>(GetParam().at(changes.next()));
}

INSTANTIATE_TEST_SUITE_P(looks, corpus, ::testing::ValuesIn(looks),
                         [](auto const& one) { return std::string{one.param.name}; });

}  // namespace
}  // namespace headgate::fuzz
