#include "transforms/builtins.hpp"
#include "transforms/operations.hpp"
#include "transforms/runtime.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <limits>

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
    {"floor", 0, rounded<std::floor>}, {"ceil", 0, rounded<std::ceil>},
    {"round", 0, rounded<std::round>}, {"trunc", 0, rounded<std::trunc>},
    {"rint", 0, rounded<std::rint>},   {"nearbyint", 0, rounded<std::nearbyint>},
    {"fabs", 0, of_one<std::fabs>},    {"sqrt", 0, of_one<std::sqrt>},
    {"cbrt", 0, of_one<std::cbrt>},    {"exp", 0, of_one<std::exp>},
    {"exp2", 0, of_one<std::exp2>},    {"exp10", 0, of_one<ten_to>},
    {"expm1", 0, of_one<std::expm1>},  {"log", 0, of_one<std::log>},
    {"log2", 0, of_one<std::log2>},    {"log10", 0, of_one<std::log10>},
    {"log1p", 0, of_one<std::log1p>},  {"logb", 0, logb_of},
    {"sin", 0, of_one<std::sin>},      {"cos", 0, of_one<std::cos>},
    {"tan", 0, of_one<std::tan>},      {"asin", 0, of_one<std::asin>},
    {"acos", 0, of_one<std::acos>},    {"atan", 0, of_one<std::atan>},
    {"sinh", 0, of_one<std::sinh>},    {"cosh", 0, of_one<std::cosh>},
    {"tanh", 0, of_one<std::tanh>},    {"pow", 2, of_two<std::pow>},
    {"atan2", 2, of_two<std::atan2>},  {"fmod", 2, of_two<std::fmod>},
    {"fmin", 2, of_two<std::fmin>},    {"fmax", 2, of_two<std::fmax>},
    {"hypot", 2, of_two<std::hypot>},  {"abs", 0, absolute},
    {"infinite", 0, infinite},         {"nan", 0, not_a_number},
    {"isinfinite", 0, is_infinite},    {"isnan", 0, is_nan_value},
    {"isnormal", 0, is_normal},
});

}  // namespace

std::span<native_entry const> number_natives() {
    return table;
}

}  // namespace headgate::transforms
