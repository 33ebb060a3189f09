#include "app/preset_trials.hpp"
#include "config/parse.hpp"
#include "config/presets.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

// The requests beside presets of one's own: what is said of one that the gateway would not take.

namespace headgate::app {
namespace {

// "" where nothing is wrong.
std::string said_of(std::string const& preset) {
    config::notes found;
    auto const tree = config::parse("ours:\n" + preset, found.add_file("own.yaml"), found);
    std::vector<config::preset_trial> trials;
    static_cast<void>(config::read_own_presets(tree.value(), found, trials));
    for (auto const& one : found.found()) ADD_FAILURE() << one.path << ": " << one.what;
    EXPECT_EQ(trials.size(), 1U);
    std::string all;
    for (auto const& one : try_presets(trials)) all += one.what + "; " + one.remedy;
    return all;
}

std::string asking_back(std::string const& more) {
    return R"(
  covers: full
  verify:
    all:
      - equal: {a: {header: X-Token}, b: {secret: signing}}
      - postback: {url: https://a.example.com/verify, json: {event: body}, expect: {json: {/is: yours}}}
  vectors:
    - says: recorded
      at: 2026-11-21T03:24:05Z
      target: /webhooks/ours
      headers: {X-Token: a secret that opens nothing}
      body: '{"n":1}'
      secrets: {signing: a secret that opens nothing}
)" + more;
}

TEST(preset_trials, say_what_would_have_to_be_served) {
    EXPECT_EQ(said_of(asking_back("")),
              "is refused: nothing is served at https://a.example.com/verify; write it below `serves`");
    auto const served = R"(      serves: {"https://a.example.com/verify": '{"is":"yours"}'}
)";
    EXPECT_EQ(said_of(asking_back(served)),
              R"(is refused: https://a.example.com/verify is asked something else than `asked`: )"
              R"({"event":{"n":1}}; correct the preset, or `asked`)");
    EXPECT_EQ(said_of(asking_back(std::string{served} + R"(      asked: '{"event":{"n":1}}'
)")),
              "");
}

std::string calling(std::string const& body, std::string const& signature, std::string const& more) {
    return R"(
  covers: full
  verify: {mac: {alg: hmac-sha256, content: [body], signature: {from: {header: X-Mac}, decode: hex}}}
  handshake:
    - when: {json: {/t: sub}}
      require: verified
      call: {url: {json: /u}, hosts: [a.example.com], path: /confirm, query: {Token: {json: /k}}}
      reply: {status: 200}
  vectors:
    - says: recorded
      at: 2026-11-21T03:24:05Z
      target: /webhooks/ours
      headers: {X-Mac: )" +
           signature + "}\n      body: '" + body + R"('
      secrets: {signing: a secret that opens nothing}
      reply: {status: 200}
)" + more;
}

// printf '%s' BODY | openssl dgst -sha256 -hmac 'a secret that opens nothing'
TEST(preset_trials, try_the_call_of_a_handshake) {
    auto const body = R"({"t":"sub","u":"https://a.example.com/confirm?x","k":"7"})";
    auto const signature = "675f2688e5824bb86933649127a8855593e0bc7f85d69ad88eb238b2cd26193a";
    EXPECT_EQ(
        said_of(calling(body, signature, "")),
        "makes another call: nothing is served at https://a.example.com/confirm?Token=7; write it below "
        "`serves`");
    EXPECT_EQ(said_of(calling(body, signature,
                              "      serves: {\"https://a.example.com/confirm?Token=7\": confirmed}\n")),
              "");
    EXPECT_EQ(said_of(calling(R"({"t":"sub","u":"https://evil.example/confirm","k":"7"})",
                              "e26ca6649b63587cbf91129b780178d8dacf34c928ba536ba5eb634f8da04377", "")),
              "makes no call: handshake: the URL to call is not at an allowed place; ");
}

}  // namespace
}  // namespace headgate::app
