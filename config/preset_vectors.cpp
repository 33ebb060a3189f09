#include "config/preset_vectors.hpp"

#include "config/reader.hpp"
#include "config/verify_values.hpp"

#include <utility>

namespace headgate::config {
namespace {

preset_params read_params(reader& from) {
    preset_params params;
    for (auto& [name, value] : from.text_pairs("params")) params[name] = {std::move(value)};
    return params;
}

preset_vector::answer read_answer(reader& from) {
    preset_vector::answer made;
    made.status = static_cast<unsigned>(from.whole("status", 200, 299).value_or(200));
    made.body = read_any_text(from, "body").value_or("");
    from.finish();
    return made;
}

preset_vector read_vector(reader& from) {
    preset_vector made;
    made.says = from.required_text("says", "from the provider's page").value_or("");
    made.at = from.time("at").value_or(wall_time{});
    for (auto& [name, value] : from.text_pairs("secrets")) made.secrets[name] = std::move(value);
    made.public_url = from.text("public_url").value_or("");
    made.params = read_params(from);
    made.incoming.head.method = from.text("method").value_or("POST");
    made.incoming.head.target = from.required_text("target", "/webhooks/sender").value_or("");
    for (auto& [name, value] : from.text_pairs("headers")) {
        made.incoming.head.fields.push_back({to_lower(name), std::move(value)});
    }
    made.incoming.head.peer = "192.0.2.7";
    made.incoming.head.client_certificate = read_any_text(from, "client_certificate").value_or("");
    made.incoming.body = read_any_text(from, "body").value_or("");
    made.incoming.received_at = made.at;
    for (auto& [url, answer] : from.text_pairs("serves")) made.serves[url] = std::move(answer);
    made.asked = from.text("asked").value_or("");
    made.id = from.text("id").value_or("");
    made.event = from.text("event").value_or("");
    if (auto reply = from.section("reply")) made.reply = read_answer(*reply);
    made.proof = from.texts("proof");
    from.finish();
    return made;
}

}  // namespace

std::string const* preset_vector::answer_to(auth::fetch_rule const& from, std::string const& url,
                                            std::string_view body) const {
    auto const there = serves.find(url);
    bool const is_question = from.what != auth::fetch_rule::kind::token && !body.empty();
    return there != serves.end() && (!is_question || body == asked) ? &there->second : nullptr;
}

std::vector<preset_vector> read_vectors(node const& preset, std::string const& path, notes& into) {
    std::vector<preset_vector> all;
    if (preset.find("vectors") == nullptr) return all;
    reader from{preset, path, into};
    for (auto& one : from.sections("vectors")) all.push_back(read_vector(one));
    return all;
}

std::vector<preset_trial> read_trials(std::string const& name, node const& preset, std::string const& path,
                                      notes& into) {
    std::vector<preset_trial> all;
    for (auto& with : read_vectors(preset, path, into)) {
        auto const place = child_path(child_path(path, "vectors"), all.size());
        auto sender = read_preset(name, preset, path, with.params, preset, place, into);
        sender.public_url = with.public_url;
        for (auto const& [list, text] : with.secrets) {
            sender.secrets[list] = {{secret{std::string{text}}, {}, list + "#0"}};
        }
        all.push_back({place, std::move(sender), std::move(with)});
    }
    return all;
}

}  // namespace headgate::config
