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

std::string decoded(std::string_view type, std::string_view body, body_options const& options = {}) {
    json::arena own;
    auto const made = decode_body({{"content-type", std::string{type}}}, body, own, options);
    if (made.trouble) return made.trouble->message;
    return json::write(made.document);
}

constexpr std::string_view of_b = "multipart/form-data; boundary=B";

// curl 7.88: curl -F name=orders -F tag=a -F tag=é -F 'file=@f.txt;type=text/plain' (f.txt holds "abc").
constexpr std::string_view by_curl =
    "--------------------------0a1b2c3d4e5f6071\r\n"
    "Content-Disposition: form-data; name=\"name\"\r\n"
    "\r\n"
    "orders\r\n"
    "--------------------------0a1b2c3d4e5f6071\r\n"
    "Content-Disposition: form-data; name=\"tag\"\r\n"
    "\r\n"
    "a\r\n"
    "--------------------------0a1b2c3d4e5f6071\r\n"
    "Content-Disposition: form-data; name=\"tag\"\r\n"
    "\r\n"
    "é\r\n"
    "--------------------------0a1b2c3d4e5f6071\r\n"
    "Content-Disposition: form-data; name=\"file\"; filename=\"f.txt\"\r\n"
    "Content-Type: text/plain\r\n"
    "\r\n"
    "abc\r\n"
    "--------------------------0a1b2c3d4e5f6071--\r\n";

TEST(multipart_body, has_fields_as_strings_and_what_there_is_to_know_of_files) {
    // printf abc | sha256sum
    EXPECT_EQ(decoded("multipart/form-data; boundary=------------------------0a1b2c3d4e5f6071", by_curl),
              R"({"name":"orders","tag":["a","é"],"file":{"filename":"f.txt","content_type":"text/plain",)"
              R"("size":3,"sha256":"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",)"
              R"("text":"abc"}})");
}

std::string file(std::string_view content, body_options const& options = {}) {
    return decoded(
        of_b,
        fmt::format("--B\r\ncontent-disposition: form-data; name=f; filename=x\r\n\r\n{}\r\n--B--", content),
        options);
}

TEST(multipart_body, shows_the_text_of_a_file_that_is_small_and_text) {
    body_options const options{.as = {.file_text_bytes_max = 3}};
    EXPECT_THAT(file("abc", options), testing::HasSubstr(R"("size":3,)"));
    EXPECT_THAT(file("abc", options), testing::EndsWith(R"("text":"abc"}})"));
    EXPECT_THAT(file("abcd", options), testing::HasSubstr(R"("size":4,)"));
    EXPECT_THAT(file("abcd", options), testing::EndsWith(R"("text":null}})"));
    EXPECT_THAT(file("\xff\xfe"), testing::EndsWith(R"("text":null}})"));
    EXPECT_THAT(file(""), testing::HasSubstr(R"("content_type":null,"size":0,)"));
}

TEST(multipart_body, takes_what_the_framing_allows) {
    auto const field = "Content-Disposition: form-data; name=a"sv;
    auto const plain = fmt::format("--B\r\n{}\r\n\r\n1\r\n--B--\r\n", field);
    EXPECT_EQ(decoded(of_b, plain), R"({"a":"1"})");
    EXPECT_EQ(decoded("Multipart/Form-Data; x=\"y;z\"; Boundary=\"B\"", plain), R"({"a":"1"})");
    EXPECT_EQ(decoded(of_b, "--B--"), "{}");
    EXPECT_EQ(decoded(of_b, "before\r\n" + plain + "behind"), R"({"a":"1"})");
    EXPECT_EQ(decoded(of_b, fmt::format("--B \t\r\n{}\r\n\r\n1\r\n--B-- \r\n", field)), R"({"a":"1"})");
    // A longer word is text of the part, and so is a line end without its return.
    EXPECT_EQ(decoded(of_b, fmt::format("--B\r\n{}\r\n\r\n1\r\n--Box\r\n\n--B\r\n--B--", field)),
              R"({"a":"1\r\n--Box\r\n\n--B"})");
    EXPECT_EQ(decoded(of_b, fmt::format("--Box\r\n--B\r\n{}\r\n\r\n1\r\n--B--", field)), R"({"a":"1"})");
    EXPECT_EQ(decoded(of_b, fmt::format("--B\r\n{}\r\n\r\n\r\n--B--", field)), R"({"a":""})");
}

TEST(multipart_body, reads_names_as_senders_write_them) {
    auto const with = [](std::string_view disposition) {
        return decoded(of_b, fmt::format("--B\r\nContent-Disposition: {}\r\n\r\n1\r\n--B--", disposition));
    };
    EXPECT_EQ(with(R"(form-data; name="a\"b")"), R"({"a\"b":"1"})");
    EXPECT_EQ(with(R"(form-data; name="a\\b;c")"), R"({"a\\b;c":"1"})");
    EXPECT_EQ(with(R"(form-data; name="C:\dir")"), R"({"C:\\dir":"1"})");
    EXPECT_EQ(with(R"(FORM-DATA;NAME=é)"), R"({"é":"1"})");
    EXPECT_EQ(with(R"(form-data; name="")"), R"({"":"1"})");
    for (std::string_view const bad :
         {"form-data", "form-data; name", "form-data; name=\"a", "attachment; name=a",
          "form-data; name=a; name=b", "form-data; nam=a", ""}) {
        EXPECT_EQ(with(bad), "the body is not the multipart form that its type says: part 1 has no name")
            << bad;
    }
}

TEST(multipart_body, reads_a_field_in_the_charset_of_its_part) {
    auto const with = [](std::string_view charset, std::string_view text) {
        return decoded(of_b, fmt::format("--B\r\nContent-Disposition: form-data; name=a\r\n"
                                         "Content-Type: text/plain; charset={}\r\n\r\n{}\r\n--B--",
                                         charset, text));
    };
    EXPECT_EQ(with("iso-8859-1", "\xe9"), R"({"a":"é"})");
    EXPECT_EQ(with("utf-8", "é"), R"({"a":"é"})");
    EXPECT_EQ(with("utf-8", "\xe9"), R"({"a":"�"})");
    EXPECT_EQ(with("koi8-r", "a"), R"({"a":"a"})");
}

TEST(multipart_body, is_whole_and_well_formed) {
    auto const says = [](std::string_view why) {
        return fmt::format("the body is not the multipart form that its type says: {}", why);
    };
    auto const field = "Content-Disposition: form-data; name=a"sv;
    auto const plain = fmt::format("--B\r\n{}\r\n\r\n1\r\n--B--\r\n", field);
    EXPECT_EQ(decoded("multipart/form-data", plain), says("the type names no boundary"));
    EXPECT_EQ(decoded("multipart/form-data; boundary=", plain), says("the type names no boundary"));
    EXPECT_EQ(decoded("multipart/form-data; boundary=B; boundary=B", plain),
              says("the type names no boundary"));
    EXPECT_EQ(decoded("multipart/form-data; boundary=\"B\r\n\"", plain), says("the type names no boundary"));
    std::string const longest(70, 'b');
    EXPECT_EQ(decoded("multipart/form-data; boundary=" + longest, "--" + longest + "--"), "{}");
    EXPECT_EQ(decoded("multipart/form-data; boundary=b" + longest, "--b" + longest + "--"),
              says("the type names no boundary"));

    EXPECT_EQ(decoded(of_b, "nothing"), says("its boundary is nowhere in it"));
    EXPECT_EQ(decoded(of_b, "--B"), says("its boundary is nowhere in it"));
    for (std::size_t kept = 5; kept < plain.size() - 4; ++kept) {
        EXPECT_EQ(decoded(of_b, plain.substr(0, kept)), says("it ends before its last boundary")) << kept;
    }
    EXPECT_EQ(decoded(of_b, "--B\r\n--B--"), says("part 1 has malformed headers"));
    EXPECT_EQ(decoded(of_b, "--B\r\nno colon\r\n\r\n1\r\n--B--"), says("part 1 has malformed headers"));
    EXPECT_EQ(decoded(of_b, fmt::format("--B\r\n{}\r\n--B--", field)), says("part 1 has malformed headers"));
    EXPECT_EQ(decoded(of_b, "--B\r\n\r\n1\r\n--B--"), says("part 1 has no name"));
}

TEST(multipart_body, has_as_many_parts_as_values_may_be) {
    std::string body;
    for (int i = 0; i < 4; ++i)
        body += fmt::format("--B\r\nContent-Disposition: form-data; name={}\r\n\r\n\r\n", i);
    EXPECT_EQ(decoded(of_b, body + "--B--", {.bounds = {.values_max = 4}}),
              R"({"0":"","1":"","2":"","3":""})");
    EXPECT_EQ(decoded(of_b, body + "--B--", {.bounds = {.values_max = 3}}),
              "the body is a multipart form of more than 3 parts");
}

}  // namespace
}  // namespace headgate::transforms
