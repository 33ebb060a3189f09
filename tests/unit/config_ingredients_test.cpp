#include "config/ingredients.hpp"
#include "config/load.hpp"
#include "tests/support/scratch_folder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string_view>
#include <vector>

namespace headgate::config {
namespace {

using ::testing::UnorderedElementsAre;

constexpr std::string_view settings =
    "store: {sqlite: {path: headgate.db}}\n"
    "listen: {webhooks: {tls: [{certificate: certificate.pem, key: key.pem}]}}\n"
    "sources: {github: {path: /hook, verify: {preset: github, secrets: [{file: secret}]}}}\n";

class ingredients_of : public ::testing::Test {
protected:
    ingredients_of() {
        for (auto const* name : {"secret", "certificate.pem", "key.pem"}) write(name, "of some length");
        write("headgate.yaml", settings);
    }

    void write(std::string_view name, std::string_view text) {
        std::ofstream{folder_.path() / name, std::ios::binary} << text;
    }

    [[nodiscard]] std::vector<std::string> names(loaded const& from) const {
        std::vector<std::string> all;
        for (auto const& [path, state] : from.made_from) {
            all.push_back(path.lexically_relative(folder_.path()).string());
        }
        return all;
    }

    [[nodiscard]] loaded loaded_file() const { return load(folder_.path() / "headgate.yaml"); }

    testing_support::scratch_folder folder_;
};

TEST_F(ingredients_of, a_file_are_itself_its_secrets_and_its_certificates_but_not_the_store) {
    EXPECT_THAT(names(loaded_file()),
                UnorderedElementsAre("headgate.yaml", "secret", "certificate.pem", "key.pem"));
}

TEST_F(ingredients_of, a_folder_are_the_folder_too) {
    EXPECT_THAT(names(load(folder_.path())),
                UnorderedElementsAre(".", "headgate.yaml", "secret", "certificate.pem", "key.pem"));
}

TEST_F(ingredients_of, a_refused_configuration_are_also_what_it_misses) {
    std::filesystem::remove(folder_.path() / "secret");
    auto const outcome = loaded_file();
    EXPECT_FALSE(outcome.made);
    ASSERT_FALSE(have_changed(outcome.made_from));
    write("secret", "now it is there");
    EXPECT_TRUE(have_changed(outcome.made_from));
}

TEST_F(ingredients_of, a_file_have_not_changed_when_it_is_written_again_with_the_same_bytes) {
    auto const before = loaded_file().made_from;
    write("secret", "of some length");
    write("headgate.db", "a database");
    EXPECT_FALSE(have_changed(before));
}

TEST_F(ingredients_of, a_file_have_changed_with_a_byte_of_a_secret_with_its_mode_and_with_a_link) {
    auto const before = loaded_file().made_from;
    write("secret", "of same length");
    EXPECT_TRUE(have_changed(before));
    write("secret", "of some length");
    ASSERT_FALSE(have_changed(before));
    std::filesystem::permissions(folder_.path() / "secret", std::filesystem::perms::owner_read);
    EXPECT_TRUE(have_changed(before));
    write("other.pem", "another certificate");
    auto const with_mode = loaded_file().made_from;
    std::filesystem::remove(folder_.path() / "certificate.pem");
    std::filesystem::create_symlink("other.pem", folder_.path() / "certificate.pem");
    EXPECT_TRUE(have_changed(with_mode));
}

TEST_F(ingredients_of, a_folder_have_changed_with_another_configuration_file_and_not_with_other_files) {
    auto const before = load(folder_.path()).made_from;
    write("notes.txt", "nothing to do with it");
    EXPECT_FALSE(have_changed(before));
    write("more.yaml", "");
    EXPECT_TRUE(have_changed(before));
}

}  // namespace
}  // namespace headgate::config
