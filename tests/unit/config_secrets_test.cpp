#include "config/parse.hpp"
#include "config/secrets.hpp"
#include "tests/support/scratch_folder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <vector>

namespace headgate::config {
namespace {

using std::filesystem::perms;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class secrets : public ::testing::Test {
protected:
    void keep(std::string_view name, std::string_view bytes, perms mode = perms::owner_read) {
        auto const file = folder_.path() / name;
        std::ofstream{file, std::ios::binary} << bytes;
        std::filesystem::permissions(file, mode);
    }

    // What the reference written as `text` gives; what was wrong is in `said_`.
    std::optional<std::string> read(std::string_view text, may_expire expires = may_expire::no) {
        notes into;
        auto const tree = parse(text, into.add_file(folder_.path() / "headgate.yaml"), into);
        auto const got = read_secret(tree.value(), "token", into, expires);
        said_.clear();
        for (auto const& one : into.found()) {
            said_.push_back((one.weighs == problem::weight::warning ? "warning: " : "") + to_text(one));
        }
        if (!got) return std::nullopt;
        until_ = got->until;
        return std::string{got->value.reveal()};
    }

    testing_support::scratch_folder folder_;
    std::vector<std::string> said_;
    std::optional<wall_time> until_;
};

TEST_F(secrets, lose_one_line_end_and_nothing_else) {
    struct kept {
        std::string_view bytes;
        std::string_view secret;
    };
    for (auto const& [bytes, secret] :
         {kept{"abc", "abc"}, kept{"abc\n", "abc"}, kept{"abc\r\n", "abc"}, kept{"abc\n\n", "abc\n"},
          kept{"abc\r", "abc\r"}, kept{" abc \n", " abc "}, kept{"a\nb\n", "a\nb"},
          kept{"abc\n\r\n", "abc\n"}}) {
        std::filesystem::remove(folder_.path() / "s");
        keep("s", bytes);
        EXPECT_EQ(read("{file: s}"), secret);
        EXPECT_THAT(said_, IsEmpty());
    }
}

TEST_F(secrets, that_everybody_may_write_are_refused) {
    keep("s", "abc", perms::owner_read | perms::others_write);
    EXPECT_EQ(read("{file: s}"), std::nullopt);
    EXPECT_THAT(said_, ElementsAre(HasSubstr("/s can be written by everybody — chmod 0400 ")));
}

TEST_F(secrets, that_others_may_read_are_used_and_warned_about) {
    for (auto const mode : {perms::group_read, perms::others_read}) {
        std::filesystem::remove(folder_.path() / "s");
        keep("s", "abc", perms::owner_read | mode);
        EXPECT_EQ(read("{file: s}"), "abc");
        EXPECT_THAT(said_, ElementsAre(HasSubstr("warning: token.file (line 1): ")));
    }
}

TEST_F(secrets, that_cannot_be_used_say_why) {
    keep("empty", "");
    keep("line_end", "\n");
    keep("large", std::string(secret_bytes_max + 1, 'x'));
    std::filesystem::create_directory(folder_.path() / "folder");
    ASSERT_EQ(mkfifo((folder_.path() / "pipe").c_str(), 0600), 0);
    ASSERT_EQ(unsetenv("HEADGATE_TEST_UNSET"), 0);
    ASSERT_EQ(setenv("HEADGATE_TEST_EMPTY", "", 1), 0);
    struct row {
        std::string_view text;
        std::string_view said;
    };
    for (auto const& [text, said] : {
             row{"{file: none}", "cannot be read: No such file or directory"},
             row{"{file: empty}", "is empty — write the secret into it"},
             row{"{file: line_end}", "is empty — write the secret into it"},
             row{"{file: large}", "has more than 65536 bytes"},
             row{"{file: folder}", "is not a file"},
             row{"{file: pipe}", "is not a file"},
             row{"{env: HEADGATE_TEST_UNSET}", "the environment has no HEADGATE_TEST_UNSET"},
             row{"{env: HEADGATE_TEST_EMPTY}", "the environment has no HEADGATE_TEST_EMPTY, or an empty one"},
             row{"abc", "token (line 1): is not a reference; secrets are references, never values"},
             row{"{}", "token (line 1): needs exactly one of `file` and `env`"},
             row{"{file: a, env: B}", "token (line 1): needs exactly one of `file` and `env`"},
             row{"{file: large, until: 2030-01-01T00:00:00Z}", "token.until (line 1): is not a setting"},
         }) {
        EXPECT_EQ(read(text), std::nullopt) << text;
        EXPECT_THAT(said_, ::testing::Contains(HasSubstr(std::string{said}))) << text;
    }
}

TEST_F(secrets, at_the_size_limit_are_taken) {
    keep("s", std::string(secret_bytes_max, 'x'));
    EXPECT_EQ(read("{file: s}")->size(), secret_bytes_max);
}

TEST_F(secrets, come_from_the_environment_as_they_are) {
    ASSERT_EQ(setenv("HEADGATE_TEST_SECRET", "abc\n", 1), 0);
    EXPECT_EQ(read("{env: HEADGATE_TEST_SECRET}"), "abc\n");
    EXPECT_THAT(said_, IsEmpty());
}

TEST_F(secrets, may_end_at_a_time) {
    keep("s", "abc");
    EXPECT_EQ(read("{file: s, until: 2026-10-01T00:00:00+02:00}", may_expire::yes), "abc");
    EXPECT_EQ(to_rfc3339(until_.value()), "2026-09-30T22:00:00.000Z");
}

TEST_F(secrets, of_one_name_are_one_to_eight) {
    keep("s", "abc");
    for (std::size_t const count : {0U, 1U, 8U, 9U}) {
        std::string text = "[";
        for (std::size_t i = 0; i < count; ++i) text += "{file: s},";
        notes into;
        auto const tree = parse(text + "]", into.add_file(folder_.path() / "headgate.yaml"), into);
        auto const got = read_secret_list(tree.value(), "secrets", into);
        bool const fits = count >= 1 && count <= 8;
        EXPECT_EQ(got.size(), fits ? count : 0U);
        EXPECT_EQ(into.mistakes(), fits ? 0U : 1U);
    }
}

}  // namespace
}  // namespace headgate::config
