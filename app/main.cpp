#include "app/commands.hpp"
#include "app/exit_code.hpp"

#include <CLI/CLI.hpp>

#include <cstdio>
#include <exception>
#include <functional>

namespace headgate::app {
namespace {

class command_line {
public:
    command_line() {
        cli_.require_subcommand(1);
        cli_.set_version_flag("--version", HEADGATE_VERSION);
        add_serve();
        add_check();
        add_schema();
        add_presets();
        add_verify();
        add_explain();
        add_eval();
        add_events();
        add_deliveries();
    }

    int run(int count, char** words) {
        try {
            cli_.parse(count, words);
        } catch (CLI::ParseError const& e) {
            return cli_.exit(e) == 0 ? exit_yes : exit_usage;
        }
        return chosen_ ? chosen_() : static_cast<int>(exit_usage);
    }

private:
    CLI::App* add(CLI::App& to, char const* name, char const* help, std::function<int()> command) {
        auto* made = to.add_subcommand(name, help);
        made->callback([this, command = std::move(command)] { chosen_ = command; });
        return made;
    }

    static void add_config(CLI::App& to, std::string& into) {
        to.add_option("--config", into, "configuration: a YAML file, or a folder of them")->required();
    }

    static void add_format(CLI::App& to, output_format& into) {
        static std::map<std::string, output_format> const names{{"text", output_format::text},
                                                                {"json", output_format::json}};
        to.add_option("--format", into, "text or json")->transform(CLI::CheckedTransformer(names));
    }

    static CLI::Option* add_request(CLI::App& to, request_options& into) {
        to.add_option("--at", into.at, "RFC 3339 time to verify at; now without it");
        to.add_option("--peer", into.peer, "address of the sender")->capture_default_str();
        return to.add_option("--request", into.file, "file with one raw HTTP/1.1 request, or -");
    }

    static void add_api(CLI::App& to, api_options& into) {
        to.add_option("--api", into.url, "where the operator listener is")->capture_default_str();
        to.add_option("--token-file", into.token_file, "file with an operator's token");
    }

    void add_serve() {
        auto* made = add(cli_, "serve", "run the gateway", [this] { return serve(serve_); });
        add_config(*made, serve_.config);
    }

    void add_check() {
        auto* made =
            add(cli_, "check", "validate a configuration: all problems", [this] { return check(check_); });
        add_config(*made, check_.config);
        add_format(*made, check_.format);
    }

    void add_schema() {
        add(cli_, "schema", "print the JSON Schema of the configuration", [] { return schema(); });
    }

    void add_presets() {
        auto* made = add(cli_, "presets", "the senders known by name", [this] { return presets(presets_); });
        add_format(*made, presets_.format);
        auto* show = made->add_subcommand("show", "print one preset as YAML");
        show->add_option("name", presets_.show, "its name")->required();
    }

    void add_verify() {
        auto* made = add(cli_, "verify", "would this request be accepted, and why not",
                         [this] { return verify(verify_); });
        add_config(*made, verify_.config);
        made->add_option("--source", verify_.source, "the source it is sent to")->required();
        add_request(*made, verify_.request)->required();
    }

    void add_explain() {
        auto* made = add(cli_, "explain", "which rules match, and what exactly would be started",
                         [this] { return explain(explain_); });
        add_config(*made, explain_.config);
        made->add_option("--source", explain_.source, "the source of the request");
        auto* request = add_request(*made, explain_.request);
        auto* event =
            made->add_option("--event", explain_.event, "id of a stored event, asked of the operator API");
        request->excludes(event);
        add_api(*made, explain_.api);
    }

    void add_eval() {
        auto* made = add(cli_, "eval", "run the rule language on JSON", [this] { return eval(eval_); });
        made->add_option("program", eval_.program, "the program")->required();
        made->add_option("file", eval_.file, "JSON texts; standard input without it");
        made->add_flag("-n,--null-input", eval_.null_input, "the input is null");
        made->add_flag("-c,--compact-output", eval_.compact, "one line an output");
        made->add_flag("-r,--raw-output", eval_.raw, "strings without quotes");
        made->add_flag("-s,--slurp", eval_.slurp, "all inputs as one array");
        made->add_option("--at", eval_.at, "what `now` gives, RFC 3339");
        made->add_option("--arg", eval_.strings, "$NAME is this string")->take_all();
        made->add_option("--argjson", eval_.values, "$NAME is this JSON text")->take_all();
    }

    void add_call(CLI::App& to, api_call_options& into, char const* act, char const* help, bool with_id) {
        auto* made = add(to, act, help, [&into, act] {
            into.act = act;
            return call_api(into);
        });
        add_api(*made, into.api);
        add_format(*made, into.format);
        if (with_id) made->add_option("id", into.id, "its id")->required();
        if (std::string_view{act} != "list") return;
        for (char const* filter : {"source", "state", "rule", "target", "from", "to", "after", "limit"}) {
            bool const of_deliveries =
                std::string_view{filter} == "rule" || std::string_view{filter} == "target";
            if (of_deliveries && into.resource == "events") continue;
            made->add_option_function<std::string>(
                std::string{"--"} + filter,
                [&into, filter](std::string const& value) { into.filters.emplace_back(filter, value); },
                "as in the API");
        }
    }

    void add_events() {
        auto* made = cli_.add_subcommand("events", "what was accepted");
        made->require_subcommand(1);
        events_.resource = "events";
        add_call(*made, events_, "list", "newest first", false);
        add_call(*made, events_, "show", "one event with its timeline", true);
    }

    void add_deliveries() {
        auto* made = cli_.add_subcommand("deliveries", "what was started, or not");
        made->require_subcommand(1);
        deliveries_.resource = "deliveries";
        add_call(*made, deliveries_, "list", "newest first", false);
        add_call(*made, deliveries_, "show", "one delivery with its attempts", true);
        add_call(*made, deliveries_, "retry", "a dead delivery tries again", true);
        add_call(*made, deliveries_, "release", "a held delivery goes on", true);
    }

    CLI::App cli_{"Headgate turns webhooks into workflow runs.", "headgate"};
    std::function<int()> chosen_;
    serve_options serve_;
    check_options check_;
    presets_options presets_;
    verify_options verify_;
    explain_options explain_;
    eval_options eval_;
    api_call_options events_;
    api_call_options deliveries_;
};

}  // namespace
}  // namespace headgate::app

int main(int count, char** words) {
    try {
        return headgate::app::command_line{}.run(count, words);
    } catch (std::exception const& e) {
        std::fprintf(stderr, "headgate: a bug, or out of memory: %s\n", e.what());
        return headgate::app::exit_failed;
    }
}
