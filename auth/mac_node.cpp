#include "auth/content.hpp"
#include "auth/coverage.hpp"
#include "auth/diagnosis.hpp"
#include "auth/leaves.hpp"
#include "auth/signature.hpp"
#include "core/encoding.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace headgate::auth {
namespace {

bool names_any_port(content const& signs) {
    auto const* sequence = std::get_if<values>(&signs);
    return sequence && std::ranges::any_of(*sequence, [](value const& item) {
               auto const* url = std::get_if<url_value>(&item.is);
               return url && url->ports == url_value::port::any;
           });
}

}  // namespace

mac_node::mac_node(check const& from, std::string name, std::vector<key_bytes> keys,
                   std::vector<secret_entry> const& secrets, std::vector<value const*> const& times)
    : leaf{from, std::move(name)},
      is_{std::get<mac_check>(from.is)},
      secrets_{secrets},
      has_other_port_{names_any_port(is_.signs)} {
    for (auto& key : keys) {
        keys_.push_back({mac_key{is_.algorithm, key.bytes.reveal()}, std::move(key.label), key.until});
    }
    auto const* sequence = std::get_if<values>(&is_.signs);
    if (!sequence) return;
    for (auto const& item : *sequence) {
        is_time_.push_back(std::ranges::any_of(times, [&](auto const* time) { return same(item, *time); }));
    }
}

// Every candidate is compared with every key's code, so that the time taken shows neither which secret nor
// which item matched.
mac_node::active_key const* mac_node::matching_key(std::vector<std::string> const& candidates,
                                                   std::vector<text> const& pieces, wall_time now) const {
    active_key const* matching = nullptr;
    for (auto const& each : keys_) {
        if (each.until && now >= *each.until) continue;
        auto const code = each.key.compute(pieces);
        for (auto const& candidate : candidates) {
            if (equal_in_constant_time(candidate, code.view()) && !matching) matching = &each;
        }
    }
    return matching;
}

std::vector<text> mac_node::without_time(std::vector<text> pieces) const {
    std::size_t i = 0;
    std::erase_if(pieces, [&](text const&) {
        bool const is_time = i < is_time_.size() && is_time_[i];
        ++i;
        return is_time;
    });
    return pieces;
}

void mac_node::note_content(exam& of, std::vector<text> const& pieces) const {
    if (!of.findings) return;
    std::string whole;
    for (auto const& piece : pieces) whole += piece.view();
    auto const digest = sha256(whole);
    note(of, "content", true, fmt::format("{} bytes are signed, SHA-256 {}", whole.size(), to_hex(digest)));
}

result<proof> mac_node::look(exam& of) const {
    HEADGATE_TRY(auto const whole, evaluate(is_.signature.from, of));
    auto read = read_signature(is_.signature, whole.view(), output_bytes(is_.algorithm));
    if (!read) return while_doing(describe(is_.signature.from), std::move(read).error());
    if (of.findings) {
        note(of, "signature", true,
             fmt::format("{} has {} to try", describe(is_.signature.from), read->candidates.size()));
    }

    vantage const here{read->parts};
    HEADGATE_TRY(auto pieces, resolve(is_.signs, of, here));
    HEADGATE_TRY(auto const signed_time, check_time(of, here));
    note_content(of, pieces);

    bool const any_active =
        std::ranges::any_of(keys_, [&](auto const& key) { return !key.until || of.now < *key.until; });
    if (!any_active) {
        return fails(fmt::format("every secret named {} has expired", is_.key.name), "look at their `until`");
    }
    of.spent_a_mac = true;
    auto const* matching = matching_key(read->candidates, pieces, of.now);
    if (has_other_port_) {
        HEADGATE_TRY(auto other, resolve(is_.signs, of, {.parts = read->parts, .other_port = true}));
        auto const* also = matching_key(read->candidates, other, of.now);
        if (!matching && also) {
            matching = also;
            pieces = std::move(other);
        }
    }
    if (!matching) {
        auto hint = of.findings ? diagnose(is_, secrets_, read->candidates, of, here) : std::string{};
        return fails("the signature does not match",
                     hint.empty()
                         ? "another secret, or bytes that were changed on the way: `headgate verify` "
                           "tries the usual mistakes"
                         : std::move(hint));
    }

    proof shown{.verified_by = "mac",
                .key_id = matching->label,
                .signed_time = signed_time,
                .once = {},
                .signed_pieces = without_time(std::move(pieces))};
    if (auto taken = take_once(of, shown, here); !taken) return std::unexpected{std::move(taken).error()};
    if (of.findings) note(of, "compare", true, "the signature matches secret " + shown.key_id);
    return shown;
}

}  // namespace headgate::auth
