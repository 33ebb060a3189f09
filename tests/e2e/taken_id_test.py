"""A workflow id that somebody else's run has: joined while that runs, dead when it is closed.

On the newest server and on the oldest we promise to work with.
"""

import uuid

import pytest

from harness.gateway import rule


@pytest.fixture(params=["temporal", "floor_temporal"])
def server(request):
    return request.getfixturevalue(request.param)


def test_a_running_holder_is_joined_and_named(serving, server):
    taken = f"taken-{uuid.uuid4()}"
    run_id = server.start_run(taken)
    gateway = serving(temporal_address=server.address, rules=[rule("one", id=f'"{taken}"')])
    accepted = gateway.send_github({})
    joined = gateway.delivery(accepted.json["id"], state="joined")
    assert (joined["workflow_id"], joined["run_id"]) == (taken, run_id)


def test_a_closed_holder_makes_it_dead(serving, server):
    taken = f"taken-{uuid.uuid4()}"
    server.start_run(taken)
    server.terminate(taken)
    gateway = serving(temporal_address=server.address, rules=[rule("one", id=f'"{taken}"')])
    accepted = gateway.send_github({})
    dead = gateway.delivery(accepted.json["id"], state="dead")
    assert "already used" in dead["reason"]


def test_another_event_of_ours_has_it(serving, server):
    taken = f"taken-{uuid.uuid4()}"
    gateway = serving(temporal_address=server.address, rules=[rule("one", id=f'"{taken}"')])
    first_event = gateway.send_github({}).json["id"]
    first = gateway.delivery(first_event, state="started")
    second = gateway.delivery(gateway.send_github({}).json["id"], state="joined")
    assert first["run_id"] == second["run_id"]
    server.terminate(taken)
    failed = gateway.delivery(first_event, state="failed")
    assert "erminated" in failed["reason"]
    third = gateway.delivery(gateway.send_github({}).json["id"], state="dead")
    assert "already used" in third["reason"]


def test_a_start_carries_what_the_rule_says(serving, server):
    gateway = serving(
        temporal_address=server.address,
        rules=[
            rule(
                "full",
                workflow="Full",
                task_queue="somewhere",
                input="{tag: .body.tag, exact: .body.number}",
                memo={"who": ".source"},
            )
        ],
    )
    body = b'{"tag": "v1", "number": 123456789012345678901234567890}'
    event_id = gateway.send_github(body).json["id"]
    started = gateway.delivery(event_id, state="started")
    assert started["workflow_id"] == f"{event_id}.full"
    attributes = server.first_event(started["workflow_id"])
    assert attributes["workflowType"]["name"] == "Full"
    assert attributes["taskQueue"]["name"] == "somewhere"
    assert server.input_of(started["workflow_id"]) == b'{"tag":"v1","exact":123456789012345678901234567890}'
    assert server.memo_of(started["workflow_id"]) == {"who": "github", "headgate.delivery": started["id"]}
