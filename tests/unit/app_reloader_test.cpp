#include "app/reloader.hpp"
#include "tests/support/scratch_folder.hpp"

#include <gtest/gtest.h>

#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

namespace headgate::app {
namespace {

using namespace std::chrono_literals;
using std::filesystem::path;

std::string settings_with(std::string_view source, std::string_view secret = "secret") {
    return "reload: {settle: 20ms}\nstore: {sqlite: {path: headgate.db}}\nsources: {" + std::string{source} +
           ": {path: /hook, verify: {preset: github, secrets: [{file: " + std::string{secret} + "}]}}}\n";
}

// A folder with a configuration, and a reloader that looks after it.
class reloaded : public ::testing::Test {
protected:
    reloaded() {
        write("secret", "a secret of some length");
        write("headgate.yaml", settings_with("first"));
    }

    void write(path const& name, std::string_view text) {
        std::ofstream{folder_.path() / name, std::ios::binary} << text;
    }

    // As an editor or a deployment does it.
    void replace(path const& name, std::string_view text) {
        write("fresh.tmp", text);
        std::filesystem::rename(folder_.path() / "fresh.tmp", folder_.path() / name);
    }

    void look_after(path const& name = "headgate.yaml", file_watch::tells kernel = file_watch::tells::changes,
                    config::reload_settings of = {.poll_every = 24h, .settle = 20ms}) {
        look_after(name, make_plan((folder_.path() / name).string()), kernel, of);
    }

    void look_after(path const& name, planned const& in_force, file_watch::tells kernel,
                    config::reload_settings of) {
        ASSERT_TRUE(in_force.made);
        under_test_ = std::make_unique<reloader>((folder_.path() / name).string(), in_force.made_from, of,
                                                 [this](planned next) { take(std::move(next)); }, kernel);
    }

    // Waits until it was read again with this outcome: the name of its first source, or "refused".
    [[nodiscard]] bool comes_to(std::string_view outcome, std::chrono::milliseconds within = 10s) {
        std::unique_lock hold{guard_};
        return came_.wait_for(hold, within, [&] { return last_ == outcome; });
    }

    [[nodiscard]] std::size_t times_read() {
        std::lock_guard const hold{guard_};
        return times_;
    }

    void ask() { under_test_->ask(); }

    testing_support::scratch_folder folder_;

private:
    void take(planned next) {
        {
            std::lock_guard const hold{guard_};
            ++times_;
            last_ = next.made ? next.made->sources->sources.front().settings.name : "refused";
        }
        came_.notify_all();
    }

    std::mutex guard_;
    std::condition_variable came_;
    std::string last_;
    std::size_t times_ = 0;
    std::unique_ptr<reloader> under_test_;
};

TEST_F(reloaded, when_the_file_is_replaced_or_written_in_place) {
    look_after();
    replace("headgate.yaml", settings_with("second"));
    EXPECT_TRUE(comes_to("second"));
    write("headgate.yaml", settings_with("third"));
    EXPECT_TRUE(comes_to("third"));
}

TEST_F(reloaded, when_it_changed_between_the_start_and_the_first_look) {
    auto const at_the_start = make_plan((folder_.path() / "headgate.yaml").string());
    write("headgate.yaml", settings_with("second"));
    look_after("headgate.yaml", at_the_start, file_watch::tells::changes,
               {.poll_every = 24h, .settle = 20ms});
    EXPECT_TRUE(comes_to("second"));
}

TEST_F(reloaded, when_a_secret_changes) {
    look_after();
    replace("secret", "another secret of some length");
    EXPECT_TRUE(comes_to("first"));
}

TEST_F(reloaded, when_what_was_wrong_with_a_refused_one_is_mended) {
    look_after();
    replace("headgate.yaml", settings_with("second", "missing"));
    EXPECT_TRUE(comes_to("refused"));
    write("missing", "now it is there");
    EXPECT_TRUE(comes_to("second"));
}

TEST_F(reloaded, when_a_file_joins_a_folder) {
    std::filesystem::create_directory(folder_.path() / "conf");
    write("conf/10.yaml", settings_with("first", "../secret"));
    look_after("conf");
    write("conf/20.yaml", "mistake: 1\n");
    EXPECT_TRUE(comes_to("refused"));
    std::filesystem::remove(folder_.path() / "conf/20.yaml");
    EXPECT_TRUE(comes_to("first"));
}

// Kubernetes mounts a volume as links through `..data`, and swaps that one for a change of all files at once.
TEST_F(reloaded, when_kubernetes_swaps_the_link_of_a_volume) {
    for (auto const* source : {"first", "second"}) {
        auto const version = "conf/.." + std::string{source};
        std::filesystem::create_directories(folder_.path() / version);
        write(version + "/headgate.yaml", settings_with(source, "../secret"));
    }
    std::filesystem::create_directory_symlink("..first", folder_.path() / "conf/..data");
    std::filesystem::create_symlink("..data/headgate.yaml", folder_.path() / "conf/headgate.yaml");
    look_after("conf");
    std::filesystem::create_directory_symlink("..second", folder_.path() / "conf/..data_tmp");
    std::filesystem::rename(folder_.path() / "conf/..data_tmp", folder_.path() / "conf/..data");
    EXPECT_TRUE(comes_to("second"));
}

TEST_F(reloaded, by_looking_now_and_then_where_the_kernel_tells_nothing) {
    look_after("headgate.yaml", file_watch::tells::nothing, {.poll_every = 1ms, .settle = 20ms});
    replace("headgate.yaml", settings_with("second"));
    EXPECT_TRUE(comes_to("second"));
}

TEST_F(reloaded, when_asked_though_nothing_changed) {
    look_after();
    ask();
    EXPECT_TRUE(comes_to("first"));
}

// Each part of it may well be valid.
TEST_F(reloaded, not_while_somebody_may_still_be_writing_unless_it_is_asked) {
    look_after("headgate.yaml", file_watch::tells::nothing, {.poll_every = 1ms, .settle = 24h});
    replace("headgate.yaml", settings_with("half"));
    EXPECT_FALSE(comes_to("half", 200ms));
    ask();
    EXPECT_TRUE(comes_to("half"));
    EXPECT_EQ(times_read(), 1U);
}

TEST_F(reloaded, as_a_whole_when_it_was_written_in_parts) {
    look_after("headgate.yaml", file_watch::tells::changes, {.poll_every = 24h, .settle = 2s});
    write("headgate.yaml", settings_with("half"));
    EXPECT_FALSE(comes_to("half", 100ms));
    write("headgate.yaml", settings_with("half") + "# More follows.\n");
    write("headgate.yaml", settings_with("whole"));
    EXPECT_TRUE(comes_to("whole"));
    EXPECT_EQ(times_read(), 1U);
}

TEST_F(reloaded, not_when_other_files_change_nor_when_the_same_is_written_again) {
    look_after();
    write("headgate.db", "a database in the same folder");
    replace("headgate.yaml", settings_with("first"));
    replace("secret", "another secret of some length");
    EXPECT_TRUE(comes_to("first"));
    EXPECT_EQ(times_read(), 1U);
}

}  // namespace
}  // namespace headgate::app
