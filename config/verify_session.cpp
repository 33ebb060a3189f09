#include "config/verify_session.hpp"

#include "config/verify_files.hpp"
#include "config/verify_jwt.hpp"
#include "config/verify_values.hpp"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string_view>
#include <utility>

namespace headgate::config {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

auth::session_proxy read_proxy(reader& from) {
    auth::session_proxy made;
    made.url = from.required_text("url", "http://127.0.0.1:4180/oauth2/auth").value_or("");
    made.certificate_authorities = read_authorities(from);
    if (auto name = from.text("cookie")) made.cookie = *std::move(name);
    if (auto const read = from.duration("within", milliseconds{100}, seconds{60})) made.within = *read;
    if (auto const read = from.duration("keep", milliseconds{0}, seconds{30})) made.keep = *read;
    auto const whole = [&](std::string_view key, std::int64_t least, std::int64_t most, std::size_t& to) {
        if (auto const read = from.whole(key, least, most)) to = static_cast<std::size_t>(*read);
    };
    whole("kept_max", 1, 10'000'000, made.kept_max);
    whole("asking_max", 1, 10'000, made.asking_max);
    whole("bytes_max", 1024, 16 * 1024 * 1024, made.bytes_max);
    return made;
}

auth::gap_signature read_gap(reader& from) {
    constexpr names_of<auth::mac_algorithm, 4> algorithms{
        {{"hmac-sha1", auth::mac_algorithm::hmac_sha1},
         {"hmac-sha256", auth::mac_algorithm::hmac_sha256},
         {"hmac-sha384", auth::mac_algorithm::hmac_sha384},
         {"hmac-sha512", auth::mac_algorithm::hmac_sha512}}};
    auth::gap_signature made;
    static_cast<void>(needed(from, "alg", "hmac-sha256"));
    made.algorithm = read_choice(from, "alg", algorithms, auth::mac_algorithm::hmac_sha256);
    if (auto const* at = from.take("secret"))
        made.key = read_secret_shape(*at, from.path_of("secret"), from.into());
    return made;
}

}  // namespace

auth::session_check read_session(reader& from) {
    auth::session_check made;
    constexpr std::array<std::string_view, 4> ways{"ask", "headers", "gap_signature", "jwt"};
    int given = 0;
    for (auto const way : ways) given += int{from.has(way)};
    if (given != 1) {
        from.into().mistake(
            from.here(), from.path(), "does not say one way to find out who is logged in",
            "write ask: {url: …}, headers: x-auth-request, gap_signature: {alg: …} or jwt: {…}");
    }
    if (auto ask = from.section("ask")) {
        made.by = read_proxy(*ask);
        ask->finish();
    }
    if (auto family = from.text("headers")) made.by = auth::identity_headers{*std::move(family)};
    if (auto gap = from.section("gap_signature")) {
        made.by = read_gap(*gap);
        gap->finish();
    }
    if (auto jwt = from.section("jwt")) {
        auth::check token{read_id_token(*jwt), {}, {}, {}};
        jwt->finish();
        made.by = auth::id_token{std::make_shared<auth::check const>(std::move(token))};
    }
    made.groups = one_or_several(from, "groups");
    made.emails = one_or_several(from, "emails");
    made.domains = one_or_several(from, "domains");
    return made;
}

}  // namespace headgate::config
