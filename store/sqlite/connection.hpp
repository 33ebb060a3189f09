#pragma once

#include "core/result.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

struct sqlite3;
struct sqlite3_stmt;

// SQLite with our errors and without leaks. A connection and its statements belong to one thread at a time.

namespace headgate::store::sqlite {

// One prepared statement. Parameters count from 1, columns from 0. Bound text and bytes are not copied: they
// must outlive the next `reset`. A column's text or bytes live until the next `step` or `reset`.
class statement {
public:
    statement() = default;
    statement(sqlite3* database, sqlite3_stmt* prepared) noexcept;

    statement& bind(int parameter, std::int64_t value);
    statement& bind(int parameter, std::uint64_t value);
    statement& bind_text(int parameter, std::string_view text);
    statement& bind_bytes(int parameter, std::string_view bytes);
    statement& bind_bytes(int parameter, std::span<std::uint8_t const> bytes);
    statement& bind_null(int parameter);

    [[nodiscard]] result<bool> step();  // Whether there is a row.
    [[nodiscard]] result<void> run();   // For statements without rows: steps once and resets.
    void reset() noexcept;

    [[nodiscard]] std::int64_t integer(int column) const;
    [[nodiscard]] std::uint64_t natural(int column) const;
    [[nodiscard]] std::string_view text(int column) const;
    [[nodiscard]] std::string_view bytes(int column) const;
    [[nodiscard]] bool is_null(int column) const;

private:
    struct finalizer {
        void operator()(sqlite3_stmt* prepared) const noexcept;
    };
    void note(int status) noexcept;

    sqlite3* database_ = nullptr;
    std::unique_ptr<sqlite3_stmt, finalizer> prepared_;
    int bind_failure_ = 0;  // The first one; `step` reports it.
};

// A statement out of a connection's cache, in use until this goes out of scope.
class query {
public:
    explicit query(statement& cached) noexcept : statement_{&cached} {}
    ~query() {
        if (statement_) statement_->reset();
    }
    query(query&& other) noexcept : statement_{std::exchange(other.statement_, nullptr)} {}
    query& operator=(query&&) = delete;

    statement* operator->() const noexcept { return statement_; }

private:
    statement* statement_;
};

enum class access { read_write, read_only };
enum class checkpoint_mode { passive, truncate };

struct checkpoint_result {
    bool complete = false;  // Every frame of the log is in the database, and nobody was in the way.
    std::uint64_t log_frames = 0;
    std::uint64_t copied_frames = 0;
};

class connection {
public:
    // Opens `path`, making the file when `how` is read_write. `vfs` empty: the default one.
    [[nodiscard]] static result<connection> open(std::string const& path, access how, std::string const& vfs);

    [[nodiscard]] result<void> run(char const* sql);  // One or several statements; rows are ignored.
    [[nodiscard]] result<std::int64_t> number(char const* sql);  // First column of the first row; 0 without.
    [[nodiscard]] result<statement> prepare(std::string_view sql);
    [[nodiscard]] result<query> ask(char const* sql);  // `sql` lives for ever: prepared once, and kept.

    [[nodiscard]] result<checkpoint_result> checkpoint(checkpoint_mode mode);

    // Frames in the write-ahead log after the last commit on this connection. The connection must not move
    // after this was asked for.
    void count_log_frames(std::uint64_t& into);

    // Inside a transaction that was not ended.
    [[nodiscard]] bool in_transaction() const noexcept;

private:
    struct closer {
        void operator()(sqlite3* database) const noexcept;
    };
    explicit connection(sqlite3* database) noexcept : database_{database} {}

    std::unique_ptr<sqlite3, closer> database_;
    std::unordered_map<char const*, std::unique_ptr<statement>> cache_;  // Goes before the connection does.
};

}  // namespace headgate::store::sqlite
