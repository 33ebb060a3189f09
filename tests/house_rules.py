#!/usr/bin/env python3
"""The house rules: every remark that was made twice, as a function with its remedy.

    tests/house_rules.py            checks every file that git tracks or would track
    tests/house_rules.py --list     the rules and their remedies

A rule gets a `Page` and yields (line, what is wrong). Code rules see the page's `code`: the text with
comments and string contents blanked, line for line.
"""

import pathlib
import re
import subprocess
import sys
from functools import cached_property

CPP = {".cpp", ".hpp"}
OWN_TEXT = CPP | {
    ".py",
    ".sh",
    ".cmake",
    ".js",
    ".mjs",
    ".md",
    ".yaml",
    ".yml",
    ".sql",
    ".proto",
    ".toml",
    ".conf",
    "",
}
COLUMNS = 110
FUNCTION_LINES = 90
FILE_LINES = 600
FILE_LINES_ASKED = 400

RULES = []


def rule(remedy, *, suffixes=OWN_TEXT):
    def remember(function):
        RULES.append((function, remedy, suffixes))
        return function

    return remember


class Page:
    def __init__(self, path: str, text: str):
        self.path = path
        self.text = text

    @property
    def suffix(self):
        return pathlib.PurePosixPath(self.path).suffix

    @property
    def is_header(self):
        return self.suffix == ".hpp"

    @property
    def is_test(self):
        return self.path.startswith("tests/")

    @cached_property
    def lines(self):
        return self.text.split("\n")

    @cached_property
    def code(self):
        return without_comments_and_strings(self.text) if self.suffix in CPP else self.text

    def hits(self, pattern, *, in_code=True):
        text = self.code if in_code else self.text
        for match in re.finditer(pattern, text, re.MULTILINE):
            yield text.count("\n", 0, match.start()) + 1, match


LEXEMES = re.compile(
    r'R"(?P<mark>[^()\s\\]{0,16})\((?:.|\n)*?\)(?P=mark)"'
    r'|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'"
    r"|//[^\n]*|/\*(?:.|\n)*?\*/"
)
INCLUDE_LINE = re.compile(r"^\s*#\s*include")


def without_comments_and_strings(text):
    def blank(match):
        line_begins = text.rfind("\n", 0, match.start()) + 1
        if INCLUDE_LINE.match(text[line_begins : match.start()]):
            return match[0]
        return re.sub(r"[^\n]", " ", match[0])

    return LEXEMES.sub(blank, text)


# Coroutines


@rule("start it in a nursery, which joins it", suffixes=CPP)
def nothing_is_detached(page):
    for line, match in page.hits(r"\bdetached\b|\.detach\(\)"):
        yield line, f"{match[0]} has no owner"


SPAWNING = {"core/nursery.cpp", "core/deadline.hpp", "core/run_on.hpp"}  # Each waits for what it spawns.


@rule("nursery.spawn, or with_deadline for one call, or run_on from a thread of one's own", suffixes=CPP)
def only_the_nursery_spawns(page):
    if page.path in SPAWNING or page.path.startswith("tests/support/"):
        return
    for line, _ in page.hits(r"\bco_spawn\s*\("):
        yield line, f"co_spawn outside {', '.join(sorted(SPAWNING))} and tests/support"


@rule("make it a function with parameters: the captures die before the coroutine does", suffixes=CPP)
def no_lambda_coroutine_captures(page):
    capturing = r"\[[^\[\]\n]+\]\s*\([^()]*\)\s*(?:mutable\s*)?(?:noexcept\s*)?"
    for line, _ in page.hits(capturing + r"->\s*[\w:]*awaitable\s*<"):
        yield line, "a capturing lambda is a coroutine"


# Cryptography and secrets

CHECKED_CALL = (
    r"\b(?:EVP_(?:Digest|MAC|Verify|Sign|Encrypt|Decrypt|Cipher|PKEY)\w*?"
    r"(?:[iI]nit|[iI]nit_ex2?|[uU]pdate|[fF]inal|[fF]inal_ex|derive|verify|sign)"
    r"|EVP_DigestVerify|EVP_DigestSign|RAND_bytes)\s*\("
)


@rule("write EVP_…(…) == 1 or != 1: some of these return 0, others a negative number", suffixes=CPP)
def results_of_evp_are_compared_with_one(page):
    for line, match in page.hits(CHECKED_CALL):
        begins = max(page.code.rfind(mark, 0, match.start()) for mark in ";{}") + 1
        statement = re.match(r"[^;{]*", page.code[begins:])[0]
        if not re.search(r"[!=]= 1\b", statement):
            yield line, f"the result of {match[0].rstrip('( ')} is not compared with 1"


@rule("CRYPTO_memcmp on decoded bytes", suffixes=CPP)
def secrets_are_compared_in_constant_time(page):
    if page.path.startswith("auth/"):
        for line, _ in page.hits(r"(?<!CRYPTO_)\bmemcmp\s*\("):
            yield line, "memcmp stops at the first difference"


# Time


@rule("wait for the thing itself, with a deadline; pass time in", suffixes=CPP)
def nothing_sleeps(page):
    # Asks another program whether it is up yet; makes a planted bug wide enough to be hit.
    if page.path in ("tests/support/temporal_dev_server.cpp", "core/planted.cpp"):
        return
    for line, match in page.hits(r"\b(?:sleep_for|sleep_until|usleep|nanosleep)\b|(?<![\w.:])sleep\s*\("):
        yield line, match[0].rstrip("(") + " in C++"


@rule("take a wall_clock or an instant as a parameter", suffixes=CPP)
def wall_time_is_passed_in(page):
    stand_in = page.path.startswith(("tests/support/fake_", "tests/bench/"))  # Plays another program.
    if page.path != "core/clock.cpp" and not stand_in:
        for line, _ in page.hits(r"\bsystem_clock::now\b"):
            yield line, "system_clock::now outside core/clock.cpp"


# Headers


@rule("begin the header with #pragma once (a comment may stand above it)", suffixes={".hpp"})
def headers_are_read_once(page):
    first = next((line for line in page.lines if line.strip() and not line.startswith("//")), "")
    if first.strip() != "#pragma once":
        yield 1, "the first line of code is not #pragma once"


@rule("write the names out, or use it inside a .cpp", suffixes={".hpp"})
def headers_do_not_open_namespaces(page):
    for line, _ in page.hits(r"\busing\s+namespace\b"):
        yield line, "using namespace in a header"


# Names and words


@rule(
    "name it after what it does in the domain: docs/index.md and ARCHITECTURE.md have the words",
    suffixes=CPP | {".py"},
)
def names_say_something(page):
    vague = r"(?:manager|helper|helpers|utils|misc)"
    if re.search(rf"(?:^|[/_.]){vague}(?:$|[/_.])", page.path):
        yield 1, "the file's name says nothing"
    if page.suffix in CPP:
        for line, match in page.hits(rf"\b(?:\w+_)?{vague}(?:_\w+)?\b"):
            yield line, f"{match[0]} says nothing"


@rule("do it now, or file an issue and write TODO(#12)")
def no_loose_ends(page):
    for line, match in page.hits(r"\bFIXME\b|\bXXX\b|\bHACK\b|\bTODO\b(?!\(#\d)", in_code=False):
        if page.path not in {"tests/house_rules.py", "tests/house_rules_test.py"}:
            yield line, f"a loose {match[0]}"


@rule("plain sentences: no @param, \\brief or ///", suffixes=CPP)
def comments_are_prose(page):
    for line, match in page.hits(r"^\s*///|[@\\](?:param|brief|return|throws|file)\b", in_code=False):
        if "//" in page.lines[line - 1]:
            yield line, f"a documentation tag: {match[0].strip()}"


@rule("say it in words")
def no_pictures_in_text(page):
    for line, match in page.hits("[\U0001f300-\U0001faff\u2600-\u26ff\u2700-\u27bf]", in_code=False):
        yield line, f"U+{ord(match[0]):04X}"


# Sizes


@rule(f"break the line: {COLUMNS} columns", suffixes=CPP | {".py", ".cmake"})
def lines_fit(page):
    for number, line in enumerate(page.lines, 1):
        if len(line) > COLUMNS and "http" not in line:
            yield number, f"{len(line)} columns"


@rule("name the steps: functions of 20 lines, seldom over 60", suffixes={".cpp"})
def functions_are_short(page):
    if page.is_test:  # Tables of rows are as long as they are.
        return
    started = None
    lines = page.code.split("\n")
    for number, line in enumerate(lines, 1):
        if started is None and re.match(r"[\w\[].*\(", line) and not line.rstrip().endswith(";"):
            started = number
        elif started is not None and line == "}":
            if number - started > FUNCTION_LINES:
                yield started, f"a function of {number - started} lines"
            started = None
        elif started is not None and line == "};" or line.startswith("}  "):
            started = None


@rule("split it by its second subject", suffixes=CPP | {".py"})
def files_have_one_subject(page):
    if len(page.lines) > FILE_LINES and not page.is_test:
        yield 1, f"{len(page.lines)} lines"


# What must not be in a repository


@rule("take the path from the environment, or relative to the file")
def no_paths_of_one_machine(page):
    for line, match in page.hits(r"(?<![\w.~}$-])/(?:work|farm|root|home/\w+)/\w", in_code=False):
        yield line, f"a path of one machine: {match[0]}…"


@rule(
    "registries are the machine's business: npm has omit-lockfile-registry-resolved=true, pip-compile "
    "--no-emit-index-url",
    suffixes=OWN_TEXT | {".json", ".lock", ".txt", ".in"},
)
def no_registry_is_named(page):
    pattern = r'"resolved":\s*"http|--(?:extra-)?index-url[ =]http|--registry[ =]http|GOPROXY=[h]ttp'
    for line, match in page.hits(pattern, in_code=False):
        yield line, f"names a package registry: {match[0]}…"


@rule("keep the process id and end that one", suffixes={".py", ".sh", ".cpp", ""})
def processes_are_ended_by_id(page):
    if page.path.startswith("tests/house_rules"):
        return
    for line, match in page.hits(r"\b(?:pkill|killall)\b", in_code=False):
        yield line, match[0]


@rule("make it pass, or take it out: a reader takes a skipped test for a passed one", suffixes=CPP | {".py"})
def no_test_is_skipped(page):
    if page.path.startswith("tests/house_rules"):
        return
    skips = r"GTEST_[S]KIP|\bDISABLED[_]|pytest\.mark\.(?:skip|xfail)|pytest\.skip\b"
    for line, match in page.hits(skips, in_code=False):
        yield line, match[0]


def offences_of(path: str, text: str):
    """(path, line, what, remedy) for everything wrong with one file."""
    page = Page(path, text)
    for function, remedy, suffixes in RULES:
        if page.suffix in suffixes:
            for line, what in function(page):
                yield path, line, f"{what}  [{function.__name__}]", remedy


def files_of_the_tree(top):
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=top,
        capture_output=True,
        check=True,
        text=True,
    ).stdout
    for path in sorted(filter(None, listed.split("\0"))):
        file = top / path
        if not file.is_file() or file.is_symlink() or file.stat().st_size > 2_000_000:
            continue
        try:
            yield path, file.read_text()
        except UnicodeDecodeError:
            continue


def main():
    if sys.argv[1:] == ["--list"]:
        for function, remedy, _ in RULES:
            print(f"{function.__name__.replace('_', ' ')}\n    {remedy}")
        return 0
    files = list(files_of_the_tree(pathlib.Path(__file__).resolve().parent.parent))
    found = [offence for path, text in files for offence in offences_of(path, text)]
    for path, text in files:
        lines = text.count("\n")
        if pathlib.PurePosixPath(path).suffix in CPP | {".py"} and lines > FILE_LINES_ASKED:
            print(f"{path}: {lines} lines; what is its second subject?")
    for path, line, what, remedy in found:
        print(f"{path}:{line}: {what}\n    {remedy}")
    print(f"house rules: {len(files)} files, {len(RULES)} rules, {len(found)} offences")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
