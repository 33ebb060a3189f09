#include "app/differences.hpp"

#include "app/printable.hpp"
#include "core/check.hpp"
#include "core/text.hpp"
#include "json/write.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <limits>
#include <utility>

namespace headgate::app {
namespace {

constexpr std::size_t noted_max = 5;
constexpr std::size_t shown_bytes_max = 120;

transforms::program compile_equal() {
    auto compiled = transforms::program::compile("$a == $b", {"a", "b"});
    HEADGATE_CHECK(compiled.has_value(), "a program of ours does not compile");
    return *std::move(compiled);
}

std::string inner(std::string const& place, std::string_view key) {
    return fmt::format("{}.{}", place, key);
}

}  // namespace

std::string in_short(json::value const& any) {
    auto const whole = json::write(any);
    auto const beginning = shortened(whole, shown_bytes_max);
    return escaped(beginning) + (beginning.size() < whole.size() ? "…" : "");
}

differences::differences() : equal_{compile_equal()} {}

bool differences::are_equal(json::value const& a, json::value const& b) const {
    json::arena scratch;
    transforms::run_options options{.limits = {}, .now = {}, .variables = {{"a", a}, {"b", b}}};
    options.limits.steps_max = std::numeric_limits<std::uint64_t>::max();
    auto const outputs = equal_.run({}, scratch, options);
    return outputs && outputs->size() == 1 && outputs->front().is_truthy();
}

void differences::compare_named(std::string const& place, json::value const& expected,
                                json::value const& found) {
    for (auto const& [key, value] : expected.members())
        compare(inner(place, key), value, found.find(key).value_or(json::value{}));
}

void differences::compare(std::string const& place, json::value const& expected, json::value const& found) {
    if (are_equal(expected, found)) return;
    if (expected.is_object() && found.is_object()) return compare_objects(place, expected, found);
    bool const are_lists = expected.is_array() && found.is_array();
    if (!are_lists || expected.items().size() != found.items().size())
        return note(place, in_short(expected), in_short(found));
    for (std::size_t i = 0; i < expected.items().size(); ++i)
        compare(fmt::format("{}[{}]", place, i), expected.items()[i], found.items()[i]);
}

void differences::compare_objects(std::string const& place, json::value const& expected,
                                  json::value const& found) {
    for (auto const& [key, value] : expected.members()) {
        if (auto const there = found.find(key)) {
            compare(inner(place, key), value, *there);
        } else {
            note(inner(place, key), in_short(value), "nothing");
        }
    }
    for (auto const& [key, value] : found.members()) {
        if (!expected.find(key)) note(inner(place, key), "nothing", in_short(value));
    }
}

void differences::note(std::string const& place, std::string_view expected, std::string_view found) {
    if (noted_.size() == noted_max) {
        ++left_out_;
        return;
    }
    noted_.push_back(fmt::format("{}: expected {}, found {}", printable(place), expected, found));
}

std::vector<std::string> differences::take() && {
    if (left_out_ > 0) noted_.push_back(fmt::format("and {} more", left_out_));
    return std::move(noted_);
}

}  // namespace headgate::app
