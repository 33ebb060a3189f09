"""Events whose bodies are not what the schema says: kept, seen, and routed once it is mended."""

import json

from harness import senders
from harness.gateway import rule, run_headgate
from harness.processes import wait_until
from harness.reloads import until_reloaded
from harness.wire import request_bytes

STRICT = {"type": "object", "required": ["n"], "properties": {"n": {"type": "integer"}}}


def gateway_with(serving, schema, **more):
    gateway = serving(started=False, rules=[rule("sync", input=".body.n")], **more)
    file = gateway.folder / "event.schema.json"
    file.write_text(json.dumps(schema))
    gateway.configuration["sources"]["github"]["schema"] = {"file": file.name}
    gateway.write_configuration()
    return gateway, file


def quarantined(gateway, document):
    event_id = gateway.send_github(document).json["id"]
    wait_until(lambda: gateway.event(event_id)["state"] == "quarantined", within=20, saying="not quarantined")
    return event_id


def asked(gateway, *words):
    api = ("--api", gateway.api_address, "--token-file", gateway.token_file)
    return run_headgate(*words, *api)


def test_a_bad_event_is_kept_and_routed_once_the_schema_is_mended(serving):
    gateway, file = gateway_with(serving, STRICT)
    gateway.start()
    good = gateway.send_github({"n": 1}).json["id"]
    assert gateway.delivery(good)["rule"] == "sync"
    bad = quarantined(gateway, {"n": "SECRET"})
    shown = gateway.event(bad)
    assert "the body does not match its schema: /n may not be of type string" in shown["reason"]
    assert "SECRET" not in shown["reason"]
    assert shown["deliveries"] == []
    assert [one["id"] for one in gateway.all_items("/events", state="quarantined")] == [bad]
    metrics = gateway.get("/metrics").body.decode()
    assert 'headgate_events_routed_total{result="quarantined"} 1\n' in metrics

    again = asked(gateway, "events", "route", bad)
    assert again.returncode == 0, again.stderr
    assert gateway.event(bad)["state"] == "quarantined"

    until_reloaded(gateway, "applied", lambda: file.write_text(json.dumps({"required": ["n"]})))
    mended = asked(gateway, "events", "route", bad, "--format", "json")
    assert mended.returncode == 0, mended.stderr
    assert json.loads(mended.stdout)["state"] == "routed"
    delivery = gateway.delivery(bad)
    assert gateway.api(f"/deliveries/{delivery['id']}")["order"]["input"] == "SECRET"
    asked(gateway, "events", "route", bad)
    assert len(gateway.event(bad)["deliveries"]) == 1


def test_a_bad_schema_keeps_the_last_good_one(serving):
    gateway, file = gateway_with(serving, STRICT)
    gateway.start()
    until_reloaded(gateway, "refused", lambda: file.write_text(json.dumps({"$ref": "https://example.com/a.json"})))
    gateway.process.await_words("sources.github.schema", "refers to another document, and nothing is fetched")
    quarantined(gateway, {})


def test_a_body_that_is_no_json_is_kept_too(serving):
    gateway, _ = gateway_with(serving, True)
    gateway.start()
    body = b'{"n": '
    event_id = gateway.post(body, senders.github(body) | {"Content-Type": "application/json"}).json["id"]
    wait_until(lambda: gateway.event(event_id)["state"] == "quarantined", within=20, saying="not quarantined")


def test_an_unmatched_event_is_routed_by_a_rule_that_came_later(serving):
    gateway = serving(rules=[])
    event_id = gateway.send_github({}).json["id"]
    wait_until(lambda: gateway.event(event_id)["state"] == "unmatched", within=20, saying="not unmatched")
    gateway.configuration["rules"] = [rule("late")]
    until_reloaded(gateway, "applied", gateway.write_configuration)
    routed = asked(gateway, "events", "route", event_id)
    assert routed.returncode == 0, routed.stderr
    assert gateway.delivery(event_id)["rule"] == "late"


def test_explain_says_that_no_rule_would_see_a_request(serving, tmp_path):
    gateway, _ = gateway_with(serving, STRICT)
    body = b"{}"
    file = tmp_path / "request.http"
    headers = senders.github(body) | {"Content-Type": "application/json"}
    file.write_bytes(request_bytes("POST", "/webhooks/github", [*headers.items()], body))
    ran = run_headgate("explain", "--config", gateway.path, "--source", "github", "--request", file)
    assert ran.returncode == 0, ran.stderr
    assert "/n is missing" in json.loads(ran.stdout)["quarantined"]["message"]
