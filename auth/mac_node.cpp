#include "auth/diagnosis.hpp"
#include "auth/leaves.hpp"

#include <algorithm>
#include <utility>

namespace headgate::auth {
namespace {

signed_leaf::description described(mac_check const& is) {
    auto const bytes = output_bytes(is.algorithm);
    return {.kind = "mac",
            .signs = is.signs,
            .grammar = is.signature,
            .length = {bytes, bytes},
            .secret_name = is.key.name};
}

}  // namespace

mac_node::mac_node(check const& from, std::string name, std::vector<key_bytes> keys,
                   std::vector<secret_entry> const& secrets, std::vector<value const*> const& times)
    : signed_leaf{from, std::move(name), described(std::get<mac_check>(from.is)), times},
      is_{std::get<mac_check>(from.is)},
      secrets_{secrets} {
    for (auto& key : keys) {
        keys_.push_back({mac_key{is_.algorithm, key.bytes.reveal()}, std::move(key.label), key.until});
    }
}

void mac_node::name_keys(std::vector<std::string>& into) const {
    for (auto const& each : keys_) into.push_back(each.label);
}

result<void> mac_node::check_keys(exam& of) const {
    bool const any = std::ranges::any_of(keys_, [&](auto const& each) { return each.is_active(of.now); });
    if (!any) return all_expired();
    return {};
}

// Every candidate is compared with every key's code, so that the time taken shows neither which secret nor
// which item matched.
std::string const* mac_node::matching_key(std::vector<std::string> const& candidates,
                                          std::vector<text> const& pieces, exam const& of) const {
    std::string const* matching = nullptr;
    for (auto const& each : keys_) {
        if (!each.is_active(of.now)) continue;
        auto const code = each.key.compute(pieces);
        for (auto const& candidate : candidates) {
            if (equal_in_constant_time(candidate, code.view()) && !matching) matching = &each.label;
        }
    }
    return matching;
}

std::string mac_node::hint(std::vector<std::string> const& candidates, exam& of, vantage const& here) const {
    return diagnose(is_, secrets_, candidates, of, here);
}

}  // namespace headgate::auth
