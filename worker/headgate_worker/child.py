"""Child processes that are never left behind.

A child gets a process group of its own, an environment that is listed rather than inherited, a deadline, and
a limit on the length of a line. However the caller leaves (deadline, cancellation, an error of its own), the
whole group is asked to stop with SIGINT and, after a grace, killed. Where `setpriv` exists the child also
dies with a worker that was killed without a chance to clean up.

Runs on the event loop's main thread.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

ERROR_TAIL_BYTES = 16 * 1024
_CHUNK_BYTES = 64 * 1024

# What a child may inherit. Credentials of the worker (API keys, client secrets) are not among it.
_INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE")


class LineTooLong(Exception):
    """The child wrote a line longer than the limit; it was stopped."""


class OutOfTime(Exception):
    """The child did not end before its deadline; it was stopped."""


@dataclass(frozen=True)
class Command:
    """What to run. The words are passed as they are: no shell reads them."""

    words: tuple[str, ...]
    folder: Path
    environment: Mapping[str, str]
    seconds_max: float
    line_bytes_max: int
    grace_seconds: float = 10.0


@dataclass(frozen=True)
class Ended:
    """How a child ended: its exit code (negative: the signal that ended it) and the end of its standard
    error.
    """

    code: int
    error_tail: str


def environment(extra: Mapping[str, str]) -> dict[str, str]:
    """The few variables a child inherits, and `extra` over them."""
    kept = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    return {**kept, "PYTHONUNBUFFERED": "1", "DO_NOT_TRACK": "1", **extra}


async def run_child(command: Command, on_line: Callable[[bytes], None]) -> Ended:
    """Runs the command to its end and hands each line of its output, without the newline, to `on_line`.

    Raises `LineTooLong`, `OutOfTime`, `OSError` when it cannot be started, and whatever `on_line` raises; in
    every case, cancellation included, the child's process group is gone before this returns.
    """
    process = await asyncio.create_subprocess_exec(
        *_leash(),
        *command.words,
        cwd=command.folder,
        env=dict(command.environment),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    tail = asyncio.create_task(_tail(process.stderr))
    try:
        async with asyncio.timeout(command.seconds_max):
            await _each_line(process.stdout, command.line_bytes_max, on_line)
            error_tail = await tail
            return Ended(await process.wait(), error_tail)
    except TimeoutError:
        raise OutOfTime(f"did not end within {command.seconds_max:g} s") from None
    finally:
        await _until_done(asyncio.create_task(_stop(process, tail, command.grace_seconds)))


def _leash() -> tuple[str, ...]:
    setpriv = shutil.which("setpriv")
    return (setpriv, "--pdeathsig", "KILL", "--") if setpriv else ()


async def _each_line(
    stream: asyncio.StreamReader, line_bytes_max: int, on_line: Callable[[bytes], None]
) -> None:
    rest = bytearray()
    while chunk := await stream.read(_CHUNK_BYTES):
        rest += chunk
        if b"\n" in chunk:
            *lines, last = bytes(rest).split(b"\n")
            rest = bytearray(last)
            for line in lines:
                _check_length(line, line_bytes_max)
                on_line(line)
        _check_length(rest, line_bytes_max)
    if rest:
        on_line(bytes(rest))


def _check_length(line: bytes | bytearray, line_bytes_max: int) -> None:
    if len(line) > line_bytes_max:
        raise LineTooLong(f"wrote a line of more than {line_bytes_max} bytes")


async def _tail(stream: asyncio.StreamReader) -> str:
    kept = b""
    while chunk := await stream.read(_CHUNK_BYTES):
        kept = (kept + chunk)[-ERROR_TAIL_BYTES:]
    return kept.decode("utf-8", "replace")


async def _stop(process: asyncio.subprocess.Process, tail: asyncio.Task[str], grace_seconds: float) -> None:
    tail.cancel()
    await asyncio.gather(tail, return_exceptions=True)
    if process.returncode is None:
        _signal(process, signal.SIGINT)
        if not await _drained_within(process, grace_seconds):
            _signal(process, signal.SIGKILL)
            await _drained_within(process, grace_seconds)
    # What the child left in its group, with its output closed, ends with it.
    _signal(process, signal.SIGKILL)


async def _drained_within(process: asyncio.subprocess.Process, seconds: float) -> bool:
    try:
        async with asyncio.timeout(seconds):
            await _drained(process)
            return True
    except TimeoutError:
        return False


async def _drained(process: asyncio.subprocess.Process) -> None:
    # A child that is blocked on a full pipe could not see the signal: its output is read and dropped.
    assert process.stdout is not None
    assert process.stderr is not None
    await asyncio.gather(_tail(process.stdout), _tail(process.stderr), process.wait())


def _signal(process: asyncio.subprocess.Process, what: signal.Signals) -> None:
    # The child leads its group, so the group's number is the child's. The kernel gives the number to nobody
    # else while the group has members; without any, there is nothing to signal.
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, what)


async def _until_done(task: asyncio.Task[None]) -> None:
    # A second cancellation must not leave the child behind; the wait is bounded by the grace.
    cancelled = False
    while not task.done():
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError:
            cancelled = True
    task.result()
    if cancelled:
        raise asyncio.CancelledError
