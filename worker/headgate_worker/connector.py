"""An Airbyte connector as a child process: for machines without an Airbyte server.

The connector is the real one, installed in a virtual environment of its own, and is spoken to in Airbyte's
protocol: a configuration file, a configured catalog made from what it discovers, JSON lines on its standard
output, and the state it is to go on from. Its RECORD lines are spooled to files as they come and loaded at
the end, as one transaction (`bronze`), so that the warehouse is not held open while a slow source trickles.

https://docs.airbyte.com/understanding-airbyte/airbyte-protocol
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.metadata
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from headgate_worker import child
from headgate_worker.bronze import Batch
from headgate_worker.failures import final, passing, shortened
from headgate_worker.settings import LocalConnection, LocalSettings


@dataclass(frozen=True)
class Stream:
    """A stream as it is to be read: the catalog's entry and how its rows are told apart."""

    name: str
    entry: dict[str, Any]
    primary_key: tuple[tuple[str, ...], ...]


@dataclass
class Reading:
    """What a connector has said so far. `failure` is the error it reported, `(failure_type, message)`."""

    records: dict[str, int]
    states: dict[str, Any] = field(default_factory=dict)
    announced: dict[str, int] = field(default_factory=dict)
    incomplete: set[str] = field(default_factory=set)
    catalog: list[Any] | None = None
    failure: tuple[str, str] | None = None
    strange_lines: int = 0
    bytes: int = 0

    @property
    def total(self) -> int:
        """Records of all streams."""
        return sum(self.records.values())


class Connector:
    """One connection's connector. `folder` keeps its catalog between syncs; each sync gets a scratch folder
    in it.
    """

    def __init__(self, settings: LocalSettings, connection: LocalConnection, folder: Path) -> None:
        self._settings = settings
        self._connection = connection
        self._folder = folder

    def version(self) -> str:
        """The installed connector's package and version; raises `ConnectorMissing` (final)."""
        program = self._program()
        for distribution in importlib.metadata.distributions(path=_site_packages(self._settings.environment)):
            for entry in distribution.entry_points:
                if entry.group == "console_scripts" and entry.name == program.name:
                    return f"{distribution.name} {distribution.version}"
        return f"{program.name} (version unknown)"

    async def streams(self) -> list[Stream]:
        """The configured streams, as the connector describes them; asked again once a day or after an
        update.
        """
        wanted = self._connection.streams
        described = self._remembered()
        if described is None or any(name not in described for name in wanted):
            described = await self._discover()
        missing = [name for name in wanted if name not in described]
        if missing:
            raise final(
                "StreamUnknown",
                f"{self._connection.connector} has no stream {', '.join(missing)}; "
                f"it has: {', '.join(sorted(described))}",
            )
        return [_stream(described[name]) for name in wanted]

    async def read(
        self, streams: list[Stream], state: list[Any], scratch: Path, progress: Callable[[Reading], None]
    ) -> tuple[Reading, list[Batch]]:
        """Runs the connector once, from `state`; the batches' files are in `scratch`.

        Raises `ConnectorRefused` (final) for a configuration it does not take, `ConnectorFailed` (passing)
        for everything else that is not a complete read.
        """
        catalog = {"streams": [_configured(stream) for stream in streams]}
        words = ["read", "--catalog", _written(scratch / "catalog.json", catalog)]
        if state:
            words += ["--state", _written(scratch / "state.json", state)]
        reading = Reading(records={stream.name: 0 for stream in streams})
        with contextlib.ExitStack() as files:
            spools: dict[str, IO[bytes]] = {
                stream.name: files.enter_context((scratch / f"{stream.name}.jsonl").open("wb"))
                for stream in streams
            }
            await self._run(words, scratch, reading, spools, progress)
        _check_complete(reading)
        batches = [
            Batch(
                stream=stream.name,
                file=scratch / f"{stream.name}.jsonl",
                records=reading.records[stream.name],
                primary_key=stream.primary_key,
                line_bytes_max=self._settings.line_bytes_max,
            )
            for stream in streams
        ]
        return reading, batches

    @contextlib.contextmanager
    def scratch(self) -> Iterator[Path]:
        """A folder for one sync, readable for this user only (it holds the configuration), removed
        afterwards.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="sync-", dir=self._folder) as name:
            yield Path(name)

    def sweep(self) -> None:
        """Removes scratch folders of syncs that were killed. Only while no sync of this connection runs."""
        for left in self._folder.glob("sync-*"):
            shutil.rmtree(left, ignore_errors=True)

    def _program(self) -> Path:
        program = self._settings.environment / "bin" / self._connection.connector
        if not os.access(program, os.X_OK):
            raise final(
                "ConnectorMissing",
                f"{self._connection.connector} is not in local.environment ({self._settings.environment})",
            )
        return program

    async def _discover(self) -> dict[str, Any]:
        reading = Reading(records={})
        with self.scratch() as scratch:
            await self._run(["discover"], scratch, reading, {}, lambda _: None)
        if reading.catalog is None:
            raise passing("ConnectorFailed", f"{self._connection.connector} discover gave no catalog")
        described = {entry["name"]: entry for entry in reading.catalog}
        _written(self._folder / "catalog.json", {"for": self._fingerprint(), "streams": described})
        return described

    def _remembered(self) -> dict[str, Any] | None:
        path = self._folder / "catalog.json"
        try:
            if time.time() - path.stat().st_mtime > self._settings.catalog_seconds_max:
                return None
            kept = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return dict(kept["streams"]) if kept.get("for") == self._fingerprint() else None

    def _fingerprint(self) -> str:
        text = json.dumps([self.version(), self._connection.config], sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()

    async def _run(
        self,
        words: list[str],
        scratch: Path,
        reading: Reading,
        spools: dict[str, IO[bytes]],
        progress: Callable[[Reading], None],
    ) -> None:
        config = _written(scratch / "config.json", self._connection.config)
        command = child.Command(
            words=(str(self._program()), words[0], "--config", config, *words[1:]),
            folder=scratch,
            environment=child.environment(
                {"AIRBYTE_OFFLINE_MODE": "1", "AIRBYTE_LOGGING_ROOT": str(scratch), "HOME": str(scratch)}
            ),
            seconds_max=self._settings.seconds_max,
            line_bytes_max=self._settings.line_bytes_max,
        )

        def take(line: bytes) -> None:
            take_line(line, reading, spools)
            self._check_limits(reading)
            progress(reading)

        name = f"{self._connection.connector} {words[0]}"
        try:
            ended = await child.run_child(command, take)
        except (child.LineTooLong, child.OutOfTime) as error:
            raise final("ConnectorOverLimit", f"{name} {error}") from error
        except OSError as error:
            raise passing("ConnectorFailed", f"{name} could not be started: {error.strerror}") from error
        if reading.failure:
            kind, message = reading.failure
            refused = kind == "config_error"
            make = final if refused else passing
            raise make(
                "ConnectorRefused" if refused else "ConnectorFailed", f"{name}: {message}", {"type": kind}
            )
        if ended.code != 0:
            words_said = ended.error_tail.strip().splitlines()[-1:] or ["it said nothing"]
            raise passing(
                "ConnectorFailed", f"{name} ended with {ended.code}: {shortened(words_said[0], 300)}"
            )

    def _check_limits(self, reading: Reading) -> None:
        if reading.total > self._settings.records_max:
            raise final(
                "ConnectorOverLimit", f"more than local.records_max = {self._settings.records_max} records"
            )
        if reading.bytes > self._settings.spool_bytes_max:
            raise final(
                "ConnectorOverLimit", f"more than local.spool_bytes_max = {self._settings.spool_bytes_max}"
            )


def take_line(line: bytes, reading: Reading, spools: dict[str, IO[bytes]]) -> None:
    """Takes one line of a connector's output. A line that is no message counts as chatter, as in Airbyte."""
    if not line.strip():
        return
    try:
        message = json.loads(line)
    except (ValueError, RecursionError):
        message = None
    kind = message.get("type") if isinstance(message, dict) else None
    if kind == "RECORD":
        _take_record(line, _part(message, "record"), reading, spools)
    elif kind == "STATE":
        _take_state(_part(message, "state"), reading)
    elif kind == "TRACE":
        _take_trace(_part(message, "trace"), reading)
    elif kind == "CATALOG":
        reading.catalog = _streams_in(_part(message, "catalog"))
    elif kind not in ("LOG", "SPEC", "CONNECTION_STATUS", "CONTROL"):
        reading.strange_lines += 1


def next_state(before: list[Any], reading: Reading, streams: list[Stream]) -> list[Any]:
    """The state to go on from: what the connector said now over what it said before, per stream.

    Streams that are read as a whole each time have none. A state that is not per stream replaces everything.
    """
    if "" in reading.states:
        return [reading.states[""]]
    by_stream = {_part(_part(state, "stream"), "stream_descriptor").get("name"): state for state in before}
    by_stream.update(reading.states)
    return [by_stream[stream.name] for stream in streams if stream.primary_key and stream.name in by_stream]


def _take_record(line: bytes, record: dict[str, Any], reading: Reading, spools: dict[str, IO[bytes]]) -> None:
    stream = record.get("stream")
    if not isinstance(stream, str) or stream not in spools:
        raise final("ConnectorProtocol", f"a record of stream {stream!r}, which was not asked for")
    if not isinstance(record.get("data"), dict) or not isinstance(record.get("emitted_at"), int | float):
        raise final("ConnectorProtocol", f"a record of stream {stream} without data or emitted_at")
    spools[stream].write(line + b"\n")
    reading.records[stream] += 1
    reading.bytes += len(line) + 1


def _take_state(state: dict[str, Any], reading: Reading) -> None:
    # The newest state of each stream counts; a state that is not per stream stands for all of them.
    described = state.get("stream")
    if state.get("type") == "STREAM" and isinstance(described, dict):
        stream = str(_part(described, "stream_descriptor").get("name"))
        count = (state.get("sourceStats") or {}).get("recordCount")
        if isinstance(count, int | float):
            reading.announced[stream] = reading.announced.get(stream, 0) + int(count)
        reading.states[stream] = {name: value for name, value in state.items() if name != "sourceStats"}
    else:
        reading.states[""] = {name: value for name, value in state.items() if name != "sourceStats"}


def _take_trace(trace: dict[str, Any], reading: Reading) -> None:
    error = trace.get("error")
    if trace.get("type") == "ERROR" and isinstance(error, dict):
        message = shortened(str(error.get("message") or "no message"), 500)
        reading.failure = (str(error.get("failure_type") or "system_error"), message)
    status = trace.get("stream_status")
    if isinstance(status, dict) and status.get("status") == "INCOMPLETE":
        reading.incomplete.add(str(_part(status, "stream_descriptor").get("name")))


def _check_complete(reading: Reading) -> None:
    if reading.incomplete:
        raise passing("ConnectorFailed", f"stream {', '.join(sorted(reading.incomplete))} ended incomplete")
    for stream, announced in reading.announced.items():
        if reading.records.get(stream, 0) != announced:
            raise passing(
                "ConnectorFailed",
                f"stream {stream}: the connector counted {announced} records, "
                f"{reading.records.get(stream, 0)} arrived",
            )


def _part(message: dict[str, Any], name: str) -> dict[str, Any]:
    part = message.get(name)
    if not isinstance(part, dict):
        raise final("ConnectorProtocol", f"a message whose {name} is not an object")
    return part


def _streams_in(catalog: dict[str, Any]) -> list[Any]:
    streams = catalog.get("streams")
    if not isinstance(streams, list) or not all(
        isinstance(s, dict) and isinstance(s.get("name"), str) for s in streams
    ):
        raise final("ConnectorProtocol", "a catalog without named streams")
    return streams


def _stream(entry: dict[str, Any]) -> Stream:
    key = entry.get("source_defined_primary_key") or []
    incremental = "incremental" in (entry.get("supported_sync_modes") or [])
    return Stream(entry["name"], entry, tuple(tuple(path) for path in key) if incremental else ())


def _configured(stream: Stream) -> dict[str, Any]:
    configured: dict[str, Any] = {
        "stream": stream.entry,
        "sync_mode": "incremental" if stream.primary_key else "full_refresh",
        "destination_sync_mode": "append_dedup" if stream.primary_key else "overwrite",
    }
    if stream.primary_key:
        configured["primary_key"] = [list(path) for path in stream.primary_key]
        configured["cursor_field"] = stream.entry.get("default_cursor_field") or []
    return configured


def _site_packages(environment: Path) -> list[str]:
    return [str(path) for path in environment.glob("lib/python3*/site-packages")]


def _written(path: Path, document: Any) -> str:
    # Renamed into place, so that a worker that dies while writing leaves no half a file; only this user may
    # read it.
    temporary = path.with_name(f".{path.name}.new")
    with open(
        os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8"
    ) as file:
        json.dump(document, file)
    temporary.replace(path)
    return str(path)
