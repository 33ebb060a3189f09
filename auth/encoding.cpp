#include "auth/encoding.hpp"

#include "core/check.hpp"
#include "core/encoding.hpp"

namespace headgate::auth {

std::optional<std::string> decode(std::string_view text, text_form written) {
    switch (written) {
        case text_form::hex: return decode_hex(text, hex_case::any);
        case text_form::b64: return decode_base64(text, base64_alphabet::standard);
        case text_form::b64url: return decode_base64(text, base64_alphabet::url);
        case text_form::dec: return std::nullopt;
    }
    return std::nullopt;
}

std::string encode(std::string_view bytes, text_form written) {
    switch (written) {
        case text_form::hex: return to_hex(bytes);
        case text_form::b64: return encode_base64(bytes, base64_alphabet::standard);
        case text_form::b64url: return encode_base64(bytes, base64_alphabet::url);
        case text_form::dec: break;
    }
    HEADGATE_CHECK(false, "bytes have no decimal form: the loader lets only crc32 ask for one");
    return {};
}

}  // namespace headgate::auth
