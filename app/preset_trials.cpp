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

result<auth::fact> served(config::preset_vector const& with, auth::wanted_fact const& wanted) {
    auto const& [method, url, fields, body] = wanted.asks;
    if (auto const* const text = with.answer_to(*wanted.from, url, body)) {
        return auth::read_fact(*wanted.from, wanted.asks, {.status = 200, .fields = {}, .body = *text});
    }
    if (!with.serves.contains(url))
        return refuse(errc::unavailable, "nothing is served at " + url, "write it below `serves`");
    return refuse(errc::unavailable, fmt::format("{} is asked something else than `asked`: {}", url, body),
                  "correct the preset, or `asked`");
}

// What the request says is served.
class served_facts final : public auth::fact_finder {
public:
    explicit served_facts(config::preset_vector const& with) : with_{with} {}

    asio::awaitable<result<auth::fact>> find(auth::wanted_fact wanted, deadline) override {
        co_return served(with_, wanted);
    }
    asio::awaitable<result<std::shared_ptr<auth::session const>>> find(auth::wanted_session,
                                                                       deadline) override {
        co_return refuse(errc::unavailable, "nobody is asked about sessions here");
    }

private:
    config::preset_vector const& with_;
};

auth::found_facts known_to(auth::authenticator const& sender, config::preset_vector const& with) {
    served_facts from{with};
    auto incoming = with.incoming;
    incoming.received_at = with.at;
    return run_here(auth::find_facts(sender.checks(), incoming, from, deadline::max()));
}

struct objection {
    std::string what;
    std::string remedy;
};

// What could not be had says more than the check that has it not.
objection refused(error const& why, auth::found_facts const& found) {
    auto const& said = found.trouble ? *found.trouble : why;
    return {"is refused: " + said.message, said.remedy};
}

objection differs(std::string_view name, std::string_view found, std::string_view expected) {
    return {fmt::format("its {} is \"{}\", not \"{}\"", name, found, expected),
            "correct the preset, or what the request expects"};
}

std::optional<objection> object_to_answer(auth::authenticator const& sender, auth::handshake const& which,
                                          config::preset_vector const& with) {
    if (!with.reply) return objection{"is a handshake", "write reply: {status: 200, body: …}"};
    auto const found = known_to(sender, with);
    auto const reply = sender.answer(which, with.incoming, found.known, with.at);
    if (!reply) return refused(reply.error(), found);
    if (reply->status != with.reply->status) {
        return differs("answer", std::to_string(reply->status), std::to_string(with.reply->status));
    }
    if (reply->body != with.reply->body) return differs("answer", reply->body, with.reply->body);
    auto const call = sender.call_of(which, with.incoming);
    if (!call) return objection{"makes no call: " + call.error().message, call.error().remedy};
    if (!*call) return std::nullopt;
    auto const called = served(with, **call);
    if (!called) return objection{"makes another call: " + called.error().message, called.error().remedy};
    return std::nullopt;
}

std::optional<objection> object_to(auth::authenticator const& sender, config::preset_vector const& with) {
    if (auto const* which = sender.handshake_for(with.incoming)) {
        return object_to_answer(sender, *which, with);
    }
    if (with.reply) return objection{"is no handshake", "correct the handshake's `when`, or remove reply"};
    auto const found = known_to(sender, with);
    auto const judged = sender.checks().verify(with.incoming, found.known, with.at);
    if (!judged) return refused(judged.error(), found);
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
