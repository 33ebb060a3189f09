"""The command line, as a process of its own."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

from conftest import EXAMPLES
from temporalio.testing import WorkflowEnvironment

WORKER = Path(__file__).parents[1]


async def spawn(*words: str, data: Path) -> asyncio.subprocess.Process:
    environment = {
        **os.environ,
        "PYTHONPATH": str(WORKER),
        "HEADGATE_WORKER_DATA": str(data),
        "HEADGATE_CONNECTOR_VENV": str(data),
    }
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "headgate_worker",
        *words,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def ended(process: asyncio.subprocess.Process) -> tuple[int | None, str, str]:
    async with asyncio.timeout(120):
        out, err = await process.communicate()
    return process.returncode, out.decode(), err.decode()


async def test_it_says_when_it_is_ready_and_ends_when_asked(
    temporal: WorkflowEnvironment, tmp_path: Path
) -> None:
    address = temporal.client.service_client.config.target_host
    settings = str(EXAMPLES / "worker.yaml")
    process = await spawn(
        "--address", address, "--task-queue", "serve", "--settings", settings, data=tmp_path
    )
    assert process.stdout is not None
    async with asyncio.timeout(120):
        line = await process.stdout.readline()
    assert line.decode() == f"ready: headgate_worker 0.1.0 polls serve in default at {address}\n"
    process.send_signal(signal.SIGTERM)
    code, _, err = await ended(process)
    assert code == 0, err


async def test_settings_that_are_refused_end_it_with_1(tmp_path: Path) -> None:
    path = tmp_path / "worker.yaml"
    path.write_text("date: x\n", encoding="utf-8")
    code, _, err = await ended(await spawn("--settings", str(path), data=tmp_path))
    assert code == 1
    assert "date: is not a setting — one of: data, dbt, local, airbyte, connections" in err


async def test_check_reads_the_settings_and_ends(tmp_path: Path) -> None:
    code, out, _ = await ended(
        await spawn("--check", "--settings", str(EXAMPLES / "worker.yaml"), data=tmp_path)
    )
    assert (code, "1 connections, no problems" in out) == (0, True)


async def test_a_server_that_is_away_ends_it_with_3(tmp_path: Path) -> None:
    words = (
        "--address",
        "127.0.0.1:9",
        "--connect-seconds",
        "0",
        "--settings",
        str(EXAMPLES / "worker.yaml"),
    )
    code, _, err = await ended(await spawn(*words, data=tmp_path))
    assert code == 3
    assert "is Temporal at 127.0.0.1:9 up?" in err


async def test_a_key_without_its_certificate_is_wrong_usage(tmp_path: Path) -> None:
    code, _, err = await ended(await spawn("--settings", "x", "--tls-key", "k", data=tmp_path))
    assert code == 2
    assert "--tls-certificate and --tls-key belong together" in err
