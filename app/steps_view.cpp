#include "app/steps_view.hpp"

#include "app/printable.hpp"
#include "core/text.hpp"

#include <fmt/format.h>

#include <cstddef>
#include <cstdint>

namespace headgate::app {
namespace {

constexpr std::size_t line_value_bytes_max = 200;

// JSON where it is whole, else the text that it begins with.
void write_value(json::writer& out, dispatch::step const& one) {
    if (one.value.empty()) return;
    if (!one.is_shortened()) {
        out.key("value").raw(one.value);
        return;
    }
    out.key("value_begins").string(one.value);
    out.key("value_bytes").integer(static_cast<std::int64_t>(one.value_bytes));
}

}  // namespace

void write_steps(json::writer& out, std::vector<dispatch::step> const& steps) {
    out.key("steps").begin_array();
    for (auto const& each : steps) {
        out.begin_object();
        if (each.item) out.key("item").integer(static_cast<std::int64_t>(*each.item));
        out.key("program").string(each.program);
        out.key("text").string(each.text);
        write_value(out, each);
        if (each.failure) {
            out.key("failure").begin_object();
            out.key("message").string(each.failure->message);
            out.key("remedy").string(each.failure->remedy);
            out.end_object();
        }
        out.end_object();
    }
    out.end_array();
}

std::string in_one_line(dispatch::step const& one) {
    auto line = one.item ? fmt::format("item {}, {}:", *one.item, one.program) : one.program + ":";
    if (!one.value.empty()) {
        auto const shown = shortened(one.value, line_value_bytes_max);
        line += " " + escaped(shown);
        if (shown.size() < one.value_bytes) line += fmt::format("… ({} bytes)", one.value_bytes);
    }
    if (one.failure) line += " fails: " + printable(one.failure->message);
    return line;
}

}  // namespace headgate::app
