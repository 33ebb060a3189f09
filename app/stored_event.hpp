#pragma once

#include "core/result.hpp"
#include "model/event.hpp"

#include <string_view>

namespace headgate::app {

// Reads back what GET /api/v1/events/{id} shows. Fails with data_loss when it is something else.
[[nodiscard]] result<event> stored_event(std::string_view json);

}  // namespace headgate::app
