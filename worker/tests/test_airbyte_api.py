"""Airbyte's public API, against a server that remembers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from fake_airbyte import FakeAirbyte
from temporalio.exceptions import ApplicationError

from headgate_worker.airbyte_api import AirbyteApi, AlreadyRunning
from headgate_worker.settings import AirbyteSettings

CONNECTION = "c0ffee00-0000-4000-8000-000000000001"


class Clock:
    """Monotonic seconds that a test moves."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest_asyncio.fixture
async def api(airbyte: FakeAirbyte, clock: Clock) -> AsyncIterator[AirbyteApi]:
    client = AirbyteApi(AirbyteSettings(airbyte.url, "client", "s3cret"), clock)
    yield client
    await client.close()


async def refusal(call: Any) -> ApplicationError:
    with pytest.raises(ApplicationError) as refused:
        await call
    return refused.value


async def test_a_job_is_started_and_looked_at(api: AirbyteApi, airbyte: FakeAirbyte) -> None:
    job = await api.start(CONNECTION)
    assert (job.status, job.connection_id) == ("running", CONNECTION)
    airbyte.end_job(job.job_id)
    seen = await api.look(job.job_id)
    assert (seen.status, seen.rows, seen.bytes) == ("succeeded", 42, 4200)


async def test_one_token_serves_many_calls_and_is_renewed_early(
    api: AirbyteApi, airbyte: FakeAirbyte, clock: Clock
) -> None:
    job = await api.start(CONNECTION)
    await asyncio.gather(*(api.look(job.job_id) for _ in range(5)))
    assert airbyte.tokens_given == 1
    clock.now = 719.0
    await api.look(job.job_id)
    assert airbyte.tokens_given == 1
    clock.now = 721.0
    await api.look(job.job_id)
    assert airbyte.tokens_given == 2


async def test_a_401_leads_to_one_new_token_however_many_met_it(
    api: AirbyteApi, airbyte: FakeAirbyte
) -> None:
    job = await api.start(CONNECTION)
    airbyte.token_valid = "expired early"
    await asyncio.gather(*(api.look(job.job_id) for _ in range(4)))
    assert airbyte.tokens_given == 2


async def test_a_second_401_is_not_answered_with_a_third_token(api: AirbyteApi, airbyte: FakeAirbyte) -> None:
    airbyte.refusals = [(401, {}), (401, {})]
    refused = await refusal(api.look(1))
    assert refused.type == "AirbyteUnauthenticated"
    assert not refused.non_retryable
    assert airbyte.tokens_given == 2


async def test_wrong_client_credentials_name_the_setting(airbyte: FakeAirbyte) -> None:
    client = AirbyteApi(AirbyteSettings(airbyte.url, "client", "wrong"))
    refused = await refusal(client.look(1))
    await client.close()
    assert "check airbyte.client_id and client_secret" in refused.message
    assert "wrong" not in refused.message


@pytest.mark.parametrize(
    ("status", "kind", "is_final"),
    [
        (400, "AirbyteRefused", True),
        (403, "AirbyteRefused", True),
        (404, "AirbyteRefused", True),
        (422, "AirbyteRefused", True),
        (408, "AirbyteUnavailable", False),
        (429, "AirbyteUnavailable", False),
        (500, "AirbyteUnavailable", False),
        (503, "AirbyteUnavailable", False),
    ],
)
async def test_an_answer_is_judged(
    api: AirbyteApi, airbyte: FakeAirbyte, status: int, kind: str, is_final: bool
) -> None:
    airbyte.refusals = [(status, {})]
    refused = await refusal(api.start(CONNECTION))
    assert (refused.type, refused.non_retryable) == (kind, is_final)
    assert refused.message == f"POST /jobs: Airbyte answered {status} told to say {status}"


async def test_retry_after_is_followed_up_to_a_limit(api: AirbyteApi, airbyte: FakeAirbyte) -> None:
    airbyte.refusals = [
        (429, {"retry-after": "7"}),
        (503, {"retry-after": "86400"}),
        (503, {"retry-after": "x"}),
    ]
    waits = [(await refusal(api.look(1))).next_retry_delay for _ in range(3)]
    assert waits == [timedelta(seconds=7), timedelta(seconds=300), None]


async def test_a_server_that_is_away_may_come_back() -> None:
    client = AirbyteApi(AirbyteSettings("http://127.0.0.1:9/api/public/v1", "client", "s3cret"))
    refused = await refusal(client.look(1))
    await client.close()
    assert (refused.type, refused.non_retryable) == ("AirbyteUnreachable", False)


async def test_a_running_job_is_a_conflict_and_is_listed(api: AirbyteApi, airbyte: FakeAirbyte) -> None:
    running = airbyte.add_job(CONNECTION)
    with pytest.raises(AlreadyRunning, match="A sync is already running"):
        await api.start(CONNECTION)
    assert [job.job_id for job in await api.jobs(CONNECTION)] == [running]


async def test_cancelling_is_done_once_and_what_has_ended_stays(
    api: AirbyteApi, airbyte: FakeAirbyte
) -> None:
    job = await api.start(CONNECTION)
    await api.cancel(job.job_id)
    await api.cancel(job.job_id)
    assert airbyte.jobs[job.job_id]["status"] == "cancelled"
