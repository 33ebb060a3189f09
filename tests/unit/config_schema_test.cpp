#include "config/configuration.hpp"
#include "config/declare.hpp"
#include "config/parse.hpp"
#include "config/reader.hpp"
#include "config/schema.hpp"
#include "json/parse.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

// The schema, the page and the reading come from one declaration each; here every number in the tree is tried
// at its limits, so that what is described is what is read.

namespace headgate::config {
namespace {

using ::testing::Contains;
using ::testing::Not;

struct leaf {
    std::vector<std::string> opens;  // "listen: ", "- ": what stands around the setting, as flow YAML.
    std::string path;
    setting const* what = nullptr;
};

void collect(setting const& parent, leaf const& around, std::vector<leaf>& all) {
    for (auto const& one : parent.inside) {
        auto here = around;
        here.path = child_path(around.path, one->key);
        here.what = one.get();
        here.opens.push_back("{" + one->key + ": ");
        all.push_back(here);
        if (one->kind == setting_kind::named) {
            here.path += ".x";
            here.opens.push_back("{x: ");
        }
        if (one->kind == setting_kind::list) {
            here.path += "[0]";
            here.opens.push_back("[");
        }
        collect(*one, here, all);
    }
}

std::vector<leaf> leaves_of(setting const& root) {
    std::vector<leaf> all;
    collect(root, {}, all);
    return all;
}

// The paths of what is wrong with a configuration that sets this one thing.
std::vector<std::string> complaints_about(leaf const& one, std::string const& value) {
    std::string text;
    for (auto const& open : one.opens) text += open;
    text += value;
    for (auto open = one.opens.rbegin(); open != one.opens.rend(); ++open)
        text += (*open)[0] == '[' ? "]" : "}";
    notes into;
    auto const tree = parse(text, into.add_file("one.yaml"), into);
    reader from{tree.value(), "", into};
    section root{from};
    configuration made;
    declare_configuration(root, made);
    from.finish();
    std::vector<std::string> paths;
    for (auto const& each : into.found()) paths.push_back(each.path);
    return paths;
}

std::string written(leaf const& one, std::int64_t number) {
    return std::to_string(number) + (one.what->kind == setting_kind::duration ? "ms" : "");
}

TEST(settings, all_say_what_they_do) {
    auto const root = describe_settings();
    for (auto const& one : leaves_of(root))
        EXPECT_TRUE(one.what->says.ends_with('.') || one.what->says.ends_with('`')) << one.path;
}

TEST(settings, are_taken_at_their_limits_and_refused_one_past) {
    auto const root = describe_settings();
    int tried = 0;
    for (auto const& one : leaves_of(root)) {
        auto const kind = one.what->kind;
        bool const has_limits =
            kind == setting_kind::whole || kind == setting_kind::duration || kind == setting_kind::number;
        if (!has_limits) continue;
        ++tried;
        EXPECT_THAT(complaints_about(one, written(one, one.what->least)), Not(Contains(one.path)))
            << one.what->least;
        EXPECT_THAT(complaints_about(one, written(one, one.what->most)), Not(Contains(one.path)))
            << one.what->most;
        EXPECT_THAT(complaints_about(one, written(one, one.what->least - 1)), Contains(one.path))
            << one.what->least;
        EXPECT_THAT(complaints_about(one, written(one, one.what->most + 1)), Contains(one.path))
            << one.what->most;
    }
    EXPECT_GT(tried, 60);
}

TEST(settings, have_defaults_that_they_would_take) {
    auto const root = describe_settings();
    for (auto const& one : leaves_of(root)) {
        if (one.what->fallback.empty()) continue;
        bool const is_text = one.what->kind == setting_kind::text || one.what->kind == setting_kind::program;
        auto const value = is_text ? '"' + one.what->fallback + '"' : one.what->fallback;
        EXPECT_THAT(complaints_about(one, value), Not(Contains(one.path))) << value;
    }
}

// Checked once with another tool too: `headgate schema` is a valid draft 2020-12 schema, and the examples are
// valid against it (Python's jsonschema 4.26, Draft202012Validator.check_schema and iter_errors).
TEST(schema, is_closed_and_knows_the_limits_and_defaults) {
    auto const text = json_schema();
    json::arena scratch;
    auto const parsed = json::parse(text, scratch);
    ASSERT_TRUE(parsed);
    auto const at = [&](std::string_view pointer) {
        auto const found = parsed->root.at_pointer(pointer);
        EXPECT_TRUE(found) << pointer;
        return found.value_or(json::value{});
    };
    EXPECT_EQ(at("/$schema").as_string(), "https://json-schema.org/draft/2020-12/schema");
    EXPECT_FALSE(at("/additionalProperties").as_boolean());
    EXPECT_EQ(at("/required/0").as_string(), "sources");
    auto const lines =
        std::string{"/properties/listen/properties/webhooks/properties/limits/properties/header_lines_max"};
    EXPECT_EQ(at(lines + "/default").held_integer(), 100);
    EXPECT_EQ(at(lines + "/maximum").held_integer(), 10'000);
    EXPECT_EQ(at("/properties/retention/properties/events/default").as_string(), "30d");
    EXPECT_EQ(at("/properties/log/properties/level/enum").items().size(), 4U);
    EXPECT_TRUE(at("/properties/sources/additionalProperties/properties/verify/oneOf").is_array());
    EXPECT_FALSE(parsed->root.at_pointer("/properties/targets/additionalProperties/properties/airflow"));
}

}  // namespace
}  // namespace headgate::config
