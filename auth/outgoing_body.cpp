#include "auth/outgoing_body.hpp"

#include "json/parse.hpp"
#include "json/write.hpp"

#include <utility>

namespace headgate::auth {
namespace {

bool is_body_alone(values const& parts) {
    return parts.size() == 1 && std::holds_alternative<body_value>(parts.front().is);
}

// Else whoever wrote the body could write members beside it.
result<void> check_document(std::string_view body, std::size_t depth_max) {
    json::arena where;
    auto const read = json::parse(body, where, {.depth_max = depth_max});
    if (read && !read->has_duplicates) return {};
    return fails(
        read ? "the body has a name that stands twice" : "the body is not JSON: " + read.error().message,
        "is the sender set to send JSON?");
}

}  // namespace

result<std::string> active_secret(std::vector<key_bytes> const& keys, wall_time now) {
    for (auto const& each : keys) {
        if (!each.until || now < *each.until) return std::string{each.bytes.reveal()};
    }
    return fails("every secret to ask with has expired", "look at their `until`");
}

outgoing_body::outgoing_body(values const& parts, settings const& source, std::string const& path,
                             std::string const& at, position const& where, reporter& notes)
    : parts_{&parts} {
    prepare(parts, source, path, at, where, notes);
}

outgoing_body::outgoing_body(std::vector<named_values> const& members, settings const& source,
                             std::string const& path, std::string const& at, position const& where,
                             reporter& notes)
    : members_{&members} {
    for (auto const& member : members) {
        prepare(member.parts, source, path, at + "." + member.name, where, notes);
    }
}

void outgoing_body::prepare(values const& parts, settings const& source, std::string const& path,
                            std::string const& at, position const& where, reporter& notes) {
    for (auto const& part : parts) {
        if (auto const* secret = std::get_if<secret_value>(&part.is)) {
            secrets_[&part] = shape_secrets(source, secret->shape, path, notes);
        } else {
            inspect(part, at, where, source, notes);
        }
    }
}

result<std::string> outgoing_body::text_of(values const& parts, exam& of) const {
    std::string whole;
    for (auto const& part : parts) {
        if (auto const found = secrets_.find(&part); found != secrets_.end()) {
            HEADGATE_TRY(auto const secret, active_secret(found->second, of.now));
            whole += secret;
        } else {
            HEADGATE_TRY(auto const piece, evaluate(part, of));
            whole += piece.view();
        }
    }
    return whole;
}

result<std::string> outgoing_body::text(exam& of) const {
    return text_of(*parts_, of);
}

result<std::string> outgoing_body::json(exam& of, std::string_view more_name, std::string_view more) const {
    json::writer out;
    out.begin_object();
    for (auto const& [name, parts] : *members_) {
        out.key(name);
        if (is_body_alone(parts)) {
            auto const good = check_document(of.incoming.body, of.place.limits.json_depth_max);
            if (!good) return std::unexpected{good.error()};
            out.raw(of.incoming.body);
            continue;
        }
        HEADGATE_TRY(auto const content, text_of(parts, of));
        out.string(content);
    }
    if (!more_name.empty()) out.key(more_name).string(more);
    out.end_object();
    return std::move(out).take();
}

}  // namespace headgate::auth
