"""One dbt build and what its outcome means. The builds are real ones, of a small project made in the test."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from temporalio.activity import ActivityCancellationDetails
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from headgate_worker import dbt_build
from headgate_worker.activities import Activities
from headgate_worker.child import Ended
from headgate_worker.inputs import BuildInput
from headgate_worker.reports import BuildReport, NodeResult
from headgate_worker.settings import DbtSettings, Settings

Make = Callable[..., Settings]

# `first` always works; `second` reads a file that may not be there, which DuckDB calls an IO Error.
PROJECT = {
    "dbt_project.yml": "name: small\nversion: 1.0.0\nprofile: small\n",
    "profiles.yml": (
        "small:\n  target: t\n  outputs:\n"
        "    t: {type: duckdb, path: \"{{ env_var('HEADGATE_WAREHOUSE') }}\"}\n"
    ),
    "models/first.sql": "{{ config(materialized='table') }} select 1 as n",
    "models/second.sql": (
        "{{ config(materialized='table') }} "
        "select * from read_csv('FOLDER/numbers.csv') where n <> {{ var('not', 0) }}"
    ),
    "models/third.sql": "{{ config(materialized='table') }} select * from {{ ref('second') }}",
    "models/broken.sql": "{{ config(tags=['broken']) }} select nothing from {{ ref('first') }}",
    "tests/third_is_small.sql": "select * from {{ ref('third') }} where n > 2",
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    for name, text in PROJECT.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.replace("FOLDER", str(folder)), encoding="utf-8")
    return folder


async def build(settings: Settings, asked: BuildInput, attempt: int = 1, run: str = "run") -> BuildReport:
    environment = ActivityEnvironment()
    environment.info = dataclasses.replace(environment.info, attempt=attempt, workflow_run_id=run)
    return await environment.run(Activities(settings).build, asked)


async def test_a_build_goes_on_where_the_attempt_before_it_stopped(settings_for: Make, project: Path) -> None:
    settings = settings_for(project=project)
    asked = BuildInput(exclude="tag:broken", vars={"not": 9})
    with pytest.raises(ApplicationError) as failed:
        await build(settings, asked)
    assert (failed.value.type, failed.value.non_retryable) == ("DbtDatabaseError", False)
    assert failed.value.message.startswith("1 of 4 nodes failed; model.small.second: ")

    (project / "numbers.csv").write_text("n\n1\n2\n9\n", encoding="utf-8")
    report = await build(settings, asked, attempt=2)
    assert report.command == "dbt retry"
    assert report.attempts == 2
    assert {result.unique_id: result.status for result in report.results} == {
        "model.small.first": "success",
        "model.small.second": "success",
        "model.small.third": "success",
        "test.small.third_is_small": "pass",
    }


async def _reader_of(pipe: Path) -> int:
    """The write end of a named pipe, as soon as somebody reads from it."""
    async with asyncio.timeout(60):
        while True:
            with contextlib.suppress(OSError):
                return os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
            await asyncio.sleep(0.02)


async def test_a_build_that_a_stopped_worker_left_is_done_whole_by_another(
    settings_for: Make, project: Path
) -> None:
    settings, asked = settings_for(project=project), BuildInput(exclude="tag:broken")
    numbers = project / "numbers.csv"
    os.mkfifo(numbers)  # `second` waits for numbers: dbt has built `first`, and is at work
    environment = ActivityEnvironment()
    environment.info = dataclasses.replace(environment.info, workflow_run_id="run")
    building = asyncio.create_task(environment.run(Activities(settings).build, asked))
    writing = await _reader_of(numbers)
    environment.cancel(ActivityCancellationDetails(worker_shutdown=True))
    async with asyncio.timeout(60):  # Whether dbt still writes what it did, or is ended first.
        while not building.done() and not list(settings.data.glob("dbt/runs/*/target/run_results.json")):
            await asyncio.sleep(0.02)
    os.close(writing)
    with pytest.raises(ApplicationError) as stopped:
        await building
    assert (stopped.value.type, stopped.value.non_retryable) == ("WorkerStopped", False)

    numbers.unlink()
    numbers.write_text("n\n1\n2\n", encoding="utf-8")
    report = await build(settings, asked, attempt=2)
    assert {result.unique_id: result.status for result in report.results} == {
        "model.small.first": "success",
        "model.small.second": "success",
        "model.small.third": "success",
        "test.small.third_is_small": "pass",
    }


async def test_a_failed_data_test_is_named_and_final(settings_for: Make, project: Path) -> None:
    (project / "numbers.csv").write_text("n\n1\n9\n", encoding="utf-8")
    with pytest.raises(ApplicationError) as failed:
        await build(settings_for(project=project), BuildInput(select="+third"))
    assert (failed.value.type, failed.value.non_retryable) == ("DbtTestFailure", True)
    assert failed.value.message == "1 data tests failed: test.small.third_is_small"
    assert failed.value.details[0]["failed"] == ["test.small.third_is_small"]
    assert failed.value.details[0]["counts"] == {"fail": 1, "success": 2}


async def test_a_model_that_cannot_work_is_final(settings_for: Make, project: Path) -> None:
    with pytest.raises(ApplicationError) as failed:
        await build(settings_for(project=project), BuildInput(select="first broken"))
    assert (failed.value.type, failed.value.non_retryable) == ("DbtModelFailure", True)
    assert "model.small.broken: Runtime Error" in failed.value.message
    assert failed.value.details[0]["errors"] == ["model.small.broken"]


async def test_a_selection_of_nothing_is_a_mistake(settings_for: Make, project: Path) -> None:
    with pytest.raises(ApplicationError) as failed:
        await build(settings_for(project=project), BuildInput(select="tag:ordres"))
    assert (failed.value.type, failed.value.non_retryable) == ("DbtNothingSelected", True)


async def test_a_project_that_does_not_parse_is_final(settings_for: Make, project: Path) -> None:
    (project / "models" / "first.sql").write_text("select {{ ref('nowhere') }}", encoding="utf-8")
    with pytest.raises(ApplicationError) as failed:
        await build(settings_for(project=project), BuildInput())
    assert (failed.value.type, failed.value.non_retryable) == ("DbtUsageError", True)
    assert "depends on a node named 'nowhere' which was not found" in failed.value.message


def run_in(folder: Path, **settings: Any) -> dbt_build.DbtRun:
    return dbt_build.DbtRun(
        settings=DbtSettings(project=Path("/project"), **settings),
        warehouse=folder / "w.duckdb",
        folder=folder / "run",
        shared=folder,
    )


def test_every_argument_stays_within_one_word(tmp_path: Path) -> None:
    asked = BuildInput("tag:a b", "tag:c", True, {"day": "2026-11-21", "n": 1})
    words = dbt_build.command_words(run_in(tmp_path, target="prod", threads=4), asked, again=False)
    assert words[words.index("build") :] == [
        "build",
        "--project-dir=/project",
        "--profiles-dir=/project",
        f"--target-path={tmp_path}/run/target",
        "--threads=4",
        "--target=prod",
        "--select=tag:a b",
        "--exclude=tag:c",
        "--full-refresh",
        '--vars={"day": "2026-11-21", "n": 1}',
    ]
    again = dbt_build.command_words(run_in(tmp_path), asked, again=True)
    assert f"--state={tmp_path}/run/earlier" in again
    assert not [word for word in again if word.startswith(("--select", "--exclude", "--vars", "--full"))]


def node(unique_id: str, status: str, message: str | None = None) -> NodeResult:
    return NodeResult(unique_id, unique_id.split(".")[0], status, 0.1, message)


MODEL = node("model.p.a", "success")
OUTCOMES = [
    ("all built", 0, [MODEL, node("test.p.t", "pass")], [], None),
    ("a warning is no failure", 0, [MODEL, node("test.p.t", "warn")], [], None),
    ("a test failed", 1, [MODEL, node("test.p.t", "fail")], [], ("DbtTestFailure", True)),
    (
        "a model and a test failed",
        1,
        [node("model.p.a", "error", "Binder Error"), node("test.p.t", "fail")],
        [],
        ("DbtModelFailure", True),
    ),
    (
        "the file is locked",
        1,
        [node("model.p.a", "error", "IO Error: Could not set lock on file")],
        [],
        ("DbtDatabaseError", False),
    ),
    (
        "the server went away",
        1,
        [node("model.p.a", "error", "server closed the connection unexpectedly")],
        [],
        ("DbtDatabaseError", False),
    ),
    ("nothing matched", 0, [], [], ("DbtNothingSelected", True)),
    ("wrong usage", 2, None, ["No such option: --selct"], ("DbtUsageError", True)),
    (
        "cannot connect at all",
        2,
        None,
        ["Database Error: could not connect to server"],
        ("DbtDatabaseError", False),
    ),
    ("killed for its memory", -9, None, [], ("DbtInterrupted", False)),
    ("exit 1 without results", 1, None, ["Compilation Error"], ("DbtUsageError", True)),
    ("exit 1 without a reason", 1, [MODEL], [], ("DbtUsageError", True)),
]


@pytest.mark.parametrize(
    ("code", "fresh", "errors", "expected"), [row[1:] for row in OUTCOMES], ids=[row[0] for row in OUTCOMES]
)
def test_an_outcome_means(
    code: int, fresh: list[NodeResult] | None, errors: list[str], expected: tuple[str, bool] | None
) -> None:
    failure = dbt_build.judge(Ended(code, ""), fresh, fresh or [], errors)
    assert (failure and (failure.type, failure.non_retryable)) == expected


# One entry as dbt 1.11 writes it, shortened to the members that are read.
ENTRY = {
    "status": "success",
    "timing": [],
    "thread_id": "Thread-1",
    "execution_time": 0.0261,
    "adapter_response": {"_message": "INSERT 0 7", "rows_affected": 7},
    "message": "INSERT 0 7",
    "failures": None,
    "unique_id": "model.p.a",
    "relation_name": '"w"."gold"."a"',
}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, {"rows": 7, "seconds": 0.026, "relation": '"w"."gold"."a"', "kind": "model"}),
        ({"adapter_response": {"_message": "OK"}}, {"rows": None}),
        ({"adapter_response": {"rows_affected": -1}}, {"rows": None}),
        (
            {"adapter_response": {}, "relation_name": None, "unique_id": "test.p.t", "failures": 3},
            {"kind": "test", "failures": 3, "relation": None},
        ),
        ({"message": "x" * 501}, {"message": "x" * 496 + " ..."}),
        ({"message": None, "execution_time": None}, {"message": None, "seconds": 0.0}),
    ],
)
def test_a_result_is_read(tmp_path: Path, change: dict[str, Any], expected: dict[str, Any]) -> None:
    path = tmp_path / "run_results.json"
    path.write_text(json.dumps({"results": [{**ENTRY, **change}]}), encoding="utf-8")
    results = dbt_build.results_in(path)
    assert results is not None
    assert {name: getattr(results[0], name) for name in expected} == expected


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"results": [{}]}', '{"results": 7}'])
def test_results_that_are_not_whole_are_none(tmp_path: Path, text: str) -> None:
    path = tmp_path / "run_results.json"
    path.write_text(text, encoding="utf-8")
    assert dbt_build.results_in(path) is None
    assert dbt_build.results_in(tmp_path / "nothing.json") is None


def test_the_log_tells_progress_and_errors() -> None:
    progress = dbt_build.Progress()
    lines: list[Any] = [
        {"info": {"name": "MainReportVersion", "level": "info", "msg": "Running with dbt"}, "data": {}},
        {"info": {"name": "LogStartLine", "level": "info"}, "data": {"index": 1, "total": 2}},
        {
            "info": {"name": "LogModelResult", "level": "info"},
            "data": {"index": 1, "total": 2, "node_info": {"unique_id": "model.p.a"}},
        },
        {"info": {"name": "RunResultError", "level": "error", "msg": "  Binder\n Error "}, "data": {}},
        "words",
        7,
        None,
        {"info": {}},
        {"info": {"name": "LogModelResult"}, "data": {"index": "x"}},
    ]
    for line in lines:
        dbt_build.take_line(json.dumps(line).encode(), progress)
    dbt_build.take_line(b"not json", progress)
    assert progress == dbt_build.Progress(done=1, total=2, node="model.p.a", errors=["Binder Error"])


def test_old_runs_are_removed(tmp_path: Path) -> None:
    for number in range(4):
        (tmp_path / f"run{number}").mkdir()
        (tmp_path / f"run{number}" / "logs").mkdir()
    dbt_build.prune(tmp_path, kept=2)
    assert len(list(tmp_path.iterdir())) == 2
