"""What a workflow may be asked."""

from __future__ import annotations

import json
from typing import Any

import pytest
from temporalio.api.common.v1 import Payload
from temporalio.common import RawValue
from temporalio.exceptions import ApplicationError

from headgate_worker.inputs import (
    BuildInput,
    SyncInput,
    SyncThenBuildInput,
    decode_build,
    decode_sync,
    decode_sync_then_build,
)


def raw(text: str, encoding: str = "json/plain") -> RawValue:
    return RawValue(Payload(metadata={"encoding": encoding.encode()}, data=text.encode()))


def refusal(decode: Any, given: RawValue) -> str:
    with pytest.raises(ApplicationError) as refused:
        decode(given)
    assert refused.value.type == "InvalidInput"
    assert refused.value.non_retryable
    return refused.value.message


def test_a_sync_names_its_connection() -> None:
    assert decode_sync(raw('{"connection": "orders"}')) == SyncInput("orders")


def test_a_build_needs_nothing() -> None:
    assert decode_build(raw("{}")) == BuildInput()


def test_both_take_the_fields_of_both() -> None:
    given = {
        "connection": "orders",
        "select": "tag:orders",
        "full_refresh": True,
        "vars": {"since": "2026-01-01"},
    }
    assert decode_sync_then_build(raw(json.dumps(given))) == SyncThenBuildInput(
        SyncInput("orders"), BuildInput("tag:orders", None, True, {"since": "2026-01-01"})
    )


def test_a_field_that_is_not_known_is_named_with_those_that_are() -> None:
    message = refusal(decode_sync_then_build, raw('{"connection": "orders", "selct": "tag:orders"}'))
    assert message == (
        'SyncThenBuild: "selct" is not a field; the known ones are: '
        "connection, exclude, full_refresh, select, vars"
    )


def test_all_problems_are_told_at_once() -> None:
    message = refusal(decode_sync_then_build, raw('{"selct": 1, "full_refresh": "yes", "vars": []}'))
    assert '"selct" is not a field' in message
    assert '"connection" is missing' in message
    assert '"full_refresh" must be true or false, not a string' in message
    assert '"vars" must be an object, not an array' in message


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[]", "is an array, not an object"),
        ("null", "is null, not an object"),
        ('"orders"', "is a string, not an object"),
        ("7", "is a number, not an object"),
        ("{", "is not strict JSON"),
        ('{"connection": "a", "connection": "b"}', "connection given more than once"),
        ('{"connection": NaN}', "NaN is not a JSON number"),
        ("[" * 100_000, "is not strict JSON"),
        ('{"connection": ""}', "must not be empty"),
        ('{"connection": null}', "must be a string, not null"),
        ('{"connection": "../orders"}', "may hold only letters"),
        ('{"connection": "' + "a" * 65 + '"}', "is 65 characters long, more than 64"),
    ],
)
def test_a_sync_refuses(text: str, said: str) -> None:
    assert said in refusal(decode_sync, raw(text))


def test_an_argument_that_is_not_there_or_not_json_is_refused() -> None:
    assert "needs one argument" in refusal(decode_sync, RawValue(Payload()))
    assert "encoded as binary/encrypted" in refusal(decode_sync, raw("x", "binary/encrypted"))


@pytest.mark.parametrize(
    "selection",
    [
        "tag:orders",
        "+model+",
        "2+orders",
        "@orders",
        "tag:a,tag:b tag:c",
        "path:models/silver",
        "orders*",
        "a.b",
    ],
)
def test_a_selection_that_dbt_knows_is_taken(selection: str) -> None:
    assert decode_build(raw(json.dumps({"select": selection}))).select == selection


@pytest.mark.parametrize(
    ("selection", "said"),
    [
        ("--vars", "begins with '-'"),
        ("tag:orders --full-refresh", "begins with '-'"),
        ("-s", "begins with '-'"),
        ("a\nb", "may hold only"),
        ("a;b", "may hold only"),
        ("$(id)", "may hold only"),
        ("`id`", "may hold only"),
        ("a|b", "may hold only"),
        ("a b\t", "may hold only"),
        ("a  b", "may hold only"),
        ("{{ env_var('HOME') }}", "may hold only"),
        ("modèle", "may hold only"),
        ("", "must not be empty"),
        ("a" * 1001, "more than 1000"),
        (" ".join("a" * 51), "has 51 words, more than 50"),
        (["a"], "must be a string, not an array"),
    ],
)
def test_a_selection_refuses(selection: Any, said: str) -> None:
    assert said in refusal(decode_build, raw(json.dumps({"select": selection})))
    assert said in refusal(decode_build, raw(json.dumps({"exclude": selection})))


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"a": {"b": 1}}, "an object in a"),
        ({"a": [1]}, "an array in a"),
        ({"a-b": 1}, "whose name"),
        ({"": 1}, "whose name"),
        ({"a": "x'; drop table y"}, "a string in a outside"),
        ({"a": "x\ny"}, "a string in a outside"),
        ({"a": "{{ x }}"}, "a string in a outside"),
        ({"a": "-1"}, "a string in a outside"),
        ({"a": "x -- y"}, "a string in a outside"),
        ({"a": "x" * 501}, "501 characters in a, more than 500"),
        ({"a": 2**63}, "does not fit in 64 bits"),
        ({f"v{i}": i for i in range(51)}, "51 members, more than 50"),
    ],
)
def test_vars_refuse(variables: Any, said: str) -> None:
    assert said in refusal(decode_build, raw(json.dumps({"vars": variables})))


def test_a_number_beyond_double_is_refused() -> None:
    assert "out of range" in refusal(decode_build, raw('{"vars": {"a": 1e400}}'))


def test_vars_take_simple_values() -> None:
    given = {"day": "2026-11-21", "limit": 10, "share": 0.5, "dry": False, "none": None, "at": "a@b.c:d/e_f"}
    assert decode_build(raw(json.dumps({"vars": given}))).vars == given
