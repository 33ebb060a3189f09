#!/usr/bin/env python3
"""The floor plan: which room may use which, and which third-party library is whose.

Reads every #include of every room and fails on an arrow that is not in the tables below. A folder is a room
is a namespace is a library; arrows point down only, and rooms on one floor never include each other.

    tests/floor_plan.py            checks the tree
    tests/floor_plan.py --draw     prints the plan
"""

import pathlib
import re
import sys
from typing import NamedTuple

FLOORS = [
    ["core"],
    ["model", "json"],
    ["http"],
    ["auth", "transforms", "store", "targets"],
    ["gateway", "dispatch", "console"],
    ["config"],
    ["app"],
]
FLOOR_OF = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}

# Every arrow there is. Narrower than "anything below": a new arrow is a decision, and it shows here.
ARROWS = {
    "core": set(),
    "model": {"core"},
    "json": {"core"},
    "http": {"core", "model", "json"},
    "auth": {"core", "model", "json", "http"},
    "transforms": {"core", "model", "json"},
    "store": {"core", "model", "json"},
    "targets": {"core", "model", "json", "http"},
    "gateway": {"core", "model", "json", "http", "auth", "transforms", "store"},
    "dispatch": {"core", "model", "json", "transforms", "store", "targets"},
    "console": {"core", "model", "json", "http", "auth", "store"},
    "config": {
        "core",
        "model",
        "json",
        "http",
        "auth",
        "transforms",
        "store",
        "targets",
        "gateway",
        "dispatch",
        "console",
    },
    "app": {
        "core",
        "model",
        "json",
        "http",
        "auth",
        "transforms",
        "store",
        "targets",
        "gateway",
        "dispatch",
        "console",
        "config",
    },
}

# Of the rooms from `http` up, `config` sees only this header: settings structs are all it fills.
CONFIG_SEES = "settings.hpp"

# Third party: (how the include begins, where it may stand, how we call it). The first row that fits counts.
THIRD_PARTY = [
    ("boost/asio", ["*"], "Asio"),
    ("boost/system/", ["*"], "Boost.System"),
    ("boost/beast", ["http/"], "Beast"),
    ("boost/json", ["json/"], "Boost.JSON"),
    ("boost/url", ["auth/", "http/", "config/"], "Boost.URL"),
    ("openssl/", ["auth/", "http/", "core/digest.cpp"], "OpenSSL"),
    ("sqlite3.h", ["store/sqlite/"], "SQLite"),
    ("xxhash.h", ["store/sqlite/row_codec.cpp"], "xxHash"),
    ("libpq-fe.h", ["store/postgresql/"], "libpq"),
    ("grpc", ["targets/temporal/"], "gRPC"),
    ("google/protobuf", ["targets/temporal/"], "Protocol Buffers"),
    ("yaml-cpp/", ["config/"], "yaml-cpp"),
    ("re2/", ["transforms/", "auth/"], "RE2"),
    ("zlib.h", ["transforms/"], "zlib"),
    ("zstd.h", ["transforms/"], "libzstd"),
    ("brotli/", ["transforms/"], "Brotli"),
    ("expat.h", ["transforms/"], "Expat"),
    ("spdlog/", ["core/"], "spdlog"),
    ("prometheus/", ["core/"], "prometheus-cpp"),
    ("CLI/", ["app/"], "CLI11"),
    ("fmt/", ["*"], "fmt"),
]

# What a room's own headers may show besides our types and the standard library.
SHOWN_IN_HEADERS = ("boost/asio", "boost/system/error_code.hpp")

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
NAMESPACE = re.compile(r"^namespace (headgate(?:::\w+)*) \{", re.MULTILINE)
SHARE_THE_PLAIN_NAMESPACE = {"core", "model"}


class Offence(NamedTuple):
    path: str
    line: int
    what: str
    remedy: str

    def __str__(self):
        return f"{self.path}:{self.line}: {self.what}\n    {self.remedy}"


def offences_of(path: str, text: str) -> list[Offence]:
    """All that is wrong with one file of a room; `path` is relative to the top of the tree."""
    room = path.split("/", 1)[0]
    found = []
    for number, line in enumerate(text.split("\n"), 1):
        include = INCLUDE.match(line)
        if not include:
            continue
        mark, name = include.groups()
        judged = judge_ours(room, path, name) if mark == '"' else judge_foreign(path, name)
        if judged:
            found.append(Offence(path, number, *judged))
    found.extend(judge_namespace(room, path, text))
    return found


def judge_ours(room, path, name):
    other = name.split("/", 1)[0]
    if name.startswith("temporal/") or name.endswith(".pb.h"):
        return judge_foreign(path, "grpc/" + name)
    if other == "tests":
        return f"{room} includes {name}", "rooms never see the tests: move what both need into a room"
    if "/" not in name or other not in FLOOR_OF:
        return f'"{name}" begins with no room', "include by full path from the top: core/result.hpp"
    if other == room:
        return None
    if other not in ARROWS[room]:
        return f"{room} includes {name}", remedy_for_arrow(room, other)
    if room == "config" and FLOOR_OF[other] >= FLOOR_OF["http"] and name.split("/")[-1] != CONFIG_SEES:
        return (
            f"config includes {name}",
            f"of the rooms config sees only their {CONFIG_SEES}; what must be built is built in app",
        )
    if name.count("/") > 1 and room != "app":
        return (
            f"{room} looks into {name.rsplit('/', 1)[0]}/",
            f"use the interface in {other}/; only app names an implementation",
        )
    return None


def remedy_for_arrow(room, other):
    if FLOOR_OF[other] > FLOOR_OF[room]:
        return f"{other} is above {room}: let {room} state an interface and {other} or app implement it"
    if FLOOR_OF[other] == FLOOR_OF[room]:
        return f"{room} and {other} share a floor: move what both need one floor down"
    return f"a new arrow {room} → {other} is a decision: add it to ARROWS in tests/floor_plan.py"


def is_standard(name):
    return "/" not in name and not name.endswith(".h")


def is_of_the_system(name):
    return name.endswith(".h") and (
        "/" not in name or name.split("/")[0] in {"sys", "netinet", "arpa", "linux", "net"}
    )


def judge_foreign(path, name):
    if is_standard(name):
        return None
    is_header = path.endswith(".hpp")
    is_room_header = is_header and path.count("/") == 1
    for begins, places, called in THIRD_PARTY:
        if not name.startswith(begins):
            continue
        if "*" not in places and not any(path.startswith(place) for place in places):
            return f"{called} in {path.split('/')[0]}: <{name}>", f"{called} belongs to {', '.join(places)}"
        if is_room_header and not name.startswith(SHOWN_IN_HEADERS):
            return (
                f"a room's header shows {called}: <{name}>",
                "keep it in the .cpp, behind a type of ours (a pointer to a declared struct will do)",
            )
        return None
    if is_of_the_system(name):
        if is_room_header:
            return f"a room's header shows the system: <{name}>", "keep it in the .cpp"
        return None
    return f"<{name}> is nobody's", "give the library one room in THIRD_PARTY of tests/floor_plan.py"


def judge_namespace(room, path, text):
    expected = "headgate" if room in SHARE_THE_PLAIN_NAMESPACE else f"headgate::{room}"
    for match in NAMESPACE.finditer(text):
        name = match[1]
        if name == expected or name.startswith(expected + "::") or name == "headgate" and room == "app":
            continue
        line = text[: match.start()].count("\n") + 1
        yield Offence(path, line, f"{room} opens namespace {name}", f"a room is a namespace: {expected}")


def files_of_rooms(top: pathlib.Path):
    for room in FLOOR_OF:
        for path in sorted((top / room).rglob("*")):
            if path.suffix in {".cpp", ".hpp"}:
                yield path.relative_to(top).as_posix(), path.read_text()


def draw():
    for floor in reversed(range(len(FLOORS))):
        for room in FLOORS[floor]:
            below = " ".join(other for other in FLOOR_OF if other in ARROWS[room])
            print(f"floor {floor}   {room:<12}→ {below or '-'}")


def main():
    if sys.argv[1:] == ["--draw"]:
        draw()
        return 0
    top = pathlib.Path(__file__).resolve().parent.parent
    files = list(files_of_rooms(top))
    found = [offence for path, text in files for offence in offences_of(path, text)]
    for offence in found:
        print(offence)
    print(f"floor plan: {len(files)} files of {len(FLOOR_OF)} rooms, {len(found)} arrows not in the plan")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
