#include "transforms/builtins.hpp"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <utility>

namespace headgate::transforms {
namespace {

// Written in the language itself: recursion in them is the machine's, so the budget counts it. Results are
// those of jq 1.8.
constexpr auto definitions = std::to_array<library_entry>({
    {"recurse", 0, "def recurse: def r: ., (.[]? | r); r;"},
    {"recurse", 1, "def recurse(f): def r: ., (f | r); r;"},
    {"recurse", 2, "def recurse(f; cond): def r: ., (f | select(cond) | r); r;"},
    {"repeat", 1, "def repeat(f): def r: f, r; r;"},
    {"while", 2, "def while(cond; update): def r: if cond then ., (update | r) else empty end; r;"},
    {"until", 2, "def until(cond; update): def r: if cond then . else update | r end; r;"},
    {"range", 3,
     "def range($from; $upto; $by): if $by > 0 then $from | while(. < $upto; . + $by)"
     " elif $by < 0 then $from | while(. > $upto; . + $by) else empty end;"},
    {"skip", 2,
     "def skip($n; f): if $n > 0 then foreach f as $x ($n; . - 1; if . < 0 then $x else empty end)"
     " elif $n == 0 then f else error(\"skip doesn't support negative count\") end;"},
    {"nth", 1, "def nth($n): .[$n];"},
    {"nth", 2,
     "def nth($n; f): if $n < 0 then error(\"nth doesn't support negative indices\") else first(skip($n; f)) "
     "end;"},
    {"first", 0, "def first: .[0];"},
    {"last", 0, "def last: .[-1];"},
    {"in", 1, "def in(xs): . as $x | xs | has($x);"},
    {"inside", 1, "def inside(xs): . as $x | xs | contains($x);"},
    {"IN", 2, "def IN(src; s): any(src == s; .);"},
    {"JOIN", 2, "def JOIN($index; f): [.[] | [., $index[f]]];"},
    {"JOIN", 3, "def JOIN($index; s; f): s | [., $index[f]];"},
    {"JOIN", 4, "def JOIN($index; s; f; g): s | [., $index[f]] | g;"},
    {"INDEX", 1, "def INDEX(f): INDEX(.[]; f);"},
    {"INDEX", 2, "def INDEX(s; f): reduce s as $row ({}; .[$row | f | tostring] = $row);"},
    {"combinations", 0,
     "def combinations: if length == 0 then [] else .[0][] as $x | (.[1:] | combinations) as $w | [$x] + $w "
     "end;"},
    {"combinations", 1, "def combinations(n): . as $dot | [range(n)] | map($dot) | combinations;"},
    {"walk", 1,
     "def walk(f): def w: if type == \"object\" then map_values(w) elif type == \"array\" then map(w)"
     " else . end | f; w;"},
    {"paths", 0, "def paths: path(..) | select(length > 0);"},
    {"paths", 1, "def paths(f): path(.. | select(f)) | select(length > 0);"},
    {"pick", 1, "def pick(f): . as $top | reduce path(f) as $p (null; setpath($p; $top | getpath($p)));"},
    {"tostream", 0,
     "def tostream: path(def r: (.[]? | r), .; r) as $p | getpath($p)"
     " | reduce path(.[]?) as $q ([$p, .]; [$p + $q]);"},
    {"fromstream", 1,
     "def fromstream(f): {x: null, e: false} as $init | foreach f as $i ($init;"
     " if .e then $init else . end"
     " | if $i | length == 2 then setpath([\"e\"]; $i[0] | length == 0) | setpath([\"x\"] + $i[0]; $i[1])"
     " else setpath([\"e\"]; $i[0] | length == 1) end; if .e then .x else empty end);"},
    {"truncate_stream", 1,
     "def truncate_stream(s): . as $n | null | s | . as $i | if (.[0] | length) > $n then setpath([0]; "
     ".[0][$n:])"
     " else empty end;"},
    {"values", 0, "def values: select(. != null);"},
    {"nulls", 0, "def nulls: select(. == null);"},
    {"booleans", 0, "def booleans: select(type == \"boolean\");"},
    {"numbers", 0, "def numbers: select(type == \"number\");"},
    {"strings", 0, "def strings: select(type == \"string\");"},
    {"arrays", 0, "def arrays: select(type == \"array\");"},
    {"objects", 0, "def objects: select(type == \"object\");"},
    {"iterables", 0, "def iterables: select(type | . == \"array\" or . == \"object\");"},
    {"scalars", 0, "def scalars: select(type | . != \"array\" and . != \"object\");"},
    {"finites", 0, "def finites: select(isinfinite or isnan | not);"},
    {"normals", 0, "def normals: select(isnormal);"},
    {"join", 1, "def join($x): _join($x);"},
    {"match", 1, "def match($re): _match($re; null) | .[];"},
    {"match", 2, "def match($re; $flags): _match($re; $flags) | .[];"},
    {"test", 1, "def test($re): _test($re; null);"},
    {"test", 2, "def test($re; $flags): _test($re; $flags);"},
    {"capture", 1, "def capture($re): _match($re; null) | .[] | _captured;"},
    {"capture", 2, "def capture($re; $flags): _match($re; $flags) | .[] | _captured;"},
    {"scan", 1, "def scan($re): scan($re; null);"},
    {"scan", 2,
     "def scan($re; $flags): _match($re; \"g\" + $flags) | .[]"
     " | if (.captures | length) > 0 then [.captures[].string] else .string end;"},
    {"split", 2, "def split($re; $flags): _split($re; $flags);"},
    {"splits", 1, "def splits($re): _split($re; null) | .[];"},
    {"splits", 2, "def splits($re; $flags): _split($re; $flags) | .[];"},
    {"sub", 2, "def sub($re; str): sub($re; str; \"\");"},
    {"sub", 3,
     "def sub($re; str; $flags): . as $in"
     " | reduce _match($re; $flags)[] as $m ({at: 0, texts: [\"\"]};"
     " .at as $at | .texts |= [.[] + $in[$at:$m.offset] + ($m | _captured | str)] | .at = $m.offset + "
     "$m.length)"
     " | .at as $at | .texts[] + $in[$at:];"},
    {"gsub", 2, "def gsub($re; str): sub($re; str; \"g\");"},
    {"gsub", 3, "def gsub($re; str; $flags): sub($re; str; $flags + \"g\");"},
    {"todate", 0, "def todate: strftime(\"%Y-%m-%dT%H:%M:%SZ\");"},
    {"todateiso8601", 0, "def todateiso8601: todate;"},
    {"fromdate", 0, "def fromdate: fromdateiso8601;"},
    {"fromdateiso8601", 0, "def fromdateiso8601: strptime(\"%Y-%m-%dT%H:%M:%SZ\") | mktime;"},
});

constexpr auto refused = std::to_array<std::pair<std::string_view, std::string_view>>({
    {"input", "a rule sees one event; there is no further input"},
    {"inputs", "a rule sees one event; there is no further input"},
    {"input_filename", "a rule sees an event, not a file"},
    {"input_line_number", "a rule sees an event, not a file"},
    {"debug", "rules have no output but their result"},
    {"stderr", "rules have no output but their result"},
    {"env", "rules do not see the environment of the process"},
    {"halt", "a rule cannot end the process; use error"},
    {"halt_error", "a rule cannot end the process; use error"},
    {"get_search_list", "there are no modules"},
    {"get_jq_origin", "there are no modules"},
    {"get_prog_origin", "there are no modules"},
    {"builtins", "the reference of the rule language lists them"},
    {"modulemeta", "there are no modules"},
    {"localtime", "rules know no local time; use gmtime"},
    {"strflocaltime", "rules know no local time; use strftime"},
});

}  // namespace

std::array<std::span<native_entry const>, 8> native_tables() {
    return {collection_natives(), order_natives(), text_natives(), number_natives(),
            regex_natives(),      time_natives(),  name_natives(), table_natives()};
}

std::span<library_entry const> library() {
    return definitions;
}

library_entry const* find_library(std::string_view name, std::size_t arity) {
    auto const* const found = std::ranges::find_if(
        definitions, [&](library_entry const& entry) { return entry.name == name && entry.arity == arity; });
    return found == definitions.end() ? nullptr : found;
}

std::string_view why_refused(std::string_view name) {
    auto const* const found =
        std::ranges::find(refused, name, &std::pair<std::string_view, std::string_view>::first);
    return found == refused.end() ? std::string_view{} : found->second;
}

native_entry const* find_native(std::string_view name, std::size_t arity) {
    for (auto const table : native_tables()) {
        for (auto const& entry : table) {
            if (entry.name == name && entry.arity == arity) return &entry;
        }
    }
    return nullptr;
}

std::vector<std::string_view> builtin_names() {
    std::vector<std::string_view> names;
    for (auto const& entry : definitions) names.push_back(entry.name);
    for (auto const table : native_tables()) {
        for (auto const& entry : table) {
            if (!entry.name.starts_with('_')) names.push_back(entry.name);
        }
    }
    return names;
}

}  // namespace headgate::transforms
