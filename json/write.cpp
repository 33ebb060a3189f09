#include "json/write.hpp"

#include "core/check.hpp"
#include "core/text.hpp"

#include <span>

namespace headgate::json {
namespace {

// Compact without an indent, else as many blanks a level.
class printer {
public:
    printer(std::string& out, std::size_t indent) : out_{out}, indent_{indent} {}

    // Recurses at most `nesting_max` deep: values are never deeper.
    void print(value const& any) {
        switch (any.type()) {
            case kind::null: out_ += "null"; return;
            case kind::boolean: out_ += any.as_boolean() ? "true" : "false"; return;
            case kind::number: any.append_number_text(out_); return;
            case kind::string: append_json_string(any.as_string(), out_); return;
            case kind::array: print_array(any.items()); return;
            case kind::object: print_object(any.members()); return;
        }
    }

private:
    void print_array(std::span<value const> items) {
        out_ += '[';
        ++level_;
        bool is_first = true;
        for (auto const& item : items) {
            begin_item(is_first);
            print(item);
        }
        end_items(']', items.empty());
    }

    void print_object(std::span<member const> members) {
        out_ += '{';
        ++level_;
        bool is_first = true;
        for (auto const& one : members) {
            begin_item(is_first);
            append_json_string(one.key, out_);
            out_ += indent_ > 0 ? ": " : ":";
            print(one.value);
        }
        end_items('}', members.empty());
    }

    void begin_item(bool& is_first) {
        if (!is_first) out_ += ',';
        is_first = false;
        break_line();
    }

    void end_items(char closing, bool is_empty) {
        --level_;
        if (!is_empty) break_line();
        out_ += closing;
    }

    void break_line() {
        if (indent_ == 0) return;
        out_ += '\n';
        out_.append(level_ * indent_, ' ');
    }

    std::string& out_;
    std::size_t indent_;
    std::size_t level_ = 0;
};

}  // namespace

void write(value const& root, std::string& out) {
    printer{out, 0}.print(root);
}

std::string write(value const& root) {
    std::string out;
    write(root, out);
    return out;
}

std::string write_indented(value const& root) {
    std::string out;
    printer{out, 2}.print(root);
    return out;
}

void writer::before_value() {
    if (open_.empty()) {
        HEADGATE_CHECK(out_.empty(), "a second text");
        return;
    }
    auto& here = open_.back();
    if (here.is_object) {
        HEADGATE_CHECK(here.key_written, "a value where a key belongs");
        here.key_written = false;
        return;
    }
    if (here.has_items) out_ += ',';
    here.has_items = true;
}

writer& writer::begin_object() {
    before_value();
    open_.push_back({.is_object = true, .has_items = false, .key_written = false});
    out_ += '{';
    return *this;
}

writer& writer::end_object() {
    HEADGATE_CHECK(!open_.empty() && open_.back().is_object && !open_.back().key_written, "no object to end");
    open_.pop_back();
    out_ += '}';
    return *this;
}

writer& writer::begin_array() {
    before_value();
    open_.push_back({.is_object = false, .has_items = false, .key_written = false});
    out_ += '[';
    return *this;
}

writer& writer::end_array() {
    HEADGATE_CHECK(!open_.empty() && !open_.back().is_object, "no array to end");
    open_.pop_back();
    out_ += ']';
    return *this;
}

writer& writer::key(std::string_view name) {
    HEADGATE_CHECK(!open_.empty() && open_.back().is_object && !open_.back().key_written,
                   "no place for a key");
    if (open_.back().has_items) out_ += ',';
    open_.back().has_items = true;
    open_.back().key_written = true;
    append_json_string(name, out_);
    out_ += ':';
    return *this;
}

writer& writer::string(std::string_view text) {
    before_value();
    append_json_string(text, out_);
    return *this;
}

writer& writer::integer(std::int64_t number) {
    before_value();
    value::integer(number).append_number_text(out_);
    return *this;
}

writer& writer::boolean(bool yes) {
    before_value();
    out_ += yes ? "true" : "false";
    return *this;
}

writer& writer::null() {
    before_value();
    out_ += "null";
    return *this;
}

writer& writer::raw(std::string_view json) {
    before_value();
    out_ += json;
    return *this;
}

writer& writer::write(value const& any) {
    before_value();
    json::write(any, out_);
    return *this;
}

std::string writer::take() && {
    HEADGATE_CHECK(open_.empty(), "an array or object is still open");
    return std::move(out_);
}

}  // namespace headgate::json
