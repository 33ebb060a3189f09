"""The three workflows. Deterministic: what touches the world is in `activities`.

Each takes one JSON object and checks it before anything starts, so a wrong input ends the run at once with
`InvalidInput`. A step's failure ends the run with the step's own type and message. A cancelled run waits
until its step has cleaned up: the child process is gone, the Airbyte job is asked to stop.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any, NoReturn, TypeVar

from temporalio import workflow
from temporalio.api.common.v1 import Payload
from temporalio.common import RawValue, RetryPolicy
from temporalio.exceptions import ActivityError, ApplicationError, TimeoutError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from headgate_worker.inputs import (
        BuildInput,
        SyncInput,
        decode_build,
        decode_sync,
        decode_sync_then_build,
    )
    from headgate_worker.reports import BuildReport, StartedSync, SyncReport, SyncThenBuildReport

# A run that was started without an argument gets this in its place, and is refused by the decoder.
NOTHING = RawValue(Payload())

_WAIT_CANCELLED = workflow.ActivityCancellationType.WAIT_CANCELLATION_COMPLETED
_HEARTBEAT_TIMEOUT = timedelta(seconds=30)

Answer = TypeVar("Answer")


# More arguments than one are a TypeError, which must end the run rather than be tried forever.
@workflow.defn(name="AirbyteSync", failure_exception_types=[TypeError])
class AirbyteSync:
    """Syncs one connection: `{"connection": "orders"}`."""

    @workflow.run
    async def run(self, given: RawValue = NOTHING) -> SyncReport:
        return await _sync(decode_sync(given))


@workflow.defn(name="DbtBuild", failure_exception_types=[TypeError])
class DbtBuild:
    """Builds models: `{"select": "tag:orders", "exclude": …, "full_refresh": false, "vars": {}}`, all
    optional.
    """

    @workflow.run
    async def run(self, given: RawValue = NOTHING) -> BuildReport:
        return await _build(decode_build(given))


@workflow.defn(name="SyncThenBuild", failure_exception_types=[TypeError])
class SyncThenBuild:
    """Syncs a connection, then builds models on it: the fields of both in one object."""

    @workflow.run
    async def run(self, given: RawValue = NOTHING) -> SyncThenBuildReport:
        asked = decode_sync_then_build(given)
        sync = await _sync(asked.sync)
        return SyncThenBuildReport(sync=sync, build=await _build(asked.build))


ALL: list[type] = [AirbyteSync, DbtBuild, SyncThenBuild]


async def _sync(asked: SyncInput) -> SyncReport:
    # Triggering and waiting are two steps, so that a crash while waiting can never trigger a second job. The
    # first does not listen to cancellation: it always says which job there is, and that job is then
    # cancelled.
    started: StartedSync = await _step(
        "StartSync",
        asked,
        StartedSync,
        retry=RetryPolicy(initial_interval=timedelta(seconds=1), maximum_attempts=10),
        start_to_close=timedelta(minutes=3),
    )
    try:
        _stop_here_if_cancelled()
        return await (_job_ended(started) if started.mode == "api" else _connector_ended(asked))
    except (asyncio.CancelledError, ActivityError) as failed:
        if is_cancelled_exception(failed) and started.mode == "api" and not started.attached:
            await _cancel(started)
        raise


async def _job_ended(started: StartedSync) -> SyncReport:
    return await _step(
        "WaitForJob",
        started,
        SyncReport,
        retry=RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=1)),
        start_to_close=timedelta(hours=24),
        schedule_to_close=timedelta(hours=25),
        heartbeat=_HEARTBEAT_TIMEOUT,
    )


async def _connector_ended(asked: SyncInput) -> SyncReport:
    return await _step(
        "RunConnector",
        asked,
        SyncReport,
        retry=RetryPolicy(initial_interval=timedelta(seconds=2), maximum_attempts=5),
        start_to_close=timedelta(hours=6),
        heartbeat=_HEARTBEAT_TIMEOUT,
    )


async def _build(asked: BuildInput) -> BuildReport:
    _stop_here_if_cancelled()
    return await _step(
        "DbtBuild",
        asked,
        BuildReport,
        retry=RetryPolicy(initial_interval=timedelta(seconds=2), maximum_attempts=4),
        start_to_close=timedelta(hours=6),
        heartbeat=_HEARTBEAT_TIMEOUT,
    )


async def _cancel(started: StartedSync) -> None:
    try:
        await workflow.execute_activity(
            "CancelJob",
            started,
            start_to_close_timeout=timedelta(minutes=1),
            schedule_to_close_timeout=timedelta(minutes=5),
        )
    except ActivityError as failed:
        workflow.logger.warning("Airbyte job %s could not be cancelled: %s", started.job_id, failed.cause)


def _stop_here_if_cancelled() -> None:
    # A step that ended well although it was asked to stop has swallowed the request.
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


async def _step(
    name: str,
    argument: Any,
    answer: type[Answer],
    *,
    retry: RetryPolicy,
    start_to_close: timedelta,
    schedule_to_close: timedelta | None = None,
    heartbeat: timedelta | None = None,
) -> Answer:
    try:
        answered: Answer = await workflow.execute_activity(
            name,
            argument,
            result_type=answer,
            retry_policy=retry,
            cancellation_type=_WAIT_CANCELLED,
            start_to_close_timeout=start_to_close,
            schedule_to_close_timeout=schedule_to_close,
            heartbeat_timeout=heartbeat,
        )
        return answered
    except ActivityError as failed:
        if is_cancelled_exception(failed):
            raise
        _fail_with(failed)


def _fail_with(failed: ActivityError) -> NoReturn:
    # Temporal's own words are "Activity task failed"; what the step said is what an operator looks for.
    cause = failed.cause
    if isinstance(cause, ApplicationError):
        raise ApplicationError(cause.message, *cause.details, type=cause.type, non_retryable=True) from failed
    if isinstance(cause, TimeoutError):
        message = f"{failed.activity_type} did not answer: {cause.message}"
        raise ApplicationError(message, type="StepTimeout", non_retryable=True) from failed
    raise failed
