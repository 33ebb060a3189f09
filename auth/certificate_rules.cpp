#include "auth/certificate_rules.hpp"

#include "auth/exam.hpp"
#include "core/digest.hpp"
#include "core/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

namespace headgate::auth {
namespace {

constexpr std::size_t opinions_max = 256;  // Of good ones, and of refusals.
constexpr std::chrono::minutes refused_for{1};

result<wall_time> check_chain(trust_anchors const& anchors, certificate_chain const& shown, wall_time now) {
    auto until = anchors.check(shown, trust_anchors::purpose::client, now);
    if (until) return *until;
    return fails(fmt::format("the client's certificate is not good: {}", until.error()),
                 "is it of these authorities, for clients, and still valid?");
}

result<wall_time> check_validity(certificate_chain const& shown, wall_time now) {
    if (shown.is_valid_at(now)) return shown.end();
    return fails("the client's certificate is not valid at this time", "renew it, or look at the clocks");
}

}  // namespace

struct certificate_rules::parts {
    // Between two instants the same is said of a text.
    struct opinion {
        result<shown> said;
        wall_time from;
        wall_time until;
    };
    // By the digest of the text. Of good ones and of refusals apart: whoever shows many certificates that are
    // not good displaces none that is.
    using opinions = std::map<sha256_digest, opinion>;

    [[nodiscard]] opinion judge(std::string_view pem, wall_time now) const;
    [[nodiscard]] result<wall_time> look_at(std::string_view pem, wall_time now, shown& found) const;

    client_certificate const& is;
    std::optional<trust_anchors> anchors{};  // Absent: fingerprints alone.

    std::mutex guard{};
    opinions good{};     // Under `guard`.
    opinions refused{};  // The same.
};

result<certificate_rules> certificate_rules::make(client_certificate const& is) {
    auto made = std::make_shared<parts>(is);
    if (!is.anchors_pem.empty()) {
        HEADGATE_TRY(made->anchors, trust_anchors::read(is.anchors_pem));
    }
    return certificate_rules{std::move(made)};
}

// Until when it is good, and in `found` who it is.
result<wall_time> certificate_rules::parts::look_at(std::string_view pem, wall_time now, shown& found) const {
    auto const fingerprint = fingerprint_of(pem);
    bool const is_pinned =
        fingerprint && std::ranges::find(is.fingerprints, *fingerprint) != is.fingerprints.end();
    if (fingerprint && !is_pinned && !is.fingerprints.empty()) {
        return fails(fmt::format("the client's certificate {} is none of the configured ones", *fingerprint));
    }
    auto const chain = fingerprint ? certificate_chain::read(pem) : std::nullopt;
    if (!chain) {
        return fails("the client's certificate cannot be read",
                     "the proxy must pass it on once, as nginx's $ssl_client_escaped_cert");
    }
    if (chain->size() > certificates_max) {
        return fails(fmt::format("the client shows more than {} certificates", certificates_max));
    }
    HEADGATE_TRY(auto const until,
                 anchors ? check_chain(*anchors, *chain, now) : check_validity(*chain, now));
    if (chain->is_of_an_authority() && !is_pinned) {
        return fails("the client's certificate is an authority's",
                     "issue the sender one that may not issue others, or name it in `fingerprints`");
    }

    auto const common = chain->common_name();
    found = {.name = common.value_or(""), .fingerprint = *fingerprint};
    if (!is.cn.empty() && (!common || std::ranges::find(is.cn, *common) == is.cn.end())) {
        return fails("the client's certificate has another common name", "compare it with `cn`");
    }
    if (!is.san.empty()) {
        auto name = chain->wanted_name(is.san);
        if (!name) return fails("the client's certificate has none of the names", "compare them with `san`");
        found.name = *std::move(name);
    }
    if (has_controls(found.name)) {
        return fails("the client's certificate has control characters in its name", "name it with `san`");
    }
    return until;
}

certificate_rules::parts::opinion certificate_rules::parts::judge(std::string_view pem, wall_time now) const {
    shown found;
    auto const until = look_at(pem, now, found);
    if (!until) return {std::unexpected{until.error()}, now, now + refused_for};
    return {std::move(found), now, *until};
}

result<certificate_rules::shown> certificate_rules::check(std::string_view pem, wall_time now) const {
    if (pem.empty()) {
        return fails("no client certificate was shown",
                     "see ask_for_client_certificates and client_certificate_header of listen.webhooks");
    }
    if (pem.size() > certificate_bytes_max) {
        return fails(fmt::format("the client's certificates have over {} bytes", certificate_bytes_max));
    }
    auto const digest = sha256(pem);
    {
        std::scoped_lock const held{all_->guard};
        for (auto* const each : {&all_->good, &all_->refused}) {
            auto const known = each->find(digest);
            bool const holds = known != each->end() && known->second.from <= now && now < known->second.until;
            if (holds) return known->second.said;
        }
    }
    auto opinion = all_->judge(pem, now);
    std::scoped_lock const held{all_->guard};
    auto& among = opinion.said ? all_->good : all_->refused;
    if (among.size() >= opinions_max) {
        std::erase_if(among, [&](auto const& each) { return each.second.until <= now; });
    }
    if (among.size() >= opinions_max) among.erase(among.begin());
    return among.insert_or_assign(digest, std::move(opinion)).first->second.said;
}

}  // namespace headgate::auth
