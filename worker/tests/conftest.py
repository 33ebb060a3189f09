"""What the worker's tests share: the real programs, settings in a scratch folder, the dev server."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from fake_airbyte import FakeAirbyte
from temporalio.testing import WorkflowEnvironment

from headgate_worker.settings import (
    AirbyteSettings,
    ApiConnection,
    DbtSettings,
    LocalConnection,
    LocalSettings,
    Settings,
)

EXAMPLES = Path(__file__).parents[1] / "examples"
CACHE = Path(os.environ.get("HEADGATE_CACHE", Path.home() / ".cache" / "headgate"))


def temporal_program() -> str:
    """The Temporal CLI: $HEADGATE_TEMPORAL, else the one in the cache."""
    return os.environ.get("HEADGATE_TEMPORAL") or str(CACHE / "tools" / "temporal-v1.5.1" / "temporal")


def faker_environment() -> Path:
    """Where `scripts/venvs.sh` puts the real connector; $HEADGATE_CONNECTOR_VENV wins."""
    lock = (Path(__file__).parents[1] / "connector-requirements.lock").read_bytes()
    made = CACHE / "venvs" / f"connector-{hashlib.sha256(lock).hexdigest()[:16]}"
    return Path(os.environ.get("HEADGATE_CONNECTOR_VENV") or made)


@pytest_asyncio.fixture(scope="session")
async def temporal() -> AsyncIterator[WorkflowEnvironment]:
    """One real dev server for all tests, in memory, on a free port."""
    async with await WorkflowEnvironment.start_local(
        dev_server_existing_path=temporal_program(), dev_server_log_level="error"
    ) as environment:
        yield environment


@pytest.fixture
def airbyte() -> Any:
    """Airbyte's public API, on a free port."""
    with FakeAirbyte() as server:
        yield server


@pytest.fixture
def connector_environment(tmp_path: Path) -> Callable[[str], Path]:
    """Makes an environment whose one connector, `source-scripted`, is the given Python text."""

    def make(text: str) -> Path:
        folder = tmp_path / "connectors"
        (folder / "bin").mkdir(parents=True, exist_ok=True)
        program = folder / "bin" / "source-scripted"
        program.write_text(f"#!{sys.executable}\n{text}", encoding="utf-8")
        program.chmod(0o755)
        return folder

    return make


@pytest.fixture
def settings_for(tmp_path: Path) -> Callable[..., Settings]:
    """Settings with a connection of each kind, as far as its server or environment is given."""

    def make(
        airbyte: FakeAirbyte | None = None,
        environment: Path | None = None,
        project: Path = EXAMPLES / "medallion",
        streams: tuple[str, ...] = ("things",),
    ) -> Settings:
        return Settings(
            data=tmp_path / "data",
            dbt=DbtSettings(project=project),
            connections={
                "invoices": ApiConnection("c0ffee00-0000-4000-8000-000000000001"),
                "orders": LocalConnection("source-scripted", streams, {"count": 3}),
            },
            airbyte=AirbyteSettings(airbyte.url, "client", "s3cret", poll_seconds=0.02) if airbyte else None,
            local=LocalSettings(environment, seconds_max=60.0) if environment else None,
        )

    return make
