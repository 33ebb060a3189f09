"""Every recipe of the cookbook, with what its sender documents: what `headgate explain` says is started.

Where the payloads come from, cut to what a recipe and its neighbours look at: GitHub "Webhook events and
payloads" · airbyte-platform, airbyte-notification/…/slack/NotificationTest.kt · dbt "Webhooks for your jobs",
Examples of JSON payloads · Amazon S3 "Event message structure", and MinIO's internal/event/event.go, which
wraps it in EventName, Key and Records · Prometheus "webhook_config" · distribution
docs/content/about/notifications.md.
"""

import hashlib
import json
import re
import textwrap

import pytest

from harness import senders
from harness.gateway import run_headgate
from harness.processes import TOP
from harness.wire import request_bytes

EXAMPLE = TOP / "config" / "examples" / "cookbook.yaml"
PAGE = TOP / "docs" / "how-to" / "cookbook.md"
SECRETS = ("github", "airbyte", "dbt-cloud", "s3", "alertmanager", "registry")


def secret_of(name):
    return f"the secret of {name} which is long enough".replace(" ", "-")


@pytest.fixture(scope="module")
def configuration(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cookbook")
    (folder / "secrets").mkdir()
    for name in SECRETS:
        secret = folder / "secrets" / name
        secret.write_text(secret_of(name))
        secret.chmod(0o600)
    (folder / EXAMPLE.name).write_text(EXAMPLE.read_text())
    return folder / EXAMPLE.name


def explained(configuration, source, document, headers=None, *, query="", type="application/json"):
    """What each rule of the source says, by name."""
    body = json.dumps(document).encode()
    said = headers(body) if callable(headers) else dict(headers or {})
    request = configuration.parent / "request.http"
    fields = [*(said | {"Content-Type": type}).items()]
    request.write_bytes(request_bytes("POST", f"/webhooks/{source}{query}", fields, body))
    ran = run_headgate("explain", "--config", configuration, "--source", source, "--request", request)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return {each["rule"]: each for each in json.loads(ran.stdout)["rules"]}


def items_of(said):
    return [(one["start"]["workflow_id"], one["start"]["input"]) for one in said["items"]]


def from_github(event):
    return lambda body: senders.github(body, event=event, secret=secret_of("github").encode())


def from_dbt(body):
    return {"Authorization": senders.hex_mac(secret_of("dbt-cloud").encode(), body)}


def bearer(name):
    return {"Authorization": "Bearer " + secret_of(name)}


def release(**changed):
    one = {"tag_name": "v1.2.3", "prerelease": False, "draft": False} | changed
    return {"action": "published", "release": one, "repository": {"full_name": "acme/orders"}}


def test_github_release(configuration):
    said = explained(configuration, "github", release(), from_github("release"))["sync-on-release"]
    assert said["start"]["workflow_id"] == "release-acme/orders-v1.2.3"
    assert said["start"]["input"] == {
        "connection": "64d901a1-2520-4d91-93c8-9df438668ff0",
        "tag": "v1.2.3",
    }


def test_github_release_that_is_none_of_ours(configuration):
    early = explained(configuration, "github", release(prerelease=True), from_github("release"))
    assert early["sync-on-release"]["verdict"] == "no match"
    other = release() | {"repository": {"full_name": "acme/unknown"}}
    said = explained(configuration, "github", other, from_github("release"))["sync-on-release"]
    assert said["verdict"] == "failed"
    assert 'the table "connections" has no such key' in said["failure"]["message"]


PUSH = {
    "ref": "refs/heads/main",
    "after": "6113728f27ae82c7b1a177c8d03f9e96e0adf246",
    "repository": {"full_name": "acme/orders", "default_branch": "main"},
    "commits": [
        {"added": ["models/marts/orders.sql"], "modified": ["README.md"], "removed": ["models/old.sql"]},
        {"added": [], "modified": ["models/customers.sql", "models/marts/orders.sql"], "removed": []},
    ],
}


def test_github_push(configuration):
    said = explained(configuration, "github", PUSH, from_github("push"))["build-changed-models"]
    assert [one["start"]["input"]["select"] for one in said["items"]] == ["customers", "orders"]
    assert said["items"][1]["start"]["workflow_id"].endswith(".build-changed-models.1")
    elsewhere = explained(configuration, "github", PUSH | {"ref": "refs/heads/x"}, from_github("push"))
    assert elsewhere["build-changed-models"]["verdict"] == "no match"
    nothing = PUSH | {"commits": [{"added": [], "modified": ["README.md"], "removed": []}]}
    said = explained(configuration, "github", nothing, from_github("push"))["build-changed-models"]
    assert said["verdict"] == "no item"


def sync(success):
    return {
        "text": "Your connection Connection",
        "data": {
            "workspace": {"id": "b510e39b-e9e2-4833-9a3a-963e51d35fb4", "name": "Workspace1"},
            "connection": {"id": "64d901a1-2520-4d91-93c8-9df438668ff0", "name": "Connection"},
            "source": {"id": "c0655b08-1511-4e72-b7da-24c5d54de532", "name": "Source"},
            "destination": {"id": "5621c38f-8048-4abb-85ca-b34ff8d9a298", "name": "Destination"},
            "jobId": 9988,
            "startedAt": "2024-01-01T00:00:00Z",
            "finishedAt": "2024-01-01T01:00:00Z",
            "errorMessage": "" if success else "Something failed",
            "errorType": "" if success else "config_error",
            "errorOrigin": "" if success else "destination",
            "success": success,
            "durationInSeconds": 3600,
        },
    }


def test_airbyte(configuration):
    query = "?token=" + secret_of("airbyte")
    said = explained(configuration, "airbyte", sync(True), query=query)
    assert said["build-after-sync"]["start"]["workflow_id"] == "build-after-airbyte-job-9988"
    assert said["build-after-sync"]["start"]["input"] == {"select": "source:orders+"}
    assert said["note-failed-sync"]["verdict"] == "no match"
    said = explained(configuration, "airbyte", sync(False), query=query)
    assert said["build-after-sync"]["verdict"] == "no match"
    assert said["note-failed-sync"]["start"]["input"] == {
        "connection": "64d901a1-2520-4d91-93c8-9df438668ff0",
        "job": 9988,
        "why": "Something failed",
        "origin": "destination",
    }
    notice = explained(configuration, "airbyte", {"text": "Your schema changed"}, query=query)
    assert {one["verdict"] for one in notice.values()} == {"no match"}


def build(kind, status, code):
    return {
        "accountId": 1,
        "webhookId": "wsu_12345abcde",
        "eventId": "wev_2L6ZDoilyiWzKkSA59Gmc2d7FDD",
        "timestamp": "2023-01-31T19:29:35.789265936Z",
        "eventType": kind,
        "webhookName": "test",
        "data": {
            "jobId": "123",
            "jobName": "Daily Job (dbt build)",
            "runId": "12345",
            "environmentId": "1234",
            "environmentName": "Production",
            "dbtVersion": "1.0.0",
            "projectName": "Snowflake Github Demo",
            "projectId": "167194",
            "runStatus": status,
            "runStatusCode": code,
            "runStatusMessage": "None",
            "runReason": "Kicked off from the UI by test@test.com",
            "runStartedAt": "2023-01-31T19:28:07Z",
        },
    }


def test_dbt_cloud(configuration):
    done = explained(configuration, "dbt-cloud", build("job.run.completed", "Success", 10), from_dbt)
    assert done["publish-what-dbt-built"]["start"]["workflow_id"] == "publish-dbt-run-12345"
    assert done["publish-what-dbt-built"]["start"]["input"] == {
        "job": "Daily Job (dbt build)",
        "run": "12345",
        "environment": "Production",
    }
    assert done["note-failed-build"]["verdict"] == "no match"
    broken = explained(configuration, "dbt-cloud", build("job.run.completed", "Errored", 20), from_dbt)
    assert broken["publish-what-dbt-built"]["verdict"] == "no match"
    assert broken["note-failed-build"]["start"]["workflow_id"] == "failed-dbt-run-12345"
    started = explained(configuration, "dbt-cloud", build("job.run.started", "Running", 3), from_dbt)
    assert {one["verdict"] for one in started.values()} == {"no match"}


def record(name, key, sequencer):
    return {
        "eventVersion": "2.0",
        "eventSource": "aws:s3",
        "awsRegion": "us-east-1",
        "eventTime": "1970-01-01T00:00:00.000Z",
        "eventName": name,
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": "Config",
            "bucket": {"name": "bronze", "arn": "arn:aws:s3:::bronze"},
            "object": {"key": key, "size": 1024, "eTag": "d41d8cd98f00b204e9800998ecf8427e"}
            | {"versionId": "1", "sequencer": sequencer},
        },
    }


def load_id(key, sequencer):
    named = json.dumps(["bronze", key, sequencer], separators=(",", ":"), ensure_ascii=False)
    return "load-" + hashlib.sha256(named.encode()).hexdigest()


def test_s3_of_minio(configuration):
    document = {
        "EventName": "s3:ObjectCreated:Put",
        "Key": "bronze/red flower/ö.csv",
        "Records": [record("s3:ObjectCreated:Put", "red+flower%2F%C3%B6.csv", "17F1A2B3C4D5E6F7")],
    }
    said = explained(configuration, "s3", document, bearer("s3"))["load-new-objects"]
    assert items_of(said) == [
        (
            load_id("red flower/ö.csv", "17F1A2B3C4D5E6F7"),
            {"bucket": "bronze", "key": "red flower/ö.csv", "size": 1024},
        )
    ]


def test_s3_as_amazon_has_it(configuration):
    document = {
        "Records": [
            record("ObjectCreated:Put", "a.csv", "0055AED6DCD90281E5"),
            record("ObjectRemoved:Delete", "b.csv", "0055AED6DCD90281E6"),
            record("ObjectCreated:CompleteMultipartUpload", "c.csv", "0055AED6DCD90281E7"),
        ]
    }
    said = explained(configuration, "s3", document, bearer("s3"))["load-new-objects"]
    keys = [(one["item"], one["start"]["input"]["key"]) for one in said["items"]]
    assert keys == [(0, "a.csv"), (1, "c.csv")]


def alert(name, fingerprint, status):
    return {
        "status": status,
        "labels": {"alertname": name, "severity": "critical"},
        "annotations": {"summary": "BlackBox Probe Failure"},
        "startsAt": "2023-02-06T13:08:45.828Z",
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "http://prometheus.example.org:9090/graph",
        "fingerprint": fingerprint,
    }


def test_alertmanager(configuration):
    document = {
        "version": "4",
        "groupKey": '{}/{severity="critical"}:{alertname="ProbeFailure"}',
        "truncatedAlerts": 0,
        "status": "firing",
        "receiver": "headgate",
        "groupLabels": {"alertname": "ProbeFailure"},
        "commonLabels": {"alertname": "ProbeFailure", "severity": "critical"},
        "commonAnnotations": {},
        "externalURL": "http://prometheus.example.org:9093",
        "alerts": [
            alert("ProbeFailure", "1a30ba71cca2921f", "firing"),
            alert("ProbeFailure", "bc97ff14869b13e3", "resolved"),
            alert("DiskFull", "c6eadffa33fcdf37", "firing"),
        ],
    }
    said = explained(configuration, "alertmanager", document, bearer("alertmanager"))["look-after-alerts"]
    assert [one["start"]["workflow_id"] for one in said["items"]] == [
        "alert-1a30ba71cca2921f-2023-02-06T13:08:45.828Z",
        "alert-c6eadffa33fcdf37-2023-02-06T13:08:45.828Z",
    ]
    second = said["items"][1]["start"]
    assert second["input"]["labels"] == {"alertname": "DiskFull", "severity": "critical"}
    assert second["input"]["since"] == "2023-02-06T13:08:45.828Z"
    assert second["search_attributes"] == {"Alert": "DiskFull"}


def image(number, action, **target):
    manifest = "application/vnd.docker.distribution.manifest.v2+json"
    return {
        "id": f"asdf-asdf-asdf-asdf-{number}",
        "timestamp": "2006-01-02T15:04:05Z",
        "action": action,
        "target": {"mediaType": manifest, "digest": "sha256:fea8", "repository": "library/test"} | target,
        "request": {"id": "asdfasdf", "addr": "client.local", "method": "PUT"},
        "actor": {"name": "test-actor"},
        "source": {"addr": "hostname.local:port"},
    }


def test_docker_registry(configuration):
    events = [image(0, "pull", tag="latest"), image(1, "push"), image(2, "push", tag="v1")]
    type = "application/vnd.docker.distribution.events.v2+json"
    said = explained(configuration, "registry", {"events": events}, bearer("registry"), type=type)
    assert items_of(said["scan-pushed-images"]) == [
        ("scan-asdf-asdf-asdf-asdf-2", {"repository": "library/test", "tag": "v1", "digest": "sha256:fea8"})
    ]
    pulls = {"events": events[:1]}
    said = explained(configuration, "registry", pulls, bearer("registry"), type=type)
    assert said["scan-pushed-images"]["verdict"] == "no item"


def test_what_the_page_shows_stands_in_the_example():
    blocks = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert len(blocks) == 7
    for block in blocks:
        assert textwrap.indent(block, "  ") in EXAMPLE.read_text(), block
