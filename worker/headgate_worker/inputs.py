"""What a workflow may be asked, decoded strictly.

Temporal's converter drops fields it does not know, so that `{"selct": "tag:orders"}` would build everything.
Here a field that is not known, a wrong type and a missing field are each refused, all of them at once, with
the names that are known. Nothing here does I/O: it runs inside the workflow sandbox.

The arguments of dbt end as words of a command line and inside SQL, so they come from a narrow alphabet.
There is no shell in between; the alphabet guards dbt's own option parser, Jinja and the SQL it renders.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from temporalio.common import RawValue
from temporalio.exceptions import ApplicationError

from headgate_worker.failures import final

CONNECTION_CHARACTERS_MAX = 64
SELECTION_CHARACTERS_MAX = 1000
SELECTION_WORDS_MAX = 50
VARS_MAX = 50
VAR_CHARACTERS_MAX = 500

_CONNECTION = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_SELECTION_WORD = re.compile(r"[A-Za-z0-9_.:/*+@,][A-Za-z0-9_.:/*+@,-]*")
_VAR_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
_VAR_TEXT = re.compile(r"[A-Za-z0-9_.:/@+,= -]*")


@dataclass(frozen=True)
class SyncInput:
    """`AirbyteSync`: the name of a connection in the worker's settings."""

    connection: str


@dataclass(frozen=True)
class BuildInput:
    """`DbtBuild`: which models, whether from nothing, and the project's variables. All optional."""

    select: str | None = None
    exclude: str | None = None
    full_refresh: bool = False
    vars: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class SyncThenBuildInput:
    """`SyncThenBuild`: both of the above in one object."""

    sync: SyncInput
    build: BuildInput


class _Refused(Exception):
    """One field is not acceptable; the text completes the sentence that begins with the field's name."""


def decode_sync(given: RawValue) -> SyncInput:
    """The input of `AirbyteSync`; raises `InvalidInput` (final)."""
    fields = _decode("AirbyteSync", given, {"connection": _connection}, required=("connection",))
    return SyncInput(**fields)


def decode_build(given: RawValue) -> BuildInput:
    """The input of `DbtBuild`; raises `InvalidInput` (final)."""
    return BuildInput(**_decode("DbtBuild", given, _BUILD_FIELDS, required=()))


def decode_sync_then_build(given: RawValue) -> SyncThenBuildInput:
    """The input of `SyncThenBuild`; raises `InvalidInput` (final)."""
    known = {"connection": _connection, **_BUILD_FIELDS}
    fields = _decode("SyncThenBuild", given, known, required=("connection",))
    sync = SyncInput(connection=fields.pop("connection"))
    return SyncThenBuildInput(sync=sync, build=BuildInput(**fields))


def _decode(
    workflow: str, given: RawValue, known: Mapping[str, Callable[[Any], Any]], required: tuple[str, ...]
) -> dict[str, Any]:
    document = _object(workflow, given, sorted(known))
    problems = [
        f'"{name}" is not a field; the known ones are: {", ".join(sorted(known))}'
        for name in document
        if name not in known
    ]
    fields: dict[str, Any] = {}
    for name, check in known.items():
        if name not in document:
            if name in required:
                problems.append(f'"{name}" is missing')
            continue
        try:
            fields[name] = check(document[name])
        except _Refused as refused:
            problems.append(f'"{name}" {refused}')
    if problems:
        raise _invalid(workflow, problems)
    return fields


def _object(workflow: str, given: RawValue, known: list[str]) -> dict[str, Any]:
    encoding = given.payload.metadata.get("encoding", b"").decode("ascii", "replace")
    if not encoding:
        raise _invalid(workflow, [f"needs one argument, an object with the fields: {', '.join(known)}"])
    if encoding != "json/plain":
        raise _invalid(workflow, [f"the argument is encoded as {encoding}, which is not json/plain"])
    try:
        document = json.loads(
            given.payload.data, object_pairs_hook=_without_duplicates, parse_constant=_no_constant
        )
    except (ValueError, RecursionError) as error:
        raise _invalid(workflow, [f"the argument is not strict JSON: {error}"]) from None
    if not isinstance(document, dict):
        raise _invalid(workflow, [f"the argument is {_kind(document)}, not an object"])
    return document


def _invalid(workflow: str, problems: list[str]) -> ApplicationError:
    return final("InvalidInput", f"{workflow}: {'; '.join(problems)}", {"problems": problems})


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) != len(pairs):
        names = [name for name, _ in pairs]
        twice = sorted({name for name in names if names.count(name) > 1})
        raise ValueError(f"{', '.join(twice)} given more than once")
    return document


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a JSON number")


def _kind(value: Any) -> str:
    names = {dict: "an object", list: "an array", str: "a string", bool: "a boolean", type(None): "null"}
    return names.get(type(value), "a number")


def _text(value: Any, characters_max: int) -> str:
    if not isinstance(value, str):
        raise _Refused(f"must be a string, not {_kind(value)}")
    if not value:
        raise _Refused("must not be empty")
    if len(value) > characters_max:
        raise _Refused(f"is {len(value)} characters long, more than {characters_max}")
    return value


def _connection(value: Any) -> str:
    name = _text(value, CONNECTION_CHARACTERS_MAX)
    if not _CONNECTION.fullmatch(name):
        raise _Refused("may hold only letters, digits, '_', '.', '-', and begins with a letter or digit")
    return name


def _selection(value: Any) -> str:
    text = _text(value, SELECTION_CHARACTERS_MAX)
    words = text.split(" ")
    if len(words) > SELECTION_WORDS_MAX:
        raise _Refused(f"has {len(words)} words, more than {SELECTION_WORDS_MAX}")
    for word in words:
        if word.startswith("-"):
            raise _Refused("has a word that begins with '-', which dbt would read as an option")
        if not _SELECTION_WORD.fullmatch(word):
            raise _Refused(
                "may hold only letters, digits, '_ . : / * + @ , -' and single spaces between words"
            )
    return text


def _boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise _Refused(f"must be true or false, not {_kind(value)}")
    return value


def _variables(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _Refused(f"must be an object, not {_kind(value)}")
    if len(value) > VARS_MAX:
        raise _Refused(f"has {len(value)} members, more than {VARS_MAX}")
    for name, member in value.items():
        if not _VAR_NAME.fullmatch(name):
            raise _Refused("has a member whose name is not letters, digits and '_' (at most 64)")
        _variable(name, member)
    return value


def _variable(name: str, value: Any) -> None:
    if value is None or isinstance(value, bool):
        return
    if isinstance(value, int):
        if abs(value) >= 2**63:
            raise _Refused(f"has a number in {name} that does not fit in 64 bits")
        return
    if isinstance(value, float):
        if not math.isfinite(value):
            raise _Refused(f"has a number in {name} that is out of range")
        return
    if not isinstance(value, str):
        raise _Refused(f"has {_kind(value)} in {name}; only strings, numbers, booleans and null are allowed")
    if len(value) > VAR_CHARACTERS_MAX:
        raise _Refused(f"has {len(value)} characters in {name}, more than {VAR_CHARACTERS_MAX}")
    if value.startswith("-") or "--" in value or not _VAR_TEXT.fullmatch(value):
        raise _Refused(
            f"has a string in {name} outside letters, digits, '_ . : / @ + , = -' and spaces, "
            "or with '-' at its beginning or twice in a row"
        )


_BUILD_FIELDS: dict[str, Callable[[Any], Any]] = {
    "select": _selection,
    "exclude": _selection,
    "full_refresh": _boolean,
    "vars": _variables,
}
