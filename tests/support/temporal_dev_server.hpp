#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <sys/types.h>
#include <vector>

namespace headgate::testing_support {

// A real Temporal server in memory, from the command line tool's `server start-dev`, on a loopback port. It
// takes about half a second to start and ends with its owner, also when the test dies.
//
// The tools are those that scripts/install.sh builds; HEADGATE_TEMPORAL and HEADGATE_TEMPORAL_FLOOR name
// others.
class temporal_dev_server {
public:
    enum class version : std::uint8_t { current, floor };

    // Comes back when the server takes connections and has the search attributes HeadgateSource (Keyword) and
    // HeadgateSize (Int). A missing tool ends the test program with a message.
    explicit temporal_dev_server(version chosen, std::vector<std::string> more_arguments = {});
    ~temporal_dev_server();

    temporal_dev_server(temporal_dev_server const&) = delete;
    temporal_dev_server& operator=(temporal_dev_server const&) = delete;

    [[nodiscard]] std::string address() const;  // 127.0.0.1:port

    // As an operator does: `temporal workflow terminate`.
    void terminate(std::string const& workflow_id, std::string const& reason) const;

    // How many signals stand in the history of the id's current run.
    [[nodiscard]] std::size_t signals_taken(std::string const& workflow_id) const;

private:
    [[nodiscard]] bool has_search_attributes() const;

    std::string tool_;
    std::uint16_t port_ = 0;
    pid_t process_ = -1;
};

}  // namespace headgate::testing_support
