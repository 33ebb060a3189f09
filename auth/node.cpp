#include "auth/node.hpp"

#include "auth/moment.hpp"

#include <utility>

namespace headgate::auth {

result<proof> node::test(exam& of) const {
    if (!applies(of)) {
        note(of, "when", false, "this check is not meant for such a request");
        return fails(name_ + ": its condition does not hold");
    }
    return examine(of);
}

result<proof> leaf::examine(exam& of) const {
    auto shown = look(of);
    if (shown) return shown;
    note(of, "verdict", false, shown.error().message, shown.error().remedy);
    return while_doing(name(), std::move(shown).error());
}

result<std::optional<wall_time>> node::check_time(exam& of, vantage const& here) const {
    if (!from_.time) return std::nullopt;
    auto const& rule = *from_.time;
    HEADGATE_TRY(auto const written, evaluate(rule.from, of, here));
    auto read = read_time(written.view(), rule.unit);
    if (!read) return while_doing(describe(rule.from), std::move(read).error());
    auto inside = within_window(*read, of.now, rule);
    if (!inside) return while_doing(describe(rule.from), std::move(inside).error());
    if (of.findings) note(of, "time", true, describe(rule.from) + " says " + to_rfc3339(*read));
    return *read;
}

result<void> node::take_once(exam& of, proof& shown, vantage const& here) const {
    if (!from_.once) return {};
    HEADGATE_TRY(auto const used, evaluate(from_.once->from, of, here));
    shown.once.emplace_back(used.view());
    return {};
}

void node::note(exam& of, std::string step, bool held, std::string said, std::string remedy) const {
    if (!of.findings) return;
    of.findings->push_back({name_, std::move(step), held, std::move(said), std::move(remedy)});
}

}  // namespace headgate::auth
