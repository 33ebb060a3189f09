#include "config/csv.hpp"

#include <algorithm>
#include <utility>

namespace headgate::config {

csv_reader::csv_reader(std::string_view text) : rest_{text} {
    constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
    if (rest_.starts_with(byte_order_mark)) rest_.remove_prefix(byte_order_mark.size());
}

result<std::optional<std::vector<std::string>>> csv_reader::next() {
    if (rest_.empty()) return std::nullopt;
    line_ = next_line_;
    std::vector<std::string> fields;
    for (;;) {
        HEADGATE_TRY(auto field, takes('"') ? quoted() : plain());
        fields.push_back(std::move(field));
        if (takes(',')) continue;
        bool const has_return = takes('\r');
        if (takes('\n'))
            ++next_line_;
        else if (has_return)
            return fault("a carriage return has no line feed behind it", "end lines with LF or CRLF");
        return fields;
    }
}

// Behind the quote that opens it.
result<std::string> csv_reader::quoted() {
    std::string text;
    for (;;) {
        auto const until = rest_.find('"');
        if (until == rest_.npos)
            return fault("a quote is not closed", "close it, and double each quote inside");
        text += rest_.substr(0, until);
        next_line_ += static_cast<int>(std::ranges::count(rest_.substr(0, until), '\n'));
        rest_.remove_prefix(until + 1);
        if (!takes('"')) break;
        text += '"';
    }
    if (rest_.empty() || std::string_view{",\r\n"}.contains(rest_.front())) return text;
    return fault("a field goes on behind its closing quote", "double each quote that is part of the field");
}

result<std::string> csv_reader::plain() {
    auto const field = rest_.substr(0, rest_.find_first_of(",\"\r\n"));
    rest_.remove_prefix(field.size());
    if (rest_.starts_with('"')) {
        return fault("a quote stands inside a field that does not begin with one",
                     "put the whole field in quotes, and double each quote inside");
    }
    return std::string{field};
}

bool csv_reader::takes(char c) {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
}

std::unexpected<error> csv_reader::fault(std::string_view what, std::string_view remedy) {
    rest_ = {};
    return refuse(errc::invalid_argument, std::string{what}, std::string{remedy});
}

}  // namespace headgate::config
