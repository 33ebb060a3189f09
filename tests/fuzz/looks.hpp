#pragma once

#include <array>
#include <string_view>

// Everything that reads what strangers send. Each of these takes any bytes at all, and ends the process where
// something is not so that must be so for all of them. True: the bytes were taken for what they should be.

namespace headgate::fuzz {

// The first byte chooses the grammar, the rest is the header.
[[nodiscard]] bool look_at_signature_header(std::string_view input);

// Each line is a line of X-Forwarded-For.
[[nodiscard]] bool look_at_forwarded_for(std::string_view input);

// One token in its compact form; where it has line ends, its parts before they are encoded, one a line.
[[nodiscard]] bool look_at_token(std::string_view input);

// A JWK, or a set of them.
[[nodiscard]] bool look_at_key_set(std::string_view input);

// The header in which a proxy passes a certificate on; where it begins as DER does, a certificate whose
// fingerprint is configured.
[[nodiscard]] bool look_at_client_certificate(std::string_view input);

// A Cookie header with the cookies of a session in it.
[[nodiscard]] bool look_at_session_cookies(std::string_view input);

// What comes over a connection.
[[nodiscard]] bool look_at_request(std::string_view input);

// The first byte chooses the coding, the rest is what is packed.
[[nodiscard]] bool look_at_packed_body(std::string_view input);

// Of each, the first line is what stands behind the content type, its parameters, and the rest is the body.
[[nodiscard]] bool look_at_json_lines_body(std::string_view input);
[[nodiscard]] bool look_at_form_body(std::string_view input);
[[nodiscard]] bool look_at_multipart_body(std::string_view input);
[[nodiscard]] bool look_at_xml_body(std::string_view input);
[[nodiscard]] bool look_at_text_body(std::string_view input);

// The first line is an event, the rest a program that runs on it.
[[nodiscard]] bool look_at_program(std::string_view input);

// A table's file, which an operator may have from somebody else.
[[nodiscard]] bool look_at_csv(std::string_view input);

struct look {
    std::string_view name;  // Of its folder in `corpus`, and of its fuzzer.
    bool (*at)(std::string_view input);
};

inline constexpr std::array<look, 15> looks{{{"signature_header", look_at_signature_header},
                                             {"forwarded_for", look_at_forwarded_for},
                                             {"token", look_at_token},
                                             {"key_set", look_at_key_set},
                                             {"client_certificate", look_at_client_certificate},
                                             {"session_cookies", look_at_session_cookies},
                                             {"request", look_at_request},
                                             {"packed_body", look_at_packed_body},
                                             {"json_lines_body", look_at_json_lines_body},
                                             {"form_body", look_at_form_body},
                                             {"multipart_body", look_at_multipart_body},
                                             {"xml_body", look_at_xml_body},
                                             {"text_body", look_at_text_body},
                                             {"program", look_at_program},
                                             {"csv", look_at_csv}}};

}  // namespace headgate::fuzz
