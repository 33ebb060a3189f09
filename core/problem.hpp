#pragma once

#include <string>
#include <vector>

namespace headgate {

// One thing wrong with a configuration. All of them are reported at once.
struct problem {
    std::string path;  // "sources.github.verify.secrets[0]", "rules[2].when"
    std::string what;
    std::string remedy;
    enum class weight { mistake, warning } weighs = weight::mistake;  // A mistake refuses the configuration.
    int line = 0;      // 1-based; 0 until `config` has looked it up from the path.
    std::string file;  // Empty: the only one.
};

using problems = std::vector<problem>;

}  // namespace headgate
