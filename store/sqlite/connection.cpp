#include "store/sqlite/connection.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include <fcntl.h>
#include <mutex>
#include <unistd.h>

namespace headgate::store::sqlite {
namespace {

// Memory statistics would put one lock around every allocation of every connection. Has to be said before
// SQLite's first use in the process; too late means slower, not wrong.
void configure_once() {
    static std::once_flag once;
    std::call_once(once, [] { static_cast<void>(sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0)); });
}

error failure(sqlite3* database, int status, std::string_view doing) {
    auto const text = [&](std::string_view what) {
        return fmt::format("event store: {} failed: {} (SQLite {}: {})", doing, what,
                           sqlite3_extended_errcode(database), sqlite3_errmsg(database));
    };
    switch (status & 0xff) {
        case SQLITE_FULL:
            return {errc::resource_exhausted, text("no space left"),
                    "free space on the disk of store.sqlite.path; accepting goes on by itself"};
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
            return {
                errc::data_loss, text("the file is damaged"),
                "stop the gateway, keep a copy of the file, and run `sqlite3 FILE 'pragma integrity_check'`"};
        case SQLITE_READONLY:
        case SQLITE_CANTOPEN:
        case SQLITE_PERM:
            return {errc::failed_precondition, text("the file or its folder cannot be written"),
                    "make the folder of store.sqlite.path exist and belong to the user that runs headgate"};
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
            return {errc::unavailable, text("another program holds the file"),
                    "end the other program that has this database open"};
        case SQLITE_TOOBIG:
            return {errc::out_of_range, text("a value is larger than the database takes"),
                    "make the rule render less"};
        case SQLITE_NOMEM:
            return {errc::resource_exhausted, text("out of memory"), "give the process more memory"};
        case SQLITE_IOERR:
            return {errc::unavailable, text("input or output error"),
                    "look at the disk under store.sqlite.path (dmesg); accepting goes on by itself once it "
                    "works"};
        default: return {errc::internal, text("unexpected"), "please report this with the log around it"};
    }
}

// SQLite makes a file that everybody can read. It gives -wal and -shm the mode of the database, so that one
// only has to be there before. O_EXCL: closing a descriptor of a database in use would drop SQLite's locks.
// What is wrong here, the opening that follows says in SQLite's words.
void make_readable_for_few(std::string const& path) {
    int const made = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
    if (made >= 0) ::close(made);
}

}  // namespace

statement::statement(sqlite3* database, sqlite3_stmt* prepared) noexcept
    : database_{database}, prepared_{prepared} {}

void statement::finalizer::operator()(sqlite3_stmt* prepared) const noexcept {
    sqlite3_finalize(prepared);
}

void statement::note(int status) noexcept {
    if (status != SQLITE_OK && bind_failure_ == 0) bind_failure_ = status;
}

statement& statement::bind(int parameter, std::int64_t value) {
    note(sqlite3_bind_int64(prepared_.get(), parameter, value));
    return *this;
}

statement& statement::bind(int parameter, std::uint64_t value) {
    return bind(parameter, static_cast<std::int64_t>(value));
}

statement& statement::bind_text(int parameter, std::string_view text) {
    char const* const start = text.data() ? text.data() : "";
    note(sqlite3_bind_text64(prepared_.get(), parameter, start, text.size(), SQLITE_STATIC, SQLITE_UTF8));
    return *this;
}

statement& statement::bind_bytes(int parameter, std::string_view bytes) {
    char const* const start = bytes.data() ? bytes.data() : "";
    note(sqlite3_bind_blob64(prepared_.get(), parameter, start, bytes.size(), SQLITE_STATIC));
    return *this;
}

statement& statement::bind_bytes(int parameter, std::span<std::uint8_t const> bytes) {
    note(sqlite3_bind_blob64(prepared_.get(), parameter, bytes.data(), bytes.size(), SQLITE_STATIC));
    return *this;
}

statement& statement::bind_null(int parameter) {
    note(sqlite3_bind_null(prepared_.get(), parameter));
    return *this;
}

result<bool> statement::step() {
    int status = std::exchange(bind_failure_, 0);
    if (status == SQLITE_OK) status = sqlite3_step(prepared_.get());
    if (status == SQLITE_ROW) return true;
    if (status == SQLITE_DONE) return false;
    auto const* const sql = sqlite3_sql(prepared_.get());
    return std::unexpected{failure(database_, status, std::string_view{sql}.substr(0, 40))};
}

result<void> statement::run() {
    auto const stepped = step();
    reset();
    if (!stepped) return std::unexpected{stepped.error()};
    return {};
}

void statement::reset() noexcept {
    static_cast<void>(sqlite3_reset(prepared_.get()));  // Repeats the status that `step` has reported.
}

std::int64_t statement::integer(int column) const {
    return sqlite3_column_int64(prepared_.get(), column);
}

std::uint64_t statement::natural(int column) const {
    return static_cast<std::uint64_t>(integer(column));
}

std::string_view statement::text(int column) const {
    auto const* const start = sqlite3_column_text(prepared_.get(), column);
    if (!start) return {};
    auto const size = sqlite3_column_bytes(prepared_.get(), column);
    return {reinterpret_cast<char const*>(start), static_cast<std::size_t>(size)};
}

std::string_view statement::bytes(int column) const {
    auto const* const start = sqlite3_column_blob(prepared_.get(), column);
    if (!start) return {};
    auto const size = sqlite3_column_bytes(prepared_.get(), column);
    return {static_cast<char const*>(start), static_cast<std::size_t>(size)};
}

bool statement::is_null(int column) const {
    return sqlite3_column_type(prepared_.get(), column) == SQLITE_NULL;
}

void connection::closer::operator()(sqlite3* database) const noexcept {
    sqlite3_close_v2(database);
}

result<connection> connection::open(std::string const& path, access how, std::string const& vfs) {
    configure_once();
    if (how == access::read_write) make_readable_for_few(path);
    int const flags =
        SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE |
        (how == access::read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
    sqlite3* raw = nullptr;
    int const status = sqlite3_open_v2(path.c_str(), &raw, flags, vfs.empty() ? nullptr : vfs.c_str());
    connection opened{raw};
    if (status != SQLITE_OK) return std::unexpected{failure(raw, status, "opening " + path)};
    sqlite3_busy_timeout(raw, 2000);
    return opened;
}

result<void> connection::run(char const* sql) {
    int const status = sqlite3_exec(database_.get(), sql, nullptr, nullptr, nullptr);
    if (status == SQLITE_OK) return {};
    return std::unexpected{failure(database_.get(), status, std::string_view{sql}.substr(0, 40))};
}

result<std::int64_t> connection::number(char const* sql) {
    HEADGATE_TRY(auto prepared, prepare(sql));
    HEADGATE_TRY(bool const found, prepared.step());
    return found ? prepared.integer(0) : 0;
}

result<statement> connection::prepare(std::string_view sql) {
    sqlite3_stmt* prepared = nullptr;
    int const status = sqlite3_prepare_v3(database_.get(), sql.data(), static_cast<int>(sql.size()),
                                          SQLITE_PREPARE_PERSISTENT, &prepared, nullptr);
    if (status != SQLITE_OK) return std::unexpected{failure(database_.get(), status, sql.substr(0, 40))};
    return statement{database_.get(), prepared};
}

result<query> connection::ask(char const* sql) {
    auto& kept = cache_[sql];
    if (!kept) {
        HEADGATE_TRY(auto prepared, prepare(sql));
        kept = std::make_unique<statement>(std::move(prepared));
    }
    return query{*kept};
}

result<checkpoint_result> connection::checkpoint(checkpoint_mode mode) {
    int log_frames = 0;
    int copied_frames = 0;
    int const how = mode == checkpoint_mode::passive ? SQLITE_CHECKPOINT_PASSIVE : SQLITE_CHECKPOINT_TRUNCATE;
    int const status = sqlite3_wal_checkpoint_v2(database_.get(), nullptr, how, &log_frames, &copied_frames);
    bool const in_the_way = (status & 0xff) == SQLITE_BUSY;
    if (status != SQLITE_OK && !in_the_way)
        return std::unexpected{failure(database_.get(), status, "writing the log back")};
    checkpoint_result done;
    done.complete = !in_the_way && log_frames == copied_frames;
    done.log_frames = log_frames < 0 ? 0 : static_cast<std::uint64_t>(log_frames);
    done.copied_frames = copied_frames < 0 ? 0 : static_cast<std::uint64_t>(copied_frames);
    return done;
}

void connection::count_log_frames(std::uint64_t& into) {
    auto const count = [](void* kept, sqlite3*, char const*, int frames) -> int {
        *static_cast<std::uint64_t*>(kept) = static_cast<std::uint64_t>(frames);
        return SQLITE_OK;
    };
    // The hook takes the place of SQLite's own automatic checkpoint, which the writer must not run.
    sqlite3_wal_hook(database_.get(), count, &into);
}

bool connection::in_transaction() const noexcept {
    return database_ && sqlite3_get_autocommit(database_.get()) == 0;
}

}  // namespace headgate::store::sqlite
