"""A real Temporal dev server, and what it says about its runs over its HTTP API."""

import base64
import json
import os
import pathlib
import urllib.error
import urllib.parse
import urllib.request

from .processes import Process, free_port, wait_until

NEWEST, FLOOR = "v1.5.1", "v0.12.0"  # As in scripts/lib/tools.sh: servers 1.29.1 and 1.23.0.
SEARCH_ATTRIBUTES = {"HeadgateSource": "Keyword"}


def tool(folder, name):
    """A program that scripts/lib/tools.sh has built."""
    cache = (
        os.environ.get("HEADGATE_CACHE")
        or pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "headgate"
    )
    program = pathlib.Path(cache) / "tools" / folder / name
    assert program.exists(), f"{program} is missing: run scripts/install.sh tests"
    return program


class Temporal:
    def __init__(self, folder, *, version=NEWEST, kept=False, options=()):
        """`kept`: state in a file, so that a stopped server goes on where it was."""
        self.program = tool(f"temporal-{version}", "temporal")
        self.port, self.http_port = free_port(), free_port()
        self.address = f"127.0.0.1:{self.port}"
        arguments = [
            self.program,
            "server",
            "start-dev",
            "--headless",
            "--ip",
            "127.0.0.1",
            "--port",
            self.port,
            "--http-port",
            self.http_port,
            "--log-level",
            "error",
        ]
        for name, kind in SEARCH_ATTRIBUTES.items():
            if version != FLOOR:
                arguments += ["--search-attribute", f"{name}={kind}"]
        if kept:
            arguments += [
                "--db-filename",
                folder / "temporal.db",
                "--sqlite-pragma",
                "journal_mode=WAL",
                "--sqlite-pragma",
                "synchronous=NORMAL",
            ]
        self.process = Process([*arguments, *options], folder / "temporal.log")

    def start(self):
        self.process.start()
        wait_until(self._answers, within=60, saying="Temporal's dev server is not up")
        return self

    def stop(self):
        self.process.stop()

    def _answers(self):
        assert self.process.is_alive(), self.process.output()[-2000:]
        try:
            return self.describe("nobody") is None  # A question that all its parts take part in.
        except OSError:
            return False

    def _call(self, path, *, data=None, accept="application/json"):
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.http_port}/api/v1/namespaces/default{path}",
            data=data,
            headers={"Content-Type": "application/json", "Accept": accept},
        )
        return wait_until(lambda: self._asked(request), within=10, saying=f"Temporal does not answer {path}")[
            0
        ]

    @staticmethod
    def _asked(request):
        """The answer in a list; None when the server is not ready for the question yet."""
        try:
            with urllib.request.urlopen(request, timeout=20) as response:
                return [json.load(response)]
        except urllib.error.HTTPError as error:
            if error.code < 500:
                raise
            return None

    def _get(self, path, **options):
        return self._call(path, **options)

    def start_run(self, workflow_id, *, workflow="Foreign", queue="nobody"):
        """A run that is not the gateway's, and that no worker takes."""
        data = json.dumps(
            {
                "workflowType": {"name": workflow},
                "taskQueue": {"name": queue},
                "requestId": "foreign-" + workflow_id,
            }
        ).encode()
        return self._call(f"/workflows/{quoted(workflow_id)}", data=data)["runId"]

    def terminate(self, workflow_id, *, reason="because the test says so"):
        self._call(
            f"/workflows/{quoted(workflow_id)}/terminate", data=json.dumps({"reason": reason}).encode()
        )

    def runs(self):
        """(workflow id, run id) of every run there is, from visibility: which may lag a little."""
        found, page = [], ""
        while True:
            answer = self._get(
                "/workflows?pageSize=1000" + (f"&nextPageToken={quoted(page)}" if page else "")
            )
            found += [
                (run["execution"]["workflowId"], run["execution"]["runId"])
                for run in answer.get("executions", [])
            ]
            page = answer.get("nextPageToken", "")
            if not page:
                return found

    def describe(self, workflow_id):
        """The current run of an id; None when there is none."""
        try:
            return self._get(f"/workflows/{quoted(workflow_id)}")["workflowExecutionInfo"]
        except urllib.error.HTTPError as error:
            if error.code == 404:
                return None
            raise

    def first_event(self, workflow_id, run_id=None):
        """The attributes the run was started with, payloads as bytes in base64."""
        path = f"/workflows/{quoted(workflow_id)}/history?maximumPageSize=1"
        if run_id:
            path += f"&execution.runId={run_id}"
        history = self._get(path, accept="application/json+no-payload-shorthand")["history"]
        return history["events"][0]["workflowExecutionStartedEventAttributes"]

    def input_of(self, workflow_id, run_id=None):
        """The bytes of the run's one argument."""
        payloads = self.first_event(workflow_id, run_id)["input"]["payloads"]
        assert len(payloads) == 1
        assert base64.b64decode(payloads[0]["metadata"]["encoding"]) == b"json/plain"
        return base64.b64decode(payloads[0]["data"])

    def history(self, workflow_id):
        """Every event of the current run of an id, payloads as bytes in base64."""
        path = f"/workflows/{quoted(workflow_id)}/history?maximumPageSize=1000"
        return self._get(path, accept="application/json+no-payload-shorthand")["history"]["events"]

    def signals_of(self, workflow_id):
        """What each signal of the current run brought."""
        key = "workflowExecutionSignaledEventAttributes"
        return [
            {
                "name": event[key]["signalName"],
                "input": [base64.b64decode(each["data"]) for each in event[key]["input"]["payloads"]],
                "header": {
                    name: json.loads(base64.b64decode(payload["data"]))
                    for name, payload in event[key]["header"]["fields"].items()
                },
            }
            for event in self.history(workflow_id)
            if key in event
        ]

    def result_of(self, workflow_id):
        """The bytes of what a completed run gave back."""
        ending = self.history(workflow_id)[-1]["workflowExecutionCompletedEventAttributes"]
        return base64.b64decode(ending["result"]["payloads"][0]["data"])

    def memo_of(self, workflow_id):
        fields = self.first_event(workflow_id)["memo"]["fields"]
        return {name: json.loads(base64.b64decode(payload["data"])) for name, payload in fields.items()}


def quoted(text):
    return urllib.parse.quote(text, safe="")
