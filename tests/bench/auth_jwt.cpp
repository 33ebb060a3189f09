// What the check `jwt` costs for a token that is signed with RS256 (RSA, 2048 bits), beside bare
// verifications of the same bytes by OpenSSL.
//
//   auth_jwt
//
// In turn and interleaved: a whole verdict (header, token grammar, key, signature, claims, facts), and
// EVP_DigestVerify with a key that is parsed already. Prints the lowest of nine medians of each in
// microseconds, and what the verdict is of the other.

#include "auth/authenticator.hpp"
#include "core/encoding.hpp"
#include "tests/bench/median.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>
#include <string>

namespace headgate {
namespace {

using bench::median_of;

constexpr int batches = 201;
unsigned kept = 0;  // What is measured ends here, so that it is not left out.

using private_key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using digest_context = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;

unsigned char const* bytes_of(std::string_view text) {
    return reinterpret_cast<unsigned char const*>(text.data());
}

std::string pem_of(EVP_PKEY const* key) {
    std::unique_ptr<BIO, decltype(&BIO_free)> const into{BIO_new(BIO_s_mem()), &BIO_free};
    if (PEM_write_bio_PUBKEY(into.get(), key) != 1) std::abort();
    char* text = nullptr;
    auto const size = BIO_get_mem_data(into.get(), &text);
    return {text, static_cast<std::size_t>(size)};
}

std::string sign(EVP_PKEY* key, std::string_view bytes) {
    digest_context const context{EVP_MD_CTX_new(), &EVP_MD_CTX_free};
    std::string signature(512, '\0');
    std::size_t size = signature.size();
    bool const is_made = EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key) == 1 &&
                         EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()),
                                        &size, bytes_of(bytes), bytes.size()) == 1;
    if (!is_made) std::abort();
    signature.resize(size);
    return signature;
}

void verify_bare(EVP_PKEY* key, std::string_view bytes, std::string_view signature) {
    digest_context const context{EVP_MD_CTX_new(), &EVP_MD_CTX_free};
    bool const is_good = EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key) == 1 &&
                         EVP_DigestVerify(context.get(), bytes_of(signature), signature.size(),
                                          bytes_of(bytes), bytes.size()) == 1;
    if (!is_good) std::abort();
    ++kept;
}

auth::authenticator signed_source(std::string public_pem) {
    auth::jwt_check jwt;
    jwt.from = {auth::header_value{.names = {"authorization"}, .scheme = "Bearer", .decode = {}}};
    jwt.algorithms = {auth::token_algorithm::rs256};
    jwt.keys = auth::token_key_shape{};
    jwt.issuers = {"https://issuer.example.com"};
    jwt.audience = auth::value{auth::const_value{"headgate"}};
    auth::settings source;
    source.verify = auth::check{std::move(jwt), {}, {}, {}};
    source.secrets["signing"] = {{secret{std::move(public_pem)}, {}, {}}};
    problems found;
    return auth::authenticator::make(source, "sources.bench", found).value();
}

int run() {
    private_key const key{EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", std::size_t{2048}), &EVP_PKEY_free};
    auto const claims =
        R"({"iss":"https://issuer.example.com","aud":"headgate","sub":"sender","exp":4102444800})";
    auto const content = encode_base64(R"({"alg":"RS256","typ":"JWT","kid":"first"})", base64_alphabet::url) +
                         "." + encode_base64(claims, base64_alphabet::url);
    auto const signature = sign(key.get(), content);
    request incoming;
    incoming.head.method = "POST";
    incoming.head.target = "/webhooks/issuer";
    incoming.head.fields = {
        {"host", "hooks.example.com"},
        {"authorization", "Bearer " + content + "." + encode_base64(signature, base64_alphabet::url)}};
    incoming.body = std::string(1024, 'x');
    auto const source = signed_source(pem_of(key.get()));
    auth::facts const known;
    if (!source.checks().verify(incoming, known, {})) return 1;

    std::array lowest{1e9, 1e9};
    for (int i = 0; i < 9; ++i) {
        auto const verdict = [&] {
            kept += source.checks().verify(incoming, known, {}).has_value() ? 1U : 0U;
        };
        auto const bare = [&] { verify_bare(key.get(), content, signature); };
        lowest[0] = std::min(lowest[0], median_of(verdict, batches));
        lowest[1] = std::min(lowest[1], median_of(bare, batches));
    }
    fmt::print("verdict {:.2f} us; EVP_DigestVerify {:.2f} us, {:.2f} of it\n", lowest[0], lowest[1],
               lowest[0] / lowest[1]);
    return kept == 0 ? 1 : 0;
}

}  // namespace
}  // namespace headgate

int main() {
    return headgate::run();
}
