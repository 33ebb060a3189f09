"""The steps that touch the world, bound to one worker's settings.

Every step beats while it works, so that the server notices a dead worker within the heartbeat timeout and a
cancelled run reaches the step within seconds. A step that is stopped because the *worker* shuts down fails
in a way that is tried again, here or elsewhere; Airbyte's job goes on meanwhile.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from dataclasses import asdict
from typing import Any

from temporalio import activity

from headgate_worker import bronze, connector, dbt_build
from headgate_worker.airbyte_api import ENDED, LIVE, AirbyteApi, AlreadyRunning, Job
from headgate_worker.failures import final, passing
from headgate_worker.inputs import BuildInput, SyncInput
from headgate_worker.reports import BuildReport, StartedSync, SyncReport
from headgate_worker.settings import ApiConnection, LocalConnection, Settings

BEAT_SECONDS = 1.0


class Activities:
    """The steps. One object a worker; everything runs on its event loop."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._airbyte = AirbyteApi(settings.airbyte) if settings.airbyte else None
        # DuckDB has one writer, and two dbt builds on one target disturb each other: one at a time.
        self._warehouse = asyncio.Lock()
        self._connections: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def close(self) -> None:
        """Lets go of Airbyte's connections."""
        if self._airbyte:
            await self._airbyte.close()

    def all(self) -> list[Callable[..., Any]]:
        """What the worker registers."""
        return [self.start_sync, self.wait_for_job, self.cancel_job, self.run_connector, self.build]

    @activity.defn(name="StartSync")
    async def start_sync(self, asked: SyncInput) -> StartedSync:
        """Finds the connection; for mode `api` triggers its job, or attaches to the one that is running."""
        connection = self._connection(asked.connection)
        if isinstance(connection, LocalConnection):
            return StartedSync(connection=asked.connection, mode="local")
        api = self._api()
        job, attached = await self._triggered(api, connection.connection_id)
        activity.heartbeat({"job_id": job.job_id, "attached": attached})
        activity.logger.info("Airbyte job %s, attached: %s", job.job_id, attached)
        return StartedSync(
            connection=asked.connection,
            mode="api",
            connection_id=connection.connection_id,
            job_id=job.job_id,
            attached=attached,
        )

    @activity.defn(name="WaitForJob")
    async def wait_for_job(self, started: StartedSync) -> SyncReport:
        """Looks at the job until it ends."""
        api, job_id = self._api(), started.job_id
        if job_id is None:
            raise final("InvalidInput", "WaitForJob needs a job")
        assert self._settings.airbyte is not None
        seen = {"job_id": job_id, "status": "unknown", "rows": None}
        begun = time.monotonic()
        async with _beating(lambda: seen):
            while True:
                job = await api.look(job_id)
                seen.update(status=job.status, rows=job.rows)
                if job.status in ENDED:
                    return _ended(started, job, time.monotonic() - begun)
                if time.monotonic() - begun > self._settings.airbyte.wait_seconds_max:
                    raise final("AirbyteJobTooLong", f"job {job_id} is still {job.status}; it goes on", seen)
                await asyncio.sleep(self._settings.airbyte.poll_seconds)

    @activity.defn(name="CancelJob")
    async def cancel_job(self, started: StartedSync) -> None:
        """Asks Airbyte to cancel the job; the workflow does so when its run was cancelled."""
        if started.job_id is not None:
            await self._api().cancel(started.job_id)

    @activity.defn(name="RunConnector")
    async def run_connector(self, asked: SyncInput) -> SyncReport:
        """Runs the connection's connector here and loads what it gives into the bronze layer."""
        connection = self._connection(asked.connection)
        if not isinstance(connection, LocalConnection) or self._settings.local is None:
            raise final("InvalidInput", f"connection {asked.connection} is not local")
        seen: dict[str, Any] = {"connection": asked.connection, "doing": "waits for its turn"}
        async with _beating(lambda: seen), self._connections[asked.connection]:
            folder = self._settings.data / "connections" / asked.connection
            local = connector.Connector(self._settings.local, connection, folder)
            return await self._synced(asked.connection, local, seen)

    @activity.defn(name="DbtBuild")
    async def build(self, asked: BuildInput) -> BuildReport:
        """Runs `dbt build`."""
        info = activity.info()
        runs = self._settings.data / "dbt" / "runs"
        run = dbt_build.DbtRun(
            settings=self._settings.dbt,
            warehouse=self._settings.warehouse,
            folder=runs / _file_name(f"{info.workflow_run_id}.{info.activity_id}"),
            shared=self._settings.data / "dbt",
        )
        seen: dict[str, Any] = {"doing": "waits for its turn"}

        def told(progress: dbt_build.Progress) -> None:
            seen.update(doing="builds", done=progress.done, total=progress.total, node=progress.node)

        async with _beating(lambda: seen), self._warehouse:
            seen["doing"] = "starts dbt"
            dbt_build.prune(runs, self._settings.dbt.runs_kept)
            return await dbt_build.build(run, asked, info.attempt, told)

    def _connection(self, name: str) -> ApiConnection | LocalConnection:
        known = self._settings.connections
        if name not in known:
            raise final(
                "UnknownConnection", f'no connection "{name}"; the worker knows: {", ".join(sorted(known))}'
            )
        return known[name]

    def _api(self) -> AirbyteApi:
        if self._airbyte is None:
            raise final("InvalidInput", "the worker's settings name no Airbyte server")
        return self._airbyte

    async def _triggered(self, api: AirbyteApi, connection_id: str) -> tuple[Job, bool]:
        info = activity.info()
        if info.heartbeat_details:
            told = info.heartbeat_details[0]
            return await api.look(int(told["job_id"])), bool(told["attached"])
        if info.attempt > 1 and (job := await self._maybe_ours(api, connection_id)):
            return job, False
        try:
            return await api.start(connection_id), False
        except AlreadyRunning as conflict:
            for job in await api.jobs(connection_id):
                if job.status in LIVE:
                    return job, True
            raise passing(
                "AirbyteBusy", f"Airbyte says that a sync is running, and lists none ({conflict})"
            ) from conflict

    async def _maybe_ours(self, api: AirbyteApi, connection_id: str) -> Job | None:
        # The answer to an earlier attempt may have been lost. A job that began after this step was first
        # scheduled has seen everything the run is about, whoever asked for it. With clocks apart the worst
        # case is one more job.
        since = activity.info().scheduled_time
        for job in await api.jobs(connection_id):
            if job.started and job.started >= since and job.status in (*LIVE, "succeeded"):
                return job
        return None

    async def _synced(self, name: str, local: connector.Connector, seen: dict[str, Any]) -> SyncReport:
        info, warehouse = activity.info(), self._settings.warehouse
        receipt = f"{info.workflow_id}/{info.workflow_run_id}/{info.activity_id}"
        begun = time.monotonic()
        async with self._warehouse:
            kept = await asyncio.to_thread(bronze.receipt_of, warehouse, receipt)
            before = await asyncio.to_thread(bronze.state_of, warehouse, name)
        if kept:
            return SyncReport(**kept)
        local.sweep()
        version = local.version()
        seen.update(doing="discovers", connector=version)
        streams = await local.streams()

        def told(reading: connector.Reading) -> None:
            seen.update(doing="reads", records=reading.total, bytes=reading.bytes)

        with local.scratch() as scratch:
            reading, batches = await local.read(streams, before, scratch, told)
            report = _read_here(name, version, reading, time.monotonic() - begun)
            sync = bronze.Sync(
                receipt=receipt,
                connection=name,
                batches=batches,
                state=connector.next_state(before, reading, streams),
                report=asdict(report),
            )
            seen["doing"] = "loads"
            async with self._warehouse:
                await _finished(asyncio.to_thread(bronze.keep, warehouse, sync))
        return report


def _read_here(name: str, version: str, reading: connector.Reading, seconds: float) -> SyncReport:
    return SyncReport(
        connection=name,
        mode="local",
        how=f"ran locally: {version} as a child process, into DuckDB; no Airbyte server took part",
        status="succeeded",
        seconds=round(seconds, 3),
        rows=reading.total,
        bytes=reading.bytes,
        connector=version.split(" ")[0],
        connector_version=version.partition(" ")[2],
        records=dict(reading.records),
    )


def _ended(started: StartedSync, job: Job, seconds: float) -> SyncReport:
    details = {"job_id": job.job_id, "status": job.status, "rows": job.rows, "bytes": job.bytes}
    if job.status != "succeeded":
        kind = "AirbyteJobFailed" if job.status == "failed" else "AirbyteJobCancelled"
        raise final(
            kind, f"Airbyte job {job.job_id} of connection {started.connection} {job.status}", details
        )
    return SyncReport(
        connection=started.connection,
        mode="api",
        how="attached to the job that was running" if started.attached else "ran on the Airbyte server",
        status=job.status,
        seconds=round(seconds, 3),
        job_id=job.job_id,
        attached=started.attached,
        rows=job.rows,
        bytes=job.bytes,
    )


@contextlib.asynccontextmanager
async def _beating(details: Callable[[], dict[str, Any]]) -> AsyncIterator[None]:
    # The beat runs as a task of its own so that it goes on while the step waits for a lock, a child or a
    # thread.
    async def beat() -> None:
        while True:
            activity.heartbeat(dict(details()))
            await asyncio.sleep(BEAT_SECONDS)

    task = asyncio.create_task(beat())
    try:
        yield
    except asyncio.CancelledError:
        why = activity.cancellation_details()
        if why is not None and why.worker_shutdown and not why.cancel_requested:
            raise passing("WorkerStopped", "the worker was stopped; the step is done again") from None
        raise
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _finished(work: Any) -> None:
    # A thread cannot be stopped: a cancellation waits for the transaction, so that the lock is held as long
    # as it.
    task = asyncio.ensure_future(work)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.gather(task, return_exceptions=True)
        raise


def _file_name(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9_.-]", "_", text)[:200]
