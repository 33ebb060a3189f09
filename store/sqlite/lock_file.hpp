#pragma once

#include "core/result.hpp"

#include <string>
#include <utility>

namespace headgate::store::sqlite {

// The kernel's exclusive lock on `<database>.lock`: one process serves a database. Gone with the process; the
// file stays and means nothing.
class lock_file {
public:
    // Fails with failed_precondition when another process, or another store in this one, holds it.
    [[nodiscard]] static result<lock_file> take(std::string const& database_path);

    // For whoever only looks: shared with others like it, and never made. A database without the file was
    // never served, or is a copy; then nothing is locked.
    [[nodiscard]] static result<lock_file> take_to_read(std::string const& database_path);

    lock_file(lock_file&& other) noexcept : descriptor_{std::exchange(other.descriptor_, -1)} {}
    lock_file& operator=(lock_file&&) = delete;
    ~lock_file();

private:
    explicit lock_file(int descriptor) noexcept : descriptor_{descriptor} {}

    int descriptor_;
};

}  // namespace headgate::store::sqlite
