#include "http/client_certificate.hpp"

#include "auth/certificate_rules.hpp"
#include "core/check.hpp"
#include "core/digest.hpp"
#include "core/encoding.hpp"
#include "tests/fuzz/looks.hpp"

#include <fstream>
#include <iterator>
#include <string>

namespace headgate::fuzz {
namespace {

constexpr auto now = wall_time{std::chrono::seconds{1'800'000'000}};

// Of one authority, and with one name.
auth::certificate_rules const& rules() {
    static auto const asked = [] {
        std::ifstream from{HEADGATE_SOURCE_DIR "/tests/fuzz/authority.pem"};
        auth::client_certificate wanted;
        wanted.anchors_pem.assign(std::istreambuf_iterator<char>{from}, {});
        wanted.san = {"plant.example.com"};
        return wanted;
    }();
    static auto const made = auth::certificate_rules::make(asked).value();
    return made;
}

std::string in_lines(std::string const& text) {
    std::string lines;
    for (std::size_t at = 0; at < text.size(); at += 64) lines += text.substr(at, 64) + '\n';
    return lines;
}

bool is_good(std::string_view pem) {
    auto const shown = rules().check(pem, now);
    HEADGATE_CHECK(!shown || shown->name == "plant.example.com", "a good certificate has the name");
    HEADGATE_CHECK(!shown || shown->fingerprint.size() == 64, "a good certificate has a fingerprint");
    return shown.has_value();
}

// What its names are is looked at only once a certificate is believed in: this one is, whoever made it.
bool is_good_by_fingerprint(std::string_view der) {
    auth::client_certificate pinned;
    pinned.fingerprints = {to_hex(sha256(der))};
    auto named = pinned;
    named.san = {"plant.example.com"};
    auto const by_fingerprint = auth::certificate_rules::make(pinned).value();
    auto const by_name = auth::certificate_rules::make(named).value();
    auto const pem = "-----BEGIN CERTIFICATE-----\n" +
                     in_lines(encode_base64(der, base64_alphabet::standard)) + "-----END CERTIFICATE-----\n";
    auto const anybody = by_fingerprint.check(pem, now);
    auto const shown = by_name.check(pem, now);
    HEADGATE_CHECK(anybody || !shown, "whoever asks for more gets no more");
    HEADGATE_CHECK(!shown || to_lower(shown->name) == "plant.example.com", "a good certificate has the name");
    return shown.has_value();
}

}  // namespace

bool look_at_client_certificate(std::string_view input) {
    if (input.starts_with('0')) return is_good_by_fingerprint(input);
    request_head head;
    head.fields = {{"host", "a"}, {"ssl-client-cert", std::string{input}}};
    auto from_anybody = head;
    http::note_client_certificate(head, "the proxy's own", "ssl-client-cert", true);
    HEADGATE_CHECK(head.fields.size() == 1, "the header is removed");
    http::note_client_certificate(from_anybody, {}, "ssl-client-cert", false);
    HEADGATE_CHECK(from_anybody.client_certificate.empty() && from_anybody.fields.size() == 1,
                   "the header of anybody else is nothing");
    bool const is_taken = is_good(head.client_certificate);
    return is_good(input) || is_taken;
}

}  // namespace headgate::fuzz
