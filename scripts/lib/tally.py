#!/usr/bin/env python3
"""Counts what runners wrote as JUnit XML: one line per runner, "unit: 12 passed, 0 failed".

    scripts/lib/tally.py NAME FOLDER...     counts, and appends the line to build/results/tally
    scripts/lib/tally.py NAME --code N      one check: passed when N is 0
    scripts/lib/tally.py --total            the sum of all lines so far; exit 1 when anything failed

A program that died before it could write its results counts as one failure: ctest's own report names it.
"""

import pathlib
import re
import sys
import xml.etree.ElementTree as ElementTree

TALLY = pathlib.Path(__file__).resolve().parents[2] / "build" / "results" / "tally"

LINES_OF_A_FAILURE = 20


def cases(file):
    return ElementTree.parse(file).getroot().iter("testcase")


def has_failed(case):
    return case.find("failure") is not None or case.find("error") is not None or case.get("status") == "fail"


def tell(case):
    """Names a failed case of a test program, with the beginning of what it says: ctest's log drowns both."""
    print(f"   FAILED: {case.get('classname')}.{case.get('name')}")
    found = case.find("failure")
    text = (found.text or found.get("message") or "") if found is not None else ""
    for line in text.strip().splitlines()[:LINES_OF_A_FAILURE]:
        print(f"   | {line}")


def count(folder):
    """(passed, failed) of all XML files in a folder, ctest.xml aside: it reports programs, not tests."""
    passed, failed, programs_with_failures = 0, 0, set()
    by_ctest = (folder / "ctest.xml").exists()
    for file in sorted(folder.glob("*.xml")):
        if file.name == "ctest.xml":
            continue
        for case in cases(file):
            if has_failed(case):
                failed += 1
                if by_ctest:
                    tell(case)
                programs_with_failures.add(file.stem)
            elif case.find("skipped") is None:
                passed += 1
    if by_ctest:
        dead = [
            case.get("name")
            for case in cases(folder / "ctest.xml")
            if has_failed(case) and case.get("name") not in programs_with_failures
        ]
        failed += len(dead)
    return passed, failed


def total():
    lines = TALLY.read_text().splitlines() if TALLY.exists() else []
    numbers = [tuple(map(int, re.search(r"(\d+) passed, (\d+) failed", line).groups())) for line in lines]
    passed, failed = sum(n[0] for n in numbers), sum(n[1] for n in numbers)
    for line in lines:
        print(line)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


def main():
    if sys.argv[1] == "--total":
        return total()
    name, rest = sys.argv[1], sys.argv[2:]
    if rest[0] == "--code":
        passed, failed = (1, 0) if rest[1] == "0" else (0, 1)
    elif rest[0] == "--counts":
        passed, failed = int(rest[1]), int(rest[2])
    else:
        passed, failed = map(sum, zip(*(count(pathlib.Path(folder)) for folder in rest)))
    line = f"{name}: {passed} passed, {failed} failed"
    TALLY.parent.mkdir(parents=True, exist_ok=True)
    with TALLY.open("a") as file:
        file.write(line + "\n")
    print("   " + line)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
