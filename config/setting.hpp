#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace headgate::config {

enum class setting_kind : std::uint8_t {
    mapping,  // Keys of its own, `inside`.
    named,    // Names chosen by the operator; `inside` is what stands under each.
    list,     // Items; `inside` is what stands in each.
    text,
    program,  // Of the rule language.
    flag,
    whole,
    number,
    duration,
    choice,
    texts,     // A list of texts.
    pairs,     // Names chosen by the operator, each with a text.
    programs,  // The same, each with a program.
    secret,    // A reference.
    special,   // `schema` says it.
};

// What there is to know about one setting. The tree of them is what the JSON Schema and the reference page
// are made of; it comes from the same declarations that read a configuration (see `section`).
struct setting {
    std::string key;
    setting_kind kind = setting_kind::mapping;
    std::string says;  // One sentence or two.
    bool required = false;
    std::string fallback;       // The default, as it would be written; empty: none.
    std::string fallback_says;  // The default in words, where it is no constant.
    std::string pattern;        // Of a text: ECMA-262.
    std::int64_t least = 0;     // Of numbers; of durations in milliseconds.
    std::int64_t most = 0;
    std::vector<std::string> choices;
    std::string schema;  // Of `special`: JSON Schema, one JSON text.
    std::vector<std::unique_ptr<setting>> inside;
};

}  // namespace headgate::config
