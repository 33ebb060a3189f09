"""One event starts a run for every item in it, each once."""

import json

from harness import senders
from harness.gateway import rule, run_headgate
from harness.processes import wait_until
from harness.reloads import until_reloaded
from harness.wire import request_bytes

RECORDS = {"action": "put", "records": [{"key": "a", "n": 1.1}, {"key": "b"}, {"key": "c"}]}
EACH = {"each": ".body.records[]", "input": "$item"}


def deliveries(gateway, event_id, states, how_many):
    """The event's deliveries in the order of their items, once that many are in one of the states."""

    def look():
        found = gateway.event(event_id)["deliveries"]
        there = [one for one in found if one["state"] in states]
        return found if len(there) == how_many else None

    found = wait_until(look, within=30, saying=f"{how_many} deliveries never were {states}")
    return sorted(found, key=lambda one: (one["rule"], one["item"]))


def inputs_of(temporal, found):
    return [json.loads(temporal.input_of(one["workflow_id"])) for one in found]


def api_of(gateway):
    return "--api", gateway.api_address, "--token-file", gateway.token_file


def test_every_item_is_a_run_with_an_id_of_its_own(serving, temporal):
    by_key = EACH | {"id": '"by-key-\\(.id)-\\($item.key)"', "input": ["$item.key", "$index"]}
    gateway = serving(
        temporal_address=temporal.address,
        rules=[rule("records", **EACH), rule("by-key", **by_key), rule("whole", input=".body.action")],
    )
    event_id = gateway.send_github(RECORDS).json["id"]
    found = deliveries(gateway, event_id, {"started"}, 7)
    assert [(one["rule"], one["item"], one["workflow_id"]) for one in found] == [
        *[("by-key", i, f"by-key-{event_id}-{key}") for i, key in enumerate("abc")],
        *[("records", i, f"{event_id}.records.{i}") for i in range(3)],
        ("whole", 0, f"{event_id}.whole"),
    ]
    assert [temporal.input_of(one["workflow_id"]) for one in found[3:6]] == [
        b'{"key":"a","n":1.1}',
        b'{"key":"b"}',
        b'{"key":"c"}',
    ]
    timeline = [one["detail"] for one in gateway.event(event_id)["timeline"] if one["what"] == "matched"]
    assert "rule records item 2" in timeline
    assert "rule whole" in timeline


def test_the_same_event_again_starts_nothing_more(serving, temporal):
    gateway = serving(temporal_address=temporal.address, rules=[rule("records", **EACH)])
    first = gateway.send_github(RECORDS, delivery="the-same")
    event_id = first.json["id"]
    before = deliveries(gateway, event_id, {"started"}, 3)
    again = gateway.send_github(RECORDS, delivery="the-same")
    assert again.json == {"id": event_id, "duplicate": True}
    assert run_headgate("events", "route", event_id, *api_of(gateway)).returncode == 0
    gateway.restart_after_kill()
    after = deliveries(gateway, event_id, {"started"}, 3)
    assert [(one["id"], one["run_id"]) for one in after] == [(one["id"], one["run_id"]) for one in before]
    mine = [run for workflow_id, run in temporal.runs() if workflow_id.startswith(event_id)]
    assert len(mine) <= 3  # Visibility may lag.
    for one in after:
        assert temporal.describe(one["workflow_id"])["execution"]["runId"] == one["run_id"]


def test_an_item_that_fails_is_mended_and_retried_alone(serving, temporal):
    picky = EACH | {"input": 'if $item.key == "b" then error("no b") else $item end'}
    gateway = serving(temporal_address=temporal.address, rules=[rule("records", **picky)])
    event_id = gateway.send_github(RECORDS).json["id"]
    first = deliveries(gateway, event_id, {"started"}, 2)
    assert [one["state"] for one in first] == ["started", "dead", "started"]
    assert first[1]["reason"].startswith("match: input: no b")
    gateway.configuration["rules"] = [rule("records", **EACH)]
    until_reloaded(gateway, "applied", gateway.write_configuration)
    assert run_headgate("deliveries", "retry", first[1]["id"], *api_of(gateway)).returncode == 0
    mended = deliveries(gateway, event_id, {"started"}, 3)
    assert [one["id"] for one in mended] == [one["id"] for one in first]
    assert inputs_of(temporal, mended) == RECORDS["records"]


def test_an_each_that_fails_gives_all_its_items_once_it_is_mended_and_retried(serving, temporal):
    broken = EACH | {"each": ".body.records.nothing[]"}
    gateway = serving(temporal_address=temporal.address, rules=[rule("records", **broken)])
    event_id = gateway.send_github(RECORDS).json["id"]
    dead = gateway.delivery(event_id, state="dead")
    assert dead["reason"].startswith("match: each: ")
    assert dead["item"] == 0
    gateway.configuration["rules"] = [rule("records", **EACH)]
    until_reloaded(gateway, "applied", gateway.write_configuration)
    assert run_headgate("deliveries", "retry", dead["id"], *api_of(gateway)).returncode == 0
    found = deliveries(gateway, event_id, {"started"}, 3)
    assert found[0]["id"] == dead["id"]
    assert inputs_of(temporal, found) == RECORDS["records"]


def test_an_event_without_items_says_why_it_is_unmatched(serving):
    gateway = serving(rules=[rule("records", **EACH)])
    event_id = gateway.send_github({"records": []}).json["id"]
    wait_until(lambda: gateway.event(event_id)["state"] == "unmatched", within=20, saying="not unmatched")
    assert gateway.event(event_id)["reason"] == "`each` of rule 'records' gives no item"


def test_a_thousand_items_are_a_thousand_deliveries_and_one_more_is_none(serving, temporal):
    gateway = serving(temporal_address=temporal.address, rules=[rule("records", **EACH)])
    most = gateway.send_github({"records": list(range(1000))}).json["id"]
    found = deliveries(gateway, most, {"started"}, 1000)
    assert len({one["run_id"] for one in found}) == 1000
    too_many = gateway.send_github({"records": list(range(1001))}).json["id"]
    dead = gateway.delivery(too_many, state="dead")
    assert "gave more than 1000 items — raise dispatch.each_items_max" in dead["reason"]
    assert len(gateway.event(too_many)["deliveries"]) == 1


def explained(gateway, document, folder):
    body = json.dumps(document).encode()
    file = folder / "request.http"
    headers = senders.github(body) | {"Content-Type": "application/json"}
    file.write_bytes(request_bytes("POST", "/webhooks/github", [*headers.items()], body))
    ran = run_headgate("explain", "--config", gateway.path, "--source", "github", "--request", file)
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)["rules"]


def test_explain_shows_every_item_and_who_was_not_looked_at(serving, tmp_path):
    odd = EACH | {"memo": {"odd": 'if $index == 1 then error("odd") else 1 end'}}
    gateway = serving(
        started=False,
        rules=[
            rule("none", **(EACH | {"each": "empty"})),
            rule("broken", **(EACH | {"each": 'error("x")'})),
            rule("records", **odd, final=True),
            rule("behind"),
        ],
    )
    gateway.write_configuration()
    none, broken, records, behind = explained(gateway, RECORDS, tmp_path)
    assert none["verdict"] == "no item"
    assert (broken["verdict"], broken["failure"]["program"]) == ("failed", "each")
    assert records["verdict"] == "match"
    assert [one["item"] for one in records["items"]] == [0, 1, 2]
    assert records["items"][0]["start"]["input"] == {"key": "a", "n": 1.1}
    assert records["items"][1]["failure"]["program"] == "start.memo.odd"
    assert records["items"][2]["start"]["workflow_id"].endswith(".records.2")
    assert behind["verdict"] == "not looked at"
    assert behind["reason"] == "the rule records before it is final"


def test_a_final_rule_keeps_the_event_from_those_below_it(serving, temporal):
    gateway = serving(
        temporal_address=temporal.address,
        rules=[rule("mine", when=".body.mine", final=True), rule("others")],
    )
    mine = gateway.send_github({"mine": True}).json["id"]
    others = gateway.send_github({"mine": False}).json["id"]
    assert gateway.delivery(others, state="started")["rule"] == "others"
    assert [one["rule"] for one in deliveries(gateway, mine, {"started"}, 1)] == ["mine"]
    assert run_headgate("events", "route", mine, *api_of(gateway)).returncode == 0
    assert len(gateway.event(mine)["deliveries"]) == 1
