"""GitHub's recorded payloads, signed by GitHub's own library, through the running binary.

The reference for the rules is libjq itself (PyPI `jq`), on the same bytes.
"""

import json
import pathlib
import subprocess
import uuid

import jq
import pytest

from harness import senders
from harness.gateway import Gateway, rule
from harness.processes import TOP, wait_until

HERE = pathlib.Path(__file__).parent

# name, when, input: from plain paths to folds, over whatever the 329 payloads hold.
PROGRAMS = [
    (
        "published",
        '.headers["x-github-event"] == "release" and .body.action == "published"',
        '{connection: "orders", select: "tag:\\(.body.release.tag_name)"}',
    ),
    (
        "every",
        "true",
        '{event: .headers["x-github-event"], type, members: (.body | keys), size: (.body | length), '
        "path, method}",
    ),
    ("whole", '.body.repository != null and (.body.action // "none") != "completed"', ".body"),
    (
        "people",
        "[.body | .. | objects | select(.login?)] | length > 1",
        "[.body | .. | objects | select(.login?) | .login] | group_by(.) | map({(.[0]): length}) | add",
    ),
    (
        "numbers",
        ".body.sender.id > 21000000",
        "{ids: [.body | .. | numbers], sum: (reduce (.body | .. | numbers) as $n (0; . + $n)), "
        "running: [foreach (.body | to_entries[] | .key | length) as $n (0; . + $n)]}",
    ),
    (
        "texts",
        '.body.repository.full_name? // "" | startswith("Codertocat/")',
        '{name: (.body.repository.full_name | split("/") | map(ascii_downcase) | join("-")), '
        "labels: [.body.issue.labels[]?.name | ascii_upcase], text: (.body.repository | tostring | length), "
        'none: (.body.nothing.at.all // "default"), e: (try error("no") catch .)}',
    ),
]


@pytest.fixture(scope="module")
def recorded():
    listed = subprocess.run(
        ["node", HERE / "payloads" / "sign.mjs", senders.GITHUB_SECRET.decode()],
        capture_output=True,
        check=True,
        text=True,
    ).stdout
    rows = [json.loads(line) for line in listed.splitlines()]
    assert len(rows) == 329
    for row in rows:
        row["delivery"] = str(uuid.uuid4())
    return rows


@pytest.fixture(scope="module")
def passed_through(recorded, temporal, tmp_path_factory):
    """A gateway that was sent all of them, with the answers."""
    rules = [
        rule(name, when=when, input=program, id=f'"{name}-\\(.headers["x-github-delivery"])"')
        for name, when, program in PROGRAMS
    ]
    gateway = Gateway(
        tmp_path_factory.mktemp("recorded"), temporal_address=temporal.address, rules=rules
    ).start()
    connection = gateway.connection()
    for row in recorded:
        row["answer"] = connection.send("POST", "/webhooks/github", row["body"].encode(), headers_of(row))
    connection.close()
    yield gateway
    gateway.stop()


def headers_of(row):
    return {
        "X-Hub-Signature-256": row["signature"],
        "X-GitHub-Event": row["event"],
        "X-GitHub-Delivery": row["delivery"],
        "Content-Type": "application/json",
    }


def rule_input(row):
    """What a rule sees, as the design says it; without what only the store knows (id, received_at)."""
    body = json.loads(row["body"])
    action = body.get("action")
    document = {
        "source": "github",
        "tenant": "default",
        "method": "POST",
        "path": "/webhooks/github",
        "type": row["event"] + (f".{action}" if isinstance(action, str) else ""),
        "params": {},
        "query": {},
        "query_all": {},
        "headers": {name.lower(): value for name, value in headers_of(row).items()},
        "body_text": row["body"],
    }
    return json.dumps(document)[:-1] + ', "body": ' + row["body"] + "}"


def test_all_are_accepted(passed_through, recorded):
    assert {row["answer"].status for row in recorded} == {202}
    assert len({row["answer"].json["id"] for row in recorded}) == len(recorded)


def test_each_is_matched_as_the_rules_say_and_started_with_what_libjq_computes(
    passed_through, recorded, temporal
):
    compiled = [(name, jq.compile(when), jq.compile(program)) for name, when, program in PROGRAMS]
    settled = wait_until_settled(passed_through)
    compared = refused = 0
    for row in recorded:
        seen = rule_input(row)
        expected = {name: program for name, when, program in compiled if is_true(when.input_text(seen).all())}
        got = settled.get(row["answer"].json["id"], {})
        assert set(got) == set(expected), (row["event"], row["body"][:200])
        for name, program in expected.items():
            outputs = outputs_of(program, seen)
            if (
                outputs is None
            ):  # One payload has an object for a login: libjq refuses it as a key, and so must we.
                assert got[name]["state"] == "dead", (name, row["event"])
                refused += 1
                continue
            assert got[name]["state"] == "started", (name, got[name]["reason"])
            assert got[name]["workflow_id"] == f"{name}-{row['delivery']}"
            sent = json.loads(temporal.input_of(got[name]["workflow_id"], got[name]["run_id"]))
            assert [sent] == outputs, (name, row["event"])
            compared += 1
    assert compared > 329  # The rule `every` alone makes one each.
    assert refused == 1


def outputs_of(program, seen):
    try:
        return program.input_text(seen).all()
    except ValueError:
        return None


def is_true(outputs):
    assert len(outputs) == 1
    return outputs[0] is not None and outputs[0] is not False


def wait_until_settled(gateway):
    """event id -> rule -> delivery, once nothing waits any more."""
    unsettled = [("/events", "accepted"), ("/deliveries", "waiting"), ("/deliveries", "starting")]
    wait_until(
        lambda: not any(gateway.api(path, state=state, limit=1)["items"] for path, state in unsettled),
        within=180,
        saying="events or deliveries are still waiting",
        every=0.5,
    )
    found = {}
    for delivery in gateway.all_items("/deliveries"):
        found.setdefault(delivery["event"], {})[delivery["rule"]] = delivery
    return found


def test_the_demos_event_is_one_of_them(recorded):
    demo = (TOP / "scripts" / "demo-event.json").read_text()
    assert demo in [row["body"] for row in recorded if row["event"] == "release"]
