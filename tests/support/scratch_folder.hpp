#pragma once

#include "core/check.hpp"

#include <filesystem>
#include <stdlib.h>
#include <string>

namespace headgate::testing_support {

// A folder of its own, gone with its owner.
class scratch_folder {
public:
    scratch_folder() {
        auto name = (std::filesystem::temp_directory_path() / "headgate-XXXXXX").string();
        HEADGATE_CHECK(mkdtemp(name.data()) != nullptr, "no folder for the test");
        path_ = name;
    }
    ~scratch_folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    scratch_folder(scratch_folder const&) = delete;
    scratch_folder& operator=(scratch_folder const&) = delete;

    [[nodiscard]] std::filesystem::path const& path() const noexcept { return path_; }

private:
    std::filesystem::path path_;
};

}  // namespace headgate::testing_support
