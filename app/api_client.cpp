#include "app/api_client.hpp"

#include "app/exit_code.hpp"
#include "app/files.hpp"
#include "core/deadline.hpp"
#include "core/encoding.hpp"
#include "core/run_on.hpp"
#include "http/client.hpp"
#include "json/parse.hpp"

#include <utility>

namespace headgate::app {
namespace {

constexpr std::chrono::seconds answer_within{30};
constexpr std::size_t answer_bytes_max = 64 * 1024 * 1024;
constexpr std::size_t token_bytes_max = 64 * 1024;

std::string url_of(api_options const& where, api_question const& question) {
    auto url = where.url;
    while (url.ends_with('/')) url.pop_back();
    url += question.path;
    char separator = '?';
    for (auto const& [name, value] : question.query) {
        url += separator + name + '=' + percent_encode(value);
        separator = '&';
    }
    return url;
}

result<std::string> token_of(api_options const& where) {
    if (where.token_file.empty()) {
        return refuse(errc::out_of_range, "no operator's token", "give --token-file");
    }
    HEADGATE_TRY(auto token, read_whole(where.token_file, token_bytes_max));
    while (token.ends_with('\n') || token.ends_with('\r')) token.pop_back();
    return token;
}

errc code_of(unsigned status) {
    switch (status) {
        case 400: return errc::out_of_range;  // A filter, an id: what stood on the command line.
        case 401: return errc::unauthenticated;
        case 403: return errc::permission_denied;
        case 404: return errc::not_found;
        case 409: return errc::aborted;
        default: return errc::unavailable;
    }
}

// What the answer's problem says, in its own words.
error problem_of(response const& answer) {
    error why{code_of(answer.status), "the API answered " + std::to_string(answer.status), ""};
    json::arena values;
    auto const parsed = json::parse(answer.body, values);
    if (!parsed) return why;
    if (auto const detail = parsed->root.find("detail"); detail && detail->is_string())
        why.message = detail->as_string();
    if (auto const remedy = parsed->root.find("remedy"); remedy && remedy->is_string())
        why.remedy = remedy->as_string();
    return why;
}

}  // namespace

result<std::string> ask_api(api_options const& where, api_question const& question) {
    HEADGATE_TRY(auto const token, token_of(where));
    http::client_request request{.method = question.method,
                                 .url = url_of(where, question),
                                 .fields = {{"authorization", "Bearer " + token}},
                                 .body = {},
                                 .certificate_authorities = where.certificate_authorities,
                                 .response_bytes_max = answer_bytes_max};
    HEADGATE_TRY(auto answer, typed(run_here(http::fetch(std::move(request), from_now(answer_within)))));
    if (answer.status >= 200 && answer.status < 300) return std::move(answer.body);
    return std::unexpected{problem_of(answer)};
}

}  // namespace headgate::app
