#include "core/io_thread.hpp"

#include "core/log.hpp"

#include <exception>
#include <pthread.h>
#include <stdlib.h>

namespace headgate {

io_thread::io_thread(std::string name)
    : thread_{[this, name = std::move(name)] {
          pthread_setname_np(pthread_self(), name.substr(0, 15).c_str());
          try {
              context_.run();
          } catch (std::exception const& e) {
              log(log_level::error, "a thread ended with an exception",
                  {{"thread", name}, {"what", e.what()}});
              flush_log();  // Else the line that says why dies with the thread that would write it.
              abort();
          }
      }} {}

io_thread::~io_thread() {
    finish();
}

void io_thread::finish() {
    work_.reset();
    if (thread_.joinable()) thread_.join();
}

}  // namespace headgate
