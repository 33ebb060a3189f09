"""A small Airbyte: the part of its public API that the worker uses, with jobs that it remembers.

Shapes of requests, answers and problems are those of Airbyte's API reference (https://reference.airbyte.com).
Tests move jobs on by hand and read from `calls` what was asked.
"""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

LIVE = ("pending", "queued", "running", "incomplete")


class FakeAirbyte:
    """The server. `refusals` are answered first, one a call: (status, headers)."""

    def __init__(self) -> None:
        self.jobs: dict[int, dict[str, Any]] = {}
        self.calls: list[str] = []
        self.refusals: list[tuple[int, dict[str, str]]] = []
        self.tokens_given = 0
        self.token_valid = ""
        self.known = {"c0ffee00-0000-4000-8000-000000000001"}
        self.looks_until_done: int | None = None
        self.lose_answers_to_posts = 0
        self.lock = threading.Lock()
        handler = type("Handler", (_Handler,), {"airbyte": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/api/public/v1"

    def __enter__(self) -> FakeAirbyte:
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def add_job(self, connection: str, status: str = "running", started: datetime | None = None) -> int:
        """A job as if somebody had asked for it."""
        number = 1000 + len(self.jobs)
        self.jobs[number] = {
            "jobId": number,
            "status": status,
            "jobType": "sync",
            "startTime": (started or datetime.now(UTC)).isoformat().replace("+00:00", "Z"),
            "connectionId": connection,
            "rowsSynced": 0,
            "bytesSynced": 0,
        }
        return number

    def end_job(self, number: int, status: str = "succeeded") -> None:
        """The job ends."""
        self.jobs[number].update(status=status, rowsSynced=42, bytesSynced=4200)

    def answer(self, method: str, path: str, query: dict[str, list[str]], body: Any, token: str) -> Any:
        """(status, document, headers) for one request."""
        if path == "/applications/token":
            if body.get("client_secret") != "s3cret":
                return 401, {"type": "unauthorized", "detail": "bad client"}, {}
            self.tokens_given += 1
            self.token_valid = f"token-{self.tokens_given}"
            return 200, {"access_token": self.token_valid, "token_type": "Bearer", "expires_in": 900}, {}
        if self.refusals:
            status, headers = self.refusals.pop(0)
            return (
                status,
                {"type": "error:test", "title": "refused", "detail": f"told to say {status}"},
                headers,
            )
        if token != f"Bearer {self.token_valid}":
            return 401, {"type": "unauthorized", "detail": "token expired"}, {}
        if method == "POST" and path == "/jobs":
            return self._start(body)
        if method == "GET" and path == "/jobs":
            listed = [job for job in self.jobs.values() if job["connectionId"] == query["connectionId"][0]]
            return 200, {"data": listed}, {}
        job = self.jobs.get(int(path.rsplit("/", 1)[1]))
        if job is None:
            return 404, {"type": "resource-not-found", "detail": "no such job"}, {}
        return self._one(method, job)

    def _start(self, body: Any) -> Any:
        connection = body["connectionId"]
        if connection not in self.known:
            return 404, {"type": "resource-not-found", "detail": "no such connection"}, {}
        if any(job["status"] in LIVE and job["connectionId"] == connection for job in self.jobs.values()):
            return (
                409,
                {"type": "try-again-later", "detail": f"A sync is already running for: {connection}"},
                {},
            )
        return 200, self.jobs[self.add_job(connection)], {}

    def _one(self, method: str, job: dict[str, Any]) -> Any:
        if method == "DELETE":
            if job["status"] not in LIVE:
                return 409, {"type": "state-conflict", "detail": "Job is not currently running"}, {}
            job["status"] = "cancelled"
        elif self.looks_until_done is not None:
            self.looks_until_done -= 1
            if self.looks_until_done <= 0 and job["status"] in LIVE:
                self.end_job(job["jobId"])
        return 200, job, {}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    airbyte: FakeAirbyte

    def _serve(self) -> None:
        parts = urlsplit(self.path)
        path = parts.path.removeprefix("/api/public/v1")
        length = int(self.headers.get("content-length") or 0)
        body = json.loads(self.rfile.read(length)) if length else {}
        with self.airbyte.lock:
            self.airbyte.calls.append(f"{self.command} {path}")
            status, document, headers = self.airbyte.answer(
                self.command, path, parse_qs(parts.query), body, self.headers.get("authorization", "")
            )
            lost = path == "/jobs" and self.command == "POST" and self.airbyte.lose_answers_to_posts > 0
            self.airbyte.lose_answers_to_posts -= int(lost)
        if lost:
            self.close_connection = True
            return
        content = json.dumps(document).encode()
        self.send_response(status)
        for name, value in {**headers, "content-type": "application/json"}.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_DELETE = _serve

    def log_message(self, *_: object) -> None:
        """Quiet."""
