"""Rules that signal runs: each signal arrives once, at a run that was running or that it started."""

import json
import uuid

import pytest

from harness.gateway import rule
from harness.processes import wait_until
from harness.temporal import Temporal
from harness.worker import SignalWorker


@pytest.fixture(params=["temporal", "floor_temporal"])
def server(request):
    return request.getfixturevalue(request.param)


def told(name, workflow_id, *, when="true"):
    """A rule that signals a run and starts none."""
    message = {"name": "more", "input": "{event: .id, n: .body.n}"}
    signal = {"target": "platform", "id": f'"{workflow_id}"'} | message
    return {"name": name, "source": "github", "when": when, "signal": signal}


def started_or_told(name, workflow_id, **said):
    """A rule that signals a run, which is started if none is running."""
    signal = {"name": "more", "input": "{event: .id, n: .body.n}"}
    return rule(name, id=f'"{workflow_id}"', signal=signal, **said)


def numbers(server, workflow_id):
    return [json.loads(signal["input"][0])["n"] for signal in server.signals_of(workflow_id)]


def test_a_running_run_is_told_once_and_knows_event_and_delivery(serving, server):
    entity = f"entity-{uuid.uuid4()}"
    run_id = server.start_run(entity)
    gateway = serving(temporal_address=server.address, rules=[told("tell", entity)])
    sent = gateway.send_github({"n": 1}, delivery="the-same")
    again = gateway.send_github({"n": 1}, delivery="the-same")
    assert (sent.status, again.status) == (202, 200)
    done = gateway.delivery(sent.json["id"], state="completed")
    assert (done["workflow_id"], done["run_id"]) == (entity, run_id)
    assert done["reason"] == "signalled a run that was running"
    assert done["order"] == {"signal": {"name": "more", "input": {"event": sent.json["id"], "n": 1}}}
    assert "signalled" in [moment["what"] for moment in gateway.event(sent.json["id"])["timeline"]]
    (signal,) = server.signals_of(entity)
    assert signal["name"] == "more"
    assert json.loads(signal["input"][0]) == {"event": sent.json["id"], "n": 1}
    assert signal["header"] == {"headgate.event": sent.json["id"], "headgate.delivery": done["id"]}


def test_where_nobody_is_running_the_signal_is_dead_until_an_operator_retries_it(serving, server):
    entity = f"entity-{uuid.uuid4()}"
    gateway = serving(temporal_address=server.address, rules=[told("tell", entity)])
    event_id = gateway.send_github({"n": 1}).json["id"]
    dead = gateway.delivery(event_id, state="dead")
    assert f"no run of {entity} is running" in dead["reason"]
    server.start_run(entity)
    gateway.api(f"/deliveries/{dead['id']}/retry", method="POST")
    gateway.delivery(event_id, state="completed")
    assert numbers(server, entity) == [1]


def test_the_first_signal_starts_the_run_and_the_next_are_told_to_it(serving, server):
    entity = f"entity-{uuid.uuid4()}"
    gateway = serving(temporal_address=server.address, rules=[started_or_told("entity", entity)])
    first_event = gateway.send_github({"n": 1}).json["id"]
    first = gateway.delivery(first_event, state="started")
    second = gateway.delivery(gateway.send_github({"n": 2}).json["id"], state="completed")
    assert first["run_id"] == second["run_id"]
    assert first["order"]["signal"]["input"]["n"] == 1
    assert numbers(server, entity) == [1, 2]
    assert server.memo_of(entity)["headgate.delivery"] == first["id"]
    server.terminate(entity)
    assert "erminated" in gateway.delivery(first_event, state="failed")["reason"], "its own run is followed"
    third = gateway.delivery(gateway.send_github({"n": 3}).json["id"], state="dead")
    assert "already used" in third["reason"]


def test_temporal_away_and_the_gateway_killed_every_signal_arrives_once(serving, tmp_path):
    temporal = Temporal(tmp_path, kept=True).start()
    try:
        gateway = serving(temporal_address=temporal.address, rules=[started_or_told("entity", "entity")])
        for n in range(30):
            assert gateway.send_github({"n": n}).status == 202
            if n == 10:
                temporal.stop()
            if n == 20:
                gateway.restart_after_kill()
        temporal.start()
        wait_until(
            lambda: len(gateway.all_items("/deliveries", state="completed")) == 29,
            within=60,
            saying="not every signal was taken",
        )
        assert len(gateway.all_items("/deliveries", state="started")) == 1
        assert sorted(numbers(temporal, "entity")) == list(range(30))
    finally:
        temporal.stop()


def test_a_gateway_that_is_killed_while_it_signals_doubles_nothing(serving, server):
    entity = f"entity-{uuid.uuid4()}"
    server.start_run(entity)
    gateway = serving(temporal_address=server.address, rules=[told("tell", entity)])
    for n in range(60):
        assert gateway.send_github({"n": n}).status == 202
        if n % 20 == 10:
            gateway.restart_after_kill()
    wait_until(
        lambda: len(gateway.all_items("/deliveries", state="completed")) == 60,
        within=60,
        saying="not every signal was taken",
    )
    assert sorted(numbers(server, entity)) == list(range(60))


def test_a_worker_sees_the_signal_in_its_handler_and_the_ids_in_an_interceptor(serving, temporal, tmp_path):
    queue = f"signals-{uuid.uuid4()}"
    entity = f"entity-{uuid.uuid4()}"
    stop = told("stop", entity, when=".body.n == 3") | {"name": "stop"}
    stop["signal"] |= {"name": "stop", "input": []}
    rules = [
        started_or_told("entity", entity, workflow="Entity", task_queue=queue, when=".body.n < 3"),
        stop,
    ]
    with SignalWorker(temporal.address, queue, tmp_path):
        gateway = serving(temporal_address=temporal.address, rules=rules)
        events = []
        for n in (1, 2, 3):
            events.append(gateway.send_github({"n": n}).json["id"])
            gateway.delivery(events[-1], state={"started", "completed"})
        first = gateway.delivery(events[0], state="completed")
        seen = json.loads(temporal.result_of(entity))
    assert seen["handled"] == [{"event": events[0], "n": 1}, {"event": events[1], "n": 2}]
    assert [headers["headgate.event"] for headers in seen["headers"]] == events
    assert seen["headers"][0]["headgate.delivery"] == first["id"]
