"""Airbyte's public API, as far as a sync needs it: trigger, look, find a running one, cancel.

The token is kept and fetched anew at 80 % of its life, by one caller at a time, and once more when the
server answers 401. Answers are judged here: what can mend itself (network, 429, 5xx) is a passing failure,
what cannot (403, 404, 422 and other refusals) is final.

One client serves all activities of a worker, on its event loop.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from headgate_worker.failures import final, passing, shortened
from headgate_worker.settings import AirbyteSettings

LIVE = ("pending", "queued", "running", "incomplete")
ENDED = ("succeeded", "failed", "cancelled")

ANSWER_BYTES_MAX = 4 * 1024 * 1024
TOKEN_SECONDS_DEFAULT = 180.0
RETRY_AFTER_SECONDS_MAX = 300.0
_TOKEN_LIFE_USED = 0.8


@dataclass(frozen=True)
class Job:
    """A job as Airbyte tells it. `rows` and `bytes` are what it synced so far."""

    job_id: int
    status: str
    connection_id: str | None = None
    started: datetime | None = None
    rows: int | None = None
    bytes: int | None = None


class AlreadyRunning(Exception):
    """Airbyte answered 409: a job of this connection is running (or, when cancelling, none is)."""


class AirbyteApi:
    """The client. Close it when the worker ends."""

    def __init__(self, settings: AirbyteSettings, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._settings = settings
        self._monotonic = monotonic
        self._http = httpx.AsyncClient(timeout=settings.request_seconds_max, follow_redirects=False)
        self._token: str | None = None
        self._token_renewed_at = 0.0
        self._token_lock = asyncio.Lock()

    async def close(self) -> None:
        """Closes the connections that are kept open."""
        await self._http.aclose()

    async def start(self, connection_id: str) -> Job:
        """Asks for a sync; raises `AlreadyRunning`. Not idempotent: Airbyte knows no request id."""
        body = {"connectionId": connection_id, "jobType": "sync"}
        return _job(await self._call("POST", "/jobs", json=body))

    async def look(self, job_id: int) -> Job:
        """The job as it is now."""
        return _job(await self._call("GET", f"/jobs/{job_id}"))

    async def jobs(self, connection_id: str) -> list[Job]:
        """The connection's latest sync jobs, the newest first."""
        query = {"connectionId": connection_id, "jobType": "sync", "limit": "20", "orderBy": "createdAt|DESC"}
        answer = await self._call("GET", "/jobs", params=query)
        listed = answer.get("data")
        if not isinstance(listed, list):
            raise passing("AirbyteAnswer", "Airbyte answered a list of jobs without jobs in it")
        return sorted((_job(item) for item in listed), key=lambda job: job.job_id, reverse=True)

    async def cancel(self, job_id: int) -> None:
        """Asks Airbyte to cancel the job; one that has ended already is left as it is."""
        try:
            await self._call("DELETE", f"/jobs/{job_id}")
        except AlreadyRunning:
            return

    async def _call(self, method: str, path: str, **request: Any) -> dict[str, Any]:
        token = await self._current_token()
        response = await self._send(method, path, token, **request)
        if response.status_code == 401:
            token = await self._current_token(refused=token)
            response = await self._send(method, path, token, **request)
        what = f"{method} {path}"
        if response.status_code == 409:
            raise AlreadyRunning(_detail(response))
        _judge(what, response)
        return _document(what, response)

    async def _send(self, method: str, path: str, token: str | None, **request: Any) -> httpx.Response:
        headers = {"accept": "application/json"}
        if token:
            headers["authorization"] = f"Bearer {token}"
        try:
            async with self._http.stream(
                method, self._settings.base_url + path, headers=headers, **request
            ) as response:
                body = b""
                async for part in response.aiter_bytes():
                    body += part
                    if len(body) > ANSWER_BYTES_MAX:
                        raise passing("AirbyteAnswer", f"{method} {path}: more than {ANSWER_BYTES_MAX} bytes")
            return httpx.Response(response.status_code, headers=_plain(response.headers), content=body)
        except httpx.HTTPError as error:
            raise passing(
                "AirbyteUnreachable", f"{method} {path}: {type(error).__name__} at {self._settings.base_url}"
            ) from error

    async def _current_token(self, refused: str | None = None) -> str:
        # The lock makes many waiting activities share one refresh; a token that another caller has renewed
        # since it was refused is used as it is.
        async with self._token_lock:
            fresh = self._token is not None and self._monotonic() < self._token_renewed_at
            if self._token is not None and fresh and self._token != refused:
                return self._token
            body = {
                "client_id": self._settings.client_id,
                "client_secret": self._settings.client_secret,
                "grant_type": "client_credentials",
                "grant-type": "client_credentials",
            }
            response = await self._send("POST", "/applications/token", None, json=body)
            _judge("POST /applications/token", response)
            answer = _document("POST /applications/token", response)
            token = answer.get("access_token")
            if not isinstance(token, str) or not token:
                raise passing("AirbyteAnswer", "Airbyte answered a token request without a token")
            life = answer.get("expires_in")
            seconds = float(life) if isinstance(life, int | float) and life > 0 else TOKEN_SECONDS_DEFAULT
            self._token = token
            self._token_renewed_at = self._monotonic() + _TOKEN_LIFE_USED * seconds
            return token


def _plain(headers: httpx.Headers) -> dict[str, str]:
    # The body is decoded already, so the headers that describe its coding no longer fit.
    return {name: value for name, value in headers.items() if name in ("content-type", "retry-after")}


def _judge(what: str, response: httpx.Response) -> None:
    status = response.status_code
    if 200 <= status < 300:
        return
    message = f"{what}: Airbyte answered {status} {_detail(response)}".strip()
    if status == 401:
        raise passing("AirbyteUnauthenticated", f"{message} — check airbyte.client_id and client_secret")
    if status == 408 or status == 429 or status >= 500:
        raise passing("AirbyteUnavailable", message, again_in=_retry_after(response))
    raise final("AirbyteRefused", message, {"status": status})


def _detail(response: httpx.Response) -> str:
    # Airbyte's problem documents carry their words in `detail`, older answers in `message`.
    try:
        document = response.json()
    except ValueError:
        return ""
    if not isinstance(document, dict):
        return ""
    for name in ("detail", "message", "title"):
        if isinstance(document.get(name), str):
            return shortened(document[name], 300)
    return ""


def _retry_after(response: httpx.Response) -> timedelta | None:
    text = response.headers.get("retry-after", "")
    if not text.isascii() or not text.isdigit():
        return None
    return timedelta(seconds=min(float(text), RETRY_AFTER_SECONDS_MAX))


def _document(what: str, response: httpx.Response) -> dict[str, Any]:
    if not response.content:
        return {}
    try:
        document = response.json()
    except ValueError:
        document = None
    if not isinstance(document, dict):
        raise passing("AirbyteAnswer", f"{what}: Airbyte's answer is not a JSON object")
    return document


def _job(document: Any) -> Job:
    job_id = document.get("jobId") if isinstance(document, dict) else None
    status = document.get("status") if isinstance(document, dict) else None
    if not isinstance(job_id, int) or isinstance(job_id, bool) or not isinstance(status, str):
        raise passing("AirbyteAnswer", "Airbyte answered a job without jobId and status")
    return Job(
        job_id=job_id,
        status=status,
        connection_id=_typed(document.get("connectionId"), str),
        started=_instant(document.get("startTime")),
        rows=_typed(document.get("rowsSynced"), int),
        bytes=_typed(document.get("bytesSynced"), int),
    )


def _typed(value: Any, kind: type) -> Any:
    return value if isinstance(value, kind) and not isinstance(value, bool) else None


def _instant(value: Any) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        instant = datetime.fromisoformat(value)
    except ValueError:
        return None
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)
