#pragma once

#include "auth/pattern.hpp"
#include "auth/reporter.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace headgate::auth {

// Which URLs that a request names may be asked: https, one of some hosts, a path of one form, and nothing
// else: no user, no query, no fragment, no escapes, and no port but one that stands with the host.
class allowed_urls {
public:
    // A host is exact, or has `{region}` in the place of one label, which is not the last: "eu-west-1". Notes
    // what is wrong with them.
    allowed_urls(std::vector<std::string> const& hosts, std::string const& path, std::string const& at,
                 reporter& notes);

    [[nodiscard]] bool allow(std::string_view url) const;

private:
    struct host {
        std::string front;  // The whole of one that is exact.
        std::string back;
        bool has_region = false;

        [[nodiscard]] bool is(std::string_view name) const;
    };

    std::vector<host> hosts_;
    pattern path_;
};

}  // namespace headgate::auth
