"""One `dbt build`, and what its outcome means.

dbt runs as a child process: its in-process runner cannot be cancelled and is not safe for two builds in one
process. Each run has a target folder of its own (dbt leaves the results of an earlier run lying in a shared
one), which begins with the last parse of the project so that only what changed is parsed.

An attempt after a passing failure goes on with `dbt retry` from where the one before it stopped; the report
always covers all nodes of all attempts. One that was stopped on its way is not gone on with: the results that
dbt leaves then name only the nodes that had ended, and `dbt retry` would pass over all the others.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from temporalio.exceptions import ApplicationError

from headgate_worker import child
from headgate_worker.failures import final, passing, shortened
from headgate_worker.inputs import BuildInput
from headgate_worker.reports import BuildReport, NodeResult
from headgate_worker.settings import DbtSettings

RESULTS_MAX = 1000
MESSAGE_CHARACTERS_MAX = 500
LINE_BYTES_MAX = 1024 * 1024
ERRORS_KEPT = 20
_RESULTS_BYTES_MAX = 256 * 1024 * 1024
_PARSE = "partial_parse.msgpack"

# What a database says when it is away, busy or overloaded. Everything else that a model can say (a missing
# column, a type that does not convert) is the same the next time.
_PASSING = re.compile(
    r"could not set lock|conflicting lock|database is locked|io error|connection|connect to|timed? ?out|"
    r"timeout|deadlock|could not serialize|too many clients|server closed|terminating|shutting down|"
    r"broken pipe|temporarily|no space left|out of memory|ssl syscall",
    re.IGNORECASE,
)


@dataclass
class Progress:
    """What dbt has said so far."""

    done: int = 0
    total: int = 0
    node: str = ""
    errors: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class DbtRun:
    """Where a run keeps its files: `folder` is its own, `shared` is common to the runs of one project."""

    settings: DbtSettings
    warehouse: Path
    folder: Path
    shared: Path

    @property
    def target(self) -> Path:
        """Dbt's target folder of the attempt that runs."""
        return self.folder / "target"

    @property
    def earlier(self) -> Path:
        """The results of the last attempt that came to its end, in the form that `dbt retry` reads."""
        return self.folder / "earlier"


async def build(
    run: DbtRun, asked: BuildInput, attempt: int, told: Callable[[Progress], None]
) -> BuildReport:
    """Runs one attempt to its end.

    Raises `DbtTestFailure`, `DbtModelFailure`, `DbtUsageError`, `DbtNothingSelected`, `DbtOutOfTime`
    (final), and `DbtDatabaseError`, `DbtInterrupted` (passing).
    """
    before = _prepare(run)
    words = command_words(run, asked, again=bool(before))
    progress = Progress()

    def take(line: bytes) -> None:
        take_line(line, progress)
        told(progress)

    command = child.Command(
        words=(sys.executable, "-m", "dbt.cli.main", *words),
        folder=run.settings.project,
        environment=_environment(run),
        seconds_max=run.settings.seconds_max,
        line_bytes_max=LINE_BYTES_MAX,
        grace_seconds=30.0,
    )
    try:
        ended = await child.run_child(command, take)
    except child.OutOfTime as error:
        raise final("DbtOutOfTime", f"dbt {error} (dbt.seconds_max)") from error
    except child.LineTooLong as error:
        raise final("DbtUsageError", f"dbt {error}") from error
    except OSError as error:
        raise passing("DbtInterrupted", f"dbt could not be started: {error.strerror}") from error
    fresh = results_in(run.target / "run_results.json")
    results = {**before, **{result.unique_id: result for result in fresh or []}}
    _remember(run, fresh, results)
    failure = judge(ended, fresh, list(results.values()), progress.errors)
    if failure:
        raise failure
    return _report(words, attempt, list(results.values()))


def command_words(run: DbtRun, asked: BuildInput, again: bool) -> list[str]:
    """Dbt's command line. `again` goes on with the failed and skipped nodes of the attempt before.

    Values follow their option in the same word or cannot begin with '-' (`inputs`), so none can be an option.
    """
    words = [
        "--no-version-check",
        "--no-use-colors",
        "--log-format",
        "json",
        "--log-path",
        str(run.folder / "logs"),
    ]
    words += ["retry", f"--state={run.earlier}"] if again else ["build"]
    words += [f"--project-dir={run.settings.project}", f"--profiles-dir={run.settings.project}"]
    words += [f"--target-path={run.target}", f"--threads={run.settings.threads}"]
    if run.settings.target:
        words.append(f"--target={run.settings.target}")
    if again:
        return words
    words += [f"--select={asked.select}"] if asked.select else []
    words += [f"--exclude={asked.exclude}"] if asked.exclude else []
    words += ["--full-refresh"] if asked.full_refresh else []
    words += [f"--vars={json.dumps(asked.vars)}"] if asked.vars else []
    return words


def take_line(line: bytes, progress: Progress) -> None:
    """Takes one line of dbt's JSON log; anything else is passed over."""
    try:
        entry = json.loads(line)
        info, data = entry["info"], entry.get("data") or {}
        name, text = str(info["name"]), str(info.get("msg") or "")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return
    if name.startswith("Log") and isinstance(data.get("index"), int) and isinstance(data.get("total"), int):
        progress.total = data["total"]
        node = data.get("node_info")
        progress.node = str(node.get("unique_id") or "") if isinstance(node, dict) else ""
        if name.endswith("Result"):
            progress.done += 1
    if info.get("level") == "error" and text and len(progress.errors) < ERRORS_KEPT:
        progress.errors.append(shortened(" ".join(text.split()), MESSAGE_CHARACTERS_MAX))


def results_in(path: Path) -> list[NodeResult] | None:
    """The results in dbt's `run_results.json`, null when there is no such file or it is not one."""
    try:
        if path.stat().st_size > _RESULTS_BYTES_MAX:
            return None
        listed = json.loads(path.read_text(encoding="utf-8"))["results"]
        return [_result(entry) for entry in listed]
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def judge(
    ended: child.Ended, fresh: list[NodeResult] | None, results: list[NodeResult], errors: list[str]
) -> ApplicationError | None:
    """What an attempt's end means: nothing when all is built, else the failure to raise."""
    if ended.code < 0:
        return passing("DbtInterrupted", f"dbt was ended by signal {-ended.code}")
    said = "; ".join(errors) or ended.error_tail.strip()[-MESSAGE_CHARACTERS_MAX:] or "it said nothing"
    if ended.code not in (0, 1) or fresh is None:
        if _PASSING.search(said):
            return passing("DbtDatabaseError", f"dbt ended with {ended.code}: {said}")
        return final("DbtUsageError", f"dbt ended with {ended.code}: {said}")
    if not results:
        return final("DbtNothingSelected", "the selection names no model of the project")
    failed = [result.unique_id for result in results if result.status == "fail"]
    broken = [result for result in results if result.status in ("error", "runtime error", "partial success")]
    details = {"failed": failed, "errors": [result.unique_id for result in broken], "counts": counts(results)}
    if broken:
        first = f"{broken[0].unique_id}: {broken[0].message or 'no message'}"
        message = f"{len(broken)} of {len(results)} nodes failed; {first}"
        if any(_PASSING.search(result.message or "") for result in broken):
            return passing("DbtDatabaseError", message, details)
        return final("DbtModelFailure", message, details)
    if failed:
        named = ", ".join(failed[:5]) + (" ..." if len(failed) > 5 else "")
        return final("DbtTestFailure", f"{len(failed)} data tests failed: {named}", details)
    if ended.code != 0:
        return final("DbtUsageError", f"dbt ended with {ended.code}: {said}", details)
    return None


def counts(results: list[NodeResult]) -> dict[str, int]:
    """How many nodes ended in which status."""
    return dict(sorted(Counter(result.status for result in results).items()))


def prune(runs: Path, kept: int) -> None:
    """Removes the folders of the oldest runs. Only while no run is going on."""
    folders = sorted(runs.glob("*/"), key=lambda folder: folder.stat().st_mtime, reverse=True)
    for folder in folders[kept:]:
        shutil.rmtree(folder, ignore_errors=True)


def _prepare(run: DbtRun) -> dict[str, NodeResult]:
    # What the attempts of this run that came to their end have built.
    run.folder.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(run.target, ignore_errors=True)
    run.target.mkdir()
    parse = run.shared / _PARSE
    if parse.exists():
        shutil.copyfile(parse, run.target / _PARSE)
    if not (run.earlier / "run_results.json").exists():
        return {}
    kept = json.loads((run.folder / "results.json").read_text(encoding="utf-8"))
    return {entry["unique_id"]: NodeResult(**entry) for entry in kept}


def _remember(run: DbtRun, fresh: list[NodeResult] | None, results: dict[str, NodeResult]) -> None:
    parse = run.target / _PARSE
    if parse.exists():
        run.shared.mkdir(parents=True, exist_ok=True)
        _replace(run.shared / _PARSE, parse.read_bytes())
    if not fresh:
        return
    # The results are there before `earlier` is: after a death in between, the build begins anew.
    _replace(
        run.folder / "results.json", json.dumps([asdict(result) for result in results.values()]).encode()
    )
    shutil.rmtree(run.earlier, ignore_errors=True)
    run.target.replace(run.earlier)


def _replace(path: Path, content: bytes) -> None:
    temporary = path.with_name(f".{path.name}.new")
    temporary.write_bytes(content)
    temporary.replace(path)


def _environment(run: DbtRun) -> dict[str, str]:
    passed = {name: os.environ[name] for name in run.settings.pass_environment if name in os.environ}
    # Text without a time zone is read in the process's own, so that is set.
    ours = {"HEADGATE_WAREHOUSE": str(run.warehouse), "TZ": "UTC", "DBT_SEND_ANONYMOUS_USAGE_STATS": "false"}
    return child.environment({**passed, **ours})


def _report(words: list[str], attempt: int, results: list[NodeResult]) -> BuildReport:
    # What failed or holds data is listed before the tests that passed, should there be no room for all.
    listed = sorted(results, key=lambda result: (result.kind == "test", result.unique_id))
    return BuildReport(
        dbt_version=version("dbt-core"),
        command=" ".join(["dbt", *(word for word in words if not _is_a_place(word))]),
        attempts=attempt,
        seconds=round(sum(result.seconds for result in results), 3),
        counts=counts(results),
        results=listed[:RESULTS_MAX],
        results_left_out=max(0, len(results) - RESULTS_MAX),
    )


def _is_a_place(word: str) -> bool:
    shown = ("build", "retry", "--select=", "--exclude=", "--full-refresh", "--vars=", "--target=")
    return not word.startswith(shown)


def _result(entry: dict[str, Any]) -> NodeResult:
    unique_id = str(entry["unique_id"])
    rows = (entry.get("adapter_response") or {}).get("rows_affected")
    message = entry.get("message")
    return NodeResult(
        unique_id=unique_id,
        kind=unique_id.split(".", 1)[0],
        status=str(entry["status"]),
        seconds=round(float(entry.get("execution_time") or 0.0), 3),
        message=shortened(str(message), MESSAGE_CHARACTERS_MAX) if message else None,
        relation=entry.get("relation_name"),
        rows=rows if isinstance(rows, int) and rows >= 0 else None,
        failures=entry.get("failures"),
    )
