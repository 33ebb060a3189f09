#include "auth/content.hpp"

#include <fmt/format.h>

#include <utility>

namespace headgate::auth {
namespace {

struct resolver {
    exam& of;
    vantage const& here;

    result<std::vector<text>> operator()(values const& sequence) const {
        std::vector<text> pieces;
        pieces.reserve(sequence.size());
        for (auto const& item : sequence) {
            HEADGATE_TRY(auto piece, evaluate(item, of, here));
            pieces.push_back(std::move(piece));
        }
        return pieces;
    }

    result<std::vector<text>> operator()(join_content const& joined) const {
        std::vector<text> pieces;
        for (auto const& [item, absent] : joined.items) {
            if (!pieces.empty()) pieces.emplace_back(std::string_view{joined.separator});
            if (!absent) {
                HEADGATE_TRY(auto piece, evaluate(item, of, here));
                pieces.push_back(std::move(piece));
                continue;
            }
            HEADGATE_TRY(auto piece, evaluate_optional(item, of, here));
            pieces.push_back(piece ? *std::move(piece) : text{std::string_view{*absent}});
        }
        return pieces;
    }

    result<std::vector<text>> operator()(lines_content const& lines) const {
        std::string chosen;
        if (lines.chosen_by) {
            HEADGATE_TRY(auto const which, evaluate({json_value{*lines.chosen_by}}, of, here));
            chosen = which.view();
        }
        auto const list = lines.lists.find(chosen);
        if (list == lines.lists.end()) {
            return fails(
                fmt::format("JSON member {} names no known list of members", lines.chosen_by->pointer));
        }
        std::vector<text> pieces;
        for (auto const& [name, optional] : list->second) {
            json_path const place{.pointer = "/" + name};
            // What is signed this way may be the whole message: as long as the body.
            HEADGATE_TRY(auto piece,
                         evaluate_optional({json_value{place}}, of, here, of.incoming.body.size()));
            if (!piece && optional) continue;
            if (!piece) return fails(fmt::format("JSON member /{} is missing", name));
            HEADGATE_TRY(auto const there, of.json_at(place));
            if (!there || !there->is_string()) return fails(fmt::format("JSON member /{} is no text", name));
            if (!pieces.empty() && piece->view().contains('\n'))
                return fails(fmt::format("JSON member /{} has a line break, and only the first may", name));
            pieces.emplace_back(std::string_view{name});
            pieces.emplace_back(std::string_view{"\n"});
            pieces.push_back(*std::move(piece));
            pieces.emplace_back(std::string_view{"\n"});
        }
        return pieces;
    }
};

}  // namespace

result<std::vector<text>> resolve(content const& signs, exam& of, vantage const& here) {
    return std::visit(resolver{of, here}, signs);
}

}  // namespace headgate::auth
