#include "config/declare.hpp"

namespace headgate::config {

void declare_configuration(section& root, configuration& into) {
    declare_listen(root, into);
    declare_operators(root, into.console);
    declare_store(root, into.store);
    declare_targets(root, into.dispatch);
    declare_sources(root, declare_presets(root, into.trials), into.gateway);
    declare_tables(root, into.dispatch);
    declare_templates(root);
    declare_rules(root, into.dispatch, into.rule_trials);
    declare_dispatch(root, into.dispatch);
    declare_log(root, into.log);
    declare_reload(root, into.reload);
}

}  // namespace headgate::config
