#pragma once

#include "config/load.hpp"
#include "config/notes.hpp"
#include "tests/support/scratch_folder.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

// Configurations of a source, a target and whatever a test writes below them.

namespace headgate::testing_support {

class configured_rules : public testing::Test {
protected:
    configured_rules() {
        std::ofstream{folder_.path() / "secret"} << "a secret of some length\n";
        std::filesystem::permissions(folder_.path() / "secret", std::filesystem::perms::owner_read);
    }

    config::loaded loaded(std::string_view below) {
        std::ofstream{folder_.path() / "headgate.yaml", std::ios::binary} << above << below;
        return config::load(folder_.path() / "headgate.yaml");
    }

    // As `headgate check` lists it.
    std::vector<std::string> said_about(std::string_view below) { return lines(loaded(below).found); }

    static std::vector<std::string> lines(problems const& found) {
        std::vector<std::string> all;
        for (auto const& one : found)
            all.push_back((one.weighs == problem::weight::warning ? "warning: " : "") + config::to_text(one));
        return all;
    }

    // Six lines, so that what a test adds starts on line 7.
    static constexpr std::string_view above =
        "store: {sqlite: {path: headgate.db}}\n"
        "sources:\n"
        "  github:\n"
        "    path: /webhooks/github\n"
        "    verify: {preset: github, secrets: [{file: secret}]}\n"
        "targets: {t: {temporal: {address: \"t:1\"}}}\n";

    scratch_folder folder_;
};

}  // namespace headgate::testing_support
