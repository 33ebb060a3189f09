#pragma once

#include "core/check.hpp"

#include <sqlite3.h>

#include <atomic>
#include <condition_variable>
#include <cstring>
#include <limits>
#include <mutex>
#include <new>

namespace headgate::testing_support {

// A disk that fails when told: a SQLite VFS around the default one, under the name `faulty_vfs::name`. One
// for the process; any thread may change it at any time. `heal` puts everything back.
class faulty_vfs {
public:
    static constexpr char const* name = "headgate-faulty";

    static faulty_vfs& instance() {
        static faulty_vfs one;
        return one;
    }

    // From the n-th call on (1: the next), `times` calls fail: writes with SQLITE_FULL, syncs with an I/O
    // error.
    static constexpr int forever = std::numeric_limits<int>::max();
    void fail_writes(int nth, int times) { set(writes_, nth, times); }
    void fail_syncs(int nth, int times) { set(syncs_, nth, times); }
    void heal() {
        set(writes_, 0, 0);
        set(syncs_, 0, 0);
        release_syncs();
    }

    // Syncs of the log wait until released; `wait_for_held_sync` returns when one does.
    void hold_syncs() {
        std::scoped_lock const held{guard_};
        holds_ = true;
    }
    void wait_for_held_sync() {
        std::unique_lock held{guard_};
        changed_.wait(held, [this] { return waiting_ > 0; });
    }
    void release_syncs() {
        std::scoped_lock const held{guard_};
        holds_ = false;
        changed_.notify_all();
    }

    [[nodiscard]] int failures() const { return failures_.load(); }

private:
    struct plan {
        int until = 0;  // Calls that still go well.
        int left = 0;   // Calls that fail after those.
    };
    struct file {
        sqlite3_file base;
        bool is_log;
        sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
    };

    faulty_vfs() {
        auto* const real = sqlite3_vfs_find(nullptr);
        HEADGATE_CHECK(real != nullptr, "SQLite has no VFS");
        vfs_ = *real;
        vfs_.zName = name;
        vfs_.pAppData = real;
        vfs_.szOsFile = static_cast<int>(sizeof(file)) + real->szOsFile;
        vfs_.xOpen = [](sqlite3_vfs* self, sqlite3_filename path, sqlite3_file* out, int flags,
                        int* out_flags) {
            return open(static_cast<sqlite3_vfs*>(self->pAppData), path, out, flags, out_flags);
        };
        HEADGATE_CHECK(sqlite3_vfs_register(&vfs_, 0) == SQLITE_OK, "the VFS was not taken");
    }

    static int open(sqlite3_vfs* real, sqlite3_filename path, sqlite3_file* out, int flags, int* out_flags) {
        auto* const opened = new (out) file{{nullptr}, (flags & SQLITE_OPEN_WAL) != 0};
        int const status = real->xOpen(real, path, opened->real(), flags, out_flags);
        if (opened->real()->pMethods) out->pMethods = methods();
        return status;
    }

    static file& of(sqlite3_file* any) { return *reinterpret_cast<file*>(any); }
    static sqlite3_io_methods const& real_methods(sqlite3_file* any) { return *of(any).real()->pMethods; }

    static sqlite3_io_methods const* methods() {
        static sqlite3_io_methods const all = make_methods();
        return &all;
    }

    static sqlite3_io_methods make_methods() {
        using any = sqlite3_file*;
        using big = sqlite3_int64;
        sqlite3_io_methods m{};
        m.iVersion = 3;
        m.xClose = [](any f) { return real_methods(f).xClose(of(f).real()); };
        m.xRead = [](any f, void* to, int size, big at) {
            return real_methods(f).xRead(of(f).real(), to, size, at);
        };
        m.xWrite = [](any f, void const* from, int size, big at) {
            if (instance().fails(instance().writes_)) return int{SQLITE_FULL};
            return real_methods(f).xWrite(of(f).real(), from, size, at);
        };
        m.xTruncate = [](any f, big size) { return real_methods(f).xTruncate(of(f).real(), size); };
        m.xSync = [](any f, int flags) {
            if (of(f).is_log) instance().wait_while_held();
            if (instance().fails(instance().syncs_)) return int{SQLITE_IOERR_FSYNC};
            return real_methods(f).xSync(of(f).real(), flags);
        };
        m.xFileSize = [](any f, big* size) { return real_methods(f).xFileSize(of(f).real(), size); };
        m.xLock = [](any f, int level) { return real_methods(f).xLock(of(f).real(), level); };
        m.xUnlock = [](any f, int level) { return real_methods(f).xUnlock(of(f).real(), level); };
        m.xCheckReservedLock = [](any f, int* out) {
            return real_methods(f).xCheckReservedLock(of(f).real(), out);
        };
        m.xFileControl = [](any f, int what, void* with) {
            return real_methods(f).xFileControl(of(f).real(), what, with);
        };
        m.xSectorSize = [](any f) { return real_methods(f).xSectorSize(of(f).real()); };
        m.xDeviceCharacteristics = [](any f) { return real_methods(f).xDeviceCharacteristics(of(f).real()); };
        m.xShmMap = [](any f, int page, int size, int extend, void volatile** out) {
            return real_methods(f).xShmMap(of(f).real(), page, size, extend, out);
        };
        m.xShmLock = [](any f, int at, int count, int flags) {
            return real_methods(f).xShmLock(of(f).real(), at, count, flags);
        };
        m.xShmBarrier = [](any f) { real_methods(f).xShmBarrier(of(f).real()); };
        m.xShmUnmap = [](any f, int deletes) { return real_methods(f).xShmUnmap(of(f).real(), deletes); };
        m.xFetch = [](any f, big at, int size, void** out) {
            return real_methods(f).xFetch(of(f).real(), at, size, out);
        };
        m.xUnfetch = [](any f, big at, void* page) {
            return real_methods(f).xUnfetch(of(f).real(), at, page);
        };
        return m;
    }

    void set(plan& which, int nth, int times) {
        std::scoped_lock const held{guard_};
        which = {nth > 0 ? nth - 1 : 0, times};
    }

    bool fails(plan& which) {
        std::scoped_lock const held{guard_};
        if (which.until > 0) {
            --which.until;
            return false;
        }
        if (which.left == 0) return false;
        if (which.left != forever) --which.left;
        ++failures_;
        return true;
    }

    void wait_while_held() {
        std::unique_lock held{guard_};
        ++waiting_;
        changed_.notify_all();
        changed_.wait(held, [this] { return !holds_; });
        --waiting_;
    }

    sqlite3_vfs vfs_{};
    std::mutex guard_;
    std::condition_variable changed_;
    plan writes_;
    plan syncs_;
    bool holds_ = false;
    int waiting_ = 0;
    std::atomic<int> failures_{0};
};

}  // namespace headgate::testing_support
