"""Our rule language beside libjq itself (PyPI `jq`), on programs and inputs made by seed.

HEADGATE_ROWS and HEADGATE_SEED choose how many and which; the rows of one seed are always the same.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import jq

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

from generator import Generator  # noqa: E402

EVALUATE = HERE.parent.parent / "build" / "release" / "tests" / "differential" / "evaluate_rows"
ROWS = int(os.environ.get("HEADGATE_ROWS", "6000"))
SEED = int(os.environ.get("HEADGATE_SEED", "20261121"))
OUTPUTS_MAX = 2_000
STOPS_EARLY = ["limit(", "first(", "nth(", "isempty(", "any(", "all(", "IN(", "break"]


def searches_for_nothing_beside_other_letters(program, given, ours):
    return '""' in program and "\\u" in given


def goes_on_for_ever(program, given, ours):
    return ours["message"].startswith("the program went over its limit")


def breaks_out_of_alternative_patterns(program, given, ours):
    return "?//" in program and any(ends in program for ends in STOPS_EARLY)


def reads_a_short_time(program, given, ours):
    return "mktime" in program and given.startswith("[")


# Each is in docs/reference/rule-language.md, "Where it differs from jq".
DIFFERENCES = {
    "jq loses its place beside multi-byte characters": searches_for_nothing_beside_other_letters,
    "jq reads what is missing of a time as zero": reads_a_short_time,
    "jq has no budgets": goes_on_for_ever,
    "jq takes the end of `limit` for an error that `?//` answers": breaks_out_of_alternative_patterns,
}


class Evaluator:
    def __init__(self, program=EVALUATE):
        self.process = subprocess.Popen(
            [program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(timeout=10)

    def __call__(self, program, given):
        self.process.stdin.write(json.dumps([program, given]) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())


def libjq(program, given):
    """Outputs, and how it ended."""
    try:
        compiled = jq.compile(f"({program}\n) | tojson")
    except ValueError:
        return [], "refused"
    outputs = []
    try:
        for output in compiled.input_text(given):
            outputs.append(json.loads(output))
            if len(outputs) > OUTPUTS_MAX:
                return outputs, "never"
    except ValueError:
        return outputs, "failed"
    return outputs, "well"


def test_gives_what_libjq_gives():
    made = Generator(SEED)
    unlike = []
    with Evaluator() as evaluate:
        for _ in range(ROWS):
            program, given = made.row()
            ours = evaluate(program, given)
            outputs, ended = libjq(program, given)
            if (ours["outputs"], ours["ended"]) == (outputs, ended):
                continue
            if any(explains(program, given, ours) for explains in DIFFERENCES.values()):
                continue
            unlike.append(f"{program}\n  on {given}\n  we: {ours}\n  jq: {outputs[:5]} {ended}")
    assert not unlike, f"{len(unlike)} of {ROWS} rows of seed {SEED}:\n" + "\n".join(unlike[:20])
