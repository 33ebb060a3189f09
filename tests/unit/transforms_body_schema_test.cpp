#include "json/parse.hpp"
#include "json/write.hpp"
#include "transforms/body_schema.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>

namespace headgate::transforms {
namespace {

using namespace std::chrono_literals;
using testing::AnyOf;
using testing::HasSubstr;

constexpr budget ample{.steps_max = 1'000'000, .time_max = 0ms, .configured_by = {}};

result<body_schema> compile(std::string_view text) {
    auto made = std::make_shared<kept_document>();
    auto const kept = json::value::string(text, made->kept).as_string();
    made->root = json::parse(kept, made->kept)->root;
    return body_schema::compile(std::move(made));
}

// Empty: it matches.
std::string said_of(body_schema const& schema, json::value const& body, budget const& limits = ample) {
    json::arena scratch;
    auto const looked = schema.look_at(body, scratch, {.limits = limits, .now = {}, .variables = {}});
    return looked ? "" : looked.error().message;
}

std::string said_of(std::string_view schema, std::string_view body, budget const& limits = ample) {
    auto const compiled = compile(schema);
    if (!compiled) return "refused: " + compiled.error().message + " — " + compiled.error().remedy;
    json::arena own;
    return said_of(*compiled, json::parse(body, own, {.depth_max = 1000})->root, limits);
}

// Schemas, and what matches them and what does not: values of the JSON Schema Test Suite, draft 7, by their
// keywords.
TEST(body_schema, agrees_with_the_test_suite_of_json_schema) {
    std::ifstream file{HEADGATE_SOURCE_DIR "/tests/unit/data/json_schema_draft7.json"};
    std::ostringstream text;
    text << file.rdbuf();
    auto const suite = std::make_shared<kept_document>();
    auto const kept = json::value::string(text.str(), suite->kept).as_string();
    auto const groups = json::parse(kept, suite->kept);
    ASSERT_TRUE(groups);
    for (auto const& group : groups->root.items()) {
        auto const about =
            std::string{group.find("keyword")->as_string()} + " " + group.find("number")->number_text();
        auto const schema = std::make_shared<kept_document>();
        schema->root = *group.find("schema");
        auto const compiled = body_schema::compile(schema);
        EXPECT_NE(compiled.has_value(), group.find("refers_by_name").has_value())
            << about << ": " << (compiled ? "" : compiled.error().message);
        if (!compiled) {
            EXPECT_THAT(compiled.error().message,
                        AnyOf(HasSubstr("refers to another document"), HasSubstr("/$id: ")));
            continue;
        }
        for (auto const& one : group.find("valid")->items())
            EXPECT_EQ(said_of(*compiled, one), "") << about << ": " << json::write(one);
        for (auto const& one : group.find("invalid")->items())
            EXPECT_NE(said_of(*compiled, one), "") << about << ": " << json::write(one);
    }
}

constexpr std::string_view release =
    R"({"type": "object", "required": ["action", "release"], "properties": {
        "action": {"enum": ["published", "deleted"]},
        "release": {"type": "object", "required": ["tag_name"], "properties": {
            "tag_name": {"type": "string", "pattern": "^v[0-9]+", "maxLength": 20},
            "assets": {"type": "array", "items": {
                "type": "object", "properties": {"size": {"type": "integer"}}}}}}}})";

struct row {
    std::string_view body;
    std::string_view said;
};

constexpr row rows[]{
    {R"({"action": "published", "release": {"tag_name": "v1"}})", ""},
    {R"([])", "the body may not be of type array"},
    {R"({"action": "published"})", "/release is missing"},
    {R"({"action": "SECRET", "release": {"tag_name": "v1"}})", "/action is none of the allowed values"},
    {R"({"action": "deleted", "release": {"tag_name": 7}})", "/release/tag_name may not be of type number"},
    {R"({"action": "deleted", "release": {"tag_name": "SECRET"}})",
     "/release/tag_name does not match the pattern"},
    {R"({"action": "deleted", "release": {"tag_name": "v1", "assets": [{"size": 1}, {"size": 1.5}]}})",
     "/release/assets/1/size is not a whole number"},
    {R"({"release": {"tag_name": "v123456789012345678901", "assets": {}}})",
     "/action is missing; /release/tag_name has the wrong length; /release/assets may not be of type object"},
};

TEST(body_schema, says_where_a_body_does_not_match_and_not_what_is_there) {
    for (auto const& [body, said] : rows) {
        EXPECT_EQ(said_of(release, body),
                  said.empty() ? "" : "the body does not match its schema: " + std::string{said})
            << body;
    }
}

TEST(body_schema, names_the_first_three_mismatches_and_cuts_long_names_short) {
    auto const said = said_of(R"({"additionalProperties": false})", R"({"a": 1, "b": 1, "c": 1, "d": 1})");
    EXPECT_EQ(
        said,
        "the body does not match its schema: /a may not be there; /b may not be there; /c may not be there");
    auto const named = said_of(R"({"additionalProperties": false})",
                               R"({"\u001b[2J~/)" + std::string(100, 'x') + R"(": 1})");
    EXPECT_EQ(named,
              "the body does not match its schema: /?[2J~0~1" + std::string(58, 'x') + " may not be there");
}

TEST(body_schema, counts_numbers_exactly) {
    EXPECT_EQ(said_of(R"({"maximum": 9007199254740993})", "9007199254740993"), "");
    EXPECT_THAT(said_of(R"({"maximum": 9007199254740993})", "9007199254740994"), HasSubstr("is too large"));
    EXPECT_EQ(said_of(R"({"multipleOf": 0.01})", "19.99"), "");
    EXPECT_THAT(said_of(R"({"multipleOf": 3})", "9007199254740993"), "");
}

// Draft 4 has flags where later drafts have bounds.
TEST(body_schema, knows_draft_4) {
    constexpr std::string_view schema =
        R"({"$schema": "http://json-schema.org/draft-04/schema#", "minimum": 1, "exclusiveMinimum": true})";
    EXPECT_EQ(said_of(schema, "1.5"), "");
    EXPECT_THAT(said_of(schema, "1"), HasSubstr("is too small"));
}

constexpr row mistakes[]{
    {R"([])", "the schema at /: is neither a mapping nor true or false — write a schema there"},
    {R"({"type": "text"})", "the schema at /type: is not a type — one of: null, boolean, number, integer, "},
    {R"({"properties": {"a/b": {"minLength": -1}}})",
     "the schema at /properties/a~1b/minLength: is not a whole number"},
    {R"j({"pattern": "(?=a)"})j",
     "the schema at /pattern: has a pattern that cannot be used: invalid perl operator"},
    {R"({"patternProperties": {"(a": {}}})",
     "the schema at /patternProperties: has a pattern that cannot be used"},
    {R"({"$ref": "https://example.com/a.json"})",
     "the schema at /$ref: refers to another document, and nothing is "},
    {R"({"$ref": "other.json#/a"})", "the schema at /$ref: refers to another document"},
    {R"({"$ref": "file:///etc/passwd"})", "the schema at /$ref: refers to another document"},
    {R"({"$ref": "#/definitions/a"})", "the schema at /$ref: refers to a place that is not there"},
    {R"({"$ref": "#"})", "the schema at /: leads back to itself, or on to more than 64 others"},
    {R"({"allOf": [{"not": {"$ref": "#"}}]})", "leads back to itself"},
    {R"({"$schema": "https://json-schema.org/draft/2020-12/schema"})",
     "the schema at /$schema: is a draft that is not known here — write it for draft 7: "},
    {R"({"prefixItems": [{}]})",
     "the schema at /prefixItems: is a keyword of a later draft and would check nothing"},
    {R"({"required": "a"})", "the schema at /required: is not a list of names"},
    {R"({"multipleOf": 0})", "the schema at /multipleOf: is not a number above 0"},
    {R"({"enum": []})", "the schema at /enum: is not a list of values"},
    {R"({"oneOf": []})", "the schema at /oneOf: is not a list of schemas"},
};

TEST(body_schema, with_a_mistake_is_refused_with_its_place) {
    for (auto const& [schema, said] : mistakes) EXPECT_THAT(said_of(schema, "1"), HasSubstr(said)) << schema;
}

// So that reading and looking keep to the stack, whatever a document refers to.
TEST(body_schema, follows_so_many_references_for_one_value_and_no_more) {
    auto const chain = [](int length) {
        std::string text = R"({"$ref": "#/definitions/d0", "definitions": {)";
        for (int i = 0; i < length; ++i)
            text += "\"d" + std::to_string(i) + "\": {\"allOf\": [{\"$ref\": \"#/definitions/d" +
                    std::to_string(i + 1) + "\"}]}, ";
        return text + "\"d" + std::to_string(length) + "\": {\"type\": \"null\"}}}";
    };
    EXPECT_EQ(said_of(chain(31), "null"), "");  // Two schemas for each, and the first.
    EXPECT_THAT(said_of(chain(32), "null"), HasSubstr("on to more than 64 others"));
    EXPECT_THAT(said_of(chain(5'000), "null"), HasSubstr("on to more than 64 others"));
}

TEST(body_schema, may_lead_back_to_itself_deeper_in_the_body) {
    constexpr std::string_view tree = R"({"type": "object", "additionalProperties": {"$ref": "#"}})";
    EXPECT_EQ(said_of(tree, R"({"a": {"b": {}}})"), "");
    EXPECT_THAT(said_of(tree, R"({"a": {"b": 1}})"), HasSubstr("/a/b may not be of type number"));
    EXPECT_THAT(said_of(R"({"items": {"$ref": "#"}})", std::string(600, '[') + std::string(600, ']')),
                HasSubstr("took too long"));
}

struct bomb {
    std::string_view name;
    std::string schema;
    std::string body;
};

std::string many(int count, std::string_view item) {
    std::string text = "[";
    for (int i = 0; i < count; ++i) (text += i == 0 ? "" : ",") += item;
    return text + "]";
}

TEST(body_schema, of_which_looking_would_take_for_ever_ends_within_its_budget) {
    std::string doubled = R"({"definitions": {"d0": {"type": "null"})";
    for (int i = 1; i <= 20; ++i) {
        auto const before = "{\"$ref\": \"#/definitions/d" + std::to_string(i - 1) + "\"}";
        doubled += ", \"d" + std::to_string(i) + "\": {\"anyOf\": [" + before + ", " + before + "]}";
    }
    doubled += R"(}, "$ref": "#/definitions/d20"})";
    bomb const bombs[]{
        {"the same items", R"({"uniqueItems": true})", many(20'000, "[[[[1,2,3,4,5,6,7,8,9,10]]]]")},
        {"branches that double", doubled, "1"},
        {"a pattern over a long text", R"j({"items": {"pattern": "(a+)+$"}})j",
         many(200, '"' + std::string(20'000, 'a') + "\"")},
        {"each item against each option",
         R"({"items": {"anyOf": [{"enum": )" + many(2'000, "[1,2,3]") + R"(}, {"const": [1,2,4]}]}})",
         many(20'000, "[1,2,4]")},
    };
    for (auto const& [name, schema, body] : bombs) {
        budget const small{.steps_max = 20'000, .time_max = 0ms, .configured_by = {}};
        EXPECT_EQ(said_of(schema, body, small), "looking whether the body matches its schema took too long")
            << name;
    }
}

TEST(body_schema, keeps_to_its_time) {
    class slow_clock final : public work_clock {
    public:
        [[nodiscard]] std::chrono::nanoseconds worked() const override { return now_ += 1ms; }

    private:
        mutable std::chrono::nanoseconds now_{};
    };
    slow_clock const clock;
    auto const schema = compile(R"({"items": {"type": "integer"}})");
    json::arena own;
    auto const text = many(100'000, "1");
    auto const body = json::parse(text, own)->root;
    auto const within = [&](std::chrono::milliseconds time) {
        budget const limits{.steps_max = 10'000'000, .time_max = time, .configured_by = {}};
        return schema->look_at(body, own, {.limits = limits, .now = {}, .variables = {}, .clock = &clock});
    };
    EXPECT_TRUE(within(1'000ms));
    auto const over = within(10ms);
    ASSERT_FALSE(over);
    EXPECT_EQ(over.error().code, errc::resource_exhausted);
    EXPECT_THAT(over.error().remedy, HasSubstr("dispatch.schema_steps_max and dispatch.schema_time_max"));
}

}  // namespace
}  // namespace headgate::transforms
