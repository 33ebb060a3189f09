#include "transforms/body_readers.hpp"
#include "transforms/charset.hpp"
#include "transforms/content_type.hpp"
#include "transforms/grouped.hpp"

#include <fmt/format.h>

#include <expat.h>
#include <limits>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

// XML as rules can read it: {"root": …}. An element is an object of its attributes (`@name`), its children by
// name (an array where a name repeats) and its text (`#text`); with neither attributes nor children it is its
// text, or null without one. Blanks around a text are left out, names keep their prefixes.

namespace headgate::transforms {
namespace {

using json::member;
using json::value;

constexpr std::size_t depth_max = 64;  // As JSON's.

// An element whose end has not come yet.
struct open_element {
    std::string_view name;
    std::vector<member> attributes;
    std::vector<member> children;
    std::string text;
};

class tree_builder {
public:
    tree_builder(XML_Parser parser, body_reading const& of)
        : parser_{parser}, of_{of}, left_{of.bounds.values_max} {
        XML_SetUserData(parser, this);
        XML_SetElementHandler(parser, &on_begin, &on_end);
        XML_SetCharacterDataHandler(parser, &on_text);
        XML_SetStartDoctypeDeclHandler(parser, &on_doctype);
        open_.emplace_back();
    }

    [[nodiscard]] std::string const& trouble() const noexcept { return trouble_; }
    [[nodiscard]] value document() { return value::object(open_.front().children, of_.where); }

private:
    static tree_builder& self(void* data) { return *static_cast<tree_builder*>(data); }
    static void on_begin(void* data, XML_Char const* name, XML_Char const** attributes) {
        self(data).begin(name, attributes);
    }
    static void on_end(void* data, XML_Char const* /*name*/) { self(data).end(); }
    static void on_text(void* data, XML_Char const* text, int size) {
        self(data).add_text({text, static_cast<std::size_t>(size)});
    }
    // Nothing of a DTD is ever read: no entities beside XML's five, nothing from elsewhere.
    static void on_doctype(void* data, XML_Char const*, XML_Char const*, XML_Char const*, int) {
        self(data).stop("it has a document type declaration");
    }

    void begin(std::string_view name, XML_Char const** attributes) {
        if (open_.size() > depth_max)
            return stop(fmt::format("it is nested deeper than {} levels", depth_max));
        if (!may_add()) return;
        open_.push_back({value::string(name, of_.where).as_string(), {}, {}, {}});
        for (; *attributes != nullptr; attributes += 2) {
            if (!may_add()) return;
            auto const key = value::string(fmt::format("@{}", attributes[0]), of_.where).as_string();
            open_.back().attributes.push_back({key, value::string(attributes[1], of_.where)});
        }
    }

    // Expat may still call these once or twice after it was stopped.
    void add_text(std::string_view text) {
        if (trouble_.empty()) open_.back().text += text;
    }
    void end() {
        if (!trouble_.empty()) return;
        auto const done = std::exchange(open_.back(), {});
        open_.pop_back();
        open_.back().children.push_back({done.name, value_of(done)});
    }

    [[nodiscard]] value value_of(open_element const& done) {
        constexpr std::string_view blanks = " \t\r\n";
        auto const first = done.text.find_first_not_of(blanks);
        value text;
        if (first != std::string::npos && may_add()) {
            auto const last = done.text.find_last_not_of(blanks);
            text = value::string(std::string_view{done.text}.substr(first, last - first + 1), of_.where);
        }
        if (done.attributes.empty() && done.children.empty()) return text;
        auto groups = group(done.attributes);
        for (auto& each : group(done.children)) groups.push_back(std::move(each));
        if (!text.is_null()) groups.push_back({"#text", {text}});
        return object_of(groups, repeated::becomes_array, of_.where);
    }

    [[nodiscard]] bool may_add() {
        if (left_ == 0) {
            stop(fmt::format("it has more than {} values", of_.bounds.values_max));
            return false;
        }
        --left_;
        return true;
    }

    void stop(std::string why) {
        if (trouble_.empty()) trouble_ = std::move(why);
        XML_StopParser(parser_, XML_FALSE);
    }

    XML_Parser parser_;
    body_reading const& of_;
    std::size_t left_;
    std::vector<open_element> open_;  // The first stands around the root.
    std::string trouble_;
};

std::unexpected<error> not_xml(std::string_view why) {
    return refuse(errc::invalid_argument, fmt::format("the body is not the XML that its type says: {}", why));
}

struct closer {
    void operator()(XML_Parser parser) const { XML_ParserFree(parser); }
};

}  // namespace

result<json::value> read_xml(body_reading const& of) {
    auto const label = parameter_of(of.content_type, "charset");
    std::optional<std::string>
        encoding;  // What the type says goes before what the text says (RFC 7303, 3.2).
    if (label) {
        HEADGATE_TRY(auto const known, charset_named(*label));
        encoding = name_of(known);
    }
    if (of.bytes.size() > static_cast<std::size_t>(std::numeric_limits<int>::max())) {
        return not_xml("it is larger than 2 GiB");
    }
    std::unique_ptr<std::remove_pointer_t<XML_Parser>, closer> const parser{
        XML_ParserCreate(encoding ? encoding->c_str() : nullptr)};
    if (!parser) throw std::bad_alloc{};
    tree_builder tree{parser.get(), of};
    auto const done = XML_Parse(parser.get(), of.bytes.data(), static_cast<int>(of.bytes.size()), XML_TRUE);
    if (done == XML_STATUS_OK) return tree.document();
    if (!tree.trouble().empty()) return not_xml(tree.trouble());
    if (XML_GetErrorCode(parser.get()) == XML_ERROR_NO_MEMORY) throw std::bad_alloc{};
    return not_xml(fmt::format("{} at line {}, column {}", XML_ErrorString(XML_GetErrorCode(parser.get())),
                               XML_GetCurrentLineNumber(parser.get()),
                               XML_GetCurrentColumnNumber(parser.get()) + 1));
}

}  // namespace headgate::transforms
