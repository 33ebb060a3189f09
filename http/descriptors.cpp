#include "http/descriptors.hpp"

#include <algorithm>
#include <sys/resource.h>

namespace headgate::http {
namespace {

constexpr std::size_t connections_min = 16;

void lower(listener_settings& at, std::size_t to, std::vector<lowered_limit>& lowered) {
    auto& now = at.bounds.connections_max;
    if (now <= to) return;
    lowered.push_back({&at, now});
    now = to;
}

}  // namespace

std::size_t raise_descriptor_limit() {
    rlimit files{};
    if (::getrlimit(RLIMIT_NOFILE, &files) != 0) return 0;
    auto const before = files.rlim_cur;
    files.rlim_cur = files.rlim_max;
    return ::setrlimit(RLIMIT_NOFILE, &files) == 0 ? files.rlim_max : before;
}

std::vector<lowered_limit> share_descriptors(std::size_t limit, listener_settings& webhooks,
                                             listener_settings& operator_) {
    std::vector<lowered_limit> lowered;
    auto const left = limit - std::min(limit, descriptors_kept);
    lower(operator_, std::max(left / 4, connections_min), lowered);
    auto const rest = left - std::min(left, operator_.bounds.connections_max);
    lower(webhooks, std::max(rest, connections_min), lowered);
    return lowered;
}

}  // namespace headgate::http
