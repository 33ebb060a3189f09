#pragma once

#include "core/result.hpp"
#include "store/event_store.hpp"

#include <memory>
#include <string>

namespace headgate::store {

// A store that no `serve` holds, opened to look something up. Writes nothing; calls block.
class stored_events {
public:
    virtual ~stored_events() = default;

    // Fails with not_found, or with data_loss when the row is damaged.
    [[nodiscard]] virtual result<event_record> read_event(uuid const& id) = 0;

protected:
    stored_events() = default;
};

// Keeps `serve` from starting on it meanwhile; several may look at once. Fails with failed_precondition when
// there is no such file, when a running `serve` holds it, when it belongs to another program, or when its
// schema is not the one of this program; with data_loss when it is no database.
[[nodiscard]] result<std::unique_ptr<stored_events>> open_read_only(std::string const& path);

}  // namespace headgate::store
