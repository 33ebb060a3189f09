// Whether the time of a refusal tells how much of a guess was right.
//
//   auth_timing [samples of each pair, default 1,000,000]
//
// For a signature and for a token, pairs of guesses of one length that differ in how much of them is right.
// One of each pair is drawn for every sample, timed, and the two piles are compared by Welch's t. As in
// "Dude, is my code constant time?" (Reparaz, Balasch, Verbauwhede, 2017) slow samples, which are
// interruptions, are cut at several heights and the largest t counts; above 4.5 a difference is taken for
// real. A plain comparison that stops at the first difference stands beside them, to show that the method
// sees one.

#include "auth/authenticator.hpp"
#include "core/digest.hpp"
#include "core/encoding.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace headgate {
namespace {

using std::chrono::steady_clock;

constexpr double t_of_a_real_difference = 4.5;
constexpr char const* body = R"({"event":"changed"})";
unsigned volatile kept = 0;  // What is measured ends here, so that it is not left out.

struct sample {
    bool is_second;
    double nanoseconds;
};

class pile {
public:
    void add(double value) {
        ++count_;
        auto const off = value - mean_;
        mean_ += off / count_;
        squares_ += off * (value - mean_);
    }
    [[nodiscard]] double mean() const { return mean_; }
    [[nodiscard]] double error() const { return squares_ / (count_ - 1) / count_; }
    [[nodiscard]] bool is_enough() const { return count_ > 1000; }

private:
    double count_ = 0;
    double mean_ = 0;
    double squares_ = 0;
};

double welch(std::span<sample const> all, double below) {
    std::array<pile, 2> piles;
    for (auto const& each : all) {
        if (each.nanoseconds <= below) piles[each.is_second ? 1 : 0].add(each.nanoseconds);
    }
    if (!piles[0].is_enough() || !piles[1].is_enough()) return 0;
    return std::abs(piles[0].mean() - piles[1].mean()) / std::sqrt(piles[0].error() + piles[1].error());
}

// The largest t of all heights that are cut at.
double difference_of(std::vector<sample>& all) {
    std::vector<double> sorted;
    for (auto const& each : all) sorted.push_back(each.nanoseconds);
    std::ranges::sort(sorted);
    double largest = 0;
    for (double const part : {0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 1.0}) {
        auto const at = static_cast<std::size_t>(part * static_cast<double>(sorted.size() - 1));
        largest = std::max(largest, welch(all, sorted[at]));
    }
    return largest;
}

struct guesses {
    std::string first;
    std::string second;
};

using attempt_at = std::function<void(std::string const&)>;

double measure(std::size_t samples, guesses const& pair, attempt_at const& attempt) {
    std::vector<std::uint8_t> drawn(samples);
    fill_random(drawn);
    std::vector<sample> all;
    all.reserve(samples);
    std::string guess;
    for (auto const coin : drawn) {
        bool const is_second = (coin & 1U) != 0;
        guess = is_second ? pair.second : pair.first;  // The same memory for both.
        auto const begun = steady_clock::now();
        attempt(guess);
        auto const took = steady_clock::now() - begun;
        all.push_back({is_second, std::chrono::duration<double, std::nano>(took).count()});
    }
    return difference_of(all);
}

auth::authenticator source_of(auth::check verify, std::string key) {
    auth::settings source;
    source.verify = std::move(verify);
    source.secrets["signing"] = {{secret{std::move(key)}, {}, {}}};
    problems found;
    auto made = auth::authenticator::make(source, "sources.bench", found);
    if (!made) std::abort();
    return *std::move(made);
}

auth::value header_named(std::string name) {
    return {auth::header_value{.names = {std::move(name)}, .scheme = {}, .decode = {}}};
}

auth::authenticator signed_source(std::string key) {
    auth::mac_check mac;
    mac.signs = auth::values{{auth::body_value{}}};
    mac.signature.from = header_named("x-signature");
    return source_of({std::move(mac), {}, {}, {}}, std::move(key));
}

auth::authenticator token_source(std::string key) {
    auth::equal_check equal{.a = header_named("x-signature"), .b = {auth::secret_value{}}};
    return source_of({std::move(equal), {}, {}, {}}, std::move(key));
}

// A guess at the header's value, in an otherwise good request.
attempt_at sent_to(auth::authenticator const& source) {
    request incoming;
    incoming.head.method = "POST";
    incoming.head.target = "/webhooks/sender";
    incoming.head.fields = {{"x-signature", ""}};
    incoming.body = body;
    return [&source, incoming](std::string const& guess) mutable {
        incoming.head.fields[0].value = guess;
        kept = kept + (source.checks().verify(incoming, {}, {}) ? 1U : 0U);
    };
}

std::string with_byte(std::string text, std::size_t at) {
    text[at] = text[at] == '0' ? '1' : '0';
    return text;
}

bool stops_early(std::string_view a, std::string_view b) {
    for (std::size_t i = 0; i < a.size(); ++i) {
        if (a[i] != b[i]) return false;
    }
    return true;
}

std::string code_of(std::string_view key, std::string_view bytes) {
    std::array<unsigned char, 32> code{};
    unsigned size = 0;
    HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
         reinterpret_cast<unsigned char const*>(bytes.data()), bytes.size(), code.data(), &size);
    return to_hex({reinterpret_cast<char const*>(code.data()), code.size()});
}

// First or last byte wrong.
guesses both_ends(std::string const& right) {
    return {with_byte(right, 0), with_byte(right, right.size() - 1)};
}

// Letters stay letters and digits digits: what a guess costs to read is the guesser's own affair.
guesses none_or_nearly_all(std::string const& right) {
    auto wrong = right;
    for (auto& each : wrong) {
        if (each == '9') {
            each = '0';
        } else if (each == 'f') {
            each = 'a';
        } else {
            ++each;
        }
    }
    return {wrong, with_byte(right, right.size() - 1)};
}

struct row {
    char const* what;
    guesses pair;
    attempt_at attempt;
    bool differs;
};

int run(std::size_t samples) {
    std::string const key = "0f6c1d2e3b4a59687786a5b4c3d2e1f0";
    auto const code = code_of(key, body);
    auto const mac = signed_source(key);
    auto const token = token_source(key);
    std::string const long_text(4096, 'a');
    auto const plainly = [&](std::string const& guess) {
        kept = kept + (stops_early(guess, long_text) ? 1U : 0U);
    };
    std::vector<row> const rows{
        {"signature: first digit wrong, or the last", both_ends(code), sent_to(mac), false},
        {"signature: no digit right, or all but the last", none_or_nearly_all(code), sent_to(mac), false},
        {"token: first byte wrong, or the last", both_ends(key), sent_to(token), false},
        {"token: no byte right, or all but the last", none_or_nearly_all(key), sent_to(token), false},
        {"a comparison of 4 KiB that stops early", both_ends(long_text), plainly, true},
    };
    bool is_good = true;
    for (auto const& each : rows) {
        auto const t = measure(samples, each.pair, each.attempt);
        bool const differs = t > t_of_a_real_difference;
        is_good = is_good && differs == each.differs;
        fmt::print("{:49} t = {:8.2f}  {}\n", each.what, t, differs ? "differs" : "no difference");
    }
    return is_good ? 0 : 1;
}

}  // namespace
}  // namespace headgate

int main(int argc, char** argv) {
    return headgate::run(argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1'000'000);
}
