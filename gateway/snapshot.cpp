#include "gateway/snapshot.hpp"

#include "auth/exam.hpp"
#include "transforms/content_coding.hpp"
#include "transforms/foresight.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace headgate::gateway {
namespace {

bool has_mistake(problems const& found, std::size_t from) {
    return std::ranges::any_of(found.begin() + static_cast<std::ptrdiff_t>(from), found.end(),
                               [](problem const& each) { return each.weighs == problem::weight::mistake; });
}

std::optional<transforms::program> compile_dedupe(source_settings const& from, std::string const& path,
                                                  problems& found) {
    if (from.dedupe.key != dedupe_settings::by::program) return std::nullopt;
    auto compiled = transforms::program::compile(from.dedupe.program);
    auto const names = parameters_in(from.path);
    auto const input = transforms::of_new_events({.path_parameters = names});
    auto const wrong = [&]() -> std::optional<error> {
        if (!compiled) return compiled.error();
        auto const gives = transforms::foresee(from.dedupe.program, input);
        if (!gives) return gives.error();
        if (gives->of.meets({json::kind::number, json::kind::string})) return std::nullopt;
        return error{errc::invalid_argument, "never gives a string or a number",
                     "give it the sender's own id"};
    }();
    if (!wrong) return *std::move(compiled);
    found.push_back({.path = path + ".dedupe.program", .what = wrong->message, .remedy = wrong->remedy});
    return std::nullopt;
}

void settle(source& made, settings const& general) {
    auto const& chosen = made.settings;
    auto const& preset = made.sender.answers();
    auto const methods = made.sender.event_methods();
    made.methods = chosen.methods;
    if (made.methods.empty()) made.methods.assign(methods.begin(), methods.end());
    made.body_bytes_max =
        chosen.body_bytes_max.value_or(made.sender.body_bytes_max().value_or(general.body_bytes_max));
    made.accept_within = std::min(general.accept_within, preset.budget.value_or(general.accept_within));
    made.retry_after = preset.retry_after.value_or(general.retry_after);
}

// Where the checks sign a request but not its key, a request that somebody captured is a new event under
// every other key. Where nothing is signed whoever captured it can write requests of their own, and the
// digest would not help.
void warn_of_replays(source_settings const& from, auth::authenticator const& sender, std::string const& path,
                     problems& found) {
    auto const key = [&]() -> std::optional<auth::value> {
        switch (from.dedupe.key) {
            case dedupe_settings::by::preset: return from.sender.delivery.id;
            case dedupe_settings::by::header:
                return auth::value{
                    auth::header_value{.names = {from.dedupe.header}, .scheme = {}, .decode = {}}};
            case dedupe_settings::by::program:
            case dedupe_settings::by::none: break;
        }
        return std::nullopt;
    }();
    if (!key || from.replay != replay_key::unsaid || !sender.leaves_open(*key)) return;
    found.push_back(
        {.path = path,
         .what = fmt::format("the signature does not cover the delivery id ({}): a captured request that "
                             "is sent again with another id is a new event, and with an id still to come it "
                             "makes the event of that id a duplicate",
                             auth::describe(*key)),
         .remedy = "write replay: digest, or replay: none if that does no harm here or bodies are constant",
         .weighs = problem::weight::warning});
}

}  // namespace

bool allows_encoding(source const& of, headers const& fields) {
    auto const coding = transforms::content_coding_of(fields);
    if (!coding) return false;
    auto const& allowed = of.settings.content_encodings;
    return !*coding || std::ranges::find(allowed, **coding) != allowed.end();
}

std::shared_ptr<snapshot const> make_snapshot(settings from, problems& found) {
    auto const before = found.size();
    auto made = std::make_shared<snapshot>();
    for (auto& each : from.sources) {
        auto const path = "sources." + each.name;
        auto dedupe = compile_dedupe(each, path, found);
        if (!each.is_whole) continue;  // Its checks would only be said to be wrong once more.
        each.sender.path = each.path;
        // The authenticator keeps what it goes by; ten thousand sources are not to be kept twice.
        auto delivery = each.sender.delivery;
        auto sender = auth::authenticator::make(std::exchange(each.sender, {}), path, found);
        each.sender.delivery = std::move(delivery);
        if (!made->routes.add(each.path, made->sources.size())) {
            found.push_back({.path = path + ".path",
                             .what = "'" + each.path + "' belongs to another source already",
                             .remedy = "give each source a path of its own"});
        }
        if (!sender) continue;
        warn_of_replays(each, *sender, path, found);
        auto limiter = each.limits.has_any() ? std::make_unique<source_limiter>(each.limits) : nullptr;
        auto& kept = made->sources.emplace_back(std::move(each), *std::move(sender), std::move(dedupe),
                                                std::move(limiter));
        settle(kept, from);
    }
    if (has_mistake(found, before)) return nullptr;
    if (from.each_address.requests_per_second > 0)
        made->flood = std::make_unique<address_limiter>(from.each_address);
    from.sources.clear();
    made->general = std::move(from);
    return made;
}

}  // namespace headgate::gateway
