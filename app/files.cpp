#include "app/files.hpp"

#include <array>
#include <cstdio>
#include <fstream>
#include <iostream>

namespace headgate::app {

result<std::string> read_whole(std::string const& path, std::size_t bytes_max) {
    std::ifstream file;
    if (path != "-") {
        file.open(path, std::ios::binary);
        if (!file)
            return refuse(errc::unavailable, "cannot read '" + path + "'",
                          "check the path and its permissions");
    }
    auto& from = path == "-" ? std::cin : file;
    std::array<char, std::size_t{64} * 1024> piece;
    std::string bytes;
    do {
        from.read(piece.data(), piece.size());
        if (from.bad()) return refuse(errc::unavailable, "reading '" + path + "' failed", "try again");
        bytes.append(piece.data(), static_cast<std::size_t>(from.gcount()));
        if (bytes.size() > bytes_max)
            return refuse(errc::resource_exhausted,
                          "'" + path + "' is larger than " + std::to_string(bytes_max) + " bytes", "");
    } while (from);
    return bytes;
}

void print_error(error const& why) {
    std::fprintf(stderr, "headgate: %s%s%s\n", why.message.c_str(), why.remedy.empty() ? "" : " — ",
                 why.remedy.c_str());
}

}  // namespace headgate::app
