#include "auth/authenticator.hpp"

#include "auth/combinators.hpp"
#include "auth/compile.hpp"
#include "auth/coverage.hpp"
#include "auth/handshake.hpp"
#include "auth/inspect.hpp"
#include "auth/json_pointers.hpp"
#include "auth/redaction.hpp"
#include "auth/uses.hpp"
#include "core/encoding.hpp"
#include "core/text.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

namespace headgate::auth {
namespace {

constexpr std::size_t delivery_id_bytes_max = 1024;
constexpr std::size_t event_type_bytes_max = 256;

// Of a batch: that of its only item, else the digest of all of them. Empty when one has none.
std::string batch_id_of(id_each const& rule, exam& of) {
    auto const there = of.json_at(rule.in);
    if (!there || !*there || !(*there)->is_array()) return {};
    auto const items = (*there)->items().size();
    if (items > of.place.limits.each_items_max) return {};
    std::vector<std::string> ids;
    for (std::size_t i = 0; i < items; ++i) {
        of.item_pointer = fmt::format("{}/{}", rule.in.pointer, i);
        auto const found = evaluate(rule.id, of);
        of.item_pointer.clear();
        if (!found) return {};
        ids.emplace_back(found->view());
    }
    if (ids.size() == 1 && ids.front().size() <= delivery_id_bytes_max) return ids.front();
    std::vector<std::string_view> const all{ids.begin(), ids.end()};
    return all.empty() ? std::string{} : to_hex(sha256_of_fields(all));
}

// The sender's own id; empty when this request has none that can be used.
std::string delivery_id_of(delivery_rule const& rule, exam& of) {
    if (rule.each) return batch_id_of(*rule.each, of);
    if (!rule.id) return {};
    auto const found = evaluate(*rule.id, of);
    if (!found || found->view().size() > delivery_id_bytes_max) return {};
    return std::string{found->view()};
}

// "release.published"; empty when a part that is not optional is missing.
std::string event_type_of(delivery_rule const& rule, exam& of) {
    std::string type;
    for (auto const& [from, optional] : rule.event) {
        auto const found = evaluate_optional(from, of);
        if (!found || !*found) {
            if (optional) continue;
            return {};
        }
        if (!type.empty()) type += '.';
        type += (*found)->view();
    }
    return type.size() <= event_type_bytes_max ? type : std::string{};
}

bool is_method(std::string_view name) {
    return !name.empty() && std::ranges::all_of(name, [](char c) { return c >= 'A' && c <= 'Z'; });
}

void inspect_answers(answer_rule const& answers, std::string const& at, reporter& notes) {
    auto const within = [&](unsigned status, unsigned from, unsigned to, char const* name) {
        if (status >= from && status <= to) return;
        notes.mistake(fmt::format("{}.answers.{}", at, name),
                      fmt::format("{} is not between {} and {}", status, from, to),
                      "leave it out for the default");
    };
    within(answers.ok, 200, 299, "ok");
    within(answers.duplicate, 200, 299, "duplicate");
    within(answers.unauthenticated, 400, 499, "unauthenticated");
    within(answers.malformed, 400, 499, "malformed");
    if (answers.overload != 429) within(answers.overload, 500, 599, "overload");
    if (answers.stop) within(*answers.stop, 400, 499, "stop");
    if (answers.ok == 204 && !answers.ok_body.empty())
        notes.mistake(at + ".answers.ok_body", "204 has no body", "write ok: 200");
    auto const rejecting = at + ".answers.headers_on_reject";
    for (auto const& [name, text] : answers.headers_on_reject) {
        inspect_answer_header(name, rejecting, notes);
        if (has_controls(text))
            notes.mistake(rejecting, fmt::format("{} would have a control character in it", name),
                          "one line of plain text");
    }
}

void inspect_delivery(settings const& source, std::string const& at, reporter& notes) {
    auto const& delivery = source.delivery;
    auto const where = [&](value const& from) {
        return position{.claims_known = source.verify && binds(*source.verify, from)};
    };
    if (delivery.id) inspect(*delivery.id, at + ".delivery.id", where(*delivery.id), source, notes);
    for (auto const& part : delivery.event) {
        inspect(part.from, at + ".delivery.event", where(part.from), source, notes);
    }
    if (delivery.id && delivery.id_signed && (!source.verify || !binds(*source.verify, *delivery.id))) {
        notes.mistake(at + ".delivery.id_signed",
                      fmt::format("{} is not signed by these checks", describe(*delivery.id)),
                      "write id_signed: false");
    }
    if (!delivery.each) return;
    auto const place = at + ".delivery.id_each";
    if (delivery.id) notes.mistake(place, "stands beside `id`", "keep one of the two");
    inspect(value{json_value{delivery.each->in}}, place + ".in", {}, source, notes);
    inspect(delivery.each->id, place + ".id", {.parts = {}, .inside_each = true}, source, notes);
    if (delivery.id_signed && (!source.verify || !binds(*source.verify, {body_value{}}))) {
        notes.mistake(at + ".delivery.id_signed", "the body is not signed by these checks",
                      "write id_signed: false");
    }
}

void inspect_unused_secrets(settings const& source, std::string const& at, reporter& notes) {
    auto const used = secrets_used_by(source);
    for (auto const& [name, entries] : source.secrets) {
        if (used.contains(name)) continue;
        notes.warning(
            fmt::format("{}.secrets.{}", at, name), "no check uses this secret",
            used.empty() ? "remove it" : fmt::format("is it meant to be {}?", fmt::join(used, " or ")));
    }
}

std::vector<std::string> key_names_of(node const& tree) {
    std::vector<std::string> names;
    tree.name_keys(names);
    std::ranges::sort(names);
    auto const rest = std::ranges::unique(names);
    names.erase(rest.begin(), rest.end());
    return names;
}

coverage effective_coverage(settings const& source, std::string const& at, reporter& notes) {
    auto const proven = source.verify ? binding_of(*source.verify) : coverage::none;
    if (source.covers && *source.covers > proven) {
        notes.mistake(
            at + ".covers",
            fmt::format("says {}, but these checks cover {}", name_of(*source.covers), name_of(proven)),
            "sign the body, or say what is true");
    }
    return source.covers ? std::min(*source.covers, proven) : proven;
}

}  // namespace

sha256_digest signed_content::digest() const {
    std::vector<std::string_view> fields;
    fields.reserve(pieces_.size());
    for (auto const& piece : pieces_) fields.push_back(piece.view());
    return sha256_of_fields(fields);
}

// Referred to by the nodes, so it never moves.
struct authenticator::parts final : public verifier {
    settings const source;
    check const nothing;  // What `insecure` stands on.
    surroundings place;
    node_ptr tree;
    std::vector<std::unique_ptr<handshake const>> handshakes;
    std::vector<std::string> all_methods;
    std::vector<std::string> key_names;
    credential_places credentials;
    coverage covered = coverage::none;

    explicit parts(settings from) : source{std::move(from)} {}

    [[nodiscard]] std::vector<fetch> needs(request const& incoming, facts const& known,
                                           wall_time now) const override {
        if (!tree->may_need()) return {};
        exam of{incoming, known, now, place};
        return tree->needs(of);
    }

    [[nodiscard]] result<verdict> verify(request const& incoming, facts const& known,
                                         wall_time now) const override {
        exam of{incoming, known, now, place};
        return judge(of);
    }

    [[nodiscard]] result<verdict> judge(exam& of) const;
    void add_delivery(exam& of, identity& to) const;
};

void authenticator::parts::add_delivery(exam& of, identity& to) const {
    to.delivery_id = delivery_id_of(source.delivery, of);
    to.delivery_id_signed = source.delivery.id_signed && !to.delivery_id.empty();
    to.event_type = event_type_of(source.delivery, of);
}

result<verdict> authenticator::parts::judge(exam& of) const {
    auto shown_or_not = tree->test(of);
    if (!shown_or_not) {
        // A missing header must not be refused sooner than a wrong signature: the time would tell them apart.
        if (!of.spent_a_mac) burn_time(of.incoming.body);
        return std::unexpected{std::move(shown_or_not).error()};
    }
    auto shown = *std::move(shown_or_not);
    identity sender{std::move(shown.verified_by), std::move(shown.key_id), covered};
    sender.signed_time = shown.signed_time;
    add_delivery(of, sender);
    sender.subject = std::move(shown.about.is_known() ? shown.about.subject : shown.certificate);
    sender.email = std::move(shown.about.email);
    sender.groups = std::move(shown.about.groups);
    auto pieces = std::move(shown.signed_pieces);
    if (pieces.empty()) {
        pieces.emplace_back(std::string_view{of.incoming.head.method});
        pieces.emplace_back(std::string_view{of.incoming.head.target});
        pieces.emplace_back(std::string_view{of.incoming.body});
    }
    return verdict{std::move(sender), std::move(shown.once), signed_content{std::move(pieces)},
                   std::move(shown.keys)};
}

authenticator::authenticator(std::unique_ptr<parts const> made) : parts_{std::move(made)} {}
authenticator::authenticator(authenticator&&) noexcept = default;
authenticator& authenticator::operator=(authenticator&&) noexcept = default;
authenticator::~authenticator() = default;

std::optional<authenticator> authenticator::make(settings from, std::string const& path, problems& found) {
    reporter notes{found};
    auto made = std::make_unique<parts>(std::move(from));
    auto const& source = made->source;

    inspect_public_url(source, path, notes);
    made->place.params = source.params;
    made->place.limits = source.limits;
    made->place.members = json::lookup{json_pointers_of(source)};
    made->place.public_url = plain_public_url(source.public_url);
    made->place.public_url_ported = public_url_with_other_port(source.public_url);

    if (source.verify && source.insecure) {
        notes.mistake(path + ".insecure", "contradicts `verify`", "remove one of the two");
    } else if (source.verify) {
        made->tree = compiler{source, path, notes}.compile_tree(*source.verify, "verify");
        if (!proves_sender(*source.verify)) {
            notes.mistake(path + ".verify", "proves nothing about the sender",
                          "compare with a secret, check a signature, or limit the addresses with peer");
        }
    } else if (source.insecure) {
        made->tree = std::make_unique<nothing_node>(made->nothing);
        notes.warning(path + ".verify", "accepts every request from anybody",
                      "use a secret as soon as you can");
    } else {
        notes.mistake(path + ".verify", "is missing", "write verify: {preset: …, secrets: [{file: …}]}");
    }

    for (std::size_t i = 0; i < source.handshakes.size(); ++i) {
        made->handshakes.push_back(handshake::make(source.handshakes[i], i, source, path, notes));
    }
    made->all_methods = source.methods;
    for (auto const& shaking : source.handshakes) {
        for (auto const& method : shaking.when.methods) {
            bool const known = std::ranges::find(made->all_methods, method) != made->all_methods.end();
            if (!known) made->all_methods.push_back(method);
        }
    }
    if (source.methods.empty() || !std::ranges::all_of(made->all_methods, is_method)) {
        notes.mistake(path + ".methods", "is not a list of methods", "write for example [POST]");
    }

    inspect_delivery(source, path, notes);
    inspect_answers(source.answers, path, notes);
    inspect_unused_secrets(source, path, notes);
    made->covered = effective_coverage(source, path, notes);
    made->credentials = credential_places_of(source);
    if (notes.mistakes() > 0) return std::nullopt;
    made->key_names = key_names_of(*made->tree);
    return authenticator{std::move(made)};
}

verifier const& authenticator::checks() const noexcept {
    return *parts_;
}

identity authenticator::taken_as_genuine(request const& incoming) const {
    facts const nothing_known;
    exam of{incoming, nothing_known, incoming.received_at, parts_->place};
    identity sender{"nothing", "", parts_->covered};
    parts_->add_delivery(of, sender);
    return sender;
}

std::vector<fetch_rule const*> authenticator::fetched() const {
    return fetched_for(parts_->source);
}

std::vector<session_proxy const*> authenticator::session_proxies() const {
    return session_proxies_of(parts_->source);
}

bool authenticator::uses_values_once() const {
    return headgate::auth::uses_values_once(parts_->source);
}

handshake const* authenticator::handshake_for(request const& incoming) const {
    if (parts_->handshakes.empty()) return nullptr;
    facts const nothing_known;
    exam of{incoming, nothing_known, {}, parts_->place};
    of.json_bytes_max = parts_->source.handshake_json_bytes_max;
    auto const found =
        std::ranges::find_if(parts_->handshakes, [&](auto const& one) { return one->is_meant(of); });
    return found == parts_->handshakes.end() ? nullptr : found->get();
}

result<response> authenticator::answer(handshake const& which, request const& incoming, facts const& known,
                                       wall_time now) const {
    exam of{incoming, known, now, parts_->place};
    of.json_bytes_max = parts_->source.handshake_json_bytes_max;
    return which.answer(of, *parts_->tree);
}

std::string authenticator::handed_over(handshake const& which, request const& incoming) const {
    facts const nothing_known;
    exam of{incoming, nothing_known, {}, parts_->place};
    of.json_bytes_max = parts_->source.handshake_json_bytes_max;
    return which.handed_over(of);
}

result<std::optional<wanted_fact>> authenticator::call_of(handshake const& which,
                                                          request const& incoming) const {
    facts const nothing_known;
    exam of{incoming, nothing_known, {}, parts_->place};
    of.json_bytes_max = parts_->source.handshake_json_bytes_max;
    return which.call(of);
}

std::span<std::string const> authenticator::key_names() const noexcept {
    return parts_->key_names;
}

std::span<std::string const> authenticator::methods() const noexcept {
    return parts_->all_methods;
}

std::span<std::string const> authenticator::event_methods() const noexcept {
    return parts_->source.methods;
}

void authenticator::redact(request& verified) const {
    auth::redact(verified, parts_->credentials);
}

answer_rule const& authenticator::answers() const noexcept {
    return parts_->source.answers;
}

std::optional<std::size_t> authenticator::body_bytes_max() const noexcept {
    return parts_->source.body_bytes_max;
}

coverage authenticator::covers() const noexcept {
    return parts_->covered;
}

bool authenticator::leaves_open(value const& which) const {
    auto const& verify = parts_->source.verify;
    return verify && parts_->covered != coverage::none && !binds(*verify, which);
}

std::vector<finding> authenticator::explain(request const& incoming, facts const& known,
                                            wall_time now) const {
    std::vector<finding> findings;
    exam of{incoming, known, now, parts_->place};
    of.findings = &findings;
    auto const judged = parts_->judge(of);
    finding last{.check = "verify", .step = "verdict", .held = judged.has_value(), .said = {}, .remedy = {}};
    last.said = judged ? "accepted: " + judged->sender.verified_by : judged.error().message;
    if (!judged) last.remedy = judged.error().remedy;
    findings.push_back(std::move(last));
    return findings;
}

}  // namespace headgate::auth
