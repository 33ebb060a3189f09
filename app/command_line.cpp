#include "app/command_line.hpp"

#include "app/commands.hpp"
#include "core/network.hpp"

#include <CLI/CLI.hpp>

#include <memory>
#include <string>
#include <utility>

namespace headgate::app {

CLI::App* add_command(CLI::App& to, char const* name, char const* help, chosen_command& chosen,
                      chosen_command command) {
    auto* const made = to.add_subcommand(name, help);
    made->callback([&chosen, command = std::move(command)] { chosen = command; });
    return made;
}

void add_api_options(CLI::App& to, api_options& into) {
    to.add_option("--api", into.url, "where the operator listener is")->capture_default_str();
    to.add_option("--token-file", into.token_file, "file with an operator's token");
    to.add_option("--ca", into.certificate_authorities,
                  "PEM file: authorities that the listener's certificate may come from; without it the "
                  "system's");
}

void add_format_option(CLI::App& to, output_format& into) {
    to.add_option_function<std::string>(
          "--format",
          [&into](std::string const& name) {
              into = name == "json" ? output_format::json : output_format::text;
          },
          "how it is printed; text without it")
        ->check(CLI::IsMember({"text", "json"}));
}

namespace {

void add_config(CLI::App& to, std::string& into) {
    to.add_option("--config", into, "configuration: a YAML file, or a folder of them")->required();
}

CLI::Option* add_request(CLI::App& to, request_options& into) {
    to.add_option("--at", into.at, "RFC 3339 time to verify at; now without it");
    CLI::Validator const is_address{[](std::string const& given) {
                                        return parse_address(given) ? std::string{}
                                                                    : "'" + given + "' is no IP address";
                                    },
                                    "ADDRESS"};
    to.add_option("--peer", into.peer, "address of the sender")->capture_default_str()->check(is_address);
    to.add_option("--proxy", into.proxy, "address of the trusted proxy that passed it on; none without it")
        ->check(is_address);
    to.add_option("--client-certificate", into.client_certificate,
                  "PEM file: the certificate that the sender showed, then its chain");
    return to.add_option("--request", into.file, "file with one raw HTTP/1.1 request, or -");
}

void add_serve(CLI::App& to, chosen_command& chosen) {
    auto const asked = std::make_shared<serve_options>();
    auto* const made = add_command(to, "serve", "run the gateway", chosen, [asked] { return serve(*asked); });
    add_config(*made, asked->config);
}

void add_check(CLI::App& to, chosen_command& chosen) {
    auto const asked = std::make_shared<check_options>();
    auto* const made = add_command(to, "check", "validate a configuration: all problems", chosen,
                                   [asked] { return check(*asked); });
    add_config(*made, asked->config);
    add_format_option(*made, asked->format);
}

void add_presets(CLI::App& to, chosen_command& chosen) {
    auto const asked = std::make_shared<presets_options>();
    auto* const made =
        add_command(to, "presets", "the senders known by name", chosen, [asked] { return presets(*asked); });
    add_format_option(*made, asked->format);
    auto* const show = made->add_subcommand("show", "print one preset as YAML");
    show->add_option("name", asked->show, "its name")->required();
}

void add_verify(CLI::App& to, chosen_command& chosen) {
    auto const asked = std::make_shared<verify_options>();
    auto* const made = add_command(to, "verify", "would this request be accepted, and why not", chosen,
                                   [asked] { return verify(*asked); });
    add_config(*made, asked->config);
    made->add_option("--source", asked->source, "the source it is sent to")->required();
    add_request(*made, asked->request)->required();
}

void add_explain(CLI::App& to, chosen_command& chosen) {
    auto const asked = std::make_shared<explain_options>();
    auto* const made = add_command(to, "explain", "which rules match, and what exactly would be started",
                                   chosen, [asked] { return explain(*asked); });
    add_config(*made, asked->config);
    made->add_option("--source", asked->source, "the source of the request");
    auto* const request = add_request(*made, asked->request);
    auto* const event = made->add_option(
        "--event", asked->event,
        "id of a stored event: of the operator API with --token-file, else of the store, which no "
        "serve may hold");
    request->excludes(event);
    add_api_options(*made, asked->api);
}

void add_test(CLI::App& to, chosen_command& chosen) {
    auto const asked = std::make_shared<test_options>();
    auto* const made =
        add_command(to, "test", "run the rules' own tests", chosen, [asked] { return test(*asked); });
    add_config(*made, asked->config);
    made->add_option("--rule", asked->rule, "only those of this rule");
    add_format_option(*made, asked->format);
}

void add_eval(CLI::App& to, chosen_command& chosen) {
    auto const asked = std::make_shared<eval_options>();
    auto* const made =
        add_command(to, "eval", "run the rule language on JSON", chosen, [asked] { return eval(*asked); });
    made->add_option("program", asked->program, "the program")->required();
    made->add_option("file", asked->file, "JSON texts; standard input without it");
    made->add_flag("-n,--null-input", asked->null_input, "the input is null");
    made->add_flag("-c,--compact-output", asked->compact, "one line an output");
    made->add_flag("-r,--raw-output", asked->raw, "strings without quotes");
    made->add_flag("-s,--slurp", asked->slurp, "all inputs as one array");
    made->add_option("--at", asked->at, "what `now` gives, RFC 3339");
    made->add_option("--arg", asked->strings, "$NAME is this string")->take_all();
    made->add_option("--argjson", asked->values, "$NAME is this JSON text")->take_all();
    CLI::Validator const is_assignment{[](std::string const& given) {
                                           return given.contains('=') ? std::string{}
                                                                      : "'" + given + "' is not NAME=FILE";
                                       },
                                       "NAME=FILE"};
    made->add_option("--table", asked->tables, "what `lookup` finds in the table NAME")
        ->take_all()
        ->check(is_assignment);
}

}  // namespace

void add_local_commands(CLI::App& to, chosen_command& chosen) {
    add_serve(to, chosen);
    add_check(to, chosen);
    add_command(to, "schema", "print the JSON Schema of the configuration", chosen, [] { return schema(); });
    add_presets(to, chosen);
    add_verify(to, chosen);
    add_explain(to, chosen);
    add_test(to, chosen);
    add_eval(to, chosen);
}

}  // namespace headgate::app
