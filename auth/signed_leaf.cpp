#include "auth/signed_leaf.hpp"

#include "auth/content.hpp"
#include "auth/coverage.hpp"
#include "auth/diagnosis.hpp"
#include "core/digest.hpp"
#include "core/encoding.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace headgate::auth {
namespace {

bool names_any_port(content const& signs) {
    auto const* sequence = std::get_if<values>(&signs);
    return sequence && std::ranges::any_of(*sequence, [](value const& item) {
               auto const* url = std::get_if<url_value>(&item.is);
               return url && url->ports == url_value::port::any;
           });
}

}  // namespace

signed_leaf::signed_leaf(check const& from, std::string name, description const& is,
                         std::vector<value const*> const& times)
    : leaf{from, std::move(name)}, is_{is}, has_other_port_{names_any_port(is.signs)} {
    auto const is_time = [&](value const& item) {
        return std::ranges::any_of(times, [&](auto const* time) { return same(item, *time); });
    };
    if (auto const* sequence = std::get_if<values>(&is_.signs)) {
        for (auto const& item : *sequence) is_time_.push_back(is_time(item));
    } else if (auto const* joined = std::get_if<join_content>(&is_.signs)) {
        for (auto const& item : joined->items) {
            if (!is_time_.empty()) is_time_.push_back(false);  // The separator.
            is_time_.push_back(is_time(item.item));
        }
    } else {
        for (auto const* time : times) {
            auto const* member = std::get_if<json_value>(&time->is);
            if (member && member->path.pointer.starts_with('/'))
                time_lines_.push_back(member->path.pointer.substr(1));
        }
    }
}

std::vector<text> signed_leaf::without_time(std::vector<text> pieces) const {
    std::size_t i = 0;
    std::string_view line;  // The name of a member, of whose pieces the third is its value.
    std::erase_if(pieces, [&](text const& piece) {
        if (i % 4 == 0) line = piece.view();
        bool const is_line = i % 4 == 2 && std::ranges::find(time_lines_, line) != time_lines_.end();
        bool const is_time = i < is_time_.size() && is_time_[i];
        ++i;
        return is_time || is_line;
    });
    return pieces;
}

void signed_leaf::note_content(exam& of, std::vector<text> const& pieces) const {
    if (!of.findings) return;
    std::string whole;
    for (auto const& piece : pieces) whole += piece.view();
    auto const digest = sha256(whole);
    note(of, "content", true, fmt::format("{} bytes are signed, SHA-256 {}", whole.size(), to_hex(digest)));
}

std::unexpected<error> signed_leaf::all_expired() const {
    return fails(fmt::format("every secret named {} has expired", is_.secret_name), "look at their `until`");
}

bool signed_leaf::looks_right(exam& of) const {
    auto const whole = evaluate(is_.grammar.from, of);
    if (!whole) return false;
    auto const read = read_signature(is_.grammar, whole->view(), is_.length, of.place.limits.signatures_max);
    if (!read) return false;
    vantage const here{read->parts};
    return resolve(is_.signs, of, here) && check_time(of, here);
}

result<proof> signed_leaf::look(exam& of) const {
    auto const found = evaluate(is_.grammar.from, of);
    if (!found) {
        auto flaw = found.error();
        auto others = of.findings ? other_signatures(is_.grammar, of.incoming.head.fields) : std::string{};
        if (!others.empty()) flaw.remedy = std::move(others);
        return std::unexpected{std::move(flaw)};
    }
    auto const& whole = *found;
    auto read = read_signature(is_.grammar, whole.view(), is_.length, of.place.limits.signatures_max);
    if (!read) {
        auto flaw = std::move(read).error();
        auto seen = of.findings ? what_it_looks_like(whole.view(), is_.grammar, is_.length) : std::string{};
        if (!seen.empty()) flaw.remedy = std::move(seen);
        return while_doing(describe(is_.grammar.from), std::move(flaw));
    }
    if (of.findings) {
        note(of, "signature", true,
             fmt::format("{} has {} to try", describe(is_.grammar.from), read->candidates.size()));
    }

    vantage const here{read->parts};
    HEADGATE_TRY(auto pieces, resolve(is_.signs, of, here));
    note_content(of, pieces);
    auto const timed = check_time(of, here);
    if (!timed && of.findings && check_keys(of) && matching_key(read->candidates, pieces, of)) {
        note(of, "compare", true, "the signature itself is right: only the time is not");
    }
    HEADGATE_TRY(auto const signed_time, timed);

    if (auto there = check_keys(of); !there) return std::unexpected{std::move(there).error()};
    of.spent_a_mac = true;
    auto const* matching = matching_key(read->candidates, pieces, of);
    if (has_other_port_) {
        HEADGATE_TRY(auto other, resolve(is_.signs, of, {.parts = read->parts, .other_port = true}));
        auto const* also = matching_key(read->candidates, other, of);
        if (!matching && also) {
            matching = also;
            pieces = std::move(other);
        }
    }
    if (!matching) {
        if (!of.findings) {
            return fails("the signature does not match",
                         "another secret, or bytes that were changed on the way: `headgate verify` tries the "
                         "usual mistakes");
        }
        auto likely = hint(read->candidates, of, here);
        return fails("the signature does not match",
                     likely.empty()
                         ? "none of the usual mistakes makes it match: another secret, or bytes that "
                           "were changed on the way"
                         : std::move(likely));
    }

    proof shown{.verified_by = is_.kind,
                .key_id = *matching,
                .signed_time = signed_time,
                .once = {},
                .signed_pieces = without_time(std::move(pieces)),
                .keys = {key_name(*matching)}};
    if (auto taken = take_once(of, shown, here); !taken) return std::unexpected{std::move(taken).error()};
    if (of.findings) note(of, "compare", true, "the signature matches secret " + shown.key_id);
    return shown;
}

}  // namespace headgate::auth
