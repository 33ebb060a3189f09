#include "core/check.hpp"
#include "core/clock.hpp"
#include "tests/support/scratch_folder.hpp"
#include "tests/support/senders.hpp"
#include "tests/support/sessions.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

// Client certificates, made by the openssl program.

namespace headgate::auth {
namespace {

using namespace testing_support;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// What is asked of an authority. `extensions` as in openssl's configuration, one a line.
struct order {
    std::string subject;
    std::string extensions;
    std::string issuer = "ca";
    std::string name = "leaf";
    std::string key = "ec -pkeyopt ec_paramgen_curve:P-256";
    std::string how = "-sha256";
    std::string request = "-utf8";
    int days = 10;
};

class authority {
public:
    authority() {
        run_openssl(
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 10 -subj /CN=ca"
            " -keyout ca.key -out ca.pem -addext basicConstraints=critical,CA:TRUE");
    }

    std::string issue(order const& wanted) {
        std::ofstream{file("extensions")} << wanted.extensions << '\n';
        std::ofstream{file("bmp.conf")} << "[req]\ndistinguished_name = dn\nstring_mask = MASK:0x800\n[dn]\n";
        run_openssl("req -new -newkey " + wanted.key + " -nodes -subj '" + wanted.subject + "' " +
                    wanted.request + " -keyout " + wanted.name + ".key -out request.pem");
        run_openssl("x509 -req -in request.pem -CA " + wanted.issuer + ".pem -CAkey " + wanted.issuer +
                    ".key -days " + std::to_string(wanted.days) + " -extfile extensions -set_serial 7 " +
                    wanted.how + " -out " + wanted.name + ".pem");
        return read(wanted.name + ".pem");
    }
    std::string issue(std::string const& subject, std::string const& extensions) {
        return issue({.subject = subject, .extensions = extensions});
    }

    [[nodiscard]] std::string anchors() const { return read("ca.pem"); }

    // As the openssl program computes it.
    [[nodiscard]] std::string fingerprint(std::string const& name = "leaf") const {
        run_openssl("x509 -in " + name + ".pem -outform der -out leaf.der");
        run_openssl("dgst -sha256 -r -out digest leaf.der");
        return read("digest").substr(0, 64);
    }

private:
    [[nodiscard]] std::string file(std::string const& name) const { return (folder_.path() / name).string(); }
    [[nodiscard]] std::string read(std::string const& name) const {
        std::ifstream from{file(name)};
        return {std::istreambuf_iterator<char>{from}, {}};
    }
    void run_openssl(std::string const& arguments) const {
        auto const command =
            "cd '" + folder_.path().string() + "' && openssl " + arguments + " > openssl.log 2>&1";
        HEADGATE_CHECK(std::system(command.c_str()) == 0, read("openssl.log"));
    }

    scratch_folder folder_;
};

wall_time in_days(int days) {
    return system_clock().now() + std::chrono::days{days};
}

std::string const for_clients = "extendedKeyUsage=clientAuth";

settings source_of(client_certificate mtls) {
    peer_check peer;
    peer.mtls = std::move(mtls);
    return source_with({std::move(peer), {}, {}, {}});
}

std::string said_of(client_certificate mtls, std::string const& shown, int days = 1) {
    auto incoming = post("{}");
    incoming.head.client_certificate = shown;
    return refusal(authenticator_of(source_of(std::move(mtls))), incoming, in_days(days));
}

client_certificate of(authority const& ca) {
    client_certificate mtls;
    mtls.anchors_pem = ca.anchors();
    return mtls;
}

TEST(client_certificates, of_the_authority_with_the_name_are_good) {
    authority ca;
    auto const leaf =
        ca.issue("/O=plant/CN=plant-7", for_clients +
                                            "\nsubjectAltName=DNS:Plant-7.example.com,URI:spiffe://a/b,"
                                            "email:p@example.com,DNS:other");
    auto mtls = of(ca);
    EXPECT_EQ(said_of(mtls, leaf), "accepted");
    for (auto const* name : {"plant-7.EXAMPLE.com", "spiffe://a/b", "p@example.com", "other"}) {
        mtls.san = {"nobody", name};
        EXPECT_EQ(said_of(mtls, leaf), "accepted") << name;
    }
    for (auto const* name : {"example.com", "*.example.com", "plant-7", "spiffe://A/b", "P@example.com"}) {
        mtls.san = {name};
        EXPECT_EQ(said_of(mtls, leaf), "peer: the client's certificate has none of the names") << name;
    }
    mtls.san.clear();
    mtls.cn = {"plant-7"};
    EXPECT_EQ(said_of(mtls, leaf), "accepted");
    mtls.cn = {"Plant-7"};
    EXPECT_EQ(said_of(mtls, leaf), "peer: the client's certificate has another common name");
}

TEST(client_certificates, say_who_it_was) {
    authority ca;
    auto const leaf = ca.issue("/CN=plant-7", for_clients + "\nsubjectAltName=DNS:a.example.com");
    auto mtls = of(ca);
    auto const identity = [&] {
        auto incoming = post("{}");
        incoming.head.client_certificate = leaf;
        return verify(authenticator_of(source_of(mtls)), incoming, in_days(1)).value().sender;
    };
    EXPECT_EQ(identity().subject, "plant-7");
    EXPECT_EQ(identity().key_id, "certificate " + ca.fingerprint());
    EXPECT_THAT(authenticator_of(source_of(mtls)).key_names(), ElementsAre("certificate"));
    EXPECT_EQ(identity().verified_by, "peer");
    EXPECT_EQ(identity().covers, coverage::none);
    mtls.san = {"A.Example.com"};
    EXPECT_EQ(identity().subject, "A.Example.com") << "as rules have it, not as the sender does";
}

TEST(client_certificates, of_a_proxy_are_not_the_person_of_whom_it_speaks) {
    authority ca;
    auto incoming = post("{}", {{"x-auth-request-user", "ada"}});
    incoming.head.client_certificate = ca.issue("/CN=nginx", for_clients);
    peer_check peer;
    peer.mtls = of(ca);
    auto const source = authenticator_of(source_with(behind(peer, told_by("x-auth-request"))));
    auto const judged = verify(source, incoming, in_days(1));
    ASSERT_TRUE(judged);
    EXPECT_EQ(judged->sender.subject, "ada");
    EXPECT_EQ(judged->sender.verified_by, "peer+session");
    incoming.head.proxy = "10.0.0.5";
    EXPECT_EQ(
        refusal(source, incoming, in_days(1)),
        "all[1].session: a trusted proxy passed it on, and the `peer` beside this looks at the sender alone");
}

TEST(client_certificates, are_named_in_utf_8_however_they_write_it) {
    authority ca;
    auto mtls = of(ca);
    mtls.cn = {"pl\u00e4nt"};
    auto const ordered = [](std::string subject, std::string request) {
        return order{.subject = std::move(subject), .extensions = for_clients, .request = std::move(request)};
    };
    EXPECT_EQ(said_of(mtls, ca.issue(ordered("/CN=pl\u00e4nt", "-utf8"))), "accepted");
    auto const in_two_bytes = ca.issue(ordered("/CN=pl\u00e4nt", "-utf8 -config bmp.conf"));
    EXPECT_EQ(said_of(mtls, in_two_bytes), "accepted");
    for (auto const* const subject : {"/CN=plant", "/O=pl\u00e4nt", "/CN=pl\u00e4nt/CN=pl\u00e4nt"}) {
        EXPECT_EQ(said_of(mtls, ca.issue(ordered(subject, "-utf8"))),
                  "peer: the client's certificate has another common name");
    }
}

// Whoever reads it, in a log or on a terminal, would be shown something else.
TEST(client_certificates, with_controls_in_their_name_are_refused) {
    authority ca;
    auto mtls = of(ca);
    for (auto const* const name : {"a\x1b[31m", "a\nb", "a\u202eb", "\u200fa"}) {
        auto const leaf = ca.issue("/CN=" + std::string{name}, for_clients + "\nsubjectAltName=DNS:plant");
        mtls.san.clear();
        EXPECT_EQ(said_of(mtls, leaf), "peer: the client's certificate has control characters in its name");
        mtls.san = {"plant"};
        EXPECT_EQ(said_of(mtls, leaf), "accepted") << "its name is another";
    }
}

// What a reader that stops at NUL takes for the name is not the name.
TEST(client_certificates, with_a_nul_in_a_name_have_another_name) {
    authority ca;
    auto mtls = of(ca);
    mtls.san = {"plant"};
    // GeneralNames { dNSName "plant" }, and the same with "plant\0.x" (X.690).
    EXPECT_EQ(
        said_of(mtls, ca.issue("/CN=a", for_clients + "\nsubjectAltName=DER:30:07:82:05:70:6c:61:6e:74")),
        "accepted");
    EXPECT_EQ(
        said_of(mtls,
                ca.issue("/CN=a", for_clients + "\nsubjectAltName=DER:30:0a:82:08:70:6c:61:6e:74:00:2e:78")),
        "peer: the client's certificate has none of the names");
    EXPECT_THAT(said_of(mtls, ca.issue("/CN=a", for_clients + "\nsubjectAltName=DER:30:0a:82:08:70:6c")),
                HasSubstr("is not good"));
    EXPECT_EQ(said_of(mtls, ca.issue("/CN=plant", for_clients)),
              "peer: the client's certificate has none of the names");
}

TEST(client_certificates, are_refused_when_they_are_not_good) {
    authority ca;
    authority other;
    auto const mtls = of(ca);
    auto const not_good = HasSubstr("peer: the client's certificate is not good");
    EXPECT_THAT(said_of(mtls, other.issue("/CN=a", for_clients)), not_good);
    auto const leaf = ca.issue("/CN=a", for_clients);
    EXPECT_THAT(said_of(mtls, leaf, 11), HasSubstr("has expired"));
    EXPECT_THAT(said_of(mtls, leaf, -1), HasSubstr("not yet valid"));
    EXPECT_EQ(said_of(mtls, ""), "peer: no client certificate was shown");
    EXPECT_EQ(said_of(mtls, leaf + std::string(16 * 1024, '\n')),
              "peer: the client's certificates have over 16384 bytes");
    auto changed = leaf;
    auto const middle = changed.size() / 2;
    changed[middle] = changed[middle] == 'A' ? 'B' : 'A';
    EXPECT_NE(said_of(mtls, changed), "accepted");
}

TEST(client_certificates, for_another_use_are_refused) {
    authority ca;
    auto const mtls = of(ca);
    for (auto const* const use : {"extendedKeyUsage=serverAuth", "extendedKeyUsage=codeSigning",
                                  "extendedKeyUsage=1.2.3.4", "keyUsage=critical,keyEncipherment"}) {
        EXPECT_THAT(said_of(mtls, ca.issue("/CN=a", use)), HasSubstr("unsuitable certificate purpose"))
            << use;
    }
    // Who says nothing of uses is for all of them (RFC 5280, 4.2.1.12).
    for (auto const* const use : {"basicConstraints=CA:FALSE", "extendedKeyUsage=serverAuth,clientAuth",
                                  "keyUsage=critical,digitalSignature"}) {
        EXPECT_EQ(said_of(mtls, ca.issue("/CN=a", use)), "accepted") << use;
    }
    auto const servers_alone = ca.issue({.subject = "/CN=between",
                                         .extensions = "basicConstraints=critical,CA:TRUE\n"
                                                       "extendedKeyUsage=serverAuth",
                                         .name = "between"});
    auto const leaf = ca.issue({.subject = "/CN=a", .extensions = for_clients, .issuer = "between"});
    EXPECT_THAT(said_of(mtls, leaf + servers_alone), HasSubstr("is not good"));
}

TEST(client_certificates, that_are_weak_are_refused) {
    authority ca;
    auto const mtls = of(ca);
    EXPECT_THAT(said_of(mtls, ca.issue({.subject = "/CN=a", .extensions = for_clients, .key = "rsa:1024"})),
                HasSubstr("key too weak"));
    EXPECT_THAT(said_of(mtls, ca.issue({.subject = "/CN=a", .extensions = for_clients, .how = "-sha1"})),
                HasSubstr("digest algorithm too weak"));
    EXPECT_EQ(said_of(mtls, ca.issue({.subject = "/CN=a", .extensions = for_clients, .key = "rsa:2048"})),
              "accepted");
}

TEST(client_certificates, keep_to_the_names_that_their_authority_may_give) {
    authority ca;
    auto const between =
        ca.issue({.subject = "/CN=between",
                  .extensions =
                      "basicConstraints=critical,CA:TRUE\nnameConstraints=critical,permitted;DNS:example.com",
                  .name = "between"});
    auto mtls = of(ca);
    mtls.san = {"plant.example.com", "plant.example.org"};
    auto const of_between = [&](std::string const& name) {
        return ca.issue({.subject = "/CN=a",
                         .extensions = for_clients + "\nsubjectAltName=DNS:" + name,
                         .issuer = "between"}) +
               between;
    };
    EXPECT_EQ(said_of(mtls, of_between("plant.example.com")), "accepted");
    EXPECT_THAT(said_of(mtls, of_between("plant.example.org")), HasSubstr("permitted subtree violation"));
}

// An authority that may not give a DNS name may perhaps give the same text as another kind of name.
TEST(client_certificates, have_a_name_only_when_it_is_of_the_kind_that_is_asked_for) {
    authority ca;
    auto mtls = of(ca);
    struct row {
        char const* wanted;
        char const* kind;
    };
    row const rows[]{{"plant.example.org", "DNS"}, {"a@example.org", "email"}, {"spiffe://a@b/c", "URI"}};
    for (auto const& [wanted, right] : rows) {
        mtls.san = {wanted};
        for (std::string const kind : {"DNS", "email", "URI"}) {
            auto const leaf =
                ca.issue("/CN=a", for_clients + "\nsubjectAltName=@names\n[names]\n" + kind + "=" + wanted);
            EXPECT_EQ(said_of(mtls, leaf),
                      kind == right ? "accepted" : "peer: the client's certificate has none of the names")
                << kind << " " << wanted;
        }
    }
    auto const between =
        ca.issue({.subject = "/CN=between",
                  .extensions =
                      "basicConstraints=critical,CA:TRUE\nnameConstraints=critical,permitted;DNS:example.com",
                  .name = "between"});
    mtls.san = {"plant.example.org"};
    for (std::string const kind : {"email", "URI"}) {
        auto const leaf =
            ca.issue({.subject = "/CN=a",
                      .extensions = for_clients + "\nsubjectAltName=" + kind + ":plant.example.org",
                      .issuer = "between"});
        EXPECT_NE(said_of(mtls, leaf + between), "accepted") << kind;
    }
}

TEST(client_certificates, of_an_authority_that_has_expired_are_refused) {
    authority ca;
    auto const mtls = of(ca);
    auto const late = ca.issue({.subject = "/CN=a", .extensions = for_clients, .days = 20});
    EXPECT_EQ(said_of(mtls, late, 9), "accepted");
    EXPECT_THAT(said_of(mtls, late, 11), HasSubstr("has expired"));
    auto const between = ca.issue({.subject = "/CN=between",
                                   .extensions = "basicConstraints=critical,CA:TRUE",
                                   .name = "between",
                                   .days = 3});
    auto const leaf = ca.issue({.subject = "/CN=a", .extensions = for_clients, .issuer = "between"});
    EXPECT_EQ(said_of(mtls, leaf + between, 2), "accepted");
    EXPECT_THAT(said_of(mtls, leaf + between, 4), HasSubstr("has expired"));
}

TEST(client_certificates, that_cannot_be_read_are_none) {
    authority ca;
    auto const mtls = of(ca);
    auto const leaf = ca.issue("/CN=a", for_clients);
    auto const with = [&](std::string const& from, std::string const& to) {
        auto changed = leaf;
        return changed.replace(changed.find(from), from.size(), to);
    };
    EXPECT_EQ(said_of(mtls, "said by the proxy\n" + leaf + "and no more\n"), "accepted");
    std::string const rows[]{
        "CN=a",
        "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        leaf.substr(0, leaf.size() - 10),
        leaf.substr(leaf.size() / 2),
        std::string(1, '\0') + leaf,
        leaf + leaf.substr(0, leaf.size() / 2),
        leaf + "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        with("BEGIN CERTIFICATE", "BEGIN TRUSTED CERTIFICATE"),
        with("-----END", "AAAA\n-----END"),
        // An encrypted block is no reason to ask anybody for a passphrase.
        with("CERTIFICATE-----\n",
             "CERTIFICATE-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: "
             "AES-128-CBC,000102030405060708090a0b0c0d0e0f\n\n"),
    };
    for (auto const& row : rows) {
        EXPECT_EQ(said_of(mtls, row), "peer: the client's certificate cannot be read") << row;
    }
}

TEST(client_certificates, bring_the_way_to_their_authority_with_them) {
    authority ca;
    auto const between = ca.issue(
        {.subject = "/CN=between", .extensions = "basicConstraints=critical,CA:TRUE", .name = "between"});
    auto const leaf = ca.issue({.subject = "/CN=a", .extensions = for_clients, .issuer = "between"});
    auto mtls = of(ca);
    EXPECT_THAT(said_of(mtls, leaf), HasSubstr("is not good"));
    EXPECT_EQ(said_of(mtls, leaf + between), "accepted");
    std::string many = leaf;
    for (int i = 0; i < 7; ++i) many += between;
    EXPECT_EQ(said_of(mtls, many), "accepted");
    EXPECT_EQ(said_of(mtls, many + between), "peer: the client shows more than 8 certificates");
    mtls.anchors_pem = between;
    EXPECT_EQ(said_of(mtls, leaf), "accepted");
    // One that may issue nothing issues nothing.
    auto const end =
        ca.issue({.subject = "/CN=end", .extensions = "basicConstraints=critical,CA:FALSE", .name = "end"});
    auto const issued = ca.issue({.subject = "/CN=a", .extensions = for_clients, .issuer = "end"});
    EXPECT_THAT(said_of(of(ca), issued + end), HasSubstr("is not good"));
}

TEST(client_certificates, of_authorities_are_no_senders_unless_their_fingerprint_says_so) {
    authority ca;
    auto mtls = of(ca);
    for (auto const* const one :
         {"basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign,digitalSignature"}) {
        auto const authoritys = ca.issue("/CN=a", for_clients + "\nsubjectAltName=DNS:a\n" + one);
        EXPECT_EQ(said_of(mtls, authoritys), "peer: the client's certificate is an authority's") << one;
        auto named = mtls;
        named.san = {"a"};
        EXPECT_EQ(said_of(named, authoritys), "peer: the client's certificate is an authority's") << one;
        named.fingerprints = {ca.fingerprint()};
        EXPECT_EQ(said_of(named, authoritys), "accepted") << one;
    }
    EXPECT_EQ(said_of(mtls, ca.anchors()), "peer: the client's certificate is an authority's");
}

TEST(client_certificates, can_be_named_by_their_fingerprint_alone) {
    authority ca;
    auto const leaf = ca.issue("/CN=a", for_clients);
    client_certificate mtls;
    mtls.fingerprints = {std::string(64, '0'), ca.fingerprint()};
    EXPECT_EQ(said_of(mtls, leaf), "accepted");
    EXPECT_EQ(said_of(mtls, leaf, 11), "peer: the client's certificate is not valid at this time");
    EXPECT_EQ(said_of(mtls, leaf, -1), "peer: the client's certificate is not valid at this time");
    EXPECT_THAT(said_of(mtls, ca.issue("/CN=a", for_clients)), HasSubstr("is none of the configured ones"));
}

// What is no certificate at all is none of the configured ones before anybody takes it apart.
TEST(client_certificates, are_compared_by_fingerprint_before_they_are_taken_apart) {
    authority ca;
    auto mtls = of(ca);
    mtls.fingerprints = {std::string(64, '0')};
    auto const nothing = std::string{"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"};
    // printf '\\0\\0\\0' | sha256sum
    EXPECT_EQ(
        said_of(mtls, nothing),
        "peer: the client's certificate "
        "709e80c88487a2411e1ee4dfb9f22a861492d20c4765150c0c794abd70f8147c is none of the configured ones");
    mtls.fingerprints = {"709e80c88487a2411e1ee4dfb9f22a861492d20c4765150c0c794abd70f8147c"};
    EXPECT_EQ(said_of(mtls, nothing), "peer: the client's certificate cannot be read");
}

std::string said_by(authenticator const& source, std::string const& shown, wall_time now) {
    auto incoming = post("{}");
    incoming.head.client_certificate = shown;
    return refusal(source, incoming, now);
}

// Looked at once, and not with each request of their connection: whoever becomes good meanwhile is noticed a
// little later.
TEST(client_certificates, that_are_refused_are_so_for_a_minute) {
    authority ca;
    auto const leaf = ca.issue("/CN=a", for_clients);
    auto const since = in_days(0);
    auto const source = authenticator_of(source_of(of(ca)));
    EXPECT_THAT(said_by(source, leaf, since - std::chrono::seconds{40}), HasSubstr("not yet valid"));
    EXPECT_THAT(said_by(source, leaf, since + std::chrono::seconds{19}), HasSubstr("not yet valid"));
    EXPECT_EQ(said_by(source, leaf, since + std::chrono::seconds{20}), "accepted");
}

TEST(client_certificates, that_are_good_are_so_as_long_as_all_on_the_way_to_their_authority_are_valid) {
    authority ca;
    auto const between = ca.issue({.subject = "/CN=between",
                                   .extensions = "basicConstraints=critical,CA:TRUE",
                                   .name = "between",
                                   .days = 3});
    auto const leaf = ca.issue({.subject = "/CN=a", .extensions = for_clients, .issuer = "between"});
    auto const issued = in_days(0);
    auto const source = authenticator_of(source_of(of(ca)));
    EXPECT_EQ(said_by(source, leaf + between, in_days(1)), "accepted");
    EXPECT_EQ(said_by(source, leaf + between, issued + std::chrono::hours{71}), "accepted");
    EXPECT_THAT(said_by(source, leaf + between, issued + std::chrono::hours{72}), HasSubstr("has expired"));
    EXPECT_THAT(said_by(source, leaf + between, in_days(-1)), HasSubstr("not yet valid"));
}

TEST(client_certificates, are_judged_by_each_source_on_its_own) {
    authority ca;
    authority other;
    auto const leaf = ca.issue("/CN=a", for_clients);
    auto const first = authenticator_of(source_of(of(ca)));
    auto const second = authenticator_of(source_of(of(other)));
    auto const now = in_days(1);
    for (int i = 0; i < 2; ++i) {
        EXPECT_EQ(said_by(first, leaf, now), "accepted");
        EXPECT_THAT(said_by(second, leaf, now), HasSubstr("is not good"));
    }
}

TEST(client_certificates, are_judged_right_when_more_come_than_are_remembered) {
    authority ca;
    authority other;
    auto const good = ca.issue("/CN=a", for_clients);
    auto const wrong = other.issue("/CN=a", for_clients);
    auto const source = authenticator_of(source_of(of(ca)));
    auto const now = in_days(1);
    for (std::size_t i = 0; i < 300; ++i) {
        EXPECT_EQ(said_by(source, good + std::string(i, '\n'), now), "accepted");
        EXPECT_THAT(said_by(source, wrong + std::string(i, '\n'), now), HasSubstr("is not good"));
    }
}

TEST(client_certificates, stand_beside_addresses) {
    authority ca;
    peer_check peer;
    peer.cidrs = {"198.51.100.0/24"};
    peer.mtls = of(ca);
    auto const source = authenticator_of(source_with({peer, {}, {}, {}}));
    auto incoming = post("{}");
    incoming.head.client_certificate = ca.issue("/CN=a", for_clients);
    EXPECT_THAT(refusal(source, incoming, in_days(1)), HasSubstr("is in no allowed range"));
    incoming.head.peer = "198.51.100.1";
    EXPECT_EQ(refusal(source, incoming, in_days(1)), "accepted");
}

TEST(client_certificates, that_are_configured_wrongly_are_refused_by_the_loader) {
    auto const at = std::string{"sources.test.verify.peer.mtls"};
    EXPECT_THAT(mistakes_of(source_of({})), ElementsAre(at + ": takes the certificate of anybody"));
    client_certificate mtls;
    mtls.anchors_pem = "no certificate";
    EXPECT_THAT(mistakes_of(source_of(mtls)), ElementsAre(at + ".anchors: has no certificate in it"));
    authority const ca;
    for (auto const* const rest : {"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
                                   "-----BEGIN CERTIFICATE-----\nAAAA\n"}) {
        mtls.anchors_pem = ca.anchors() + rest;
        EXPECT_THAT(mistakes_of(source_of(mtls)),
                    ElementsAre(at + ".anchors: has something in it that is no certificate"));
    }
    std::string many;
    for (int i = 0; i < 1001; ++i) many += ca.anchors();
    mtls.anchors_pem = many;
    EXPECT_THAT(mistakes_of(source_of(mtls)),
                ElementsAre(at + ".anchors: has more than 1000 certificates in it"));
    mtls = of(ca);
    EXPECT_THAT(warnings_of(source_of(mtls)),
                ElementsAre(at + ": takes every certificate that these authorities issued"));
    mtls.san = {""};
    EXPECT_THAT(mistakes_of(source_of(mtls)), ElementsAre(at + ": has an empty name"));
    mtls.san = {"a"};
    EXPECT_THAT(mistakes_of(source_of(mtls)), IsEmpty());
    mtls.fingerprints = {"AB", std::string(64, 'A'), std::string(64, 'a')};
    EXPECT_THAT(mistakes_of(source_of(mtls)),
                ElementsAre(at + ".fingerprints[0]: is no SHA-256 in lower-case hex",
                            at + ".fingerprints[1]: is no SHA-256 in lower-case hex"));
}

}  // namespace
}  // namespace headgate::auth
