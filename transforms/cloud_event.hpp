#pragma once

#include "core/result.hpp"
#include "json/value.hpp"
#include "model/request.hpp"
#include "transforms/body.hpp"

#include <optional>
#include <string_view>

// CloudEvents 1.0, over HTTP: structured and in batches as JSON, and binary.

namespace headgate::transforms {

inline constexpr std::string_view cloud_event_type = "application/cloudevents+json";
inline constexpr std::string_view cloud_event_batch_type = "application/cloudevents-batch+json";

// Refuses, with invalid_argument, a document that is not one event, or not an array of them.
[[nodiscard]] result<void> check_cloud_event(json::value const& document);
[[nodiscard]] result<void> check_cloud_events(json::value const& documents);

// The one event that a request is: its attributes by name, and `data`. Nothing where it is none, or a batch.
// Where headers say that it is one and it is not, unreadable; so is `data` where the body is.
[[nodiscard]] std::optional<json::value> cloud_event_of(headers const& fields, decoded_body const& body,
                                                        json::arena& where);

}  // namespace headgate::transforms
