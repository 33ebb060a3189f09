"""What can mend itself is held, not killed, and goes on when it is mended."""

import uuid

from harness.gateway import rule

ATTRIBUTE = {"Missing": ".source"}


def test_a_missing_search_attribute_holds_with_the_reason(serving, temporal):
    gateway = serving(
        temporal_address=temporal.address, rules=[rule("attributed", search_attributes=ATTRIBUTE)]
    )
    held = gateway.delivery(gateway.send_github({}).json["id"], state="held")
    assert "Missing" in held["reason"]


def test_a_missing_namespace_holds_and_an_operator_can_release(serving, temporal):
    gateway = serving(temporal_address=temporal.address, rules=[rule("one")], started=False)
    gateway.configuration["targets"]["platform"]["temporal"]["namespace"] = "nowhere"
    gateway.start()
    event_id = gateway.send_github({}).json["id"]
    held = gateway.delivery(event_id, state="held")
    assert "nowhere" in held["reason"] or "amespace" in held["reason"]
    gateway.stop()
    gateway.configuration["targets"]["platform"]["temporal"]["namespace"] = "default"
    gateway.start()
    gateway.api(f"/deliveries/{held['id']}/release", method="POST")
    assert gateway.delivery(event_id, state="started")["id"] == held["id"]


def test_a_delivery_whose_rule_is_gone_is_held_until_it_is_back(serving, temporal):
    gateway = serving(temporal_address="127.0.0.1:1", rules=[rule("leaving"), rule("staying")])
    event_id = gateway.send_github({}).json["id"]
    gateway.delivery(event_id, rule="leaving", state="waiting")
    gateway.stop()
    leaving = gateway.configuration["rules"].pop(0)
    gateway.configuration["targets"]["platform"]["temporal"]["address"] = temporal.address
    gateway.start()
    gateway.delivery(event_id, rule="staying", state="started")
    held = gateway.delivery(event_id, rule="leaving", state="held")
    assert "leaving" in held["reason"] or "rule" in held["reason"]
    gateway.stop()
    gateway.configuration["rules"].append(leaving)
    gateway.start()
    gateway.delivery(event_id, rule="leaving", state="started", within=90)


def test_a_dead_delivery_is_retried_with_todays_rule(serving, temporal):
    named = f'"retried-{uuid.uuid4()}"'
    gateway = serving(
        temporal_address=temporal.address, rules=[rule("mended", id=named, input='error("not yet")')]
    )
    event_id = gateway.send_github({}).json["id"]
    dead = gateway.delivery(event_id, state="dead")
    assert "not yet" in dead["reason"]
    gateway.configuration["rules"] = [rule("mended", id=named, input='"mended"')]
    gateway.stop()
    gateway.start()
    gateway.api(f"/deliveries/{dead['id']}/retry", method="POST")
    started = gateway.delivery(event_id, state="started")
    assert (started["id"], started["generation"]) == (dead["id"], dead["generation"])
    assert temporal.input_of(started["workflow_id"]) == b'"mended"'
    was = started["revivals"][0]
    assert (was["was"], was["asked_by"], was["ended_at"]) == ("dead", "the-operator", dead["ended_at"])
    assert was["reason"] == dead["reason"]
    told = [(step["what"], step["detail"]) for step in gateway.event(event_id)["timeline"]]
    assert ("dead", f"rule mended: {dead['reason']}") in told
    assert ("retried", "rule mended by the-operator") in told
