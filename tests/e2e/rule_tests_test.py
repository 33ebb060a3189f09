"""Rules carry their tests: who runs them, what is said of one that fails, and what that prevents."""

import json
import re

import pytest

from harness import senders
from harness.gateway import Gateway, rule, run_headgate
from harness.reloads import until_reloaded
from harness.wire import request_bytes

BODY = b'{"action": "published", "release": {"tag_name": "v1"}}'
EVENT = {"type": "release.published", "body": {"release": {"tag_name": "v1"}}}


def orders(*tests):
    return rule("orders", when='.type == "release.published"', id='"orders-\\(.body.release.tag_name)"') | {
        "tests": list(tests)
    }


def passing(name="a release is published"):
    return {"name": name, "event": EVENT, "starts": {"id": "orders-v1"}}


def failing(name="a release is published"):
    return {"name": name, "event": EVENT, "starts": {"id": "orders-v2"}}


@pytest.fixture
def configured(tmp_path):
    """A configuration with these rules, for commands."""

    def write(*rules):
        gateway = Gateway(tmp_path, rules=rules)
        gateway.write_configuration()
        return gateway.path

    return write


def test_a_runner_says_of_each_test_what_came_of_it(configured):
    pushed = {"name": "a push is nothing to it", "event": {"type": "push"}, "starts": "nothing"}
    config = configured(orders(passing(), pushed), rule("untested"))
    ran = run_headgate("test", "--config", config)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout.splitlines() == [
        "ok    orders: a release is published (1 start)",
        "ok    orders: a push is nothing to it (nothing)",
        "1 rule without tests: untested",
        "2 tests: 2 passed, 0 failed",
    ]


def test_a_failure_shows_what_differs_and_what_each_program_gave(configured):
    config = configured(orders(failing(), passing("another")))
    ran = run_headgate("test", "--config", config)
    assert ran.returncode == 1
    *first, given, _, _ = ran.stdout.splitlines()
    assert first == [
        "FAIL  orders: a release is published",
        '        id: expected "orders-v2", found "orders-v1"',
        "      what each program gave:",
        "        when: true",
        '        start.id: "orders-v1"',
    ]
    assert given.startswith('        start.input: {"id":"01890000-0000-7000-8000-000000000000","source":')
    assert re.search(r"… \(\d+ bytes\)$", given)
    assert ran.stdout.splitlines()[-1] == "2 tests: 1 passed, 1 failed"


def test_a_failure_that_a_program_can_read(configured):
    config = configured(orders(failing(), passing("another")), rule("untested"))
    ran = run_headgate("test", "--config", config, "--format", "json")
    assert ran.returncode == 1
    said = json.loads(ran.stdout)
    assert (said["passed"], said["failed"], said["rules_without_tests"]) == (1, 1, ["untested"])
    failed, passed = said["tests"]
    assert (failed["rule"], failed["path"], failed["passed"]) == ("orders", "rules[0].tests[0]", False)
    assert failed["wrong"] == ['id: expected "orders-v2", found "orders-v1"']
    assert failed["line"] > 1
    assert [step["program"] for step in failed["steps"]] == ["when", "start.id", "start.input"]
    assert (passed["name"], passed["passed"], passed["starts"], passed["wrong"]) == ("another", True, 1, [])


def test_the_tests_of_one_rule_alone(configured):
    config = configured(orders(passing()), rule("other") | {"tests": [failing()]})
    assert run_headgate("test", "--config", config, "--rule", "orders").returncode == 0
    assert run_headgate("test", "--config", config, "--rule", "other").returncode == 1
    unknown = run_headgate("test", "--config", config, "--rule", "nobody")
    assert unknown.returncode == 2 and "no rule is named 'nobody'" in unknown.stderr


def test_a_configuration_with_other_mistakes_is_told_those(configured):
    ran = run_headgate("test", "--config", configured(orders(failing()), rule("broken", when=".a ==")))
    assert ran.returncode == 1
    assert "rules[1].when" in ran.stderr
    assert ran.stdout == ""
    misspelt = passing() | {"stars": "nothing"}
    assert "rules[0].tests[0].stars" in run_headgate("test", "--config", configured(orders(misspelt))).stderr


def test_check_refuses_a_rule_whose_tests_fail(configured):
    refused = run_headgate("check", "--config", configured(orders(passing(), failing("another"))))
    assert refused.returncode == 1
    assert "rules[0].tests[1] (line " in refused.stderr
    assert '"another" fails: id: expected "orders-v2", found "orders-v1" — mend the rule' in refused.stderr
    accepted = run_headgate("check", "--config", configured(orders(passing())))
    assert (accepted.returncode, accepted.stdout) == (0, "valid: 1 source, 1 rule, 1 target, 1 test passed\n")


def test_a_gateway_does_not_start_with_a_rule_whose_tests_fail(serving):
    gateway = serving(rules=[orders(failing())], started=False)
    gateway.write_configuration()
    ran = run_headgate("serve", "--config", gateway.path)
    assert ran.returncode == 1
    assert "rules[0].tests[0]" in ran.stderr
    assert not (gateway.folder / "headgate.db").exists()


def test_a_reload_with_a_test_that_fails_is_refused_and_the_last_good_rules_stay(serving):
    gateway = serving(rules=[orders(passing())])
    gateway.configuration["rules"] = [orders(failing()), rule("second")]
    until_reloaded(gateway, "refused", gateway.write_configuration)
    gateway.process.await_words("rules[0].tests[0]", "orders-v2")
    event_id = gateway.post(BODY, senders.github(BODY)).json["id"]
    gateway.delivery(event_id, rule="orders")
    assert [one["rule"] for one in gateway.event(event_id)["deliveries"]] == ["orders"]
    gateway.configuration["rules"] = [orders(passing()), rule("second")]
    until_reloaded(gateway, "applied", gateway.write_configuration)
    event_id = gateway.post(BODY, senders.github(BODY, delivery="second")).json["id"]
    gateway.delivery(event_id, rule="second")


def test_a_test_with_a_request_is_judged_without_its_signature_and_read_again_when_the_file_changes(serving):
    gateway = serving(rules=[orders(passing())])
    file = gateway.folder / "release.http"
    unsigned = {**senders.github(BODY), "X-Hub-Signature-256": "sha256=" + "0" * 64}
    file.write_bytes(request_bytes("POST", "/webhooks/github", [*unsigned.items()], BODY))
    of_file = {"name": "as it came", "request": str(file), "starts": {"id": "orders-v1"}}
    gateway.configuration["rules"] = [orders(of_file)]
    until_reloaded(gateway, "applied", gateway.write_configuration)
    other = BODY.replace(b'"v1"', b'"v2"')

    def replace():
        fresh = file.with_suffix(".new")
        fresh.write_bytes(request_bytes("POST", "/webhooks/github", [*unsigned.items()], other))
        fresh.rename(file)

    until_reloaded(gateway, "refused", replace)
    gateway.process.await_words('found \\"orders-v2\\"')


def test_explain_shows_every_step_of_every_rule(configured, tmp_path):
    file = tmp_path / "request.http"
    file.write_bytes(request_bytes("POST", "/webhooks/github", [*senders.github(BODY).items()], BODY))
    matching = orders(failing()) | {"vars": {"tag": ".body.release.tag_name"}}
    matching["start"] |= {"id": '"orders-\\($tag)"', "input": '"x" * 5000'}
    other = rule("other", when='$tag == "v2"') | {"vars": {"tag": ".body.release.tag_name"}}
    broken = rule("broken", when="true", id='error("no id")')
    config = configured(matching, other, broken)
    ran = run_headgate("explain", "--config", config, "--source", "github", "--request", file)
    assert ran.returncode == 0, ran.stderr
    first, second, third = json.loads(ran.stdout)["rules"]
    assert first["verdict"] == "match"
    assert [(step["program"], step["text"], step.get("value")) for step in first["steps"]] == [
        ("when", '.type == "release.published"', True),
        ("vars.tag", ".body.release.tag_name", "v1"),
        ("start.id", '"orders-\\($tag)"', "orders-v1"),
        ("start.input", '"x" * 5000', None),
    ]
    assert first["steps"][3]["value_begins"] == '"' + "x" * 2047
    assert first["steps"][3]["value_bytes"] == 5002
    assert second["verdict"] == "no match"
    assert [(step["program"], step["value"]) for step in second["steps"]] == [
        ("vars.tag", "v1"),
        ("when", False),
    ]
    assert third["verdict"] == "failed"
    assert third["steps"][1]["program"] == "start.id"
    assert third["steps"][1]["failure"]["message"] == "no id at line 1, column 1"
    assert third["failure"]["program"] == "start.id"


def test_explain_of_a_stored_event_shows_the_steps_too(serving):
    gateway = serving(rules=[orders()])
    event_id = gateway.send_github({"n": 7}, event="push").json["id"]
    api = ["--api", gateway.api_address, "--token-file", gateway.token_file]
    ran = run_headgate("explain", "--config", gateway.path, "--event", event_id, *api)
    assert ran.returncode == 0, ran.stderr
    (only,) = json.loads(ran.stdout)["rules"]
    assert only["steps"] == [{"program": "when", "text": '.type == "release.published"', "value": False}]
