#pragma once

#include "http/settings.hpp"

#include <cstddef>
#include <vector>

// The process's file descriptors, shared out before anything listens: whoever fills the webhooks listener
// must not take the descriptors that the store, the targets and the operator need.

namespace headgate::http {

// For everything that is no connection: the store's files, the targets' connections, threads, logs.
inline constexpr std::size_t descriptors_kept = 192;

// Raises this process's limit of open files as far as the system lets it, and returns it.
std::size_t raise_descriptor_limit();

struct lowered_limit {
    listener_settings const* of;
    std::size_t configured;
};

// Lowers each listener's `connections_max` to what `limit` descriptors leave, the operator's to a quarter of
// that at most, but neither below 16. Returns those that it lowered.
std::vector<lowered_limit> share_descriptors(std::size_t limit, listener_settings& webhooks,
                                             listener_settings& operator_);

}  // namespace headgate::http
