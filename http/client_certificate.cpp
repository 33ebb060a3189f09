#include "http/client_certificate.hpp"

#include <string>
#include <vector>

namespace headgate::http {
namespace {

// What is there and cannot be read stays as it came, or is this: without a line break neither is ever a
// certificate, and the sender is told that it cannot be read, not that none was shown.
constexpr std::string_view repeated = "several headers";

std::string forwarded_certificate(headers const& fields, std::string_view header_name) {
    auto const escaped = sole_header(fields, header_name);
    if (!escaped) return std::string{count_headers(fields, header_name) == 0 ? "" : repeated};
    return percent_decode(*escaped).value_or(std::string{*escaped});
}

}  // namespace

void note_client_certificate(request_head& head, std::string_view shown, std::string_view header_name,
                             bool is_from_trusted_proxy) {
    head.client_certificate =
        is_from_trusted_proxy ? forwarded_certificate(head.fields, header_name) : std::string{shown};
    std::erase_if(head.fields, [&](header const& line) { return line.name == header_name; });
}

}  // namespace headgate::http
