#pragma once

namespace headgate::app {

// What every command ends with.
enum exit_code : int {
    exit_yes = 0,    // yes, or done
    exit_no = 1,     // no, problems found, configuration invalid
    exit_usage = 2,  // wrong usage
    exit_failed = 3  // could not be done: I/O, server away
};

}  // namespace headgate::app
