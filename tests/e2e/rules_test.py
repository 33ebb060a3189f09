"""What a rule says arrives on Temporal."""

import base64
import json

from harness.gateway import rule


def payloads_of(temporal, workflow_id):
    payloads = temporal.first_event(workflow_id).get("input", {}).get("payloads", [])
    return [base64.b64decode(each["data"]) for each in payloads]


def test_several_arguments_or_none(serving, temporal):
    gateway = serving(
        temporal_address=temporal.address,
        rules=[rule("three", input=[".body.n", "null", "{a: [.source]}"]), rule("none", input=[])],
    )
    event_id = gateway.send_github(b'{"n": 1.10}').json["id"]
    three = gateway.delivery(event_id, rule="three", state="started")
    none = gateway.delivery(event_id, rule="none", state="started")
    assert payloads_of(temporal, three["workflow_id"]) == [b"1.10", b"null", b'{"a":["github"]}']
    assert payloads_of(temporal, none["workflow_id"]) == []
    assert three["order"]["inputs"] == [1.10, None, {"a": ["github"]}]
    assert none["order"]["inputs"] == []


def test_an_attribute_of_a_type_is_sent_with_it_and_never_with_a_value_of_another(serving, temporal):
    typed = {"HeadgateSource": {"type": "keyword", "value": ".body.source"}}
    gateway = serving(
        temporal_address=temporal.address, rules=[rule("typed", search_attributes=typed)]
    )
    started = gateway.delivery(gateway.send_github({"source": "orders"}).json["id"], state="started")
    assert started["order"]["search_attribute_types"] == {"HeadgateSource": "keyword"}
    fields = temporal.first_event(started["workflow_id"])["searchAttributes"]["indexedFields"]
    assert json.loads(base64.b64decode(fields["HeadgateSource"]["data"])) == "orders"
    assert base64.b64decode(fields["HeadgateSource"]["metadata"]["type"]) == b"Keyword"
    dead = gateway.delivery(gateway.send_github({"source": 7}).json["id"], state="dead")
    assert "search_attributes.HeadgateSource: gave number that is not of type keyword" in dead["reason"]


def test_a_rule_starts_what_its_template_says_and_its_revision_is_that_of_both(serving, temporal):
    def configured(queue):
        start = {"target": "platform", "workflow": "Nobody", "task_queue": queue, "input": "{to: $to}"}
        return {"templates": {"sync": {"start": start}}}

    mine = {"name": "mine", "source": "github", "use": "sync", "vars": {"to": '"orders"'}}
    gateway = serving(temporal_address=temporal.address, rules=[mine], **configured("first"))
    first = gateway.delivery(gateway.send_github({}).json["id"], state="started")
    assert first["order"]["input"] == {"to": "orders"}
    assert temporal.first_event(first["workflow_id"])["taskQueue"]["name"] == "first"
    gateway.stop()
    gateway.configuration |= configured("second")
    gateway.start()
    second = gateway.delivery(gateway.send_github({"n": 2}).json["id"], state="started")
    assert second["order"]["task_queue"] == "second"
    assert second["rule_revision"] != first["rule_revision"]
