"""Temporal goes away under load and comes back: nothing lost or doubled, and accepting does not notice."""

import json
import statistics
import threading
import time

from harness import senders
from harness.gateway import rule
from harness.processes import wait_until
from harness.temporal import Temporal

PER_SECOND = 40
SECONDS = {"before": 4, "away": 5, "after": 4}


class Load:
    """One sender at a steady pace, with the latency of every answer."""

    def __init__(self, gateway):
        self._connection = gateway.connection()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.answers = []  # (when, latency, status, key, event id)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stopping.set()
        self._thread.join()
        self._connection.close()

    def _run(self):
        next_at = time.monotonic()
        number = 0
        while not self._stopping.wait(max(0, next_at - time.monotonic())):
            next_at += 1 / PER_SECOND
            number += 1
            key = f"away-{number}"
            body = json.dumps({"key": key}).encode()
            began = time.monotonic()
            answer = self._connection.send(
                "POST", "/webhooks/github", body, senders.github(body, delivery=key)
            )
            self.answers.append((began, time.monotonic() - began, answer.status, key, answer.json.get("id")))

    def latencies(self, begins, ends):
        return [latency for at, latency, *_ in self.answers if begins <= at < ends]


def test_nothing_is_lost_or_doubled_while_temporal_is_away(serving, tmp_path):
    temporal = Temporal(tmp_path, kept=True).start()
    try:
        keyed = '.headers["x-github-delivery"]'
        gateway = serving(
            temporal_address=temporal.address,
            rules=[
                rule("named", id=f'"named-\\({keyed})"', input="{key: .body.key}"),
                rule("unnamed", input="{key: .body.key}"),
            ],
        )
        with Load(gateway) as load:
            began = time.monotonic()
            time.sleep(SECONDS["before"])
            temporal.stop()
            gone = time.monotonic()
            time.sleep(SECONDS["away"])
            waiting = len(gateway.all_items("/deliveries", state="waiting"))
            temporal.start()
            back = time.monotonic()
            time.sleep(SECONDS["after"])
        assert waiting > PER_SECOND, "nothing piled up: was Temporal away at all?"
        assert {status for _, _, status, _, _ in load.answers} == {202}
        settle(gateway)
        check_every_key_ran_once(load, temporal)
        states = {delivery["state"] for delivery in gateway.all_items("/deliveries")}
        assert states == {"started"}
        before, away = load.latencies(began, gone), load.latencies(gone, back)
        print(
            f"accept p50 {statistics.median(before) * 1000:.1f} ms before, "
            f"{statistics.median(away) * 1000:.1f} ms away"
        )
        assert statistics.median(away) < max(2 * statistics.median(before), 0.02)
    finally:
        temporal.stop()


def settle(gateway):
    wait_until(
        lambda: (
            not any(
                gateway.api(path, state=state, limit=1)["items"]
                for path, state in [
                    ("/events", "accepted"),
                    ("/deliveries", "waiting"),
                    ("/deliveries", "starting"),
                ]
            )
        ),
        within=120,
        saying="not everything was started",
        every=0.5,
    )


def check_every_key_ran_once(load, temporal):
    keys = [key for _, _, _, key, _ in load.answers]
    wait_until(lambda: len(temporal.runs()) >= 2 * len(keys), within=60, saying="visibility lags", every=0.5)
    runs = temporal.runs()
    named = [workflow_id for workflow_id, _ in runs if workflow_id.startswith("named-")]
    assert sorted(named) == sorted(f"named-{key}" for key in keys)
    unnamed = [
        json.loads(temporal.input_of(workflow_id, run_id))["key"]
        for workflow_id, run_id in runs
        if not workflow_id.startswith("named-")
    ]
    assert sorted(unnamed) == sorted(keys)
