#include "transforms/builtins.hpp"
#include "transforms/operations.hpp"
#include "transforms/runtime.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <math.h>  // Bessel's functions and lgamma_r are POSIX, not C++.

namespace headgate::transforms {
namespace {

using json::value;

bool need_number(runtime& run, value const& any) {
    return any.is_number() || run.fail(fmt::format("{} number required", name_of(any.type())));
}

template <double (*function)(double)>
bool of_one(runtime& run, value const* in, value& out) {
    if (!need_number(run, *in)) return false;
    out = value::real(function(in->as_double()));
    return true;
}

template <double (*function)(double, double)>
bool of_two(runtime& run, value const* in, value& out) {
    if (!need_number(run, in[1]) || !need_number(run, in[2])) return false;
    out = value::real(function(in[1].as_double(), in[2].as_double()));
    return true;
}

// The second argument is a whole number, cut if it is not.
template <double (*function)(double, int)>
bool with_exponent(runtime& run, value const* in, value& out) {
    if (!need_number(run, in[1]) || !need_number(run, in[2])) return false;
    constexpr double furthest = 1e6;  // Any number of a double is far beyond its largest and smallest there.
    auto const exponent = in[2].as_double();
    auto const whole = std::isnan(exponent) ? 0 : std::clamp(exponent, -furthest, furthest);
    out = value::real(function(in[1].as_double(), static_cast<int>(whole)));
    return true;
}

// The same, before the other.
template <double (*function)(int, double)>
bool of_order(runtime& run, value const* in, value& out) {
    if (!need_number(run, in[1]) || !need_number(run, in[2])) return false;
    constexpr double highest = 1e4;  // The time of these grows with the order.
    auto const order = in[1].as_double();
    if (!(std::abs(order) <= highest)) return run.fail("the order of a Bessel function is beyond 10,000");
    if (!run.may_touch(static_cast<std::size_t>(std::abs(order)))) return false;
    out = value::real(function(static_cast<int>(order), in[2].as_double()));
    return true;
}

bool pair_of(runtime& run, double first, double second, value& out) {
    out = run.list(std::array{value::real(first), value::real(second)});
    return run.ok();
}

bool mantissa_and_exponent(runtime& run, value const* in, value& out) {
    if (!need_number(run, *in)) return false;
    int exponent = 0;
    auto const mantissa = std::frexp(in->as_double(), &exponent);
    return pair_of(run, mantissa, std::isfinite(mantissa) ? exponent : 0, out);
}

bool fraction_and_whole(runtime& run, value const* in, value& out) {
    if (!need_number(run, *in)) return false;
    double whole = 0;
    auto const fraction = std::modf(in->as_double(), &whole);
    return pair_of(run, fraction, whole, out);
}

// std::lgamma would leave the sign where all threads find it.
double log_gamma(double x) {
    int sign = 0;
    return ::lgamma_r(x, &sign);
}

bool log_gamma_and_sign(runtime& run, value const* in, value& out) {
    if (!need_number(run, *in)) return false;
    int sign = 0;
    auto const logarithm = ::lgamma_r(in->as_double(), &sign);
    return pair_of(run, logarithm, sign, out);
}

// Between 1 and 2, or what was given where there is no such number.
double significand_of(double x) {
    return x == 0 || !std::isfinite(x) ? x : std::scalbn(x, -std::ilogb(x));
}

double next_toward(double from, double to) {
    return std::nextafter(from, to);
}

bool fused(runtime& run, value const* in, value& out) {
    if (!need_number(run, in[1]) || !need_number(run, in[2]) || !need_number(run, in[3])) return false;
    out = value::real(std::fma(in[1].as_double(), in[2].as_double(), in[3].as_double()));
    return true;
}

// What is whole stays exactly that, beyond 2^53 too.
template <double (*function)(double)>
bool rounded(runtime& run, value const* in, value& out) {
    if (in->holds_integer()) {
        out = *in;
        return true;
    }
    return of_one<function>(run, in, out);
}

bool absolute(runtime& run, value const* in, value& out) {
    if (!in->is_number()) {  // jq negates what is below zero in its order, and leaves the rest.
        bool const is_below = in->is_null() || in->is_boolean();
        if (is_below) return run.fail(fmt::format("{} cannot be negated", name_of(in->type())));
        out = *in;
        return true;
    }
    bool const stays = in->holds_integer() ? in->held_integer() >= 0 : !(in->as_double() < 0);
    bool const flips = in->holds_integer() && in->held_integer() != std::numeric_limits<std::int64_t>::min();
    out = stays ? *in : flips ? value::integer(-in->held_integer()) : value::real(-in->as_double());
    return true;
}

bool infinite(runtime& /*run*/, value const* /*in*/, value& out) {
    out = value::real(std::numeric_limits<double>::infinity());
    return true;
}

bool not_a_number(runtime& /*run*/, value const* /*in*/, value& out) {
    out = value::real(std::numeric_limits<double>::quiet_NaN());
    return true;
}

// What is no number is none of these.
bool is_infinite(runtime& /*run*/, value const* in, value& out) {
    out = value::boolean(in->is_number() && std::isinf(in->as_double()));
    return true;
}

bool is_nan_value(runtime& /*run*/, value const* in, value& out) {
    out = value::boolean(is_nan(*in));
    return true;
}

// NaN is, in jq.
bool is_finite_number(runtime& /*run*/, value const* in, value& out) {
    out = value::boolean(in->is_number() && !std::isinf(in->as_double()));
    return true;
}

bool is_normal(runtime& /*run*/, value const* in, value& out) {
    out = value::boolean(in->is_number() && std::isnormal(in->as_double()));
    return true;
}

bool logb_of(runtime& run, value const* in, value& out) {
    return of_one<std::logb>(run, in, out);
}

double ten_to(double exponent) {
    return std::pow(10, exponent);
}

constexpr auto table = std::to_array<native_entry>({
    {"floor", 0, rounded<std::floor>},
    {"ceil", 0, rounded<std::ceil>},
    {"round", 0, rounded<std::round>},
    {"trunc", 0, rounded<std::trunc>},
    {"rint", 0, rounded<std::rint>},
    {"nearbyint", 0, rounded<std::nearbyint>},
    {"fabs", 0, of_one<std::fabs>},
    {"sqrt", 0, of_one<std::sqrt>},
    {"cbrt", 0, of_one<std::cbrt>},
    {"exp", 0, of_one<std::exp>},
    {"exp2", 0, of_one<std::exp2>},
    {"exp10", 0, of_one<ten_to>},
    {"expm1", 0, of_one<std::expm1>},
    {"log", 0, of_one<std::log>},
    {"log2", 0, of_one<std::log2>},
    {"log10", 0, of_one<std::log10>},
    {"log1p", 0, of_one<std::log1p>},
    {"logb", 0, logb_of},
    {"sin", 0, of_one<std::sin>},
    {"cos", 0, of_one<std::cos>},
    {"tan", 0, of_one<std::tan>},
    {"asin", 0, of_one<std::asin>},
    {"acos", 0, of_one<std::acos>},
    {"atan", 0, of_one<std::atan>},
    {"sinh", 0, of_one<std::sinh>},
    {"cosh", 0, of_one<std::cosh>},
    {"tanh", 0, of_one<std::tanh>},
    {"pow", 2, of_two<std::pow>},
    {"atan2", 2, of_two<std::atan2>},
    {"fmod", 2, of_two<std::fmod>},
    {"fmin", 2, of_two<std::fmin>},
    {"fmax", 2, of_two<std::fmax>},
    {"hypot", 2, of_two<std::hypot>},
    {"abs", 0, absolute},
    {"infinite", 0, infinite},
    {"nan", 0, not_a_number},
    {"isinfinite", 0, is_infinite},
    {"isnan", 0, is_nan_value},
    {"isnormal", 0, is_normal},
    {"isfinite", 0, is_finite_number},
    {"asinh", 0, of_one<std::asinh>},
    {"acosh", 0, of_one<std::acosh>},
    {"atanh", 0, of_one<std::atanh>},
    {"erf", 0, of_one<std::erf>},
    {"erfc", 0, of_one<std::erfc>},
    {"gamma", 0, of_one<log_gamma>},
    {"lgamma", 0, of_one<log_gamma>},
    {"tgamma", 0, of_one<std::tgamma>},
    {"lgamma_r", 0, log_gamma_and_sign},
    {"significand", 0, of_one<significand_of>},
    {"frexp", 0, mantissa_and_exponent},
    {"modf", 0, fraction_and_whole},
    {"ldexp", 2, with_exponent<std::ldexp>},
    {"scalb", 2, with_exponent<std::scalbn>},
    {"scalbln", 2, with_exponent<std::scalbn>},
    {"copysign", 2, of_two<std::copysign>},
    {"drem", 2, of_two<std::remainder>},
    {"remainder", 2, of_two<std::remainder>},
    {"fdim", 2, of_two<std::fdim>},
    {"nextafter", 2, of_two<std::nextafter>},
    {"nexttoward", 2, of_two<next_toward>},
    {"fma", 3, fused},
    {"j0", 0, of_one<::j0>},
    {"j1", 0, of_one<::j1>},
    {"y0", 0, of_one<::y0>},
    {"y1", 0, of_one<::y1>},
    {"jn", 2, of_order<::jn>},
    {"yn", 2, of_order<::yn>},
});

}  // namespace

std::span<native_entry const> number_natives() {
    return table;
}

}  // namespace headgate::transforms
