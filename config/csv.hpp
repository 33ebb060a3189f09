#pragma once

#include "core/result.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace headgate::config {

// Reads CSV as RFC 4180 has it, and nothing else: fields between commas; a field with a comma, a quote or a
// line end in it stands in double quotes, and each quote inside is doubled. Lines end with LF or CRLF; the
// last one may lack that. A byte order mark at the beginning is left out.
class csv_reader {
public:
    explicit csv_reader(std::string_view text);  // `text` outlives the reader.

    // The next record; nothing at the end. Fails with invalid_argument at a quote that stands where none may,
    // or is not closed, and at a carriage return without a line feed; then there is no more to read.
    [[nodiscard]] result<std::optional<std::vector<std::string>>> next();

    [[nodiscard]] int line() const noexcept {
        return line_;
    }  // Where the last record began, or the fault is.

private:
    [[nodiscard]] result<std::string> quoted();
    [[nodiscard]] result<std::string> plain();
    [[nodiscard]] bool takes(char c);
    [[nodiscard]] std::unexpected<error> fault(std::string_view what, std::string_view remedy);

    std::string_view rest_;
    int line_ = 0;
    int next_line_ = 1;
};

}  // namespace headgate::config
