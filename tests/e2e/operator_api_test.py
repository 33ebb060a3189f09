"""What an operator sees: pages, filters, the whole story of an event, health and metrics, and who may ask."""

import base64
import json
import time

import pytest

from harness import senders
from harness.gateway import TOKENS, Gateway, rule, run_headgate, secret_file
from harness.processes import wait_until
from harness.wire import request_bytes

EVENTS = 25


@pytest.fixture(scope="module")
def gateway(temporal, tmp_path_factory):
    gateway = Gateway(
        tmp_path_factory.mktemp("api"),
        temporal_address=temporal.address,
        sources=("github", "stripe"),
        rules=[rule("released", when='.type == "release.published"', input=".type")],
    ).start()
    yield gateway
    gateway.stop()


@pytest.fixture(scope="module")
def sent(gateway):
    """25 GitHub events, three of them releases, and one from Stripe, in order."""
    ids = []
    for number in range(EVENTS):
        document = {"number": number, "action": "published"}
        ids.append(gateway.send_github(document, event="release" if number % 10 == 0 else "push").json["id"])
    body = json.dumps({"id": "evt_api", "type": "invoice.paid"}).encode()
    ids.append(gateway.post(body, senders.stripe(body), path="/webhooks/stripe").json["id"])
    for event_id in ids[:EVENTS:10]:
        gateway.delivery(event_id, state="started")
    wait_until(lambda: not gateway.all_items("/events", state="accepted"), within=20,
               saying="some events are not routed")
    return ids


def test_pages_hold_every_event_once(gateway, sent):
    whole = gateway.all_items("/events")
    for limit in (1, 7, EVENTS + 1, 500):
        paged = gateway.all_items("/events", limit=limit)
        assert [item["id"] for item in paged] == [item["id"] for item in whole]
    assert {item["id"] for item in whole} == set(sent)


def test_events_are_filtered_by_source_state_and_time(gateway, sent):
    stripe = gateway.all_items("/events", source="stripe")
    assert [item["id"] for item in stripe] == sent[-1:]
    routed = gateway.all_items("/events", state="routed")
    assert {item["id"] for item in routed} == set(sent[:EVENTS:10])
    unmatched = gateway.all_items("/events", state="unmatched")
    assert {item["id"] for item in unmatched} == set(sent) - set(sent[:EVENTS:10])
    assert gateway.all_items("/events", to="2020-01-01T00:00:00Z") == []
    assert gateway.all_items("/events", from_="2099-01-01T00:00:00Z") == []
    assert len(gateway.all_items("/events", from_="2020-01-01T00:00:00Z", to="2099-01-01T00:00:00Z")) == len(
        sent
    )


def test_deliveries_are_filtered(gateway, sent):
    assert len(gateway.all_items("/deliveries", rule="released")) == 3
    assert len(gateway.all_items("/deliveries", state="started", source="github")) == 3
    assert gateway.all_items("/deliveries", state="dead") == []


def test_an_event_tells_its_whole_story(gateway, temporal):
    document = {"action": "published", "text": "grün"}
    body = json.dumps(document).encode()
    headers = senders.github(body, delivery="the-whole-story")
    event_id = gateway.post(body, headers).json["id"]
    gateway.post(body, headers)
    delivery = gateway.delivery(event_id, state="started")
    event = gateway.event(event_id)
    assert (event["source"], event["state"], event["method"]) == ("github", "routed", "POST")
    assert event["target"] == "/webhooks/github"
    assert event["type"] == "release.published"
    assert body_of(event) == body
    assert event["verdict"]["delivery_id"] == "the-whole-story"
    assert event["duplicates"] == 1
    shown = {line["name"].lower(): line["value"] for line in event["headers"]}
    assert shown["x-github-event"] == "release"
    assert delivery["attempts"][0]["number"] == 1
    assert delivery["rule_revision"]
    assert [step["at"] for step in event["timeline"]] == sorted(step["at"] for step in event["timeline"])
    assert temporal.memo_of(delivery["workflow_id"])["headgate.delivery"] == delivery["id"]
    one = gateway.api(f"/deliveries/{delivery['id']}")
    assert one["run_id"] == delivery["run_id"]


def body_of(event):
    return base64.b64decode(event["body"]) if event["body_encoding"] == "base64" else event["body"].encode()


def test_the_outcome_of_a_run_is_recorded(gateway, temporal):
    event_id = gateway.send_github({"action": "published"}).json["id"]
    started = gateway.delivery(event_id, state="started")
    temporal.terminate(started["workflow_id"])
    failed = gateway.delivery(event_id, state="failed")
    assert "erminated" in failed["reason"]
    assert failed["ended_at"]


def test_a_body_that_is_not_text_is_shown_too(gateway):
    body = bytes(range(256))
    event_id = gateway.post(
        body, {**senders.github(body, event="ping"), "Content-Type": "application/octet-stream"}
    ).json["id"]
    assert body_of(gateway.event(event_id)) == body


def test_credentials_are_not_kept(gateway):
    event_id = gateway.post(
        b"{}",
        {
            **senders.github(b"{}", event="ping"),
            "Authorization": "Bearer confidential-1",
            "Cookie": "session=confidential-2",
        },
    ).json["id"]
    assert "confidential" not in json.dumps(gateway.event(event_id))
    assert b"confidential" not in (gateway.folder / "headgate.db").read_bytes()
    assert b"confidential" not in (gateway.folder / "headgate.db-wal").read_bytes()
    assert "confidential" not in gateway.process.output()


def test_a_secret_in_a_body_is_kept_and_never_shown(temporal, tmp_path):
    """Masked in the API, in `events show`, in `explain` and in what is started; the signed bytes stay."""
    secret = "confidential-0123456789"
    gateway = Gateway(
        tmp_path,
        temporal_address=temporal.address,
        sources={
            "github": {
                "path": "/webhooks/github",
                "verify": {"any": [
                    {"equal": {"a": {"json": "/auth/token"}, "b": {"secret": "token"}}},
                    {"equal": {"a": {"form": "token"}, "b": {"secret": "token"}}},
                ]},
                "secrets": {"token": [secret_file(tmp_path, "token", secret)]},
            }
        },
        rules=[rule("all", when="true", input="{body, body_text}")],
    ).start()
    try:
        json_body = json.dumps({"auth": {"token": secret}, "n": 1}).encode()
        form_body = f"n=1&token={secret}".encode()
        for body, kind, shown in (
            (json_body, "application/json", '{"auth": {"token": "<verified>"}, "n": 1}'),
            (form_body, "application/x-www-form-urlencoded", "n=1&token=<verified>"),
        ):
            event_id = gateway.post(body, {"Content-Type": kind}).json["id"]
            delivery = gateway.delivery(event_id, state="started")
            event = gateway.event(event_id)
            assert event["body"] == shown
            assert delivery["order"]["input"]["body_text"] == shown
            by_event = ["--event", event_id, "--api", gateway.api_address, "--token-file", gateway.token_file]
            raw = tmp_path / "request"
            raw.write_bytes(request_bytes("POST", "/webhooks/github", [("Content-Type", kind)], body))
            by_request = ["--source", "github", "--request", raw]
            for said in (
                json.dumps(event),
                run_headgate("explain", "--config", gateway.path, *by_event).stdout,
                run_headgate("explain", "--config", gateway.path, *by_request).stdout,
                run_headgate("events", "show", event_id, "--api", gateway.api_address, "--token-file",
                             gateway.token_file).stdout,
            ):
                assert "<verified>" in said
                assert secret not in said
        kept = (tmp_path / "headgate.db").read_bytes() + (tmp_path / "headgate.db-wal").read_bytes()
        assert json_body in kept
        assert form_body in kept
    finally:
        gateway.stop()


@pytest.mark.parametrize("token", [None, "", "wrong-token-0123456789", TOKENS["operator"][:-1]])
def test_nobody_without_a_token_sees_anything(gateway, token):
    answer = gateway.get("/api/v1/events", token=token)
    assert answer.status == 401
    assert answer.headers["content-type"].startswith("application/problem+json")


def test_a_viewer_sees_and_does_not_act(gateway, sent):
    assert gateway.get("/api/v1/events", token=TOKENS["viewer"]).status == 200
    delivery = gateway.all_items("/deliveries", rule="released")[0]
    answer = gateway.get(f"/api/v1/deliveries/{delivery['id']}/retry", token=TOKENS["viewer"], method="POST")
    assert answer.status == 403


PROBLEMS = [
    ("/api/v1/events/00000000-0000-7000-8000-000000000000", 404),
    ("/api/v1/events/nonsense", 400),
    ("/api/v1/events?limit=0", 400),
    ("/api/v1/events?limit=many", 400),
    ("/api/v1/events?state=sleeping", 400),
    ("/api/v1/events?from=yesterday", 400),
    ("/api/v1/events?after=nonsense", 400),
    ("/api/v1/nothing", 404),
]


@pytest.mark.parametrize(("path", "status"), PROBLEMS)
def test_a_question_that_makes_no_sense_is_a_problem_with_a_remedy(gateway, path, status):
    answer = gateway.get(path, token=TOKENS["operator"])
    assert answer.status == status
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert answer.json["status"] == status
    assert answer.json["title"]


def test_health_readiness_and_metrics_need_no_token(gateway, sent):
    assert gateway.get("/healthz").status == 200
    assert gateway.get("/readyz").status == 200
    metrics = gateway.get("/metrics")
    assert metrics.status == 200
    assert metrics.headers["content-type"].startswith("text/plain")
    assert b"# TYPE headgate_" in metrics.body


def test_without_operators_the_api_is_closed_and_says_how_to_open_it(serving):
    gateway = serving(operators=[])
    answer = gateway.get("/api/v1/events")
    assert answer.status == 403
    assert "operators" in answer.body.decode()
    assert gateway.get("/healthz").status == 200


def test_the_two_listeners_do_not_mix(gateway):
    assert gateway.request("GET", "/healthz").status == 404
    assert gateway.request("GET", "/api/v1/events").status == 404
    answer = gateway.get("/webhooks/github", method="POST")
    assert answer.status in {404, 405}


def test_a_page_of_events_comes_quickly(gateway, sent):
    began = time.monotonic()
    gateway.api("/events", limit=100)
    assert time.monotonic() - began < 1
