#pragma once

#include "core/check.hpp"

#include <filesystem>
#include <string>
#include <sys/stat.h>

namespace headgate::testing_support {

struct certificate_and_key {
    std::string certificate;
    std::string key;
};

// A fresh self-signed certificate for one DNS name (and 127.0.0.1), made by the openssl program, so that what
// we read does not come from us.
inline certificate_and_key make_certificate(std::filesystem::path const& folder, std::string const& name) {
    certificate_and_key made{(folder / (name + ".pem")).string(), (folder / (name + ".key")).string()};
    auto const command =
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2"
        " -subj /CN=" +
        name + " -addext subjectAltName=DNS:" + name + ",IP:127.0.0.1" + " -keyout '" + made.key +
        "' -out '" + made.certificate + "' 2>/dev/null";
    HEADGATE_CHECK(std::system(command.c_str()) == 0, "the openssl program could not make a certificate");
    ::chmod(made.key.c_str(), 0600);
    return made;
}

}  // namespace headgate::testing_support
