#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <string>
#include <thread>

namespace headgate {

namespace asio = boost::asio;

// One thread that runs one `io_context(1)`. What lives on the context is touched by this thread only; others
// `post`.
//
// The thread ends when `finish` was called and no work is left: whoever put work on the context stops it
// first. An exception that reaches the thread is a bug: it is logged and ends the process.
class io_thread {
public:
    // `name` is shown by `top -H`; 15 bytes at most.
    explicit io_thread(std::string name);
    ~io_thread();  // finish()

    io_thread(io_thread const&) = delete;
    io_thread& operator=(io_thread const&) = delete;

    [[nodiscard]] asio::io_context& context() noexcept { return context_; }
    [[nodiscard]] asio::io_context::executor_type executor() noexcept { return context_.get_executor(); }

    // Lets the thread end when it has nothing left to do, and waits for that.
    void finish();

private:
    asio::io_context context_{1};
    asio::executor_work_guard<asio::io_context::executor_type> work_{context_.get_executor()};
    std::thread thread_;
};

}  // namespace headgate
