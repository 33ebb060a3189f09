#include "http/answer.hpp"

#include "http/characters.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <iterator>

namespace headgate::http {
namespace {

std::string_view reason_phrase(unsigned status) {
    switch (status) {
        case 200: return "OK";
        case 201: return "Created";
        case 202: return "Accepted";
        case 204: return "No Content";
        case 206: return "Partial Content";
        case 301: return "Moved Permanently";
        case 302: return "Found";
        case 303: return "See Other";
        case 304: return "Not Modified";
        case 307: return "Temporary Redirect";
        case 308: return "Permanent Redirect";
        case 400: return "Bad Request";
        case 401: return "Unauthorized";
        case 403: return "Forbidden";
        case 404: return "Not Found";
        case 405: return "Method Not Allowed";
        case 406: return "Not Acceptable";
        case 408: return "Request Timeout";
        case 409: return "Conflict";
        case 410: return "Gone";
        case 411: return "Length Required";
        case 412: return "Precondition Failed";
        case 413: return "Content Too Large";
        case 414: return "URI Too Long";
        case 415: return "Unsupported Media Type";
        case 417: return "Expectation Failed";
        case 422: return "Unprocessable Content";
        case 428: return "Precondition Required";
        case 429: return "Too Many Requests";
        case 431: return "Request Header Fields Too Large";
        case 500: return "Internal Server Error";
        case 501: return "Not Implemented";
        case 502: return "Bad Gateway";
        case 503: return "Service Unavailable";
        case 504: return "Gateway Timeout";
        case 505: return "HTTP Version Not Supported";
        default: return "";
    }
}

std::string_view error_body(unsigned status) {
    switch (status) {
        case 400: return R"({"error":"bad request"})";
        case 408: return R"({"error":"request timeout"})";
        case 413: return R"({"error":"content too large"})";
        case 414: return R"({"error":"uri too long"})";
        case 417: return R"({"error":"expectation failed"})";
        case 429: return R"({"error":"too many requests"})";
        case 431: return R"({"error":"header fields too large"})";
        case 501: return R"({"error":"not implemented"})";
        case 503: return R"({"error":"service unavailable"})";
        case 505: return R"({"error":"http version not supported"})";
        default: return R"({"error":"internal error"})";
    }
}

bool is_field_name(std::string_view name) {
    return !name.empty() && std::ranges::all_of(name, [](char c) {
        return field_name_table[static_cast<unsigned char>(c)] != 0;
    });
}

bool can_be_sent(response const& answer) {
    return answer.status >= 200 && answer.status <= 599 &&
           std::ranges::all_of(answer.fields, [](header const& field) {
               return is_field_name(field.name) && is_field_value(field.value);
           });
}

bool is_ours(std::string_view name) {
    switch (name.size()) {
        case 4: return equals_ignoring_case(name, "date");
        case 7: return equals_ignoring_case(name, "trailer") || equals_ignoring_case(name, "upgrade");
        case 10: return equals_ignoring_case(name, "connection");
        case 14: return equals_ignoring_case(name, "content-length");
        case 17: return equals_ignoring_case(name, "transfer-encoding");
        case 22: return equals_ignoring_case(name, "x-content-type-options");
        default: return false;
    }
}

}  // namespace

unsigned append_answer(std::string& out, response const& answer, std::string_view date, after_answer then,
                       answer_body body) {
    if (!can_be_sent(answer)) return append_answer(out, internal_error(), date, then, body);

    fmt::format_to(std::back_inserter(out), FMT_STRING("HTTP/1.1 {} {}\r\nDate: {}\r\n"), answer.status,
                   reason_phrase(answer.status), date);
    out += "X-Content-Type-Options: nosniff\r\n";
    bool const has_no_content = answer.status == 204 || answer.status == 304;
    if (!has_no_content) {
        fmt::format_to(std::back_inserter(out), FMT_STRING("Content-Length: {}\r\n"), answer.body.size());
    }
    if (then == after_answer::close) out += "Connection: close\r\n";
    bool says_caching = false;
    for (auto const& [name, value] : answer.fields) {
        if (is_ours(name)) continue;
        says_caching = says_caching || equals_ignoring_case(name, "cache-control");
        out.append(name).append(": ").append(value).append("\r\n");
    }
    if (!says_caching) out += "Cache-Control: no-store\r\n";
    out += "\r\n";
    if (!has_no_content && body == answer_body::send) out += answer.body;
    return answer.status;
}

response answer_to(refusal why) {
    auto const status = status_of(why);
    auto answer = json_answer(status, std::string{error_body(status)});
    if (status == 503 || status == 429) answer.fields.push_back({"retry-after", "1"});
    return answer;
}

response internal_error() {
    return json_answer(500, std::string{error_body(500)});
}

std::string http_date(std::int64_t seconds) {
    std::tm parts{};
    std::time_t const time = seconds;
    gmtime_r(&time, &parts);
    constexpr std::string_view days = "SunMonTueWedThuFriSat";
    constexpr std::string_view months = "JanFebMarAprMayJunJulAugSepOctNovDec";
    return fmt::format(FMT_STRING("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT"),
                       days.substr(static_cast<std::size_t>(parts.tm_wday) * 3, 3), parts.tm_mday,
                       months.substr(static_cast<std::size_t>(parts.tm_mon) * 3, 3), parts.tm_year + 1900,
                       parts.tm_hour, parts.tm_min, parts.tm_sec);
}

}  // namespace headgate::http
