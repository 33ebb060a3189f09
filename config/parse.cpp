#include "config/parse.hpp"

#include "core/text.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <sstream>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace headgate::config {
namespace {

// Leaves the YAML library's recursion; it is written to be left by exceptions.
struct too_deep {
    int line;
};

int line_of(YAML::Mark const& mark) {
    return mark.is_null() ? 0 : mark.line + 1;
}

// Turns the library's events into our tree. Built bottom up: `open_` holds the lists and mappings whose end
// has not come yet, outermost first.
class tree_builder final : public YAML::EventHandler {
public:
    tree_builder(std::uint32_t file, notes& into, std::size_t depth_max)
        : file_{file}, notes_{into}, depth_max_{depth_max} {}

    [[nodiscard]] node take() { return std::move(root_); }

    void OnDocumentStart(YAML::Mark const&) override {}
    void OnDocumentEnd() override {}

    void OnNull(YAML::Mark const& mark, YAML::anchor_t anchor) override {
        refuse_anchor(mark, anchor);
        place(at(mark, node_kind::empty));
    }

    void OnAlias(YAML::Mark const& mark, YAML::anchor_t) override {
        auto here = at(mark, node_kind::empty);
        notes_.mistake(here, next_path(), "is an alias (*), which is not allowed",
                       "write the value out; this file says everything where it is used");
        place(std::move(here));
    }

    void OnScalar(YAML::Mark const& mark, std::string const& tag, YAML::anchor_t anchor,
                  std::string const& value) override {
        refuse_anchor(mark, anchor);
        refuse_tag(mark, tag);
        auto here = at(mark, node_kind::scalar);
        here.text = value;
        here.quoted = tag == "!";
        place(std::move(here));
    }

    void OnSequenceStart(YAML::Mark const& mark, std::string const& tag, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value) override {
        begin(mark, tag, anchor, node_kind::list);
    }
    void OnSequenceEnd() override { end(); }

    void OnMapStart(YAML::Mark const& mark, std::string const& tag, YAML::anchor_t anchor,
                    YAML::EmitterStyle::value) override {
        begin(mark, tag, anchor, node_kind::mapping);
    }
    void OnMapEnd() override { end(); }

private:
    struct level {
        node value;
        bool has_key = false;  // Of a mapping: the key was read, its value comes next.
        bool ignored = false;  // The value that comes next belongs to a key that was refused.
        std::string key;
        int key_line = 0;
        std::unordered_map<std::string, int> lines;  // Of each key; a table may have a hundred thousand.
    };

    [[nodiscard]] node at(YAML::Mark const& mark, node_kind kind) const {
        node here;
        here.kind = kind;
        here.line = line_of(mark);
        here.file = file_;
        return here;
    }

    void begin(YAML::Mark const& mark, std::string const& tag, YAML::anchor_t anchor, node_kind kind) {
        refuse_anchor(mark, anchor);
        refuse_tag(mark, tag);
        if (open_.size() >= depth_max_) throw too_deep{line_of(mark)};
        auto& opened = open_.emplace_back();
        opened.value = at(mark, kind);
    }

    void end() {
        auto finished = std::move(open_.back().value);
        open_.pop_back();
        place(std::move(finished));
    }

    void place(node value) {
        if (open_.empty()) {
            root_ = std::move(value);
            return;
        }
        auto& parent = open_.back();
        if (parent.value.is_list()) {
            parent.value.items.push_back(std::move(value));
        } else if (!parent.has_key) {
            take_key(parent, value);
        } else {
            parent.has_key = false;
            if (parent.ignored) return;
            if (!value.is_scalar()) value.line = parent.key_line;  // Where an operator would look for it.
            parent.value.members.push_back({std::move(parent.key), parent.key_line, std::move(value)});
        }
    }

    void take_key(level& parent, node const& key) {
        parent.has_key = true;
        parent.ignored = true;
        parent.key = key.text;
        parent.key_line = key.line;
        if (!key.is_scalar()) {
            notes_.mistake(key, current_path(), "has a key that is not a text",
                           "write the key as plain text");
            return;
        }
        auto const [first, is_new] = parent.lines.emplace(key.text, key.line);
        if (!is_new) {
            notes_.mistake(key, next_path(), "is set twice, first on line " + std::to_string(first->second),
                           "keep one of the two");
            return;
        }
        parent.ignored = false;
    }

    void refuse_anchor(YAML::Mark const& mark, YAML::anchor_t anchor) {
        if (anchor == 0) return;
        notes_.mistake(at(mark, node_kind::empty), next_path(), "has an anchor (&), which is not allowed",
                       "remove it, and write the value out wherever it is used");
    }

    // "?" stands for a plain value and "!" for a quoted one.
    void refuse_tag(YAML::Mark const& mark, std::string const& tag) {
        if (tag.empty() || tag == "?" || tag == "!") return;
        notes_.mistake(at(mark, node_kind::empty), next_path(), "has a tag, which is not allowed",
                       "remove the word that starts with '!'");
    }

    // The path of the innermost open list or mapping.
    [[nodiscard]] std::string current_path() const {
        std::string path;
        for (std::size_t i = 0; i + 1 < open_.size(); ++i) path = step(path, open_[i]);
        return path;
    }

    // The path of the value that comes next.
    [[nodiscard]] std::string next_path() const {
        std::string path;
        for (auto const& one : open_) path = step(path, one);
        return path;
    }

    [[nodiscard]] static std::string step(std::string const& path, level const& through) {
        if (through.value.is_list()) return child_path(path, through.value.items.size());
        return through.has_key ? child_path(path, through.key) : path;
    }

    std::uint32_t file_;
    notes& notes_;
    std::size_t depth_max_;
    std::vector<level> open_;
    node root_;
};

// The first line with something that cannot stand in a configuration; 0 when there is none. The library would
// replace bad UTF-8 silently and takes some control characters for its own marks.
int first_bad_line(std::string_view text) {
    auto const is_control = [](char c) {
        auto const byte = static_cast<unsigned char>(c);
        return (byte < 0x20 && c != '\t' && c != '\r') || byte == 0x7f;
    };
    for (int line = 1; !text.empty(); ++line) {
        auto const length = std::min(text.find('\n'), text.size());
        auto const one = text.substr(0, length);
        if (!is_utf8(one) || std::ranges::any_of(one, is_control)) return line;
        text.remove_prefix(std::min(length + 1, text.size()));
    }
    return 0;
}

node on_line(int line, std::uint32_t file) {
    node here;
    here.line = line;
    here.file = file;
    return here;
}

bool is_worth_parsing(std::string_view text, std::uint32_t file, notes& into, parse_limits const& limits) {
    if (text.size() > limits.file_bytes_max) {
        into.mistake(on_line(0, file), "",
                     "the file has " + std::to_string(text.size()) + " bytes, more than " +
                         std::to_string(limits.file_bytes_max),
                     "split it into several files of one folder");
        return false;
    }
    if (auto const line = first_bad_line(text); line != 0) {
        into.mistake(on_line(line, file), "", "the file is not UTF-8 text",
                     "save it as UTF-8, without control characters");
        return false;
    }
    return true;
}

}  // namespace

std::optional<node> parse(std::string_view text, std::uint32_t file, notes& into,
                          parse_limits const& limits) {
    if (!is_worth_parsing(text, file, into, limits)) return std::nullopt;
    try {
        std::istringstream stream{std::string{text}};
        YAML::Parser parser{stream};
        tree_builder builder{file, into, limits.depth_max};
        if (!parser.HandleNextDocument(builder)) return on_line(1, file);
        auto root = builder.take();
        tree_builder second{file, into, limits.depth_max};
        if (parser.HandleNextDocument(second)) {
            into.mistake(on_line(second.take().line, file), "", "the file has more than one document",
                         "remove the line '---' and what follows, or make it a file of its own");
        }
        return root;
    } catch (too_deep const& deep) {
        into.mistake(on_line(deep.line, file), "",
                     "is nested deeper than " + std::to_string(limits.depth_max) + " levels",
                     "close the brackets or correct the indentation");
    } catch (YAML::Exception const& failure) {
        into.mistake(on_line(line_of(failure.mark), file), "", "is not YAML: " + failure.msg,
                     "correct the line, often its indentation, colon or quotes");
    }
    return std::nullopt;
}

}  // namespace headgate::config
