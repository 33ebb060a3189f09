#include "auth/pattern.hpp"

#include <re2/re2.h>

namespace headgate::auth {
namespace {

RE2::Options options() {
    RE2::Options chosen;
    chosen.set_log_errors(false);
    chosen.set_encoding(RE2::Options::EncodingLatin1);
    chosen.set_never_nl(false);
    chosen.set_max_mem(1 << 20);
    return chosen;
}

}  // namespace

pattern::pattern(std::string const& expression)
    : compiled_{std::make_shared<RE2 const>(expression, options())} {}

std::string const& pattern::flaw() const {
    return compiled_->error();
}

bool pattern::matches(std::string_view text) const {
    return RE2::FullMatch(re2::StringPiece{text.data(), text.size()}, *compiled_);
}

}  // namespace headgate::auth
