#include "console/answers.hpp"

#include "json/write.hpp"

#include <utility>

namespace headgate::console {
namespace {

unsigned status_of(errc code) {
    switch (code) {
        case errc::invalid_argument:
        case errc::out_of_range: return 400;
        case errc::unauthenticated: return 401;
        case errc::permission_denied: return 403;
        case errc::not_found: return 404;
        case errc::unimplemented: return 405;
        case errc::already_exists:
        case errc::failed_precondition:
        case errc::aborted: return 409;
        case errc::resource_exhausted:
        case errc::unavailable:
        case errc::cancelled: return 503;
        case errc::deadline_exceeded: return 504;
        case errc::unknown:
        case errc::internal:
        case errc::data_loss: return 500;
    }
    return 500;
}

}  // namespace

response text_answer(std::string_view type, std::string body) {
    return {200, {{"content-type", std::string{type}}}, std::move(body)};
}

response problem_answer(error const& why) {
    auto const status = status_of(why.code);
    json::writer out;
    out.begin_object();
    out.key("type").string("about:blank");
    out.key("title").string(name_of(why.code));
    out.key("status").integer(status);
    out.key("detail").string(why.message);
    if (!why.remedy.empty()) out.key("remedy").string(why.remedy);
    out.end_object();
    response answer{status, {{"content-type", "application/problem+json"}}, std::move(out).take()};
    if (status == 401) answer.fields.push_back({"www-authenticate", "Bearer"});
    if (status == 503) answer.fields.push_back({"retry-after", "5"});
    return answer;
}

}  // namespace headgate::console
