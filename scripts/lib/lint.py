#!/usr/bin/env python3
"""clang-tidy over every source of the rooms, in parallel, remembering what passed.

    scripts/lib/lint.py BUILD_FOLDER [--tests]

A source is looked at again only when it, a header of ours that it includes (as Ninja recorded), its compile
command,
.clang-tidy or clang-tidy itself has changed. The remembered names lie in BUILD_FOLDER/lint.
"""

import concurrent.futures
import hashlib
import json
import os
import pathlib
import subprocess
import sys
import time

TOP = pathlib.Path(__file__).resolve().parents[2]
TIDY = "clang-tidy-19"


def headers_of_objects(build):
    """Object file -> headers inside the tree, from Ninja's own record."""
    listed = subprocess.run(["ninja", "-C", str(build), "-t", "deps"], capture_output=True, text=True).stdout
    headers, current = {}, None
    for line in listed.split("\n"):
        if line and not line.startswith(" "):
            current = headers.setdefault(line.split(":", 1)[0], [])
        elif line.strip() and current is not None:
            path = (build / line.strip()).resolve()
            if path.is_relative_to(TOP):
                current.append(path)
    return headers


def fingerprint(command, headers, constant):
    digest = hashlib.sha256(constant)
    digest.update(command["command"].encode())
    for path in sorted({pathlib.Path(command["file"]), *headers}):
        digest.update(str(path).encode())
        if path.exists():
            digest.update(path.read_bytes())
    return digest.hexdigest()[:32]


def examine(build, source):
    ran = subprocess.run(
        [TIDY, "-p", str(build), "--quiet", str(source)], capture_output=True, text=True, cwd=TOP
    )
    return ran.returncode, ran.stdout


def main():
    build = (TOP / sys.argv[1]).resolve()
    rooms = {path.parent.name for path in TOP.glob("*/CMakeLists.txt")} - {"tests"}
    if "--tests" in sys.argv:
        rooms.add("tests")
    version = subprocess.run([TIDY, "--version"], capture_output=True, check=True).stdout
    constant = version + (TOP / ".clang-tidy").read_bytes()
    headers = headers_of_objects(build)
    remembered = build / "lint"
    remembered.mkdir(exist_ok=True)

    waiting, passed = [], 0
    for command in json.loads((build / "compile_commands.json").read_text()):
        source = pathlib.Path(command["file"])
        if not source.is_relative_to(TOP) or source.is_relative_to(build):
            continue
        if source.relative_to(TOP).parts[0] not in rooms:
            continue
        mark = remembered / fingerprint(command, headers.get(command.get("output", ""), []), constant)
        if mark.exists():
            passed += 1
        else:
            waiting.append((source, mark))
    print(f"lint: {passed} sources unchanged since they passed, {len(waiting)} to look at", flush=True)

    failed, began = 0, time.monotonic()
    jobs = int(os.environ.get("HEADGATE_JOBS", os.cpu_count()))
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        running = {pool.submit(examine, build, source): (source, mark) for source, mark in waiting}
        for number, done in enumerate(concurrent.futures.as_completed(running), 1):
            source, mark = running[done]
            code, output = done.result()
            failed += code != 0
            passed += code == 0
            if code == 0:
                mark.touch()
            else:
                print(output, flush=True)
            print(
                f"[{number}/{len(waiting)}, {time.monotonic() - began:.0f} s] {source.relative_to(TOP)}",
                flush=True,
            )
    print(f"lint: {passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
