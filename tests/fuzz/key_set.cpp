#include "auth/text.hpp"
#include "auth/token.hpp"
#include "auth/token_keys.hpp"
#include "core/check.hpp"
#include "tests/fuzz/looks.hpp"

#include <array>
#include <string>

namespace headgate::fuzz {

bool look_at_key_set(std::string_view input) {
    auto const keys = auth::read_jwks(input);
    if (!keys) return false;
    constexpr std::size_t algorithms_of_a_key = 6;  // Of an RSA key: RS and PS, three each.
    HEADGATE_CHECK(!keys->empty() && keys->size() <= auth::jwks_keys_max * algorithms_of_a_key,
                   "there are as many keys as may be tried");
    std::array const pieces{auth::text{std::string_view{"nobody signed this"}}};
    for (auto const& each : *keys) {
        HEADGATE_CHECK(each.key_id.empty() || auth::is_key_id(each.key_id), "a name of a key is one");
        HEADGATE_CHECK(!auth::is_for_secrets(each.algorithm), "a published key is no shared secret");
        auto const is_taken = each.key.verifies(std::string(64, 'x'), pieces);
        HEADGATE_CHECK(!is_taken, "a key takes no signature that it has not made");
    }
    return true;
}

}  // namespace headgate::fuzz
