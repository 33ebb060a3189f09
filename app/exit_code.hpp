#pragma once

#include "core/result.hpp"

#include <utility>

namespace headgate::app {

// What every command ends with.
enum exit_code : int {
    exit_yes = 0,    // yes, or done
    exit_no = 1,     // no, problems found, configuration invalid
    exit_usage = 2,  // wrong usage
    exit_failed = 3  // could not be done: I/O, server away
};

// What an error ends a command with: invalid_argument (a request, a document, a configuration), not_found and
// aborted (a state that refuses) are a no; out_of_range is wrong usage; everything else could not be done.
[[nodiscard]] exit_code exit_code_of(errc code) noexcept;

// What stood on the command line itself: invalid there is wrong usage.
template <class T>
[[nodiscard]] result<T> typed(result<T> word) {
    if (!word && word.error().code == errc::invalid_argument) word.error().code = errc::out_of_range;
    return word;
}

}  // namespace headgate::app
