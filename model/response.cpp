#include "model/response.hpp"

#include <utility>

namespace headgate {

response json_answer(unsigned status, std::string body) {
    return {.status = status, .fields = {{"content-type", "application/json"}}, .body = std::move(body)};
}

}  // namespace headgate
