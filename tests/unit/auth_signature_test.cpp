#include "auth/signature.hpp"
#include "tests/support/senders.hpp"

#include <gtest/gtest.h>

#include <string>

namespace headgate::auth {
namespace {

signature_grammar stripe() {
    signature_grammar grammar;
    grammar.list = ",";
    grammar.pair = "=";
    grammar.take = "v1";
    grammar.parts = {"t"};
    return grammar;
}

std::string const aa(64, 'a');
std::string const bb(64, 'b');

TEST(signature_grammar, takes_every_item_with_its_label_and_no_other) {
    auto const header = "t=12,v1=" + aa + ",v0=" + std::string(64, 'c') + ", v1=" + bb;
    auto const read = read_signature(stripe(), header, {32, 32});
    ASSERT_TRUE(read);
    EXPECT_EQ(read->candidates, (std::vector{std::string(32, '\xaa'), std::string(32, '\xbb')}));
    ASSERT_EQ(read->parts.size(), 1U);
    EXPECT_EQ(read->parts[0].value, "12");
}

TEST(signature_grammar, skips_items_that_cannot_be_a_signature) {
    auto const header = "t=12,v1=abc,v1,v1=,v1=" + std::string(62, 'a') + ",v1=" + aa;
    auto const read = read_signature(stripe(), header, {32, 32});
    ASSERT_TRUE(read);
    EXPECT_EQ(read->candidates.size(), 1U);
}

TEST(signature_grammar, splits_a_pair_once_at_the_first_occurrence) {
    signature_grammar grammar;
    grammar.pair = "=";
    grammar.take = "v1";
    grammar.decode = signature_encoding::b64;
    // printf 1 | openssl base64 -> MQ==
    auto const read = read_signature(grammar, "v1=MQ==", {1, 1});
    ASSERT_TRUE(read);
    EXPECT_EQ(read->candidates.front(), "1");
}

TEST(signature_grammar, tries_sixteen_items_and_refuses_seventeen) {
    auto header = "t=12,v1=" + aa;
    for (int i = 0; i < 14; ++i) header += ",v1=" + bb;
    ASSERT_TRUE(read_signature(stripe(), header, {32, 32}));
    EXPECT_EQ(read_signature(stripe(), header, {32, 32})->candidates.size(), 15U);
    EXPECT_EQ(read_signature(stripe(), header + ",v1=" + bb, {32, 32}).error().message,
              "the signature has more than 16 items");
    EXPECT_TRUE(read_signature(stripe(), header + ",v1=" + bb, {32, 32}, 17));
    EXPECT_FALSE(read_signature(stripe(), header, {32, 32}, 15));
}

TEST(signature_grammar, takes_lengths_of_a_range_where_there_is_one) {
    signature_grammar grammar;
    for (std::size_t const bytes : {0U, 7U, 8U, 72U, 73U}) {
        auto const read = read_signature(grammar, std::string(2 * bytes, 'a'), {8, 72});
        EXPECT_EQ(read.has_value(), bytes >= 8 && bytes <= 72) << bytes;
    }
    EXPECT_EQ(read_signature(grammar, "aa", {8, 72}).error().message,
              "the signature has 1 bytes, not 8 to 72");
}

struct rejected_row {
    std::string header;
    std::string said;
};

TEST(signature_grammar, says_what_is_wrong_with_a_list) {
    for (auto const& [header, said] : {
             rejected_row{"t=12", "the signature has no item labelled v1"},
             rejected_row{"", "the signature has 0 items labelled t, not one"},
             rejected_row{"v1=" + aa, "the signature has 0 items labelled t, not one"},
             rejected_row{"t=1,t=1,v1=" + aa, "the signature has 2 items labelled t, not one"},
             rejected_row{"t=12,v1=" + aa + "00", "the signature has 33 bytes, not 32"},
             rejected_row{"t=12,v1=" + std::string(64, 'A'), "the signature is not lower-case hex"},
             rejected_row{"t=12,v1=" + aa + "0", "the signature is not lower-case hex"},
             rejected_row{"t=12,V1=" + aa, "the signature has no item labelled v1"},
             rejected_row{"t=12;v1=" + aa, "the signature has no item labelled v1"},
         }) {
        auto const read = read_signature(stripe(), header, {32, 32});
        ASSERT_FALSE(read) << header;
        EXPECT_EQ(read.error().message, said) << header;
        EXPECT_EQ(read.error().code, errc::unauthenticated);
    }
}

TEST(signature_grammar, without_a_list_is_one_item_with_its_prefix) {
    signature_grammar grammar;
    grammar.prefix = "sha256=";
    EXPECT_TRUE(read_signature(grammar, "sha256=" + aa, {32, 32}));
    for (auto const& [header, said] : {
             rejected_row{aa, "the signature does not begin with \"sha256=\""},
             rejected_row{"SHA256=" + aa, "the signature does not begin with \"sha256=\""},
             rejected_row{"sha1=" + std::string(40, 'a'), "the signature does not begin with \"sha256=\""},
             rejected_row{"sha256=" + aa + ", sha256=" + aa, "the signature is not lower-case hex"},
             rejected_row{"sha256= " + aa, "the signature is not lower-case hex"},
             rejected_row{"sha256=", "the signature has 0 bytes, not 32"},
             rejected_row{"sha256=aa", "the signature has 1 bytes, not 32"},
         }) {
        auto const read = read_signature(grammar, header, {32, 32});
        ASSERT_FALSE(read) << header;
        EXPECT_EQ(read.error().message, said) << header;
    }
}

TEST(signature_grammar, reads_either_case_only_where_it_is_told_to) {
    signature_grammar grammar;
    grammar.decode = signature_encoding::hex_any_case;
    EXPECT_TRUE(read_signature(grammar, std::string(64, 'A'), {32, 32}));
    grammar.decode = signature_encoding::hex;
    EXPECT_FALSE(read_signature(grammar, std::string(64, 'A'), {32, 32}));
}

}  // namespace
}  // namespace headgate::auth
