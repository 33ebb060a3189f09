"""The workflows on a real Temporal dev server, with a real connector and a real dbt."""

from __future__ import annotations

import asyncio
import dataclasses
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from conftest import EXAMPLES, faker_environment
from fake_airbyte import FakeAirbyte
from temporalio.client import Client, WorkflowFailureError, WorkflowHandle
from temporalio.exceptions import ApplicationError, CancelledError
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from headgate_worker import show, workflows
from headgate_worker.activities import Activities
from headgate_worker.settings import DbtSettings, Settings, load

Make = Callable[..., Settings]

# Has one stream, notes its process id in the file NOTE when it is to read, and then takes its time.
SLOW_CONNECTOR = """
import json, os, sys, time
streams = [{"name": "things", "json_schema": {}, "supported_sync_modes": ["full_refresh"]}]
if sys.argv[1] == "discover":
    print(json.dumps({"type": "CATALOG", "catalog": {"streams": streams}}))
else:
    with open("NOTE.new", "w") as note:
        note.write(str(os.getpid()))
    os.rename("NOTE.new", "NOTE")
    time.sleep(600)
"""


@asynccontextmanager
async def working(client: Client, settings: Settings, queue: str | None = None) -> AsyncIterator[str]:
    """A worker with these settings, on a queue of its own unless one is given; it ends without a grace."""
    queue = queue or f"test-{uuid.uuid4()}"
    activities = Activities(settings)
    async with Worker(
        client,
        task_queue=queue,
        workflows=workflows.ALL,
        activities=activities.all(),
        max_heartbeat_throttle_interval=timedelta(milliseconds=200),
        default_heartbeat_throttle_interval=timedelta(milliseconds=200),
    ):
        yield queue
    await activities.close()


async def start(client: Client, queue: str, name: str, *arguments: Any) -> WorkflowHandle[Any, Any]:
    return await client.start_workflow(
        name,
        args=list(arguments),
        id=f"{name}-{uuid.uuid4()}",
        task_queue=queue,
        execution_timeout=timedelta(minutes=5),
    )


async def failure(handle: WorkflowHandle[Any, Any]) -> ApplicationError:
    with pytest.raises(WorkflowFailureError) as failed:
        await handle.result()
    assert isinstance(failed.value.cause, ApplicationError)
    return failed.value.cause


async def until(holds: Callable[[], Any], seconds: float = 120.0) -> Any:
    """Waits for the other side of a process or a socket, where nothing can tell us."""
    async with asyncio.timeout(seconds):
        while not (value := holds()):
            await asyncio.sleep(0.02)
        return value


def is_running(number: int) -> bool:
    try:
        return Path(f"/proc/{number}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


async def test_sync_then_build_brings_data_from_a_connector_to_gold(
    temporal: WorkflowEnvironment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEADGATE_WORKER_DATA", str(tmp_path))
    monkeypatch.setenv("HEADGATE_CONNECTOR_VENV", str(faker_environment()))
    settings = load(EXAMPLES / "worker.yaml")
    async with working(temporal.client, settings) as queue:
        given = {"connection": "orders", "select": "tag:orders", "vars": {"minimum_age": 18}}
        report = await (await start(temporal.client, queue, "SyncThenBuild", given)).result()

    assert report["sync"]["records"] == {"users": 500, "products": 100, "purchases": 500}
    assert report["sync"]["how"].startswith("ran locally: airbyte-source-faker 7.")
    models = {
        node["unique_id"]: node["status"] for node in report["build"]["results"] if node["kind"] == "model"
    }
    assert models == {
        "model.medallion.silver_users": "success",
        "model.medallion.silver_products": "success",
        "model.medallion.silver_purchases": "success",
        "model.medallion.gold_customers": "success",
        "model.medallion.gold_revenue_by_month": "success",
    }
    assert report["build"]["counts"] == {"pass": 20, "success": 5}
    counted = {f"{table.layer}.{table.name}": table.rows for table in show.tables(settings.warehouse)}
    assert counted["bronze.users"] == counted["silver.users"] == counted["gold.customers"] == 500
    assert 0 < counted["silver.purchases"] <= counted["bronze.purchases"] == 500
    with duckdb.connect(str(settings.warehouse), read_only=True) as database:
        bought = database.execute(
            "select count(*) from bronze.purchases p join bronze.users u "
            "on p._airbyte_data ->> '$.user_id' = u._airbyte_data ->> '$.id' "
            "where (u._airbyte_data ->> '$.age')::int >= 18"
        ).fetchone()
    assert bought == (counted["silver.purchases"],)


@pytest.mark.parametrize(
    ("name", "arguments", "said"),
    [
        (
            "SyncThenBuild",
            [{"connection": "orders", "selct": "x"}],
            '"selct" is not a field; the known ones are:',
        ),
        ("AirbyteSync", [{"connection": 7}], '"connection" must be a string, not a number'),
        ("DbtBuild", [{"select": "--vars"}], "begins with '-'"),
        ("AirbyteSync", [], "needs one argument"),
        ("AirbyteSync", [{"connection": "orders"}, 2], "positional argument"),
        (
            "AirbyteSync",
            [{"connection": "nobody"}],
            'no connection "nobody"; the worker knows: invoices, orders',
        ),
    ],
)
async def test_a_wrong_input_ends_the_run_at_once(
    temporal: WorkflowEnvironment, settings_for: Make, name: str, arguments: list[Any], said: str
) -> None:
    async with working(temporal.client, settings_for()) as queue:
        failed = await failure(await start(temporal.client, queue, name, *arguments))
    assert said in failed.message


async def test_an_airbyte_job_is_triggered_once_and_waited_for(
    temporal: WorkflowEnvironment, settings_for: Make, airbyte: FakeAirbyte
) -> None:
    airbyte.looks_until_done = 3
    async with working(temporal.client, settings_for(airbyte)) as queue:
        report = await (
            await start(temporal.client, queue, "AirbyteSync", {"connection": "invoices"})
        ).result()
    assert (report["mode"], report["status"], report["rows"], report["attached"]) == (
        "api",
        "succeeded",
        42,
        False,
    )
    assert airbyte.calls.count("POST /jobs") == 1


async def test_a_running_job_is_joined_and_said_to_be_so(
    temporal: WorkflowEnvironment, settings_for: Make, airbyte: FakeAirbyte
) -> None:
    running = airbyte.add_job("c0ffee00-0000-4000-8000-000000000001")
    airbyte.looks_until_done = 2
    async with working(temporal.client, settings_for(airbyte)) as queue:
        report = await (
            await start(temporal.client, queue, "AirbyteSync", {"connection": "invoices"})
        ).result()
    assert (report["job_id"], report["attached"]) == (running, True)
    assert len(airbyte.jobs) == 1


async def test_an_answer_that_was_lost_does_not_trigger_twice(
    temporal: WorkflowEnvironment, settings_for: Make, airbyte: FakeAirbyte
) -> None:
    airbyte.lose_answers_to_posts = 1
    airbyte.looks_until_done = 2
    async with working(temporal.client, settings_for(airbyte)) as queue:
        report = await (
            await start(temporal.client, queue, "AirbyteSync", {"connection": "invoices"})
        ).result()
    assert report["attached"] is False
    assert len(airbyte.jobs) == 1
    assert airbyte.calls.count("POST /jobs") == 1


async def test_a_failed_job_ends_the_run_with_the_job(
    temporal: WorkflowEnvironment, settings_for: Make, airbyte: FakeAirbyte
) -> None:
    async with working(temporal.client, settings_for(airbyte)) as queue:
        handle = await start(temporal.client, queue, "AirbyteSync", {"connection": "invoices"})
        number = await until(lambda: next(iter(airbyte.jobs), None))
        airbyte.end_job(number, "failed")
        failed = await failure(handle)
    assert failed.type == "AirbyteJobFailed"
    assert failed.message == f"Airbyte job {number} of connection invoices failed"
    assert failed.details[0]["rows"] == 42


@pytest.mark.parametrize("somebody_elses", [False, True], ids=["our job", "somebody else's job"])
async def test_cancelling_a_run_cancels_its_own_job_only(
    temporal: WorkflowEnvironment, settings_for: Make, airbyte: FakeAirbyte, somebody_elses: bool
) -> None:
    if somebody_elses:
        airbyte.add_job("c0ffee00-0000-4000-8000-000000000001")
    async with working(temporal.client, settings_for(airbyte)) as queue:
        handle = await start(temporal.client, queue, "AirbyteSync", {"connection": "invoices"})
        await until(lambda: any(call.startswith("GET /jobs/") for call in airbyte.calls))
        await handle.cancel()
        with pytest.raises(WorkflowFailureError) as failed:
            await handle.result()
    assert isinstance(failed.value.cause, CancelledError)
    assert [job["status"] for job in airbyte.jobs.values()] == ["running" if somebody_elses else "cancelled"]


async def test_cancelling_a_run_stops_the_connector(
    temporal: WorkflowEnvironment,
    settings_for: Make,
    connector_environment: Callable[[str], Path],
    tmp_path: Path,
) -> None:
    note = tmp_path / "pid"
    environment = connector_environment(SLOW_CONNECTOR.replace("NOTE", str(note)))
    async with working(temporal.client, settings_for(environment=environment)) as queue:
        handle = await start(temporal.client, queue, "AirbyteSync", {"connection": "orders"})
        number = await until(lambda: note.exists() and int(note.read_text()))
        assert is_running(number)
        await handle.cancel()
        with pytest.raises(WorkflowFailureError) as failed:
            await handle.result()
        assert not is_running(number)
    assert isinstance(failed.value.cause, CancelledError)


async def test_a_step_that_a_stopping_worker_gave_up_is_done_by_the_next(
    temporal: WorkflowEnvironment,
    settings_for: Make,
    connector_environment: Callable[[str], Path],
    tmp_path: Path,
) -> None:
    note = tmp_path / "pid"
    environment = connector_environment(SLOW_CONNECTOR.replace("NOTE", str(note)))
    settings = settings_for(environment=environment)
    async with working(temporal.client, settings) as queue:
        handle = await start(temporal.client, queue, "AirbyteSync", {"connection": "orders"})
        number = await until(lambda: note.exists() and int(note.read_text()))
    assert not is_running(number)
    connector_environment(SLOW_CONNECTOR.replace("NOTE", str(note)).replace("time.sleep(600)", "pass"))
    async with working(temporal.client, settings, queue):
        report = await handle.result()
    assert report["records"] == {"things": 0}


async def test_cancelling_a_run_stops_dbt(
    temporal: WorkflowEnvironment, settings_for: Make, tmp_path: Path
) -> None:
    # A model that is being built when the cancellation comes: DuckDB counts for minutes.
    project = tmp_path / "project"
    (project / "models").mkdir(parents=True)
    (project / "dbt_project.yml").write_text("name: slow\nversion: 1.0.0\nprofile: slow\n")
    (project / "profiles.yml").write_text(
        "slow:\n  target: t\n  outputs:\n"
        "    t: {type: duckdb, path: \"{{ env_var('HEADGATE_WAREHOUSE') }}\"}\n"
    )
    (project / "models" / "slow.sql").write_text(
        "{{ config(materialized='table') }} "
        "select sum(sqrt(a.range + b.range)) from range(1000000) a, range(1000000) b"
    )
    settings = dataclasses.replace(settings_for(), dbt=DbtSettings(project=project))
    async with working(temporal.client, settings) as queue:
        handle = await start(temporal.client, queue, "DbtBuild", {})

        def children() -> list[int]:
            found = []
            for path in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    words = path.read_bytes().split(b"\0")
                except OSError:
                    continue
                if f"--project-dir={project}".encode() in words:
                    found.append(int(path.parent.name))
            return found

        async with asyncio.timeout(240):
            while not await _is_building(handle):
                await asyncio.sleep(0.1)
        assert children()
        await handle.cancel()
        with pytest.raises(WorkflowFailureError) as failed:
            await handle.result()
        assert children() == []
    assert isinstance(failed.value.cause, CancelledError)


async def _is_building(handle: WorkflowHandle[Any, Any]) -> bool:
    described = await handle.describe()
    for pending in described.raw_description.pending_activities:
        if b'"total":1' in pending.heartbeat_details.SerializeToString():
            return True
    return False
