"""Fixtures: real processes, each ended when its test (or the last of its users) is done."""

import contextlib
import json
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from harness.gateway import BINARY, Gateway  # noqa: E402
from harness.processes import TOP  # noqa: E402
from harness.temporal import FLOOR, NEWEST, Temporal  # noqa: E402


def pytest_sessionstart(session):
    if not BINARY.exists():
        raise pytest.UsageError(f"{BINARY} is missing: cmake --preset release && cmake --build build/release")


@pytest.fixture(scope="session")
def temporal(tmp_path_factory):
    """The newest dev server, shared by all tests: each uses workflow ids of its own."""
    server = Temporal(tmp_path_factory.mktemp("temporal"), version=NEWEST).start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def floor_temporal(tmp_path_factory):
    """The oldest server we promise to work with."""
    server = Temporal(tmp_path_factory.mktemp("floor"), version=FLOOR).start()
    yield server
    server.stop()


@pytest.fixture
def serving(tmp_path):
    """Makes gateways, starts them, and checks at the end that each is still alive unless it was stopped."""
    with contextlib.ExitStack() as owned:
        made = []

        def make(*, folder=None, started=True, **said):
            where = folder or tmp_path / f"gateway{len(made)}"
            where.mkdir(exist_ok=True)
            gateway = Gateway(where, **said)
            made.append(gateway)
            owned.callback(gateway.stop)
            return gateway.start() if started else gateway

        yield make
        del made[:]


@pytest.fixture(scope="session")
def release_event():
    """The demo's event: one of the recorded GitHub payloads."""
    return (TOP / "scripts" / "demo-event.json").read_bytes()


@pytest.fixture(scope="session")
def release_document(release_event):
    return json.loads(release_event)
