#include "app/verdict_view.hpp"

#include "console/views.hpp"
#include "core/digest.hpp"
#include "core/encoding.hpp"

#include <utility>

namespace headgate::app {
namespace {

void write_findings(json::writer& out, std::vector<auth::finding> const& findings) {
    out.key("findings").begin_array();
    for (auto const& each : findings) {
        out.begin_object();
        out.key("check").string(each.check);
        out.key("step").string(each.step);
        out.key("held").boolean(each.held);
        out.key("said").string(each.said);
        if (!each.remedy.empty()) out.key("remedy").string(each.remedy);
        out.end_object();
    }
    out.end_array();
}

void write_refusal(json::writer& out, error const& why) {
    out.key("refused").begin_object();
    out.key("message").string(why.message);
    out.key("remedy").string(why.remedy);
    out.end_object();
}

void write_content(json::writer& out, auth::signed_content const& content) {
    std::size_t bytes = 0;
    for (auto const& piece : content.pieces()) bytes += piece.view().size();
    out.key("signed_content").begin_object();
    out.key("bytes_without_time").integer(static_cast<std::int64_t>(bytes));
    out.key("digest").string(to_hex(content.digest()));
    out.end_object();
}

}  // namespace

void write_identity(json::writer& out, identity const& sender) {
    console::write_verdict(out, sender);
    out.key("type").string(sender.event_type);
}

std::string verdict_view(result<auth::verdict> const& verdict, std::vector<auth::finding> const& findings) {
    json::writer out;
    out.begin_object().key("accepted").boolean(verdict.has_value());
    if (verdict) {
        out.key("verdict").begin_object();
        write_identity(out, verdict->sender);
        write_content(out, verdict->content);
        out.end_object();
    } else {
        write_refusal(out, verdict.error());
    }
    write_findings(out, findings);
    out.end_object();
    return std::move(out).take();
}

std::string handshake_view(result<response> const& answer, std::vector<auth::finding> const& findings) {
    json::writer out;
    out.begin_object().key("accepted").boolean(answer.has_value());
    if (answer) {
        out.key("handshake").begin_object().key("status").integer(answer->status).end_object();
    } else {
        write_refusal(out, answer.error());
    }
    write_findings(out, findings);
    out.end_object();
    return std::move(out).take();
}

}  // namespace headgate::app
