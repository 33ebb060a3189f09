#include "auth/fact_finder.hpp"

#include <utility>

namespace headgate::auth {
namespace {

template <class Wanted, class Found>
asio::awaitable<void> find_one(Wanted wanted, fact_finder& from, deadline until, Found& into,
                               std::optional<error>& trouble) {
    auto const key = wanted.from;
    auto finding = from.find(std::move(wanted), until);
    auto found = co_await std::move(finding);
    if (!found) trouble = found.error();
    into[key] = found ? *std::move(found) : typename Found::mapped_type{};
}

}  // namespace

asio::awaitable<found_facts> find_facts(verifier const& checks, request const& incoming, fact_finder& from,
                                        deadline until) {
    found_facts all;
    for (;;) {
        auto wanted = checks.needs(incoming, all.known, incoming.received_at);
        if (wanted.empty()) co_return all;
        for (auto& each : wanted) {
            if (auto* fact = std::get_if<wanted_fact>(&each)) {
                auto finding = find_one(std::move(*fact), from, until, all.known.fetched, all.trouble);
                co_await std::move(finding);
            } else if (auto* session = std::get_if<wanted_session>(&each)) {
                auto finding = find_one(std::move(*session), from, until, all.known.sessions, all.trouble);
                co_await std::move(finding);
            }
        }
    }
}

}  // namespace headgate::auth
