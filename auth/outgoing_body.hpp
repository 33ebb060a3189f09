#pragma once

#include "auth/exam.hpp"
#include "auth/inspect.hpp"
#include "auth/keyring.hpp"
#include "auth/reporter.hpp"
#include "auth/settings.hpp"
#include "core/result.hpp"

#include <map>
#include <string>
#include <vector>

namespace headgate::auth {

// What we send to somebody else: made of values of the request, of constants and of our own secrets.
class outgoing_body {
public:
    // `parts` outlive this. Notes what is wrong with them.
    outgoing_body(values const& parts, settings const& source, std::string const& path, std::string const& at,
                  position const& where, reporter& notes);
    outgoing_body(std::vector<named_values> const& members, settings const& source, std::string const& path,
                  std::string const& at, position const& where, reporter& notes);

    // All parts, one after the other.
    [[nodiscard]] result<std::string> text(exam& of) const;

    // The members as one JSON object, of texts; but a member that is the request's body alone, which must be
    // JSON then, stands as it came. `more` is one more member; none where its name is empty.
    [[nodiscard]] result<std::string> json(exam& of, std::string_view more_name = {},
                                           std::string_view more = {}) const;

private:
    void prepare(values const& parts, settings const& source, std::string const& path, std::string const& at,
                 position const& where, reporter& notes);
    [[nodiscard]] result<std::string> text_of(values const& parts, exam& of) const;

    values const* parts_ = nullptr;
    std::vector<named_values> const* members_ = nullptr;
    std::map<value const*, std::vector<key_bytes>> secrets_;  // Of the parts that are secrets.
};

// The first secret that has not ended. Fails where all have.
[[nodiscard]] result<std::string> active_secret(std::vector<key_bytes> const& keys, wall_time now);

}  // namespace headgate::auth
