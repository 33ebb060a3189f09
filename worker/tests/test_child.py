"""Child processes that are never left behind."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import pytest

from headgate_worker.child import Command, LineTooLong, OutOfTime, environment, run_child

# Writes its own process id and that of a child of its own, then waits.
FAMILY = """
import os, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print(os.getpid(), child.pid, flush=True)
time.sleep(600)
"""
DEAF = "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n" + FAMILY


def command(text: str, seconds_max: float = 30.0, grace: float = 5.0, line_bytes_max: int = 1000) -> Command:
    return Command(
        words=(sys.executable, "-c", text),
        folder=Path.cwd(),
        environment=environment({}),
        seconds_max=seconds_max,
        line_bytes_max=line_bytes_max,
        grace_seconds=grace,
    )


def is_running(number: int) -> bool:
    # A process that has ended and whose new parent has not looked yet is a zombie: state Z.
    try:
        return Path(f"/proc/{number}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


async def gone(numbers: list[int]) -> bool:
    # The kernel takes a moment to carry out a SIGKILL; the bound only ends a test that fails.
    async with asyncio.timeout(10):
        while any(is_running(number) for number in numbers):
            await asyncio.sleep(0.01)
    return len(numbers) > 0


async def test_lines_arrive_whole_and_the_end_is_told() -> None:
    lines: list[bytes] = []
    ended = await run_child(
        command("import sys; print('a'); print('é'); sys.stdout.write('rest'); sys.exit(3)"), lines.append
    )
    assert lines == [b"a", "é".encode(), b"rest"]
    assert ended.code == 3


async def test_standard_error_is_kept_from_its_end() -> None:
    ended = await run_child(command("import sys; sys.stderr.write('x' * 100000 + 'the end')"), lambda _: None)
    assert ended.error_tail.endswith("the end")
    assert len(ended.error_tail) == 16 * 1024


async def test_a_line_of_the_limit_is_taken_and_one_byte_more_is_not() -> None:
    lines: list[bytes] = []
    await run_child(command("print('x' * 1000)"), lines.append)
    assert len(lines[0]) == 1000
    with pytest.raises(LineTooLong, match="more than 1000 bytes"):
        await run_child(command("print('x' * 1001)"), lines.append)


@pytest.mark.parametrize("text", [FAMILY, DEAF], ids=["listens", "ignores the first signal"])
async def test_cancelling_leaves_no_process(text: str) -> None:
    family: asyncio.Future[list[int]] = asyncio.get_running_loop().create_future()

    def take(line: bytes) -> None:
        family.set_result([int(word) for word in line.split()])

    running = asyncio.create_task(run_child(command(text, grace=0.5), take))
    numbers = await family
    assert all(is_running(number) for number in numbers)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert await gone(numbers)


async def test_a_second_cancellation_does_not_leave_the_child() -> None:
    family: asyncio.Future[list[int]] = asyncio.get_running_loop().create_future()

    def take(line: bytes) -> None:
        family.set_result([int(word) for word in line.split()])

    running = asyncio.create_task(run_child(command(DEAF, grace=0.5), take))
    numbers = await family
    running.cancel()
    await asyncio.sleep(0)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert await gone(numbers)


async def test_the_deadline_stops_it() -> None:
    numbers: list[int] = []

    def take(line: bytes) -> None:
        numbers.extend(int(word) for word in line.split())

    with pytest.raises(OutOfTime, match="within 1 s"):
        await run_child(command(FAMILY, seconds_max=1.0), take)
    assert len(numbers) == 2
    assert await gone(numbers)


async def test_a_reader_that_refuses_stops_it() -> None:
    numbers: list[int] = []

    def take(line: bytes) -> None:
        numbers.extend(int(word) for word in line.split())
        raise ValueError("enough")

    with pytest.raises(ValueError, match="enough"):
        await run_child(command(FAMILY), take)
    assert await gone(numbers)


async def test_what_a_child_leaves_behind_ends_with_it() -> None:
    numbers: list[int] = []
    text = (
        "import subprocess, sys\n"
        "quiet = {'stdout': subprocess.DEVNULL, 'stderr': subprocess.DEVNULL}\n"
        "left = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'], **quiet)\n"
        "print(left.pid)"
    )
    ended = await run_child(command(text), lambda line: numbers.append(int(line)))
    assert ended.code == 0
    assert await gone(numbers)


async def test_credentials_of_the_worker_are_not_inherited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEMPORAL_API_KEY", "k3y")
    lines: list[bytes] = []
    listed = command("import os; print(sorted(os.environ))")
    await run_child(listed, lines.append)
    assert b"PATH" in lines[0]
    assert b"TEMPORAL_API_KEY" not in lines[0]
    assert os.environ["TEMPORAL_API_KEY"] == "k3y"
