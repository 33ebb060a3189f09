#include "core/check.hpp"
#include "tests/support/fake_workflow_service.hpp"
#include "tests/support/run.hpp"
#include "tests/support/scratch_folder.hpp"
#include "tests/support/temporal_target.hpp"

#include <boost/asio/io_context.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <utility>

// Who is on the other end, in both directions. The certificates come from the openssl program.

namespace headgate::targets {
namespace {

using namespace std::chrono_literals;
using fake = testing_support::fake_workflow_service;
using testing::Contains;
using testing::HasSubstr;
using testing::Pair;
using testing_support::make_target;
using testing_support::order_for;
using testing_support::run;
using testing_support::scratch_folder;
using testing_support::soon;

std::string contents(std::filesystem::path const& path) {
    std::ifstream file{path};
    return {std::istreambuf_iterator<char>{file}, {}};
}

// Two authorities that know nothing of each other, a server's and a client's certificate of each.
class certificates {
public:
    certificates() {
        for (auto const* authority : {"ours", "foreign"}) {
            shell(std::string{"openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 "
                              "-subj /CN="} +
                  authority + " -keyout " + authority + ".key -out " + authority + ".pem");
            issue(authority, "server", "subjectAltName=DNS:temporal.test,DNS:localhost");
            issue(authority, "client", "extendedKeyUsage=clientAuth");
        }
    }

    [[nodiscard]] std::string path(std::string const& name) const { return (folder_.path() / name).string(); }
    [[nodiscard]] std::string text(std::string const& name) const { return contents(folder_.path() / name); }

private:
    void shell(std::string const& command) const {
        auto const whole = "cd '" + folder_.path().string() + "' && " + command + " 2>/dev/null";
        HEADGATE_CHECK(std::system(whole.c_str()) == 0, "the openssl program could not make a certificate");
    }

    void issue(std::string const& authority, std::string const& role, std::string const& extension) const {
        auto const name = authority + "-" + role;
        shell("openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=" + role +
              " -keyout " + name + ".key -out " + name + ".csr");
        shell("echo " + extension + " > " + name + ".ext && openssl x509 -req -days 2 -in " + name +
              ".csr -CA " + authority + ".pem -CAkey " + authority + ".key -CAcreateserial -extfile " + name +
              ".ext -out " + name + ".pem");
    }

    scratch_folder folder_;
};

enum class client_must_show : std::uint8_t { nothing, a_certificate };

class tls_to_temporal : public testing::Test {
protected:
    static void SetUpTestSuite() { made = std::make_unique<certificates>(); }
    static void TearDownTestSuite() { made.reset(); }

    static std::unique_ptr<fake> serve(client_must_show what) {
        fake::settings chosen;
        chosen.tls.emplace();
        chosen.tls->certificate = made->text("ours-server.pem");
        chosen.tls->key = made->text("ours-server.key");
        if (what == client_must_show::a_certificate) chosen.tls->client_ca = made->text("ours.pem");
        return std::make_unique<fake>(std::move(chosen));
    }

    static temporal_settings settings_for(fake const& server) {
        auto settings = testing_support::settings_for(server.address());
        settings.tls.emplace();
        settings.tls->server_ca = made->path("ours.pem");
        settings.tls->server_name = "temporal.test";
        return settings;
    }

    start_answer start(temporal_settings const& settings) {
        auto const asked = make_target(settings, context_);
        return run(asked->start(order_for("tls"), uuid{}, soon()));
    }

    // Nobody was let in, and the whole target waits.
    void expect_kept_out(temporal_settings const& settings, fake const& server) {
        auto const answer = start(settings);
        EXPECT_EQ(answer.what, start_answer::kind::not_now) << answer.message;
        EXPECT_EQ(answer.concerns, start_answer::scope::target) << answer.message;
        EXPECT_THAT(answer.remedy, HasSubstr("tls settings"));
        EXPECT_EQ(server.calls_of("StartWorkflowExecution"), 0U);
    }

    static inline std::unique_ptr<certificates> made;
    asio::io_context context_{1};
};

TEST_F(tls_to_temporal, starts_where_authority_and_name_are_right) {
    auto const server = serve(client_must_show::nothing);
    auto const answer = start(settings_for(*server));
    EXPECT_EQ(answer.what, start_answer::kind::started) << answer.message;
}

TEST_F(tls_to_temporal, does_not_speak_to_a_server_of_another_authority) {
    auto const server = serve(client_must_show::nothing);
    auto settings = settings_for(*server);
    settings.tls->server_ca = made->path("foreign.pem");
    expect_kept_out(settings, *server);
}

TEST_F(tls_to_temporal, does_not_take_the_systems_authorities_for_ours) {
    auto const server = serve(client_must_show::nothing);
    auto settings = settings_for(*server);
    settings.tls->server_ca.clear();
    expect_kept_out(settings, *server);
}

TEST_F(tls_to_temporal, does_not_speak_to_a_server_of_another_name) {
    auto const server = serve(client_must_show::nothing);
    auto settings = settings_for(*server);
    settings.tls->server_name = "wrong.test";
    expect_kept_out(settings, *server);
    settings.tls->server_name.clear();  // The address is 127.0.0.1, which the certificate does not name.
    expect_kept_out(settings, *server);
}

TEST_F(tls_to_temporal, shows_its_certificate_where_one_is_asked_for) {
    auto const server = serve(client_must_show::a_certificate);
    auto settings = settings_for(*server);
    settings.tls->certificate = made->path("ours-client.pem");
    settings.tls->key = made->path("ours-client.key");
    auto const answer = start(settings);
    EXPECT_EQ(answer.what, start_answer::kind::started) << answer.message;
}

TEST_F(tls_to_temporal, is_kept_out_without_a_certificate) {
    auto const server = serve(client_must_show::a_certificate);
    expect_kept_out(settings_for(*server), *server);
}

TEST_F(tls_to_temporal, is_kept_out_with_a_certificate_of_another_authority) {
    auto const server = serve(client_must_show::a_certificate);
    auto settings = settings_for(*server);
    settings.tls->certificate = made->path("foreign-client.pem");
    settings.tls->key = made->path("foreign-client.key");
    expect_kept_out(settings, *server);
}

TEST_F(tls_to_temporal, a_key_of_another_certificate_ends_nothing_but_the_call) {
    auto const server = serve(client_must_show::a_certificate);
    auto settings = settings_for(*server);
    settings.tls->certificate = made->path("ours-client.pem");
    settings.tls->key = made->path("foreign-client.key");
    expect_kept_out(settings, *server);
}

TEST_F(tls_to_temporal, plain_text_does_not_reach_a_server_that_speaks_tls) {
    auto const server = serve(client_must_show::nothing);
    auto settings = settings_for(*server);
    settings.tls.reset();
    expect_kept_out(settings, *server);
}

TEST_F(tls_to_temporal, the_api_key_travels_as_a_bearer_token) {
    auto const server = serve(client_must_show::nothing);
    auto settings = settings_for(*server);
    settings.api_key = secret{"key-of-the-gateway"};
    ASSERT_EQ(start(settings).what, start_answer::kind::started);
    EXPECT_THAT(server->starts().front().metadata,
                Contains(Pair("authorization", "Bearer key-of-the-gateway")));
}

TEST_F(tls_to_temporal, the_api_key_never_travels_in_plain_text) {
    fake const plain;
    temporal_settings settings;
    settings.address = plain.address();
    settings.api_key = secret{"key-of-the-gateway"};
    expect_kept_out(settings, plain);
}

}  // namespace
}  // namespace headgate::targets
