#include "config/load.hpp"
#include "config/notes.hpp"
#include "config/schema.hpp"
#include "tests/support/scratch_folder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <utility>

namespace headgate::config {
namespace {

using ::testing::IsEmpty;

std::filesystem::path const source_folder{HEADGATE_SOURCE_DIR};

std::string text_of(std::filesystem::path const& file) {
    std::ifstream stream{file, std::ios::binary};
    std::ostringstream text;
    text << stream.rdbuf();
    return text.str();
}

// A copy of the examples, with a secret for every name that they use.
class examples : public ::testing::TestWithParam<std::string> {
protected:
    void SetUp() override {
        std::filesystem::copy(source_folder / "config/examples", folder_.path(),
                              std::filesystem::copy_options::recursive);
        std::filesystem::create_directory(folder_.path() / "secrets");
        constexpr std::array secrets{std::pair{"github", "a secret of some length"},
                                     std::pair{"stripe-new", "whsec_new_0123456789abcdef"},
                                     std::pair{"stripe-old", "whsec_old_0123456789abcdef"},
                                     std::pair{"slack", "0123456789abcdef0123456789abcdef"},
                                     std::pair{"airbyte", "token-0123456789abcdef"},
                                     std::pair{"dbt-cloud", "dbt-0123456789abcdef"},
                                     std::pair{"s3", "s3-0123456789abcdef"},
                                     std::pair{"alertmanager", "alertmanager-0123456789abcdef"},
                                     std::pair{"registry", "registry-0123456789abcdef"},
                                     std::pair{"billing", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"},
                                     std::pair{"operator-token", "operator-0123456789abcdef"}};
        for (auto const& [name, value] : secrets) {
            auto const file = folder_.path() / "secrets" / name;
            std::ofstream{file} << value << '\n';
            std::filesystem::permissions(file, std::filesystem::perms::owner_read);
        }
    }

    testing_support::scratch_folder folder_;
};

TEST_P(examples, load_without_a_word) {
    auto const outcome = load(folder_.path() / GetParam());
    std::vector<std::string> said;
    for (auto const& one : outcome.found) said.push_back(to_text(one));
    EXPECT_THAT(said, IsEmpty());
    ASSERT_TRUE(outcome.made);
    EXPECT_EQ(outcome.made->revision.size(), 16U);
}

INSTANTIATE_TEST_SUITE_P(config, examples,
                         ::testing::Values("cookbook.yaml", "headgate.yaml", "lookup.yaml", "minimal.yaml",
                                           "people.yaml", "rules.yaml", "schema.yaml",
                                           "stripe-and-slack.yaml", "templates.yaml", "many-sources"),
                         [](auto const& row) {
                             auto name = row.param;
                             for (auto& c : name)
                                 c = std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
                             return name;
                         });

TEST_F(examples, of_a_folder_are_joined_and_their_files_found_from_their_own_place) {
    auto const outcome = load(folder_.path() / "many-sources");
    ASSERT_TRUE(outcome.made);
    auto const& made = *outcome.made;
    EXPECT_EQ(made.gateway.sources.size(), 3U);
    EXPECT_EQ(made.dispatch.rules.size(), 2U);
    EXPECT_EQ(made.dispatch.rules[0].tenant, "orders");
    EXPECT_EQ(made.store.sqlite.path, (folder_.path() / "headgate.db").string());
    EXPECT_EQ(made.gateway.body_bytes_max, 262144U);
    EXPECT_EQ(made.store.retention.events, std::chrono::hours{14 * 24});
    auto const rule = outcome.places.of("rules[1].start.workflow");
    EXPECT_EQ(rule.file, "30-billing.yaml");
    EXPECT_EQ(rule.line, 14);
}

TEST(reference, page_is_what_the_declarations_say) {
    auto const page = source_folder / "docs/reference/configuration.md";
    if (std::getenv("HEADGATE_WRITE_REFERENCE") != nullptr) std::ofstream{page} << reference_markdown();
    EXPECT_EQ(text_of(page), reference_markdown()) << "a setting changed: HEADGATE_WRITE_REFERENCE=1 <this "
                                                      "program> --gtest_filter='reference.*' writes the page";
}

}  // namespace
}  // namespace headgate::config
