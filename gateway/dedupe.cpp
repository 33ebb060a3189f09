#include "gateway/dedupe.hpp"

#include "transforms/rule_input.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace headgate::gateway {
namespace {

// The program's one non-empty string or number; anything else is nothing.
std::optional<std::string> key_by_program(source const& of, event const& fresh, json::arena& scratch) {
    transforms::body_options const body{.bounds = {.values_max = of.settings.dedupe.values_max,
                                                   .decoded_bytes_max = of.settings.dedupe.decoded_bytes_max},
                                        .as = of.settings.body};
    auto const input = transforms::make_rule_input(fresh, scratch, {.has_id = false, .body = body});
    transforms::run_options options{.limits = {}, .now = fresh.received.received_at, .variables = {}};
    options.limits.steps_max = of.settings.dedupe.steps_max;
    auto const outputs = of.dedupe->run(input.value, scratch, options);
    if (!outputs || outputs->size() != 1) return std::nullopt;
    auto const& key = outputs->front();
    if (key.type() == json::kind::number) return key.number_text();
    if (!key.is_string() || key.as_string().empty()) return std::nullopt;
    return std::string{key.as_string()};
}

std::optional<std::string> key_by_header(source const& of, request const& incoming) {
    auto const value = sole_header(incoming.head.fields, of.settings.dedupe.header);
    if (!value || value->empty()) return std::nullopt;
    return std::string{*value};
}

class key_maker {
public:
    key_maker(event const& fresh, std::optional<sha256_digest> const& digest)
        : fresh_{fresh}, digest_{digest} {}

    void add(dedupe_kind kind, std::string_view value) {
        keys_.push_back(make_dedupe_key(fresh_.tenant, fresh_.source, kind, value));
    }

    void add_digest() {
        if (!digest_ || digested_) return;
        digested_ = true;
        add(dedupe_kind::digest, {reinterpret_cast<char const*>(digest_->data()), digest_->size()});
    }

    void add_configured(std::optional<std::string> const& value) {
        if (value) return add(dedupe_kind::id, *value);
        add_digest();
    }

    [[nodiscard]] std::vector<dedupe_key> take() && { return std::move(keys_); }

private:
    event const& fresh_;
    std::optional<sha256_digest> const& digest_;
    std::vector<dedupe_key> keys_;
    bool digested_ = false;
};

}  // namespace

std::optional<sha256_digest> digest_if_needed(source const& of, request const& incoming,
                                              auth::verdict const& proof) {
    bool const falls_back = [&] {
        switch (of.settings.dedupe.key) {
            case dedupe_settings::by::none: return false;
            case dedupe_settings::by::program: return true;
            case dedupe_settings::by::header: return !key_by_header(of, incoming);
            case dedupe_settings::by::preset:
                return of.settings.sender.delivery.has_id() && proof.sender.delivery_id.empty();
        }
        return true;
    }();
    if (!falls_back && of.settings.replay != replay_key::digest) return std::nullopt;
    return proof.content.digest();
}

std::vector<dedupe_key> dedupe_keys(source const& of, event const& fresh, std::span<std::string const> once,
                                    std::optional<sha256_digest> const& digest, json::arena& scratch) {
    key_maker make{fresh, digest};
    switch (of.settings.dedupe.key) {
        case dedupe_settings::by::none: break;
        case dedupe_settings::by::header: make.add_configured(key_by_header(of, fresh.received)); break;
        case dedupe_settings::by::program: make.add_configured(key_by_program(of, fresh, scratch)); break;
        case dedupe_settings::by::preset:
            if (of.settings.sender.delivery.has_id()) {
                auto const& id = fresh.sender.delivery_id;
                make.add_configured(id.empty() ? std::nullopt : std::optional{id});
            }
            break;
    }
    for (auto const& value : once) make.add(dedupe_kind::once, value);
    if (of.settings.replay == replay_key::digest) make.add_digest();
    return std::move(make).take();
}

}  // namespace headgate::gateway
