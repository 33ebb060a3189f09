"""One campaign: load, kills, and the checker that compares what senders were told with what came of it."""

import collections
import concurrent.futures
import json
import random
import threading
import time
import uuid

from harness import senders
from harness.gateway import Gateway, rule
from harness.processes import wait_until
from harness.temporal import Temporal

SENDERS = 4            # Threads; each sends one key at a time.
KEYS_PER_SECOND = 30   # Two starts each: below what a dev server takes here.
REDELIVERED = 0.3      # Share of the accepted keys that are sent once more.
UP_SECONDS = (0.05, 2.0)  # How long the gateway lives between kills.


class Ledger:
    """What senders sent and were told. A key counts as acknowledged once a whole 2xx answer was read."""

    def __init__(self):
        self._guard = threading.Lock()
        self.sent = set()
        self.acknowledged = {}  # key -> every id that was given for it
        self.answers = collections.Counter()
        self._in_order = []

    def any_acknowledged(self, chance):
        """A key that was acknowledged, now or long ago: senders deliver again when they please."""
        with self._guard:
            return chance.choice(self._in_order)

    def note(self, key, answer):
        with self._guard:
            self.sent.add(key)
            self.answers[answer.status if answer else "none"] += 1
            if answer and answer.status in (200, 202):
                if key not in self.acknowledged:
                    self._in_order.append(key)
                self.acknowledged.setdefault(key, set()).add(answer.json["id"])


class Campaign:
    def __init__(self, folder, *, kills, seed, binary, planted=None):
        self.kills, self.random = kills, random.Random(seed)
        self.ledger, self.stopping = Ledger(), threading.Event()
        self.settle_within = 15 if planted else 60
        self.temporal = Temporal(folder)
        environment = {"HEADGATE_PLANTED": planted} if planted else None
        self.gateway = Gateway(
            folder, temporal_address=self.temporal.address, binary=binary, environment=environment,
            rules=[rule("by-key", id='"key-" + .headers["x-github-delivery"]', input="{}"),
                   rule("by-event", input='{key: .headers["x-github-delivery"]}')],
            dispatch={"retry_longest": "2s", "probe_every": "500ms"})

    def run(self):
        self.temporal.start()
        try:
            self.gateway.start()
            self._load_and_kill()
            return self._findings()
        finally:
            self.stopping.set()
            self.gateway.stop()
            self.temporal.stop()

    # ---- load and kills

    def _load_and_kill(self):
        seeds = [self.random.randrange(1 << 31) for _ in range(SENDERS)]
        with concurrent.futures.ThreadPoolExecutor(SENDERS) as pool:
            loads = [pool.submit(self._send_keys, random.Random(seed)) for seed in seeds]
            try:
                for number in range(self.kills):
                    time.sleep(self.random.uniform(*UP_SECONDS))
                    self.gateway.restart_after_kill()
                    if (number + 1) % 10 == 0:
                        kept = len(self.ledger.acknowledged)
                        print(f"crash: {number + 1} of {self.kills} kills, {kept} keys kept", flush=True)
            finally:
                self.stopping.set()
            for load in loads:
                load.result()

    def _send_keys(self, chance):
        while not self.stopping.is_set():
            began = time.monotonic()
            key = str(uuid.UUID(int=chance.getrandbits(128)))
            self._send_until_acknowledged(key)
            if chance.random() < REDELIVERED:
                self._send(self.ledger.any_acknowledged(chance))
            time.sleep(max(0.0, SENDERS / KEYS_PER_SECOND - (time.monotonic() - began)))

    def _send_until_acknowledged(self, key):
        """As a sender with retries does; gives up only long after the last kill."""
        for _ in range(600):
            answer = self._send(key)
            if answer and answer.status in (200, 202):
                return
            time.sleep(0.05)
        raise AssertionError(f"no acknowledgement for {key} in 600 tries")

    def _send(self, key):
        body = json.dumps({"action": "published", "key": key}).encode()
        try:
            answer = self.gateway.post(body, senders.github(body, delivery=key))
        except (OSError, ValueError, EOFError):
            answer = None
        except Exception as error:  # A cut answer: http.client has many names for it.
            if type(error).__module__ != "http.client":
                raise
            answer = None
        self.ledger.note(key, answer)
        return answer

    # ---- the checker

    def _findings(self):
        found = self._check_that_all_settles()
        found += self._check_events()
        deliveries = self.gateway.all_items("/deliveries")
        bad = [one for one in deliveries if one["state"] in ("joined", "dead", "held")]
        if bad:
            first = f"{bad[0]['state']}: {bad[0]['reason']}"
            found.append(f"{len(bad)} deliveries joined, dead or held, such as {first}")
        found += self._check_runs()
        print(f"crash: {len(self.ledger.sent)} keys sent, {len(self.ledger.acknowledged)} acknowledged, "
              f"{len(deliveries)} deliveries, answers {dict(self.ledger.answers)}", flush=True)
        return found

    def _check_that_all_settles(self):
        """No delivery is left waiting or being started, and no event unrouted."""
        def settled():
            if self.gateway.api("/events", state="accepted", limit=1)["items"]:
                return None
            open_ones = [state for state in ("waiting", "starting")
                         if self.gateway.api("/deliveries", state=state, limit=1)["items"]]
            return None if open_ones else True

        try:
            wait_until(
                settled, within=self.settle_within, every=0.5, saying="events or deliveries still open"
            )
        except AssertionError as error:
            return [str(error)]
        return []

    def _check_events(self):
        """Every acknowledged id is in the store, and every key once."""
        kept = self.gateway.all_items("/events")
        ids = {one["id"] for one in kept}
        found = []
        for key, given in self.ledger.acknowledged.items():
            if len(given) != 1:
                found.append(f"key {key} was given several ids: {sorted(given)}")
            if not given <= ids:
                found.append(f"acknowledged event {sorted(given)[0]} is not in the store")
        keys = collections.Counter(self._key_of(one["id"]) for one in kept)
        found += [f"key {key} is in the store {count} times" for key, count in keys.items() if count != 1]
        unknown = set(keys) - self.ledger.sent
        if unknown:
            found.append(f"{len(unknown)} events in the store that nobody sent")
        return found

    def _key_of(self, event_id):
        for line in self.gateway.event(event_id)["headers"]:
            if line["name"] == "x-github-delivery":
                return line["value"]
        return None

    def _check_runs(self):
        """Exactly one run by the key's id, exactly one whose input carries the key."""
        by_id, by_input = collections.Counter(), collections.Counter()
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            for key_by_id, key_by_input in pool.map(self._keys_of_run, set(self._all_runs())):
                by_id[key_by_id] += 1
                by_input[key_by_input] += 1
        found = []
        for key in self.ledger.acknowledged:
            if by_id[key] != 1:
                found.append(f"key {key}: {by_id[key]} runs with the id made of it")
            if by_input[key] != 1:
                found.append(f"key {key}: {by_input[key]} runs whose input carries it")
        return found

    def _all_runs(self):
        """Visibility lags a little: asked until it stands still."""
        before = []
        for _ in range(60):
            runs = self.temporal.runs()
            if len(runs) >= 2 * len(self.ledger.acknowledged) and len(runs) == len(before):
                return runs
            before = runs
            time.sleep(0.5)
        return before

    def _keys_of_run(self, run):
        workflow_id, run_id = run
        if workflow_id.startswith("key-"):
            return workflow_id.removeprefix("key-"), None
        return None, json.loads(self.temporal.input_of(workflow_id, run_id)).get("key")
