#include "app/preset_trials.hpp"

#include "auth/authenticator.hpp"
#include "auth/fact_finder.hpp"
#include "core/run_on.hpp"

#include <fmt/format.h>

#include <memory>
#include <optional>
#include <utility>

namespace headgate::app {
namespace {

// What the request says is served.
class served_facts final : public auth::fact_finder {
public:
    explicit served_facts(config::preset_vector const& with) : with_{with} {}

    asio::awaitable<result<auth::fact>> find(auth::wanted_fact wanted, deadline) override {
        auto const* const served = with_.answer_to(*wanted.from, wanted.asks.url, wanted.asks.body);
        if (!served) {
            co_return refuse(errc::unavailable, "nothing is served at " + wanted.asks.url,
                             "write it below `serves`");
        }
        response const answer{.status = 200, .fields = {}, .body = *served};
        co_return auth::read_fact(*wanted.from, wanted.asks, answer);
    }
    asio::awaitable<result<std::shared_ptr<auth::session const>>> find(auth::wanted_session,
                                                                       deadline) override {
        co_return refuse(errc::unavailable, "nobody is asked about sessions here");
    }

private:
    config::preset_vector const& with_;
};

auth::facts known_to(auth::authenticator const& sender, config::preset_vector const& with) {
    served_facts from{with};
    auto incoming = with.incoming;
    incoming.received_at = with.at;
    return run_here(auth::find_facts(sender.checks(), incoming, from, deadline::max())).known;
}

struct objection {
    std::string what;
    std::string remedy;
};

objection differs(std::string_view name, std::string_view found, std::string_view expected) {
    return {fmt::format("its {} is \"{}\", not \"{}\"", name, found, expected),
            "correct the preset, or what the request expects"};
}

std::optional<objection> object_to_answer(auth::authenticator const& sender, auth::handshake const& which,
                                          config::preset_vector const& with) {
    if (!with.reply) return objection{"is a handshake", "write reply: {status: 200, body: …}"};
    auto const reply = sender.answer(which, with.incoming, known_to(sender, with), with.at);
    if (!reply) return objection{"is refused: " + reply.error().message, reply.error().remedy};
    if (reply->status != with.reply->status) {
        return differs("answer", std::to_string(reply->status), std::to_string(with.reply->status));
    }
    if (reply->body != with.reply->body) return differs("answer", reply->body, with.reply->body);
    return std::nullopt;
}

std::optional<objection> object_to(auth::authenticator const& sender, config::preset_vector const& with) {
    if (auto const* which = sender.handshake_for(with.incoming)) {
        return object_to_answer(sender, *which, with);
    }
    if (with.reply) return objection{"is no handshake", "correct the handshake's `when`, or remove reply"};
    auto const judged = sender.checks().verify(with.incoming, known_to(sender, with), with.at);
    if (!judged) return objection{"is refused: " + judged.error().message, judged.error().remedy};
    if (judged->sender.delivery_id != with.id) {
        return differs("delivery id", judged->sender.delivery_id, with.id);
    }
    if (judged->sender.event_type != with.event) {
        return differs("event type", judged->sender.event_type, with.event);
    }
    return std::nullopt;
}

}  // namespace

problems try_presets(std::vector<config::preset_trial> const& trials) {
    problems found;
    for (auto const& each : trials) {
        problems wrong;
        auto const sender = auth::authenticator::make(each.sender, each.path, wrong);
        if (!sender) {
            for (auto& one : wrong) {
                if (one.weighs == problem::weight::mistake) found.push_back(std::move(one));
            }
            continue;
        }
        if (auto against = object_to(*sender, each.with)) {
            found.push_back(
                {.path = each.path, .what = std::move(against->what), .remedy = std::move(against->remedy)});
        }
    }
    return found;
}

}  // namespace headgate::app
