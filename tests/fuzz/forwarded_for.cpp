#include "core/check.hpp"
#include "http/addresses.hpp"
#include "tests/fuzz/looks.hpp"

#include <optional>
#include <string>
#include <utility>

namespace headgate::fuzz {
namespace {

http::networks const& proxies() {
    static auto const all = http::networks::parse({"10.0.0.0/8", "2001:db8::/32", "192.0.2.1"}).value();
    return all;
}

std::optional<std::string> sender_in(std::string list) {
    return http::forwarded_peer({{"x-forwarded-for", std::move(list)}}, proxies());
}

headers lines_of(std::string_view input) {
    headers fields;
    while (true) {
        auto const end = input.find('\n');
        fields.push_back({"x-forwarded-for", std::string{input.substr(0, end)}});
        if (end == std::string_view::npos) return fields;
        input.remove_prefix(end + 1);
    }
}

}  // namespace

bool look_at_forwarded_for(std::string_view input) {
    auto const fields = lines_of(input);
    auto const sender = http::forwarded_peer(fields, proxies());
    HEADGATE_CHECK(!sender || fields.size() == 1, "a repeated header says nothing");
    auto const address = sender ? parse_address(*sender) : std::nullopt;
    HEADGATE_CHECK(!sender || (address && to_string(*address) == *sender), "an address has one form");

    std::string const claimed{input};
    HEADGATE_CHECK(sender_in(claimed + ", 203.0.113.9") == "203.0.113.9", "who a proxy saw is not hidden");
    HEADGATE_CHECK(sender_in(claimed + ", 10.1.2.3") == sender_in(claimed), "one more proxy changes nothing");
    return sender.has_value();
}

}  // namespace headgate::fuzz
