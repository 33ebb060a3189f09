#pragma once

#include "model/request.hpp"

#include <string_view>

namespace headgate::http {

// Notes in `head` which certificate its sender has. `shown` is what the other end of the connection showed:
// the sender's own, unless the other end is a trusted proxy. A proxy's own certificate is never the sender's;
// what the sender showed to the proxy is in the only header of this name (lower case; empty: proxies say
// nothing), as percent-encoded PEM. One that is repeated or badly encoded is no certificate, and is not none
// either. Whoever wrote that header, it is removed.
void note_client_certificate(request_head& head, std::string_view shown, std::string_view header_name,
                             bool is_from_trusted_proxy);

}  // namespace headgate::http
