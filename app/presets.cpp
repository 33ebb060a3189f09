#include "config/presets.hpp"

#include "app/commands.hpp"
#include "app/exit_code.hpp"
#include "app/files.hpp"
#include "config/preset_pages.hpp"
#include "json/write.hpp"

#include <cstdio>
#include <utility>

namespace headgate::app {
namespace {

int show(std::string const& name) {
    for (auto const& each : config::known_presets()) {
        if (each.name != name) continue;
        auto const text = config::as_own_preset(each);
        std::fwrite(text.data(), 1, text.size(), stdout);
        return exit_yes;
    }
    print_error({errc::out_of_range, "no preset is named '" + name + "'", "`headgate presets` lists them"});
    return exit_usage;
}

}  // namespace

int presets(presets_options const& asked) {
    if (!asked.show.empty()) return show(asked.show);
    json::writer out;
    out.begin_array();
    for (auto const& each : config::known_presets()) {
        if (asked.format == output_format::text)
            std::printf("%-26s %s\n", each.name.c_str(), each.title.c_str());
        out.begin_object().key("name").string(each.name).key("title").string(each.title);
        out.key("link").string(each.link).key("status").string(each.status).end_object();
    }
    out.end_array();
    if (asked.format == output_format::json) std::printf("%s\n", std::move(out).take().c_str());
    return exit_yes;
}

}  // namespace headgate::app
