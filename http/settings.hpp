#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace headgate::http {

struct certificate_files {
    std::string certificate;  // PEM, leaf first, then the chain.
    std::string key;          // PEM; must not be readable by others.
};

// Limits of one listener. Each is tested at its value and one past it.
struct limits {
    std::size_t request_line_bytes_max = 8 * 1024;  // over: 414
    std::size_t headers_bytes_max = 16 * 1024;      // over: 431
    std::size_t header_lines_max = 100;             // over: 431
    std::size_t small_chunks_max = 256;             // chunks of under 16 bytes in one body; over: 400
    std::size_t connections_max = 10'000;           // over: accepted and closed
    std::size_t connections_per_address_max = 512;  // not of trusted proxies; over: accepted and closed
    std::size_t in_flight_bytes_max =
        256 * 1024 * 1024;  // bodies being read or handled, large answers, senders' certificates; over: 503
    std::size_t in_flight_bytes_per_address_max = 64 * 1024 * 1024;  // over: 429 + Retry-After
    std::uint32_t requests_per_connection_max = 100'000;             // then `Connection: close`
    std::chrono::milliseconds first_byte_within{5'000};  // of a connection's first request; over: closed
    std::chrono::milliseconds headers_within{10'000};    // from the first byte of a request; over: 408
    std::chrono::milliseconds body_within{30'000};       // over: 408
    std::size_t body_bytes_per_second_min =
        1024;  // after `body_rate_after`, more for a body that would not end `body_within`; slower: 408
    std::chrono::milliseconds body_rate_after{5'000};
    std::chrono::milliseconds write_within{30'000};  // over: cut
    std::chrono::milliseconds idle_for{60'000};      // between requests, a tenth when crowded; over: closed
    std::chrono::milliseconds tls_handshake_within{10'000};  // over: closed
    std::chrono::milliseconds linger_for{1'000};  // after the last answer, so that the sender can read it
    std::size_t linger_bytes_max = 1024 * 1024;   // read and dropped meanwhile; over: cut
};

struct listener_settings {
    std::string name = "webhooks";       // In logs, and the label `listener` of its metrics.
    std::string address;                 // "127.0.0.1:8080", "[::1]:8080"; port 0 takes a free one
    std::vector<certificate_files> tls;  // Empty: plain HTTP. The first is the default; others by SNI.
    std::vector<std::string>
        trusted_proxies;  // CIDR; only their X-Forwarded-For is believed. Empty: nobody's.
    bool asks_for_client_certificates = false;  // On TLS connections; showing one stays the sender's choice.
    std::string client_certificate_header;      // Lower case. Of trusted proxies alone; empty: of nobody.
    limits bounds;
};

}  // namespace headgate::http
