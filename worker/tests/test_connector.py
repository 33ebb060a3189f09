"""Airbyte's protocol, and a connector as a child process. The scripted connectors here are real child
processes.
"""

from __future__ import annotations

import dataclasses
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest
from conftest import faker_environment
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from headgate_worker import connector
from headgate_worker.activities import Activities
from headgate_worker.inputs import SyncInput
from headgate_worker.reports import StartedSync, SyncReport
from headgate_worker.settings import LocalConnection, LocalSettings, Settings

# A connector with one stream, `things`, whose answer to `read` is what stands for READ.
SCRIPT = """
import json, sys
words = dict(zip(sys.argv[2::2], sys.argv[3::2]))
state = json.load(open(words["--state"])) if "--state" in words else []
def say(**message): print(json.dumps(message), flush=True)
def record(**data): say(type="RECORD", record={"stream": "things", "data": data, "emitted_at": 1795233256248})
def remember(count, **value):
    stream = {"stream_descriptor": {"name": "things"}, "stream_state": value}
    stats = {"recordCount": float(count)}
    say(type="STATE", state={"type": "STREAM", "stream": stream, "sourceStats": stats})
if sys.argv[1] == "discover":
    say(type="CATALOG", catalog={"streams": [{"name": "things", "json_schema": {}, **STREAM}]})
    sys.exit()
READ
"""
KEYED = {
    "supported_sync_modes": ["full_refresh", "incremental"],
    "source_defined_primary_key": [["id"]],
    "default_cursor_field": ["at"],
}


def script(read: str, stream: dict[str, Any] = KEYED) -> str:
    return SCRIPT.replace("STREAM}", f"{stream!r}}}", 1).replace("READ", read)


async def sync(settings: Settings, environment: ActivityEnvironment | None = None) -> SyncReport:
    activities = Activities(settings)
    environment = environment or ActivityEnvironment()
    return await environment.run(activities.run_connector, SyncInput("orders"))


async def refusal(settings: Settings) -> ApplicationError:
    with pytest.raises(ApplicationError) as refused:
        await sync(settings)
    return refused.value


def rows(settings: Settings, query: str) -> list[Any]:
    with duckdb.connect(str(settings.warehouse), read_only=True) as database:
        return database.execute(query).fetchall()


Make = Callable[..., Settings]
Environment = Callable[[str], Path]


async def test_records_are_loaded_with_state_and_counted(
    settings_for: Make, connector_environment: Environment
) -> None:
    read = "record(id=1, name='a'); record(id=2, name='b'); remember(2, seen=2)"
    settings = settings_for(environment=connector_environment(script(read)))
    report = await sync(settings)
    assert report.records == {"things": 2}
    assert report.mode == "local"
    assert report.how.startswith("ran locally: source-scripted")
    assert rows(
        settings, "select _airbyte_key, _airbyte_data ->> '$.name' from bronze.things order by 1"
    ) == [
        ("[1]", "a"),
        ("[2]", "b"),
    ]
    assert rows(settings, "select max(_airbyte_extracted_at)::varchar from bronze.things") == [
        ("2026-11-21 03:54:16.248",)
    ]


async def test_the_next_sync_goes_on_from_the_state_and_replaces_rows_of_the_same_key(
    settings_for: Make, connector_environment: Environment
) -> None:
    read = (
        "n = state[0]['stream']['stream_state']['n'] + 1 if state else 1\n"
        "record(id=1, n=n); record(id=10 + n, n=n); record(id=1, n=n * 100); remember(3, n=n)"
    )
    settings = settings_for(environment=connector_environment(script(read)))
    await sync(settings, _environment("first"))
    await sync(settings, _environment("second"))
    kept = rows(settings, "select _airbyte_key, _airbyte_data ->> '$.n' from bronze.things")
    assert sorted(kept) == [("[11]", "1"), ("[12]", "2"), ("[1]", "200")]


async def test_a_step_that_is_repeated_after_its_commit_reads_nothing(
    settings_for: Make, connector_environment: Environment
) -> None:
    read = "record(id=len(state)); remember(1, n=1)"
    settings = settings_for(environment=connector_environment(script(read)))
    first = await sync(settings, _environment("same"))
    connector_environment("raise SystemExit('must not run')")
    assert await sync(settings, _environment("same")) == first
    assert rows(settings, "select count(*) from bronze.things") == [(1,)]


async def test_a_stream_without_a_key_is_replaced_as_a_whole_and_keeps_no_state(
    settings_for: Make, connector_environment: Environment
) -> None:
    stream = {"supported_sync_modes": ["full_refresh"]}
    read = "assert not state\nrecord(a=1); record(a=1); remember(2, n=1)"
    settings = settings_for(environment=connector_environment(script(read, stream)))
    await sync(settings, _environment("first"))
    await sync(settings, _environment("second"))
    assert rows(settings, "select count(*) from bronze.things") == [(2,)]


async def test_a_number_keeps_its_digits(settings_for: Make, connector_environment: Environment) -> None:
    read = "record(id=1, big=123456789012345678901234567890); remember(1)"
    settings = settings_for(environment=connector_environment(script(read)))
    await sync(settings)
    assert rows(settings, "select _airbyte_data ->> '$.big' from bronze.things") == [
        ("123456789012345678901234567890",)
    ]


FAILURES = [
    (
        "say(type='TRACE', trace={'type': 'ERROR', 'error': {'message': 'no such bucket', "
        "'failure_type': 'config_error', 'stack_trace': 'secret'}}); sys.exit(1)",
        ("ConnectorRefused", True, "source-scripted read: no such bucket"),
    ),
    (
        "say(type='TRACE', trace={'type': 'ERROR', 'error': {'message': 'try later', "
        "'failure_type': 'transient_error'}}); sys.exit(1)",
        ("ConnectorFailed", False, "source-scripted read: try later"),
    ),
    (
        "record(id=1); sys.stderr.write('Killed\\n'); sys.exit(9)",
        ("ConnectorFailed", False, "source-scripted read ended with 9: Killed"),
    ),
    (
        "say(type='RECORD', record={'stream': 'others', 'data': {}, 'emitted_at': 1})",
        ("ConnectorProtocol", True, "a record of stream 'others', which was not asked for"),
    ),
    (
        "say(type='RECORD', record={'stream': 'things', 'emitted_at': 1})",
        ("ConnectorProtocol", True, "a record of stream things without data or emitted_at"),
    ),
    (
        "say(type='RECORD')",
        ("ConnectorProtocol", True, "a message whose record is not an object"),
    ),
    (
        "record(id=1); remember(2)",
        ("ConnectorFailed", False, "stream things: the connector counted 2 records, 1 arrived"),
    ),
    (
        "say(type='TRACE', trace={'type': 'STREAM_STATUS', 'stream_status': "
        "{'stream_descriptor': {'name': 'things'}, 'status': 'INCOMPLETE'}})",
        ("ConnectorFailed", False, "stream things ended incomplete"),
    ),
    (
        "record(id=1); record(name='no key')",
        ("RecordWithoutKey", True, "stream things: 1 records have no primary key"),
    ),
    ("record(id=1, text='x' * 20000)", ("ConnectorOverLimit", True, "wrote a line of more than 10000 bytes")),
    (
        "for i in range(1001): record(id=i)",
        ("ConnectorOverLimit", True, "more than local.records_max = 1000 records"),
    ),
]


@pytest.mark.parametrize(("read", "expected"), FAILURES, ids=[row[1][2][:40] for row in FAILURES])
async def test_a_read_that_is_not_whole_loads_nothing(
    settings_for: Make, connector_environment: Environment, read: str, expected: tuple[str, bool, str]
) -> None:
    settings = settings_for(environment=connector_environment(script(read)))
    assert settings.local is not None
    limits = LocalSettings(settings.local.environment, line_bytes_max=10_000, records_max=1000)
    settings = Settings(settings.data, settings.dbt, settings.connections, None, limits)
    refused = await refusal(settings)
    assert (refused.type, refused.non_retryable) == expected[:2]
    assert expected[2] in refused.message
    if settings.warehouse.exists():
        assert rows(settings, "from information_schema.tables where table_name = 'things'") == []
        assert rows(settings, "from bronze._airbyte_state") == []
    assert [path.name for path in (settings.data / "connections" / "orders").iterdir()] == ["catalog.json"]


async def test_a_connector_that_is_not_installed_is_named(settings_for: Make, tmp_path: Path) -> None:
    refused = await refusal(settings_for(environment=tmp_path / "empty"))
    assert (refused.type, refused.non_retryable) == ("ConnectorMissing", True)
    assert "source-scripted is not in local.environment" in refused.message


async def test_a_stream_that_is_not_there_is_named_with_those_that_are(
    settings_for: Make, connector_environment: Environment
) -> None:
    settings = settings_for(environment=connector_environment(script("")), streams=("thing",))
    assert (await refusal(settings)).message == "source-scripted has no stream thing; it has: things"


async def test_the_configuration_is_readable_for_this_user_only(
    settings_for: Make, connector_environment: Environment
) -> None:
    read = "import os; record(id=1, mode=oct(os.stat(words['--config']).st_mode & 0o777)); remember(1)"
    settings = settings_for(environment=connector_environment(script(read)))
    await sync(settings)
    assert rows(settings, "select _airbyte_data ->> '$.mode' from bronze.things") == [("0o600",)]


async def test_it_beats_with_its_progress(settings_for: Make, connector_environment: Environment) -> None:
    read = "import time\nfor i in range(5): record(id=i)\ntime.sleep(1.5)\nremember(5)"
    settings = settings_for(environment=connector_environment(script(read)))
    beats: list[Any] = []
    environment = ActivityEnvironment()
    environment.on_heartbeat = lambda *details: beats.append(details[0])
    await sync(settings, environment)
    assert {"reads", 5} <= {beats[-1]["doing"], beats[-1]["records"]}


async def test_start_sync_knows_the_mode_and_names_the_known_connections(
    settings_for: Make, tmp_path: Path
) -> None:
    activities = Activities(settings_for(environment=tmp_path))
    environment = ActivityEnvironment()
    started = await environment.run(activities.start_sync, SyncInput("orders"))
    assert started == StartedSync("orders", "local")
    with pytest.raises(ApplicationError, match='no connection "order"; the worker knows: invoices, orders'):
        await environment.run(activities.start_sync, SyncInput("order"))


@pytest.mark.parametrize(
    "line", [b"", b"  ", b"plain words", b"7", b'{"type": "NEW"}', b'{"no": "type"}', b"\xff"]
)
def test_chatter_is_passed_over(line: bytes) -> None:
    reading = connector.Reading(records={"things": 0})
    connector.take_line(line, reading, {"things": io.BytesIO()})
    assert reading.total == 0
    assert reading.strange_lines == (1 if line.strip() else 0)


def test_the_next_state_keeps_what_was_not_told_anew() -> None:
    def state(name: str, value: int) -> dict[str, Any]:
        return {
            "type": "STREAM",
            "stream": {"stream_descriptor": {"name": name}, "stream_state": {"n": value}},
        }

    streams = [connector.Stream(name, {}, (("id",),)) for name in ("a", "b")]
    streams.append(connector.Stream("whole", {}, ()))
    reading = connector.Reading(records={}, states={"b": state("b", 2), "whole": state("whole", 3)})
    before = [state("a", 1), state("b", 1), state("gone", 1)]
    assert connector.next_state(before, reading, streams) == [state("a", 1), state("b", 2)]
    reading.states[""] = {"type": "GLOBAL", "global": {}}
    assert connector.next_state(before, reading, streams) == [{"type": "GLOBAL", "global": {}}]


async def test_the_real_connector_tells_its_version_and_streams(tmp_path: Path) -> None:
    real = connector.Connector(
        LocalSettings(faker_environment()),
        LocalConnection("source-faker", ("users", "products"), {"count": 10, "seed": 7}),
        tmp_path / "faker",
    )
    assert real.version().startswith("airbyte-source-faker 7.")
    streams = await real.streams()
    assert [(stream.name, stream.primary_key) for stream in streams] == [
        ("users", (("id",),)),
        ("products", (("id",),)),
    ]
    kept = json.loads((tmp_path / "faker" / "catalog.json").read_text())
    assert set(kept["streams"]) == {"users", "products", "purchases"}


def _environment(run: str) -> ActivityEnvironment:
    environment = ActivityEnvironment()
    environment.info = dataclasses.replace(environment.info, workflow_run_id=run)
    return environment
