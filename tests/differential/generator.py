"""Programs and inputs by seed: small ones, of all parts of the language that rules are written in."""

import random

INPUTS = [
    'null',
    'true',
    '0',
    '-3',
    '1.5',
    '""',
    '"abc"',
    '"a,b, c"',
    '"h\\u00e9llo w\\u00f6rld"',
    '[]',
    '[1,2,3]',
    '[3,1,2,1]',
    '["b","a","c","a"]',
    '[[1,2],[3],[]]',
    '[null,true,false,0,"x",[1],{"a":1}]',
    '[{"a":1,"b":"x"},{"a":2,"b":"y"},{"a":1,"b":"z"}]',
    '{}',
    '{"a":1,"b":2}',
    '{"a":{"b":{"c":[1,{"d":2}]}},"s":"text","n":null}',
    '{"a":[1,2,{"b":3}],"b":"x","c":false}',
    '{"ref":"refs/heads/main","commits":[{"message":"deploy it","modified":["a","b"]},'
    '{"message":"","modified":[]}]}',
    '{"x":1.25,"y":-7,"z":"12","list":[5,4,3]}',
]

LITERALS = [
    'null', 'true', 'false', '0', '1', '-1', '2', '3.5', '""', '"a"', '"b"', '"x"', '"abc"', '"a,b"',
    '"12"', '[]', '{}', '[1,2]', '[1]', '["a"]', '{"a":1}', '{"a":{"b":2}}',
]  # fmt: skip
PATHS = [
    '.', '.a', '.b', '.a.b', '.["a"]', '."a"', '.[0]', '.[1]', '.[-1]', '.[1:]', '.[:2]', '.[1:2]', '.[]',
    '.[]?', '..', '.a?', '.a.b?', '.a[]?', '.commits[]?', '.list[]?', '.[0]?', '.a[0]?', '.[]?.a?', '.s',
    '.ref',
]  # fmt: skip
SIMPLE_PATHS = [
    '.a', '.b', '.[0]', '.a.b', '.[]', '.[1:]', '.c', '.a[0]', '.["x"]', '.[-1]',
]  # fmt: skip
PLAIN = [
    'length', 'not', 'type', 'keys', 'keys_unsorted', 'add', 'any', 'all', 'sort', 'unique', 'reverse',
    'min', 'max', 'flatten', 'to_entries', 'from_entries', 'tostring', 'tonumber', 'tojson', 'fromjson',
    'ascii_downcase', 'ascii_upcase', 'explode', 'implode', 'trim', 'ltrim', 'rtrim', 'first', 'last',
    'values', 'nulls', 'strings', 'numbers', 'arrays', 'objects', 'booleans', 'scalars', 'iterables',
    'empty', 'floor', 'ceil', 'round', 'sqrt', 'fabs', 'abs', 'utf8bytelength', 'transpose', 'paths',
    'tostream', 'isnan', 'isinfinite', 'recurse', 'combinations', 'ascii', '@json', '@text', '@csv',
    '@tsv', '@html', '@uri', '@urid', '@sh', '@base64', '@base64d', 'getpath(["a","b"])', 'gmtime', 'mktime',
    'error', 'walk(.)', 'splits(",")', 'min_by(.a)', 'max_by(.a)', 'unique_by(.a)', 'group_by(.a)',
    'sort_by(.a)', 'getpath([])', 'pick(.a)', 'tojson|fromjson', 'del(.a)', 'del(.[0])', 'del(.[0,1])',
    'to_entries|from_entries', 'with_entries(.)', 'limit(2;.[])', 'first(.[])', 'skip(1;.[])',
    'ltrimstr("a")', 'rtrimstr("c")', 'trimstr("a")', 'tojson|length', 'trunc', 'logb', 'exp2',
    'infinite', 'nan|isnan', 'getpath(["x"])?', 'paths(type=="number")', 'any(.[]?;.)', 'all(.[]?;.)',
    'range(3)', 'range(0;4;2)', '[limit(3;repeat(1))]', '[.[]?]', '[..]', '[paths]', 'add(.[]?)',
    '$__loc__.line',
]  # fmt: skip
REGEXES = [
    'a', 'b+', '[a-c]', '^a', 'c$', '.', 'l+', '(?<x>[a-z])', '(a)(b)?', '\\\\s', '\\\\d+', '[^a]', 'x|b',
    '',
]  # fmt: skip
BINARY = [
    '+', '-', '*', '/', '%', '==', '!=', '<', '<=', '>', '>=', 'and', 'or', '//', ',', '|',
]  # fmt: skip
UPDATES = [
    '=', '|=', '+=', '-=', '*=', '/=', '%=', '//=',
]  # fmt: skip
TEXTS = ['', 'a', 'b', ',', 'abc', ' ', 'l', 'é']

SHAPES = [
    'Ⓕ|Ⓟ', 'Ⓟ|Ⓟ', '(Ⓟ)Ⓑ(Ⓟ)', '(Ⓟ)Ⓑ(Ⓟ)', 'Ⓕ Ⓑ Ⓛ', '[Ⓟ]', '{a:(Ⓟ)}', '{a:1,b:(Ⓟ)}', '{(Ⓣ):(Ⓟ)}',
    '{"a":Ⓕ,"c":Ⓛ}', 'if Ⓟ then Ⓟ else Ⓟ end', 'if Ⓟ then Ⓟ end', 'try (Ⓟ) catch "caught"', '(Ⓟ)?',
    '(Ⓟ)//(Ⓟ)', 'map(Ⓟ)', 'map_values(Ⓟ)', 'select(Ⓟ)', '[.[]?|Ⓟ]', 'any(Ⓟ;Ⓟ)', 'all(Ⓟ;Ⓟ)', 'first(Ⓟ)',
    'last(Ⓟ)', 'isempty(Ⓟ)', '[limit(3;Ⓟ)]', '[skip(1;Ⓟ)]', 'nth(1;Ⓟ)', 'until(true;Ⓟ)', 'sort_by(Ⓟ)',
    'group_by(Ⓟ)', 'unique_by(Ⓟ)', 'min_by(Ⓟ)', 'max_by(Ⓟ)', 'with_entries(.value|=(Ⓟ))',
    'reduce (Ⓟ) as $x (Ⓛ;Ⓟ)', 'reduce Ⓕ as $x (0;.+1)', '[foreach (Ⓟ) as $x (Ⓛ;Ⓟ)]',
    '[foreach Ⓕ as $x (0;.+1;[$x,.])]', '(Ⓟ) as $x|[$x,$x]', 'Ⓕ as [$x,$y]|[$x,$y]', 'Ⓕ as {a:$x}|$x',
    'Ⓕ as [$x] ?// $x|$x', 'Ⓕ as {a:$x} ?// [$x]|$x', 'def f:Ⓟ;f|f', 'def f(g):[g,g];f(Ⓟ)',
    'def f($v):$v|Ⓟ;f(Ⓟ)', 'label $out|(Ⓟ),break $out,1',
    '[label $out|.[]?|if .==1 then break $out else . end]', '"x\\(Ⓟ)y"', '@base64 "\\(Ⓟ)"',
    '@uri "v=\\(Ⓟ)"', '@html "<\\(Ⓟ)>"', '@json "j\\(Ⓟ)"', '[path(Ⓕ)]', '[paths(Ⓟ)]', 'Ⓢ Ⓤ (Ⓟ)', 'Ⓢ Ⓤ Ⓛ',
    '(Ⓢ,Ⓢ) Ⓤ Ⓛ', '(Ⓢ|select(Ⓟ)) Ⓤ Ⓛ', 'del(Ⓢ)', 'del(Ⓢ,Ⓢ)', 'del(.[]?|select(Ⓟ))', 'to_entries|map(Ⓟ)',
    'getpath(["a",Ⓣ])', 'setpath(["a"];Ⓟ)', 'setpath(["a","b"];Ⓛ)', 'setpath([0];Ⓛ)',
    'delpaths([["a"],[0]])?', 'has(Ⓛ)', 'has(Ⓛ)?', 'contains(Ⓛ)', 'contains(Ⓛ)?', 'inside(Ⓛ)', 'in(Ⓛ)?',
    'index(Ⓛ)?', 'rindex(Ⓣ)?', 'indices(Ⓛ)?', 'split(Ⓣ)?', 'join(Ⓣ)?', 'startswith(Ⓣ)?', 'endswith(Ⓣ)?',
    'ltrimstr(Ⓣ)', 'rtrimstr(Ⓣ)', 'test(Ⓡ)?', 'test(Ⓡ;"i")?', '[match(Ⓡ)?]', '[match(Ⓡ;"g")?]',
    'capture(Ⓡ)?', '[scan(Ⓡ)?]', 'sub(Ⓡ;"-")?', 'gsub(Ⓡ;"-")?', 'gsub(Ⓡ;"<\\(.x)>")?', '[splits(Ⓡ)?]',
    'split(Ⓡ;null)?', 'IN(Ⓟ)', 'IN(Ⓟ;Ⓟ)', 'INDEX(Ⓟ)?', 'ascii_downcase?', 'bsearch(Ⓛ)?', 'flatten(1)?',
    'range(Ⓛ)?', '[range(Ⓛ;Ⓛ)?]', 'limit(1;Ⓟ)', 'walk(if type=="number" then .+1 else . end)', 'walk(Ⓟ)?',
    'tostream', 'fromstream(tostream)', '[1|truncate_stream([[0],1],[[1,0],2])]', 'pick(Ⓢ)?', 'error(Ⓟ)?',
    'ltrimstr(Ⓛ)', 'splits(Ⓣ)?', 'tojson', '.[Ⓛ]?', '.[Ⓟ]?', '.[Ⓛ:]?', '.[:Ⓛ]?', 'not', '-(Ⓟ)',
    'recurse(.[]?|select(type=="array"))', 'recurse(.a?|values)', '[recurse(.[]?;.!=null)]', 'min_by(Ⓟ)?',
    'add(Ⓟ)', 'any', 'all', 'getpath(["a"])?', 'ascii', 'abs?', 'splits("a")?', 'combinations?', '@sh',
    '$__loc__', '. as $d|[Ⓟ]|map(. as $e|[$e,$d])|length', 'tojson|test(Ⓡ)',
]  # fmt: skip

# What stands in a shape's places; Ⓟ is a program.
CHOICES = {"Ⓛ": LITERALS, "Ⓕ": PATHS, "Ⓢ": SIMPLE_PATHS, "Ⓑ": BINARY, "Ⓤ": UPDATES}
QUOTED = {"Ⓡ": REGEXES, "Ⓣ": TEXTS}


class Generator:
    def __init__(self, seed):
        self.random = random.Random(seed)

    def row(self):
        return self.program(self.of([1, 2, 2, 3])), self.of(INPUTS)

    def program(self, depth):
        if depth == 0:
            return self.of([self.of(LITERALS), self.of(PATHS), self.of(PATHS), self.of(PLAIN)])
        return "".join(self.place(letter, depth - 1) for letter in self.of(SHAPES))

    def place(self, letter, depth):
        if letter == "Ⓟ":
            return self.program(depth)
        if letter in QUOTED:
            return '"' + self.of(QUOTED[letter]) + '"'
        return self.of(CHOICES[letter]) if letter in CHOICES else letter

    def of(self, choices):
        return self.random.choice(choices)

