#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

// What was asked on the command line, one struct for each command.

namespace headgate::app {

enum class output_format { text, json };

struct serve_options {
    std::string config;
};

struct check_options {
    std::string config;
    output_format format = output_format::text;
};

struct presets_options {
    std::string show;  // Empty: list.
    output_format format = output_format::text;
};

// A request as a file, and what the network would say about it.
struct request_options {
    std::string file;  // "-": standard input
    std::string peer = "127.0.0.1";
    std::string proxy;               // Address of the trusted proxy that passed it on; empty: none did.
    std::string at;                  // RFC 3339; empty: now
    std::string client_certificate;  // PEM file; empty: none was shown
};

struct verify_options {
    std::string config;
    std::string source;
    request_options request;
};

// Where the operator API is, and who asks.
struct api_options {
    std::string url = "http://127.0.0.1:8081";
    std::string token_file;
    std::string certificate_authorities;  // PEM file to trust for https; empty: the system's.
};

struct explain_options {
    std::string config;
    std::string source;
    request_options request;  // Its file is empty when `event` is asked for.
    std::string event;
    api_options api;  // Without a token the event is read from the configuration's own store.
};

struct test_options {
    std::string config;
    std::string rule;  // Empty: all.
    output_format format = output_format::text;
};

struct eval_options {
    std::string program;
    std::string file;  // Empty: standard input
    bool null_input = false;
    bool compact = false;
    bool raw = false;
    bool slurp = false;
    std::string at;
    std::vector<std::pair<std::string, std::string>> strings;  // --arg
    std::vector<std::pair<std::string, std::string>> values;   // --argjson
    std::vector<std::string> tables;                           // --table NAME=FILE
};

// `headgate events …` and `headgate deliveries …`.
struct api_call_options {
    api_options api;
    std::string resource;  // "events", "deliveries"
    std::string act;       // "list", "show", "retry", "release", "route"
    std::string id;
    std::vector<std::pair<std::string, std::string>> filters;
    output_format format = output_format::text;
};

}  // namespace headgate::app
