#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace headgate::testing_support {

// A small Temporal frontend on a loopback port: it remembers runs, request ids, memos and signals, judges
// workflow ids as told, serves long polls, and can be told to misbehave. Runs never progress by themselves.
//
// All functions are safe from any thread. The destructor cancels what is open.
class fake_workflow_service {
public:
    struct tls_files {
        std::string certificate;  // PEM texts
        std::string key;
        std::string client_ca;  // Not empty: a client must show a certificate of this authority.
    };
    struct settings {
        std::string name_space = "default";
        std::vector<std::string> search_attributes{"HeadgateSource"};
        std::size_t input_bytes_max = 2 * 1024 * 1024;
        std::chrono::milliseconds retention = std::chrono::hours{24};
        bool tells_system_info = true;
        bool tells_what_is_new = true;  // False: as server 1.23, which does not say whether it started a run.
        std::size_t signals_max = 10'000;  // Of one run.
        std::optional<tls_files> tls;
        std::uint16_t port = 0;  // 0: any free one.
    };

    fake_workflow_service();
    explicit fake_workflow_service(settings chosen);
    ~fake_workflow_service();

    fake_workflow_service(fake_workflow_service const&) = delete;
    fake_workflow_service& operator=(fake_workflow_service const&) = delete;

    [[nodiscard]] std::uint16_t port() const;
    [[nodiscard]] std::string address() const;  // 127.0.0.1:port

    // What came.

    struct seen_start {
        std::string name_space;
        std::string workflow_id;
        std::string workflow;
        std::string task_queue;
        std::vector<std::string> input;  // Data of each payload.
        std::string input_encoding;      // Of the first.
        std::string request_id;
        std::string identity;
        int reuse_policy = 0;
        std::map<std::string, std::string> memo;
        std::map<std::string, std::string> search_attributes;
        std::map<std::string, std::string> search_attribute_types;  // As their metadata says.
        std::chrono::milliseconds execution_timeout{0};
        std::chrono::milliseconds run_timeout{0};
        std::chrono::milliseconds task_timeout{0};
        std::multimap<std::string, std::string> metadata;
    };
    [[nodiscard]] std::vector<seen_start> starts() const;  // With a signal or without.

    struct seen_signal {
        std::string run_id;
        std::string name;
        std::vector<std::string> input;  // Data of each payload.
        std::string request_id;
        std::string identity;
        std::map<std::string, std::string> header;
    };
    // That were delivered: a repeated one was not.
    [[nodiscard]] std::vector<seen_signal> signals(std::string const& workflow_id) const;

    // How many calls of a method came: "StartWorkflowExecution".
    [[nodiscard]] std::size_t calls_of(std::string const& method) const;

    // Waits until `n` calls of a method came; false when ten seconds pass without.
    [[nodiscard]] bool wait_for_calls(std::string const& method, std::size_t n) const;

    // What happens to runs. Each acts on the current run of an id, which must be there.

    enum class ending : std::uint8_t { completed, failed, cancelled, terminated, timed_out };
    void close(std::string const& workflow_id, ending how, std::string const& why = {});
    std::string continue_as_new(std::string const& workflow_id);  // The new run's id.
    std::string fail_and_retry(std::string const& workflow_id, std::string const& why);
    void forget(std::string const& workflow_id);  // As after retention.

    // Trouble. An answer that is told replaces the next one of that method.

    struct answer {
        int code = 14;  // gRPC's number.
        std::string message;
        std::string detail_type;   // "ResourceExhaustedFailure"; empty: no detail.
        std::string detail_bytes;  // Serialized message of that type.
    };
    enum class work : std::uint8_t { left_undone, done };  // Whether the call takes effect before the answer.
    void answer_next(std::string const& method, answer told, work when = work::left_undone);

    // Calls of the method take effect, and then wait until their caller gives up or the service stops.
    void never_answer(std::string const& method);

    // Closes the port and every connection, as a crash does.
    void stop();

private:
    struct parts;
    std::unique_ptr<parts> parts_;
};

}  // namespace headgate::testing_support
