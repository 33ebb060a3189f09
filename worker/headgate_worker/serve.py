"""The worker's command line.

Prints one line that begins with `ready:` when Temporal lists this worker among the pollers of its task
queue, so that a script can wait for it. SIGTERM and SIGINT end it: steps get a grace to finish, then are
stopped and tried again by the next worker. Exit codes: 0 ended as asked, 1 settings refused, 2 wrong usage,
3 could not be done.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import os
import signal
import socket
import sys
import time
from datetime import timedelta
from pathlib import Path

from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client
from temporalio.service import RPCError, TLSConfig
from temporalio.worker import Worker

from headgate_worker import __version__, workflows
from headgate_worker.activities import Activities
from headgate_worker.settings import Settings, SettingsRefused, load

READY_SECONDS_MAX = 60.0
API_KEY_BYTES_MAX = 64 * 1024
log = logging.getLogger("headgate_worker")


def main(words: list[str] | None = None) -> int:
    """Runs the worker; returns the exit code."""
    options = _options(words)
    logging.basicConfig(
        level=options.log_level.upper(),
        stream=sys.stderr,
        format="%(asctime)s.%(msecs)03dZ %(levelname)s %(name)s %(message)s",
        datefmt="%Y-%m-%dT%H:%M:%S",
    )
    logging.Formatter.converter = time.gmtime
    logging.getLogger("httpx").setLevel(logging.WARNING)
    try:
        settings = load(options.settings)
    except SettingsRefused as refused:
        print("\n".join(refused.problems), file=sys.stderr)
        return 1
    if options.check:
        print(f"{options.settings}: {len(settings.connections)} connections, no problems")
        return 0
    try:
        return asyncio.run(_serve(options, settings))
    except (OSError, RuntimeError, RPCError) as error:
        print(f"the worker cannot run: {error} — is Temporal at {options.address} up?", file=sys.stderr)
        return 3


def _options(words: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m headgate_worker",
        description="Runs AirbyteSync, DbtBuild and SyncThenBuild for Temporal.",
    )
    parser.add_argument("--address", default="127.0.0.1:7233", help="Temporal's frontend, HOST:PORT")
    parser.add_argument("--namespace", default="default")
    parser.add_argument("--task-queue", default="data-platform")
    parser.add_argument("--settings", type=Path, required=True, help="the worker's settings file (YAML)")
    parser.add_argument("--check", action="store_true", help="check the settings file and end")
    parser.add_argument("--identity", default=f"headgate-worker {os.getpid()}@{socket.gethostname()}")
    parser.add_argument(
        "--tls", action="store_true", help="connect with TLS (implied by the --tls-... options)"
    )
    parser.add_argument("--tls-ca", type=Path, help="certificates to trust instead of the system's (PEM)")
    parser.add_argument("--tls-certificate", type=Path, help="client certificate (PEM)")
    parser.add_argument("--tls-key", type=Path, help="its key (PEM)")
    parser.add_argument("--tls-server-name", help="the name that the server's certificate must have")
    parser.add_argument("--api-key-file", type=Path, help="file with the API key; or set TEMPORAL_API_KEY")
    parser.add_argument("--connect-seconds", type=float, default=30.0, help="how long to try to connect (30)")
    parser.add_argument(
        "--grace-seconds", type=float, default=20.0, help="how long steps may go on when ending (20)"
    )
    parser.add_argument("--steps-max", type=int, default=20, help="steps at a time (20)")
    parser.add_argument("--log-level", choices=("debug", "info", "warning", "error"), default="info")
    options = parser.parse_args(words)
    if (options.tls_certificate is None) != (options.tls_key is None):
        parser.error("--tls-certificate and --tls-key belong together")
    return options


async def _serve(options: argparse.Namespace, settings: Settings) -> int:
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    client = await _connected(options, stopping)
    if client is None:
        return 0
    activities = Activities(settings)
    worker = Worker(
        client,
        task_queue=options.task_queue,
        workflows=workflows.ALL,
        activities=activities.all(),
        max_concurrent_activities=options.steps_max,
        graceful_shutdown_timeout=timedelta(seconds=options.grace_seconds),
        # A cancelled run reaches its step with the answer to a heartbeat; the default lets 24 s pass between
        # two.
        max_heartbeat_throttle_interval=timedelta(seconds=2),
        default_heartbeat_throttle_interval=timedelta(seconds=2),
    )
    running = asyncio.create_task(worker.run())
    announcing = asyncio.create_task(_announce(client, options))
    waiting = asyncio.create_task(stopping.wait())
    await asyncio.wait({running, waiting}, return_when=asyncio.FIRST_COMPLETED)
    log.info("ending; steps have %g s", options.grace_seconds)
    announcing.cancel()
    waiting.cancel()
    await asyncio.gather(worker.shutdown(), return_exceptions=True)
    await asyncio.gather(announcing, waiting, return_exceptions=True)
    await activities.close()
    await running
    log.info("ended")
    return 0


async def _connected(options: argparse.Namespace, stopping: asyncio.Event) -> Client | None:
    # Temporal may be started at the same moment; a script need not wait for it first.
    deadline = asyncio.get_running_loop().time() + options.connect_seconds
    tls, api_key = _tls(options), _api_key(options)
    while not stopping.is_set():
        try:
            return await Client.connect(
                options.address,
                namespace=options.namespace,
                tls=tls,
                api_key=api_key,
                identity=options.identity,
            )
        except RuntimeError as error:
            if asyncio.get_running_loop().time() >= deadline:
                raise
            log.info("Temporal at %s is not there yet: %s", options.address, error)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(1.0):
                    await stopping.wait()
    return None


async def _announce(client: Client, options: argparse.Namespace) -> None:
    deadline = asyncio.get_running_loop().time() + READY_SECONDS_MAX
    request = DescribeTaskQueueRequest(
        namespace=options.namespace,
        task_queue=TaskQueue(name=options.task_queue),
        task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY,
    )
    while asyncio.get_running_loop().time() < deadline:
        try:
            described = await client.workflow_service.describe_task_queue(request)
        except RPCError as error:
            log.warning("Temporal does not describe the task queue: %s", error.message)
        else:
            if any(poller.identity == options.identity for poller in described.pollers):
                print(
                    f"ready: headgate_worker {__version__} polls {options.task_queue} "
                    f"in {options.namespace} at {options.address}",
                    flush=True,
                )
                return
        await asyncio.sleep(0.1)
    log.error("not ready: Temporal lists no poller of ours after %g s", READY_SECONDS_MAX)


def _tls(options: argparse.Namespace) -> TLSConfig | bool:
    if not any((options.tls_ca, options.tls_certificate, options.tls_server_name)):
        return bool(options.tls)
    return TLSConfig(
        server_root_ca_cert=options.tls_ca.read_bytes() if options.tls_ca else None,
        domain=options.tls_server_name,
        client_cert=options.tls_certificate.read_bytes() if options.tls_certificate else None,
        client_private_key=options.tls_key.read_bytes() if options.tls_key else None,
    )


def _api_key(options: argparse.Namespace) -> str | None:
    if options.api_key_file is None:
        return os.environ.get("TEMPORAL_API_KEY") or None
    with options.api_key_file.open("rb") as file:
        return file.read(API_KEY_BYTES_MAX).decode("ascii").rstrip("\r\n") or None
