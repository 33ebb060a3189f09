#include "json/lookup.hpp"

#include "json/parse.hpp"
#include "json/pointer.hpp"
#include "json/skimmer.hpp"

#include <algorithm>
#include <utility>

namespace headgate::json {
namespace {

// Whether the member name as written, without its quotes, says `name`.
bool is_name(std::string_view written, std::string_view name) {
    if (written == name) return true;
    bool const may_have_escapes = written.size() > name.size() && written.find('\\') != written.npos;
    if (!may_have_escapes) return false;
    arena own;
    auto const quoted = parse({written.data() - 1, written.size() + 2}, own);
    return quoted && quoted->root.as_string() == name;
}

}  // namespace

// One pass over one text: what no pointer leads into is skimmed, the rest is gone down into.
class lookup_scan {
public:
    lookup_scan(lookup const& wanted, std::string_view text, std::size_t depth_max)
        : wanted_{wanted.nodes_}, skim_{text, depth_max}, found_(wanted.nodes_.size()) {}

    [[nodiscard]] bool run() { return go_into(0) && skim_.is_at_end(); }

    [[nodiscard]] place at(std::size_t node) const {
        auto const& here = found_[node];
        return {here.is_ambiguous ? std::nullopt : here.raw, here.is_ambiguous};
    }

private:
    struct state {
        std::optional<std::string_view> raw;
        bool is_ambiguous = false;
        bool is_seen = false;
    };

    // Recurses as deep as the pointers have tokens.
    [[nodiscard]] bool go_into(std::size_t node) {
        skim_.skip_blanks();
        auto const* const begin = skim_.position();
        auto const is_fine = wanted_[node].children.empty() ? skim_.skip_value()
                             : skim_.take('{')              ? members(node)
                             : skim_.take('[')              ? items(node)
                                                            : skim_.skip_value();
        found_[node].raw = std::string_view{begin, skim_.position()};
        return is_fine;
    }

    [[nodiscard]] bool members(std::size_t node) {
        if (!skim_.enter()) return false;
        if (skim_.take('}')) return skim_.leave();
        do {
            std::string_view name;
            if (!skim_.take_name(name)) return false;
            auto const child = child_called(node, name);
            if (!(child == lookup::nowhere ? skim_.skip_value() : go_on(child))) return false;
        } while (skim_.take(','));
        return skim_.take('}') && skim_.leave();
    }

    [[nodiscard]] bool items(std::size_t node) {
        if (!skim_.enter()) return false;
        if (skim_.take(']')) return skim_.leave();
        std::size_t index = 0;
        do {
            auto const child = child_at(node, index++);
            if (!(child == lookup::nowhere ? skim_.skip_value() : go_on(child))) return false;
        } while (skim_.take(','));
        return skim_.take(']') && skim_.leave();
    }

    [[nodiscard]] bool go_on(std::size_t child) {
        if (!std::exchange(found_[child].is_seen, true)) return go_into(child);
        forget(child);
        return skim_.skip_value();
    }

    void forget(std::size_t node) {
        found_[node].is_ambiguous = true;
        for (auto const child : wanted_[node].children) forget(child);
    }

    [[nodiscard]] std::size_t child_called(std::size_t node, std::string_view name) const {
        for (auto const child : wanted_[node].children) {
            if (is_name(name, wanted_[child].token)) return child;
        }
        return lookup::nowhere;
    }

    [[nodiscard]] std::size_t child_at(std::size_t node, std::size_t index) const {
        for (auto const child : wanted_[node].children) {
            if (wanted_[child].index == index) return child;
        }
        return lookup::nowhere;
    }

    std::vector<lookup::node> const& wanted_;
    skimmer skim_;
    std::vector<state> found_;
};

lookup::lookup(std::span<std::string const> pointers)
    : pointers_{pointers.begin(), pointers.end()}, nodes_(1) {
    for (std::string_view rest : pointers_) {
        std::size_t at = 0;
        while (!rest.empty() && at != nowhere) {
            auto token = take_token(rest);
            if (!token) {
                at = nowhere;
                break;
            }
            auto const& known = nodes_[at].children;
            auto const same =
                std::ranges::find(known, *token, [this](std::size_t child) { return nodes_[child].token; });
            if (same != known.end()) {
                at = *same;
                continue;
            }
            auto const fresh = nodes_.size();
            auto const index = array_index(*token);
            nodes_[at].children.push_back(fresh);
            nodes_.push_back({*std::move(token), index, {}});
            at = fresh;
        }
        ends_.push_back(at);
    }
}

std::optional<std::size_t> lookup::index_of(std::string_view pointer) const {
    auto const found = std::ranges::find(pointers_, pointer);
    if (found == pointers_.end()) return std::nullopt;
    return static_cast<std::size_t>(found - pointers_.begin());
}

result<std::vector<place>> lookup::find_in(std::string_view text, std::size_t depth_max) const {
    lookup_scan scan{*this, text, std::min(depth_max, nesting_max)};
    if (!scan.run()) {
        arena scratch;
        HEADGATE_TRY(auto const unlike,
                     parse(text, scratch, {.depth_max = depth_max, .values_max = text.size()}));
        static_cast<void>(unlike);
        return refuse(errc::invalid_argument, "JSON text is malformed", "send RFC 8259 JSON in UTF-8");
    }
    std::vector<place> places;
    places.reserve(ends_.size());
    for (auto const end : ends_) places.push_back(end == nowhere ? place{} : scan.at(end));
    return places;
}

}  // namespace headgate::json
