#include "http/client_certificate.hpp"

#include <vector>

namespace headgate::http {

void note_client_certificate(request_head& head, std::string_view shown, std::string_view header_name,
                             bool is_from_trusted_proxy) {
    head.client_certificate.clear();
    if (!is_from_trusted_proxy) {
        head.client_certificate = shown;
    } else if (auto const escaped = sole_header(head.fields, header_name)) {
        head.client_certificate = percent_decode(*escaped).value_or("");
    }
    std::erase_if(head.fields, [&](header const& line) { return line.name == header_name; });
}

}  // namespace headgate::http
