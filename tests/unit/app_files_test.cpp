#include "app/files.hpp"
#include "tests/support/scratch_folder.hpp"

#include <gtest/gtest.h>

#include <fstream>

namespace headgate::app {
namespace {

class whole_file : public testing::Test {
protected:
    std::string file_of(std::size_t bytes) {
        auto const path = (folder_.path() / "file").string();
        std::ofstream{path, std::ios::binary} << std::string(bytes, 'x');
        return path;
    }

    testing_support::scratch_folder folder_;
};

TEST_F(whole_file, is_read_up_to_its_limit_and_refused_one_past_it) {
    for (std::size_t const limit : {0U, 1U, 65535U, 65536U, 65537U, 200000U}) {
        EXPECT_EQ(read_whole(file_of(limit), limit).value(), std::string(limit, 'x'));
        EXPECT_EQ(read_whole(file_of(limit + 1), limit).error().code, errc::resource_exhausted) << limit;
    }
}

TEST_F(whole_file, takes_the_memory_of_its_size_not_of_its_limit) {
    auto const read = read_whole(file_of(1), std::size_t{256} * 1024 * 1024);
    ASSERT_TRUE(read);
    EXPECT_LT(read->capacity(), 1024U * 1024U);
}

TEST_F(whole_file, that_is_not_there_cannot_be_read) {
    EXPECT_EQ(read_whole((folder_.path() / "nothing").string(), 1).error().code, errc::unavailable);
}

}  // namespace
}  // namespace headgate::app
