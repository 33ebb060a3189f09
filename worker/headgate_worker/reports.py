"""What the steps and the workflows answer. Plain data: Temporal keeps it as JSON with the run.

Sizes are bounded where they are made (`dbt_build.RESULTS_MAX`), so that an answer stays far below the 2 MiB
that Temporal allows for one payload.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class StartedSync:
    """Which way a connection is synced, and for mode `api` the job that does it."""

    connection: str
    mode: str
    connection_id: str | None = None
    job_id: int | None = None
    attached: bool = False


@dataclass(frozen=True)
class SyncReport:
    """One finished sync.

    `how` says in words what ran and where. `attached` is true when the job was already running when this run
    asked for it: changes made at the source after that job began may be missing from it. `records` counts
    per stream and is known in mode `local` only; `rows` and `bytes` are Airbyte's own figures.
    """

    connection: str
    mode: str
    how: str
    status: str
    seconds: float
    job_id: int | None = None
    attached: bool = False
    rows: int | None = None
    bytes: int | None = None
    connector: str | None = None
    connector_version: str | None = None
    records: dict[str, int] | None = None


@dataclass(frozen=True)
class NodeResult:
    """One model, test, seed or snapshot of a build. `rows` is what the adapter says, if it does."""

    unique_id: str
    kind: str
    status: str
    seconds: float
    message: str | None = None
    relation: str | None = None
    rows: int | None = None
    failures: int | None = None


@dataclass(frozen=True)
class BuildReport:
    """One finished build. `results_left_out` counts what `results` had no room for; `counts` counts all."""

    dbt_version: str
    command: str
    attempts: int
    seconds: float
    counts: dict[str, int]
    results: list[NodeResult]
    results_left_out: int = 0


@dataclass(frozen=True)
class SyncThenBuildReport:
    """Both parts of `SyncThenBuild`."""

    sync: SyncReport
    build: BuildReport
