#include "auth/json_pointers.hpp"

#include <algorithm>

namespace headgate::auth {
namespace {

class gatherer {
public:
    [[nodiscard]] std::vector<std::string> take() && { return std::move(found_); }

    void add(check const& from) {
        std::visit(*this, from.is);
        if (from.when) add(*from.when);
        if (from.time) add(from.time->from);
        if (from.once) add(from.once->from);
    }

    void add(guard const& when) {
        for (auto const& [path, expected] : when.json) add(path);
        for (auto const& path : when.json_has) add(path);
    }

    void add(value const& from) {
        if (auto const* member = std::get_if<json_value>(&from.is)) {
            add(member->path);
        } else if (auto const* slice = std::get_if<slice_value>(&from.is)) {
            add(json_path{});
            add(slice->if_array);
            add(slice->if_object);
        } else if (auto const* digest = std::get_if<digest_value>(&from.is); digest && digest->of) {
            add(*digest->of);
        }
    }

    void operator()(mac_check const& is) {
        add(is.signs);
        add(is.signature.from);
    }
    void operator()(sig_check const& is) {
        add(is.signs);
        add(is.signature.from);
        if (auto const* from = std::get_if<certificate_source>(&is.key)) add(from->url);
    }
    void operator()(jwt_check const& is) {
        add(is.from);
        for (auto const& [name, wanted] : is.claims) {
            if (auto const* text = std::get_if<value>(&wanted)) add(*text);
        }
        if (auto const* from = std::get_if<key_endpoint>(&is.keys)) add(from->json);
    }
    void operator()(session_check const& is) {
        if (auto const* token = std::get_if<id_token>(&is.by); token && token->jwt) add(*token->jwt);
    }
    void operator()(equal_check const& is) {
        add(is.a);
        add(is.b);
    }
    void operator()(all_check const& is) {
        for (auto const& member : is.members) add(member);
    }
    void operator()(any_check const& is) {
        for (auto const& member : is.members) add(member);
    }
    void operator()(each_check const& is) { add(is.in); }
    void operator()(peer_check const&) {}
    void operator()(postback_check const& is) {
        add(is.json);
        for (auto const& part : is.body) add(part);
    }

    void add(std::vector<named_values> const& members) {
        for (auto const& member : members) {
            for (auto const& part : member.parts) add(part);
        }
    }

private:
    void add(json_path const& path) {
        bool const is_known = std::ranges::find(found_, path.pointer) != found_.end();
        if (path.from == json_path::start::document && !is_known) found_.push_back(path.pointer);
    }

    void add(content const& signs) {
        if (auto const* sequence = std::get_if<values>(&signs)) {
            for (auto const& item : *sequence) add(item);
        } else if (auto const* joined = std::get_if<join_content>(&signs)) {
            for (auto const& item : joined->items) add(item.item);
        } else {
            auto const& lines = std::get<lines_content>(signs);
            if (lines.chosen_by) add(*lines.chosen_by);
            for (auto const& [chosen, members] : lines.lists) {
                for (auto const& member : members) add(json_path{.pointer = "/" + member.name});
            }
        }
    }

    std::vector<std::string> found_;
};

}  // namespace

std::vector<std::string> json_pointers_of(settings const& source) {
    gatherer all;
    if (source.verify) all.add(*source.verify);
    if (source.delivery.id) all.add(*source.delivery.id);
    if (source.delivery.each) all.add(value{json_value{source.delivery.each->in}});
    for (auto const& part : source.delivery.event) all.add(part.from);
    for (auto const& shaking : source.handshakes) {
        all.add(shaking.when);
        if (!shaking.call) continue;
        all.add(shaking.call->url);
        all.add(shaking.call->query);
    }
    return std::move(all).take();
}

}  // namespace headgate::auth
