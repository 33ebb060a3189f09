"""The gateway's binary with a generated configuration, and its operator API."""

import json
import os
import pathlib
import signal
import subprocess
import urllib.parse

from . import senders
from .processes import TOP, Process, free_port, wait_until
from .wire import Connection, connect, exchange, request_bytes

BINARY = pathlib.Path(os.environ.get("HEADGATE_BINARY") or TOP / "build" / "release" / "headgate")
TOKENS = {"operator": "operator-token-0123456789", "viewer": "viewer-token-0123456789"}
SECRETS = {
    "github": senders.GITHUB_SECRET.decode(),
    "standard": senders.STANDARD_SECRET,
    "stripe": senders.STRIPE_SECRET,
    "slack": senders.SLACK_SECRET,
    "gitlab": senders.GITLAB_TOKEN,
}
PRESETS = {
    "github": "github",
    "standard": "standard-webhooks",
    "stripe": "stripe",
    "slack": "slack",
    "gitlab": "gitlab",
}


def run_headgate(*arguments, stdin=None, within=30):
    """One command to its end: the finished process with text output."""
    return subprocess.run(
        [str(BINARY), *map(str, arguments)], input=stdin, capture_output=True, text=True, timeout=within
    )


def secret_file(folder, name, value):
    path = folder / "secrets" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(value)
    path.chmod(0o600)
    return {"file": str(path)}


def source(folder, name):
    """One of the five senders, under /webhooks/<name>."""
    return {
        "path": f"/webhooks/{name}",
        "verify": {"preset": PRESETS[name], "secrets": [secret_file(folder, name, SECRETS[name])]},
    }


def rule(name, **said):
    """A rule that starts `Nobody` on a queue without a worker, unless said otherwise."""
    start = {"target": "platform", "workflow": "Nobody", "task_queue": "nobody"}
    of_rule = {"when", "source", "vars", "each", "final"}
    start |= {key: said.pop(key) for key in list(said) if key not in of_rule}
    return {"name": name, "source": "github", **said, "start": start}


class Gateway:
    def __init__(
        self,
        folder,
        *,
        temporal_address="127.0.0.1:1",
        sources=("github",),
        rules=(),
        wrap=(),
        database=None,
        binary=BINARY,
        environment=None,
        **more,
    ):
        """`wrap` stands before the command; `more` is merged into the configuration's top level."""
        self.folder = pathlib.Path(folder)
        self.port, self.operator_port = free_port(), free_port()
        self.token_file = pathlib.Path(secret_file(self.folder, "operator", TOKENS["operator"])["file"])
        self.configuration = {
            "reload": {"settle": "100ms"},
            "listen": {
                "webhooks": {"address": f"127.0.0.1:{self.port}"},
                "operator": {"address": f"127.0.0.1:{self.operator_port}"},
            },
            "operators": [
                {"name": f"the-{role}", "role": role, "token": secret_file(self.folder, role, token)}
                for role, token in TOKENS.items()
            ],
            "store": {"sqlite": {"path": str(database or self.folder / "headgate.db")}},
            "targets": {"platform": {"temporal": {"address": temporal_address, "namespace": "default"}}},
            "sources": {name: source(self.folder, name) for name in sources}
            if isinstance(sources, tuple)
            else sources,
            "rules": list(rules),
            **more,
        }
        self.path = self.folder / "headgate.yaml"
        self.process = Process(
            [*wrap, binary, "serve", "--config", self.path],
            self.folder / "headgate.log",
            environment=environment,
        )

    @property
    def api_address(self):
        return f"http://127.0.0.1:{self.operator_port}"

    def write_configuration(self):
        """Replaced whole, as an editor or a deployment does: the running gateway watches the file."""
        fresh = self.path.with_suffix(".new")
        fresh.write_text(json.dumps(self.configuration, indent=2))  # YAML is a superset of JSON.
        fresh.rename(self.path)

    def start(self):
        self.write_configuration()
        return self.begin()

    def begin(self):
        """Starts with the configuration as it lies there."""
        self.process.start()
        wait_until(self._is_up, within=20, saying="the gateway does not answer on /healthz")
        return self

    def _is_up(self):
        assert self.process.is_alive(), self.process.output()[-3000:]
        try:
            connect(self.port).close()  # The last thing that a starting gateway opens.
            return self.get("/healthz").status == 200
        except OSError:
            return False

    def stop(self):
        return self.process.stop()

    def restart_after_kill(self):
        self.process.kill()
        return self.start()

    def hang_up(self):
        self.process.send(signal.SIGHUP)

    # The webhooks listener

    def post(self, body, headers, *, path="/webhooks/github"):
        return self.request("POST", path, list(headers.items()), body)

    def request(self, method, path, headers=(), body=b"", **options):
        request = request_bytes(
            method, path, [*headers, ("Connection", "close")], body, length=options.pop("length", None)
        )
        return exchange(self.port, request, **options)

    def connection(self):
        return Connection(self.port)

    def send_github(self, document, *, delivery=None, event="release"):
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        return self.post(body, senders.github(body, event=event, delivery=delivery))

    # The operator's listener

    def get(self, path, *, token=None, method="GET", body=b""):
        headers = [("Connection", "close")]
        if token:
            headers.append(("Authorization", f"Bearer {token}"))
        return exchange(self.operator_port, request_bytes(method, path, headers, body))

    def api(self, path, *, method="GET", expect=200, **query):
        """The JSON of /api/v1/… as an operator sees it."""
        filters = {name.rstrip("_"): value for name, value in query.items() if value is not None}
        if filters:
            path += "?" + urllib.parse.urlencode(filters)
        answer = self.get("/api/v1" + path, token=TOKENS["operator"], method=method)
        assert answer.status == expect, (path, answer.status, answer.body[:500])
        return answer.json if answer.body else None

    def all_items(self, path, **query):
        """Every item of every page."""
        items, after = [], None
        while True:
            page = self.api(
                path,
                after=after,
                limit=query.get("limit", 500),
                **{name: value for name, value in query.items() if name != "limit"},
            )
            items += page["items"]
            after = page.get("next")
            if not after:
                return items

    def delivery(self, event_id, *, rule=None, state=None, within=30):
        """The event's delivery (of that rule), once it is in that state (or one of them)."""
        states = {state} if isinstance(state, str) else set(state or ())

        def look():
            nonlocal seen
            seen = self.api(f"/events/{event_id}")["deliveries"]
            for one in seen:
                if (rule is None or one["rule"] == rule) and (not states or one["state"] in states):
                    return one
            return None

        seen = None
        try:
            return wait_until(
                look, within=within, saying=f"no delivery of {rule or 'any rule'} is {states or 'there'}"
            )
        except AssertionError as error:
            raise AssertionError(f"{error}; deliveries: {json.dumps(seen, indent=1)[:3000]}") from None

    def event(self, event_id):
        return self.api(f"/events/{event_id}")

    def metric(self, name):
        """The sum of a metric over its labels."""
        found = [
            float(line.rsplit(" ", 1)[1])
            for line in self.get("/metrics").body.decode().splitlines()
            if line.split("{")[0].split(" ")[0] == name
        ]
        return sum(found)
