#include "transforms/content_coding.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <brotli/decode.h>
#include <cstdint>
#include <limits>
#include <memory>
#include <new>
#include <span>
#include <utility>
#include <zlib.h>
#include <zstd.h>

namespace headgate::transforms {
namespace {

// RFC 9659: what goes over HTTP needs no larger window. Brotli's own is at most 16 MiB (RFC 7932, 9.1).
constexpr int zstd_window_log_max = 23;

enum class step : std::uint8_t { goes_on, ends, fails };

// Grows as it is filled, to one byte more than may come out: when that one is used, it is too much.
class output {
public:
    output(std::size_t packed_bytes, std::size_t bytes_max) : bytes_max_{bytes_max} {
        bytes_.resize(std::min(bytes_max_ + 1, std::max(packed_bytes * 4, std::size_t{4096})));
    }

    [[nodiscard]] std::span<char> room() {
        if (used_ == bytes_.size()) bytes_.resize(std::min(bytes_max_ + 1, used_ * 2));
        return std::span{bytes_}.subspan(used_);
    }
    void use(std::size_t bytes) noexcept { used_ += bytes; }
    [[nodiscard]] bool is_too_much() const noexcept { return used_ > bytes_max_; }

    [[nodiscard]] std::string take() && {
        bytes_.resize(used_);
        return std::move(bytes_);
    }

private:
    std::size_t bytes_max_;
    std::size_t used_ = 0;
    std::string bytes_;
};

// The three decoders in one shape: `next` takes from the front of `in`, gives to `out`, and ends where the
// coding does and all of `in` is used.

class gzip_decoder {
public:
    gzip_decoder() {
        constexpr int gzip_only = 16 + MAX_WBITS;
        if (inflateInit2(&stream_, gzip_only) != Z_OK) throw std::bad_alloc{};
    }
    ~gzip_decoder() { inflateEnd(&stream_); }
    gzip_decoder(gzip_decoder const&) = delete;
    gzip_decoder& operator=(gzip_decoder const&) = delete;

    step next(std::string_view& in, output& out) {
        constexpr std::size_t count_max = std::numeric_limits<uInt>::max();
        auto const room = out.room();
        auto const given = static_cast<uInt>(std::min(in.size(), count_max));
        auto const free = static_cast<uInt>(std::min(room.size(), count_max));
        stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(in.data()));  // zlib only reads it.
        stream_.avail_in = given;
        stream_.next_out = reinterpret_cast<Bytef*>(room.data());
        stream_.avail_out = free;
        auto const done = inflate(&stream_, Z_NO_FLUSH);
        in.remove_prefix(given - stream_.avail_in);
        out.use(free - stream_.avail_out);
        if (done == Z_OK) return step::goes_on;
        if (done == Z_MEM_ERROR) throw std::bad_alloc{};
        if (done != Z_STREAM_END) return step::fails;
        if (in.empty()) return step::ends;
        inflateReset(&stream_);  // One member after the other is one text (RFC 1952, 2.2).
        return step::goes_on;
    }

private:
    z_stream stream_{};
};

class zstd_decoder {
public:
    zstd_decoder() : stream_{ZSTD_createDCtx()} {
        if (!stream_) throw std::bad_alloc{};
        ZSTD_DCtx_setParameter(stream_.get(), ZSTD_d_windowLogMax, zstd_window_log_max);
    }

    step next(std::string_view& in, output& out) {
        auto const room = out.room();
        ZSTD_inBuffer from{in.data(), in.size(), 0};
        ZSTD_outBuffer to{room.data(), room.size(), 0};
        auto const left = ZSTD_decompressStream(stream_.get(), &to, &from);
        in.remove_prefix(from.pos);
        out.use(to.pos);
        if (ZSTD_isError(left) != 0U) return step::fails;
        if (left == 0 && in.empty()) return step::ends;
        bool const wants_more = in.empty() && to.pos < to.size;
        return wants_more ? step::fails : step::goes_on;
    }

private:
    struct closer {
        void operator()(ZSTD_DCtx* stream) const { ZSTD_freeDCtx(stream); }
    };
    std::unique_ptr<ZSTD_DCtx, closer> stream_;
};

class brotli_decoder {
public:
    brotli_decoder() : stream_{BrotliDecoderCreateInstance(nullptr, nullptr, nullptr)} {
        if (!stream_) throw std::bad_alloc{};
    }

    step next(std::string_view& in, output& out) {
        auto const room = out.room();
        auto const* from = reinterpret_cast<std::uint8_t const*>(in.data());
        auto* to = reinterpret_cast<std::uint8_t*>(room.data());
        auto left = in.size();
        auto free = room.size();
        auto const done = BrotliDecoderDecompressStream(stream_.get(), &left, &from, &free, &to, nullptr);
        in.remove_prefix(in.size() - left);
        out.use(room.size() - free);
        switch (done) {
            case BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT: return step::goes_on;
            case BROTLI_DECODER_RESULT_SUCCESS: return in.empty() ? step::ends : step::fails;
            case BROTLI_DECODER_RESULT_NEEDS_MORE_INPUT:
            case BROTLI_DECODER_RESULT_ERROR: break;
        }
        return step::fails;
    }

private:
    struct closer {
        void operator()(BrotliDecoderState* stream) const { BrotliDecoderDestroyInstance(stream); }
    };
    std::unique_ptr<BrotliDecoderState, closer> stream_;
};

template <class Decoder>
result<std::string> unpack_with(content_coding which, std::string_view packed, std::size_t bytes_max) {
    Decoder decoder;
    output out{packed.size(), bytes_max};
    for (;;) {
        auto const went = decoder.next(packed, out);
        if (out.is_too_much()) {
            return refuse(errc::resource_exhausted,
                          fmt::format("the body is larger than {} bytes once its {} is decoded", bytes_max,
                                      name_of(which)));
        }
        if (went == step::ends) return std::move(out).take();
        if (went == step::fails) {
            return refuse(
                errc::invalid_argument,
                fmt::format("the body is not the {} that its Content-Encoding says", name_of(which)));
        }
    }
}

}  // namespace

std::string_view name_of(content_coding which) noexcept {
    switch (which) {
        case content_coding::gzip: return "gzip";
        case content_coding::zstd: return "zstd";
        case content_coding::br: return "br";
    }
    return "";
}

result<std::optional<content_coding>> content_coding_of(headers const& fields) {
    auto const lines = count_headers(fields, "content-encoding");
    if (lines == 0) return std::nullopt;
    auto const name = lines == 1 ? to_lower(*sole_header(fields, "content-encoding")) : std::string{};
    if (name == "identity") return std::nullopt;
    if (name == "x-gzip") return content_coding::gzip;  // RFC 9110, 8.4.1.3
    for (auto const known : all_content_codings) {
        if (name == name_of(known)) return known;
    }
    return refuse(errc::invalid_argument, "the body has a Content-Encoding that is not decoded here",
                  "send it plain, or in one of: gzip, zstd, br");
}

result<std::string> unpack(content_coding which, std::string_view packed, std::size_t bytes_max) {
    switch (which) {
        case content_coding::gzip: return unpack_with<gzip_decoder>(which, packed, bytes_max);
        case content_coding::zstd: return unpack_with<zstd_decoder>(which, packed, bytes_max);
        case content_coding::br: return unpack_with<brotli_decoder>(which, packed, bytes_max);
    }
    return refuse(errc::internal, "no such content coding");
}

}  // namespace headgate::transforms
