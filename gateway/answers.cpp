#include "gateway/answers.hpp"

#include "gateway/status.hpp"
#include "transforms/content_coding.hpp"

#include <string>
#include <utility>

namespace headgate::gateway {
namespace {

constexpr char const* not_accepted = R"({"error":"not accepted"})";

}  // namespace

response accepted(auth::answer_rule const& as, store::receipt const& stored) {
    if (!as.ok_body.empty()) return {as.ok, {{"content-type", "text/plain"}}, as.ok_body};
    auto const status = stored.duplicate ? as.duplicate : as.ok;
    if (status == 204) return {status, {}, {}};
    auto body = R"({"id":")" + to_string(stored.id) + '"';
    body += stored.duplicate ? R"(,"duplicate":true})" : "}";
    return json_answer(status, std::move(body));
}

response refused(auth::answer_rule const& as, std::chrono::seconds retry_after, error const& why) {
    auto const status = http_status(why.code);
    if (status == 503) {
        auto answer = json_answer(as.overload, R"({"error":"try again later"})");
        answer.fields.push_back({"retry-after", std::to_string(retry_after.count())});
        return answer;
    }
    if (status == 400) return json_answer(as.malformed, R"({"error":"malformed request"})");
    auto answer = json_answer(as.unauthenticated, not_accepted);
    answer.fields.insert(answer.fields.end(), as.headers_on_reject.begin(), as.headers_on_reject.end());
    return answer;
}

response unknown_path() {
    return json_answer(404, not_accepted);
}

response too_many_requests(std::chrono::seconds retry_after) {
    auto answer = json_answer(429, R"({"error":"too many requests"})");
    answer.fields.push_back({"retry-after", std::to_string(retry_after.count())});
    return answer;
}

response method_not_allowed(std::vector<std::string> const& allowed) {
    auto answer = json_answer(405, R"({"error":"method not allowed"})");
    std::string list;
    for (auto const& method : allowed) list += (list.empty() ? "" : ", ") + method;
    answer.fields.push_back({"allow", std::move(list)});
    return answer;
}

response encoding_not_allowed(std::span<transforms::content_coding const> allowed) {
    auto answer = json_answer(415, R"({"error":"Content-Encoding is not allowed here"})");
    std::string list;
    for (auto const each : allowed) list.append(transforms::name_of(each)).append(", ");
    answer.fields.push_back({"accept-encoding", list + "identity"});
    return answer;
}

}  // namespace headgate::gateway
