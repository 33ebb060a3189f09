"""Our rule language beside gojq, a second reading of the same manual: programs and inputs made by seed."""

import json
import re
import subprocess

import pytest
from generator import Generator
from language_test import HERE, ROWS, SEED, Evaluator, goes_on_for_ever

PROGRAM = HERE.parent.parent / "build" / "release" / "tests" / "differential" / "gojq_rows"


def indexes_texts_by_numbers(program, given, ours, theirs):
    is_said = "Cannot index string with number" in ours["message"]
    return is_said or re.search(r"\[[^\]]*[\d\[.]|first|last|nth", program)


def looks_for_texts_in_what_is_none(program, given, ours, theirs):
    return re.search(r"\b(r?index|indices)\(", program)


def answers_for_the_program_in_brackets(program, given, ours, theirs):
    return re.search(r"\[.*\]\?", program) and ours["ended"] == "failed"


def lacks(program, given, ours, theirs):
    return theirs["ended"] == "refused" and "not defined" in theirs["message"]


def keeps_what_it_had(program, given, ours, theirs):
    return "reduce" in program or "foreach" in program


def is_unlike_for_what_is_of_another_type(program, given, ours, theirs):
    return re.search(r"reverse|transpose|bsearch|combinations|\.\[\[", program)


def has_members_by_their_names(program, given, ours, theirs):
    makes_objects = re.search(r"\{|path\(|match\(|[^=!<>]=[^=]", program)
    return makes_objects and theirs["ended"] == ours["ended"]


# Each is in docs/reference/rule-language.md, "Where it differs from jq".
DIFFERENCES = {
    "gojq takes a number for a place in a text": indexes_texts_by_numbers,
    "gojq does not look for a text in numbers and objects": looks_for_texts_in_what_is_none,
    "gojq's `?` behind `[f]` answers for errors of f": answers_for_the_program_in_brackets,
    "gojq lacks $__loc__, keys_unsorted and others": lacks,
    "gojq keeps what a `reduce` had when its update gives nothing": keeps_what_it_had,
    "gojq refuses to reverse numbers and to transpose objects, and seeks otherwise in what is not sorted":
        is_unlike_for_what_is_of_another_type,
    "gojq has the members of an object by their names": has_members_by_their_names,
}


@pytest.fixture(scope="module")
def gojq():
    subprocess.run(["go", "build", "-o", PROGRAM, "."], cwd=HERE / "gojq", check=True, timeout=240)
    return PROGRAM


def alike(any_value):
    """Whole numbers are not told from others, nor members by their places."""
    if isinstance(any_value, bool) or any_value is None or isinstance(any_value, str):
        return any_value
    if isinstance(any_value, list):
        return [alike(item) for item in any_value]
    if isinstance(any_value, dict):
        return {key: alike(any_value[key]) for key in sorted(any_value)}
    return float(any_value)


def test_gives_what_gojq_gives(gojq):
    made = Generator(SEED + 1)
    unlike = []
    with Evaluator() as evaluate, Evaluator(gojq) as other:
        for _ in range(ROWS):
            program, given = made.row()
            given = json.dumps(json.loads(given), sort_keys=True)
            ours, theirs = evaluate(program, given), other(program, given)
            if (alike(ours["outputs"]), ours["ended"]) == (alike(theirs["outputs"]), theirs["ended"]):
                continue
            if goes_on_for_ever(program, given, ours) or theirs["ended"] == "never":
                continue
            if not any(explains(program, given, ours, theirs) for explains in DIFFERENCES.values()):
                unlike.append(f"{program}\n  on {given}\n  we: {ours}\n  gojq: {theirs}")
    assert not unlike, f"{len(unlike)} of {ROWS} rows of seed {SEED + 1}:\n" + "\n".join(unlike[:20])
