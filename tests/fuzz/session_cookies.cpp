#include "auth/session.hpp"
#include "core/check.hpp"
#include "tests/fuzz/looks.hpp"

#include <algorithm>
#include <string>

namespace headgate::fuzz {

bool look_at_session_cookies(std::string_view input) {
    constexpr std::string_view name = "_oauth2_proxy";
    headers const fields{{"cookie", std::string{input}}};
    auto const read = auth::session_cookies(fields, name);
    if (!read || !*read) return false;
    std::string_view rest = **read;
    headers const again{{"cookie", std::string{rest}}};
    HEADGATE_CHECK(auth::session_cookies(again, name).value() == *read, "what is shown reads as itself");
    while (!rest.empty()) {
        auto const pair = rest.substr(0, rest.find("; "));
        HEADGATE_CHECK(pair.starts_with(name), "no other cookie is shown");
        HEADGATE_CHECK(input.contains(pair), "a cookie is shown as it came");
        rest.remove_prefix(std::min(pair.size() + 2, rest.size()));
    }
    return true;
}

}  // namespace headgate::fuzz
