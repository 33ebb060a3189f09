"""Storage trouble is 503 and never the sender's fault; when it is over, the gateway goes on by itself.

The database lies on a small tmpfs in a mount namespace of the gateway's own, so nobody else sees it fill up.
"""

import itertools
import json
import os
import pathlib
import sqlite3

import pytest

from harness import senders
from harness.processes import wait_until

TMPFS_BYTES = 3 * 1024 * 1024
IN_OWN_NAMESPACE = ["unshare", "--mount"] + ([] if os.geteuid() == 0 else ["--user", "--map-root-user"])


@pytest.fixture
def on_tmpfs(serving, tmp_path, request):
    """A gateway whose database is on a tmpfs of 3 MiB, of which it leaves `param` bytes free (none)."""
    mount = tmp_path / "small"
    mount.mkdir()
    wrap = [
        *IN_OWN_NAMESPACE,
        "sh",
        "-c",
        f'mount -t tmpfs -o size={TMPFS_BYTES} none "{mount}" && exec "$@"',
        "sh",
    ]
    gateway = serving(wrap=wrap, database=mount / "headgate.db", started=False)
    gateway.configuration["store"]["disk_free_min"] = getattr(request, "param", 0)
    gateway.start()
    gateway.small_disk = pathlib.Path(f"/proc/{gateway.process.pid}/root{mount}")
    return gateway


def big_event(gateway, number):
    body = json.dumps({"number": number, "pad": "x" * 100_000}).encode()
    return gateway.post(body, senders.github(body, delivery=f"big-{number}"))


def test_a_full_disk_is_503_and_recovers(on_tmpfs):
    gateway = on_tmpfs
    blocker = gateway.small_disk / "blocker"
    accepted = {f"big-{n}": big_event(gateway, n).json["id"] for n in range(3)}
    fill(blocker)
    refused = wait_until(
        lambda: next((n for n in range(3, 40) if big_event(gateway, n).status == 503), None),
        within=30,
        saying="the full disk is never noticed",
    )
    answer = big_event(gateway, refused)
    assert answer.status == 503
    assert int(answer.headers["retry-after"]) > 0
    assert gateway.process.is_alive()
    assert gateway.get("/healthz").status == 200
    assert gateway.get("/readyz").status == 503
    blocker.unlink()
    recovered = wait_until(
        lambda: (a := big_event(gateway, refused)).status in {200, 202} and a,
        within=30,
        saying="it does not recover",
    )
    kept = {item["id"] for item in gateway.all_items("/events")}
    assert set(accepted.values()) <= kept
    assert recovered.json["id"] in kept
    assert big_event(gateway, 0).json == {"id": accepted["big-0"], "duplicate": True}
    wait_until(
        lambda: gateway.get("/readyz").status == 200, within=30, saying="it does not say that it is ready"
    )


@pytest.mark.parametrize("on_tmpfs", [1024 * 1024], indirect=True)
def test_a_nearly_full_disk_is_503_before_routing_runs_out_of_room(on_tmpfs):
    gateway = on_tmpfs
    assert big_event(gateway, 0).status == 202
    blocker = gateway.small_disk / "blocker"
    free = os.statvfs(gateway.small_disk)
    blocker.write_bytes(bytes(free.f_bavail * free.f_frsize - 700 * 1024))
    # What is free is looked at once a second, with the events that come.
    numbers = itertools.count()
    wait_until(
        lambda: gateway.send_github({}, delivery=f"small-{next(numbers)}").status == 503,
        within=20,
        every=1.1,
        saying="it never sees that the disk is nearly full",
    )
    not_ready = gateway.get("/readyz")
    assert not_ready.status == 503
    assert "store.disk_free_min" in str(not_ready.json["reasons"])
    wait_until(
        lambda: all(item["state"] != "accepted" for item in gateway.all_items("/events")),
        within=10,
        saying="what was accepted is not routed",
    )
    blocker.unlink()
    wait_until(
        lambda: gateway.get("/readyz").status == 200, within=10, saying="it does not see that there is room"
    )
    assert big_event(gateway, 1).status == 202


def fill(path):
    """Takes all the room there is left, but for what the store has already taken for itself."""
    with path.open("wb", buffering=0) as file:
        try:
            while file.write(bytes(4096)):
                pass
        except OSError:
            pass


def test_every_acknowledged_event_of_a_full_disk_is_there_after_a_kill(on_tmpfs):
    gateway = on_tmpfs
    answers = {n: big_event(gateway, n) for n in range(40)}
    assert {answer.status for answer in answers.values()} == {202, 503}
    acknowledged = {answer.json["id"] for answer in answers.values() if answer.status == 202}
    copy = gateway.folder / "copy"
    copy.mkdir()
    gateway.process.send(19)  # SIGSTOP: the files as a kill at this instant would leave them.
    for name in ("headgate.db", "headgate.db-wal"):
        (copy / name).write_bytes((gateway.small_disk / name).read_bytes())
    gateway.process.kill()
    gateway.process.arguments = gateway.process.arguments[-4:]
    gateway.configuration["store"]["sqlite"]["path"] = str(copy / "headgate.db")
    gateway.start()
    assert {item["id"] for item in gateway.all_items("/events")} >= acknowledged


def test_a_read_only_database_is_refused_at_start_with_the_reason(serving, tmp_path):
    mount = tmp_path / "still"
    mount.mkdir()
    wrap = [
        *IN_OWN_NAMESPACE,
        "sh",
        "-c",
        f'mount -t tmpfs none "{mount}" && mount -o remount,ro "{mount}" && exec "$@"',
        "sh",
    ]
    gateway = serving(wrap=wrap, database=mount / "headgate.db", started=False)
    gateway.write_configuration()
    gateway.process.start()
    assert gateway.process.exit_code(within=20) == 3
    gateway.process.await_words(str(mount))


def test_a_database_that_becomes_read_only_is_503_and_recovers(serving):
    """Another program's write lock: for the one writer there is, the database cannot be written."""
    gateway = serving()
    first = gateway.send_github({}, delivery="before").json["id"]
    other = sqlite3.connect(gateway.folder / "headgate.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    refused = gateway.send_github({}, delivery="during")
    assert refused.status == 503
    assert int(refused.headers["retry-after"]) > 0
    assert gateway.process.is_alive()
    other.execute("ROLLBACK")
    other.close()
    accepted = wait_until(
        lambda: (a := gateway.send_github({}, delivery="during")).status in {200, 202} and a,
        within=20,
        saying="it does not recover",
    )
    events = [item["id"] for item in gateway.all_items("/events")]
    assert sorted(events) == sorted([first, accepted.json["id"]])  # Whole, and once.
