#include "json/write.hpp"
#include "transforms/body.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace headgate::transforms {
namespace {

using namespace std::string_view_literals;

std::string decoded(std::string_view body, std::string_view type = "application/xml",
                    body_options const& options = {}) {
    json::arena own;
    auto const made = decode_body({{"content-type", std::string{type}}}, body, own, options);
    if (made.trouble) return made.trouble->message;
    return json::write(made.document);
}

std::string says(std::string_view why) {
    return fmt::format("the body is not the XML that its type says: {}", why);
}

// What xmltodict 1.0.4 makes of the same texts: json.dumps(xmltodict.parse(text), ensure_ascii=False).
TEST(xml_body, is_an_object_as_xmltodict_makes_them) {
    EXPECT_EQ(decoded("<a/>"), R"({"a":null})");
    EXPECT_EQ(decoded("<a>text</a>"), R"({"a":"text"})");
    EXPECT_EQ(decoded("<a> \n text \t</a>"), R"({"a":"text"})");
    EXPECT_EQ(decoded("<a b='1' c=''/>"), R"({"a":{"@b":"1","@c":""}})");
    EXPECT_EQ(decoded("<a b='1'>text</a>"), R"({"a":{"@b":"1","#text":"text"}})");
    EXPECT_EQ(decoded("<a><b>1</b><c/><b>2</b></a>"), R"({"a":{"b":["1","2"],"c":null}})");
    EXPECT_EQ(decoded("<a>x<b>1</b>y</a>"), R"({"a":{"b":"1","#text":"xy"}})");
    EXPECT_EQ(decoded("<s:E xmlns:s='urn:x'><s:B s:n='1'/></s:E>"),
              R"({"s:E":{"@xmlns:s":"urn:x","s:B":{"@s:n":"1"}}})");
    EXPECT_EQ(decoded("<?xml version='1.0'?><!-- no --><a>&lt;&#233;&amp;<![CDATA[<b>]]><?p i?></a>"),
              R"({"a":"<é&<b>"})");
    EXPECT_EQ(decoded("<order id='7'><item sku='a'>1</item><item>2</item><note/></order>", "text/xml"),
              R"({"order":{"@id":"7","item":[{"@sku":"a","#text":"1"},"2"],"note":null}})");
    EXPECT_EQ(decoded("<a/>", "application/soap+xml; charset=utf-8"), R"({"a":null})");
}

TEST(xml_body, is_read_in_the_charset_that_is_named) {
    EXPECT_EQ(decoded("<?xml version='1.0' encoding='ISO-8859-1'?><a>\xe9</a>"), R"({"a":"é"})");
    EXPECT_EQ(decoded("<a>\xe9</a>", "text/xml; charset=iso-8859-1"), R"({"a":"é"})");
    EXPECT_EQ(decoded("<?xml version='1.0' encoding='UTF-8'?><a>\xe9</a>", "text/xml; charset=latin1"),
              R"({"a":"é"})");
    EXPECT_EQ(decoded("\xff\xfe<\0a\0/\0>\0"sv), R"({"a":null})");
    EXPECT_EQ(decoded("<a>\xe9</a>"), says("not well-formed (invalid token) at line 1, column 4"));
    EXPECT_EQ(decoded("<?xml version='1.0' encoding='koi8-r'?><a/>"),
              says("unknown encoding at line 1, column 31"));
    EXPECT_EQ(decoded("<a/>", "text/xml; charset=koi8-r"),
              "the body is in a charset that is not decoded here");
}

// No document type, so nothing is defined, nothing is fetched and nothing grows.
TEST(xml_body, has_no_document_type) {
    auto const has_one = says("it has a document type declaration");
    EXPECT_EQ(decoded("<!DOCTYPE a><a/>"), has_one);
    EXPECT_EQ(decoded("<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>"), has_one);
    EXPECT_EQ(decoded("<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>"), has_one);
    EXPECT_EQ(decoded("<!DOCTYPE a [<!ENTITY x 'lol'><!ENTITY y '&x;&x;&x;&x;&x;&x;&x;&x;'>"
                      "<!ENTITY z '&y;&y;&y;&y;&y;&y;&y;&y;'>]><a>&z;</a>"),
              has_one);
    EXPECT_EQ(decoded("<!DOCTYPE a [<!ENTITY % x SYSTEM 'http://127.0.0.1/'> %x;]><a/>"), has_one);
    EXPECT_EQ(decoded("<a>&x;</a>"), says("undefined entity at line 1, column 4"));
}

TEST(xml_body, is_whole_and_well_formed) {
    std::string_view const whole = "<a b='1'><c>2</c></a>";
    for (std::size_t kept = 1; kept < whole.size(); ++kept) {
        EXPECT_THAT(decoded(whole.substr(0, kept)), testing::StartsWith(says(""))) << kept;
    }
    for (std::string_view const bad : {"<a></b>", "<a/><a/>", "<a b='1' b='2'/>", "text", "<a>&#0;</a>",
                                       "<a b=1/>", "<a>\x01</a>", "<a><![CDATA[</a>", "{}"}) {
        EXPECT_THAT(decoded(bad), testing::StartsWith(says(""))) << bad;
    }
    EXPECT_EQ(decoded("<a>\0</a>"sv), says("not well-formed (invalid token) at line 1, column 4"));
}

std::string nested(int levels) {
    std::string text;
    for (int i = 0; i < levels; ++i) text += "<a>";
    for (int i = 0; i < levels; ++i) text += "</a>";
    return text;
}

TEST(xml_body, is_nested_as_deep_as_json_may_be) {
    EXPECT_THAT(decoded(nested(64)), testing::StartsWith(R"({"a":{"a":{"a":)"));
    EXPECT_EQ(decoded(nested(65)), says("it is nested deeper than 64 levels"));
    EXPECT_EQ(decoded(nested(1'000'000)), says("it is nested deeper than 64 levels"));
    std::string empty_ones;
    for (int i = 0; i < 64; ++i) empty_ones += "<a>";
    EXPECT_EQ(decoded(empty_ones + "<b/>"), says("it is nested deeper than 64 levels"));
}

// Elements, attributes and texts each are one.
TEST(xml_body, has_as_many_values_as_it_may) {
    EXPECT_EQ(decoded("<a b='1'>2</a>", "text/xml", {.bounds = {.values_max = 3}}),
              R"({"a":{"@b":"1","#text":"2"}})");
    EXPECT_EQ(decoded("<a b='1'>2</a>", "text/xml", {.bounds = {.values_max = 2}}),
              says("it has more than 2 values"));
    EXPECT_EQ(decoded("<a b='1'/>", "text/xml", {.bounds = {.values_max = 1}}),
              says("it has more than 1 values"));
    std::string many = "<a>";
    for (int i = 0; i < 1'000; ++i) many += fmt::format("<b{}/>", i);
    EXPECT_EQ(decoded(many + "</a>", "text/xml", {.bounds = {.values_max = 1'000}}),
              says("it has more than 1000 values"));
    EXPECT_THAT(decoded(many + "</a>", "text/xml", {.bounds = {.values_max = 1'001}}),
                testing::EndsWith(R"("b999":null}})"));
}

}  // namespace
}  // namespace headgate::transforms
