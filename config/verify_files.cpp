#include "config/verify_files.hpp"

#include <fmt/format.h>

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <optional>

namespace headgate::config {
namespace {

// The text of a file that `key` names, as it was resolved; nothing where it cannot be used.
std::optional<std::string> read_text(reader& from, std::string_view key, std::string const& named,
                                     std::filesystem::path const& path) {
    constexpr std::size_t bytes_max = 1024 * 1024;
    std::ifstream file{path, std::ios::binary};
    std::string bytes(bytes_max + 1, '\0');
    file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    bytes.resize(static_cast<std::size_t>(file.gcount()));
    if (!file.bad() && !bytes.empty() && bytes.size() <= bytes_max) return bytes;
    from.mistake(key, fmt::format("cannot use {}: not there, empty, or over {} bytes", named, bytes_max),
                 "check the path and who may read it");
    return std::nullopt;
}

}  // namespace

std::string read_file(reader& from, std::string_view key) {
    auto const* const at = from.take(key);
    if (at == nullptr) return {};
    if (!at->is_scalar() || at->text.empty()) {
        from.mistake(key, "is not the name of a file", "write for example /etc/headgate/senders-ca.pem");
        return {};
    }
    if (at->text.starts_with("-----BEGIN ")) return at->text;
    auto const path = from.into().resolve(*at, at->text);
    from.into().depends_on(path);
    return read_text(from, key, at->text, path).value_or("");
}

// Looked at once for all that name it: ten thousand sources may trust the same.
std::string read_authorities(reader& from) {
    auto const* const at = from.take("ca");
    if (at == nullptr) return {};
    if (!at->is_scalar() || at->text.empty()) {
        from.mistake("ca", "is not the name of a file", "write for example /etc/headgate/login-ca.pem");
        return {};
    }
    auto const path = from.into().resolve(*at, at->text);
    bool const is_known = from.into().made_from().contains(path);
    from.into().depends_on(path);
    auto const text = is_known ? std::nullopt : read_text(from, "ca", at->text, path);
    if (text && !text->contains("CERTIFICATE-----")) {
        from.mistake("ca", fmt::format("{} has no certificate in it", at->text),
                     "it must be a PEM file of the authorities to trust");
    }
    return path.string();
}

}  // namespace headgate::config
