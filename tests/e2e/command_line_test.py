"""Each command as an operator types it, with its exit code: 0 yes, 1 no, 2 wrong usage, 3 not done."""

import json
import time

import pytest

from harness import senders
from harness.certificates import make_certificate
from harness.gateway import Gateway, rule, run_headgate
from harness.processes import wait_until
from harness.wire import connect, request_bytes

BODY = b'{"action": "published", "release": {"tag_name": "v2"}}'


@pytest.fixture(scope="module")
def gateway(temporal, tmp_path_factory):
    rules = [
        rule(
            "orders",
            when='.type == "release.published"',
            id='"cli-\\(.headers["x-github-delivery"])"',
            input="{tag: .body.release.tag_name}",
        ),
        rule("pushes", when='.type == "push"'),
        rule("breaks", when='.type == "break"', input="error"),
    ]
    gateway = Gateway(
        tmp_path_factory.mktemp("cli"),
        temporal_address=temporal.address,
        sources=("github", "stripe"),
        rules=rules,
    ).start()
    yield gateway
    gateway.stop()


def asked(gateway, *arguments):
    """A command through the operator API."""
    return run_headgate(*arguments, "--api", gateway.api_address, "--token-file", gateway.token_file)


def listens(port):
    try:
        connect(port).close()
        return True
    except OSError:
        return False


@pytest.fixture
def request_file(tmp_path):
    def write(headers, body=BODY, path="/webhooks/github"):
        file = tmp_path / "request.http"
        file.write_bytes(request_bytes("POST", path, [*headers.items()], body))
        return file

    return write


def test_wrong_usage_is_2_and_help_is_0():
    assert run_headgate().returncode == 2
    danced = run_headgate("dance")
    assert danced.returncode == 2 and "there is no command 'dance'" in danced.stderr
    assert run_headgate("check", "--config", "x", "--format", "1").returncode == 2
    assert run_headgate("serve").returncode == 2
    assert run_headgate("check", "--config").returncode == 2
    helped = run_headgate("--help")
    assert helped.returncode == 0
    for command in (
        "serve",
        "check",
        "schema",
        "presets",
        "verify",
        "explain",
        "test",
        "eval",
        "events",
        "deliveries",
    ):
        assert command in helped.stdout


def test_schema_is_a_json_schema_of_the_configuration(gateway):
    ran = run_headgate("schema")
    assert ran.returncode == 0
    schema = json.loads(ran.stdout)
    assert "json-schema.org" in schema["$schema"]
    assert {"listen", "operators", "store", "targets", "sources", "rules"} <= set(schema["properties"])


def test_presets_are_listed_and_shown():
    listed = run_headgate("presets")
    assert listed.returncode == 0
    for name in ("github", "standard-webhooks", "stripe", "slack", "gitlab"):
        assert name in listed.stdout
        assert run_headgate("presets", "show", name).returncode == 0
    assert "X-Hub-Signature-256".lower() in run_headgate("presets", "show", "github").stdout.lower()
    assert "my-github:" in run_headgate("presets", "show", "github").stdout
    assert run_headgate("presets", "show", "nobody").returncode == 2


def test_verify_says_yes_with_the_facts(gateway, request_file):
    file = request_file(senders.github(BODY, delivery="d-1"))
    ran = run_headgate("verify", "--config", gateway.path, "--source", "github", "--request", file)
    assert ran.returncode == 0, ran.stderr
    assert "d-1" in json.dumps(json.loads(ran.stdout))


def test_addresses_are_addresses(gateway, request_file):
    asked = ["--config", gateway.path, "--source", "github", "--request", request_file({})]
    for option in ("--peer", "--proxy"):
        for command in ("verify", "explain"):
            ran = run_headgate(command, *asked, option, "zz")
            assert ran.returncode == 2
            assert "'zz' is no IP address" in ran.stderr


def test_verify_says_no_and_why(gateway, request_file):
    file = request_file({**senders.github(BODY), "X-Hub-Signature-256": "sha256=" + "0" * 64})
    ran = run_headgate("verify", "--config", gateway.path, "--source", "github", "--request", file)
    assert ran.returncode == 1
    json.loads(ran.stdout)


def test_verify_judges_at_the_time_given(gateway, request_file):
    body = b'{"id": "evt_1", "type": "a"}'
    file = request_file(senders.stripe(body, at=1_700_000_000), body, "/webhooks/stripe")
    command = ["verify", "--config", gateway.path, "--source", "stripe", "--request", file]
    assert run_headgate(*command).returncode == 1
    assert run_headgate(*command, "--at", "yesterday").returncode == 2
    # date -u -d @1700000000 +%FT%TZ
    assert run_headgate(*command, "--at", "2023-11-14T22:13:20Z").returncode == 0
    assert run_headgate(*command, "--at", "2023-11-14T22:18:21Z").returncode == 1


def test_verify_takes_the_request_from_standard_input(gateway):
    raw = request_bytes("POST", "/webhooks/github", [*senders.github(BODY).items()], BODY).decode()
    ran = run_headgate("verify", "--config", gateway.path, "--source", "github", "--request", "-", stdin=raw)
    assert ran.returncode == 0, ran.stderr


def test_verify_of_what_is_no_request_is_no_and_of_an_unknown_source_is_wrong_usage(
    gateway, tmp_path, request_file
):
    noise = tmp_path / "noise"
    noise.write_bytes(b"hello\r\n\r\n")
    config = ["--config", gateway.path]
    assert run_headgate("verify", *config, "--source", "github", "--request", noise).returncode == 1
    good = request_file(senders.github(BODY))
    assert run_headgate("verify", *config, "--source", "nobody", "--request", good).returncode == 2
    assert (
        run_headgate("verify", *config, "--source", "github", "--request", tmp_path / "nowhere").returncode
        == 3
    )


def test_explain_shows_every_rule_with_its_verdict_and_what_would_be_started(gateway, request_file, tmp_path):
    broken = rule("broken", input='error("boom")')
    config = tmp_path / "explained.yaml"
    config.write_text(
        json.dumps(gateway.configuration | {"rules": [*gateway.configuration["rules"], broken]})
    )
    file = request_file(senders.github(BODY, delivery="d-2"))
    ran = run_headgate("explain", "--config", config, "--source", "github", "--request", file)
    assert ran.returncode == 0, ran.stderr
    explained = json.loads(ran.stdout)
    assert explained["accepted"] is True
    assert [(each["rule"], each["verdict"]) for each in explained["rules"]] == [
        ("orders", "match"),
        ("pushes", "no match"),
        ("breaks", "no match"),
        ("broken", "failed"),
    ]
    assert "boom" in explained["rules"][3]["failure"]["message"]
    assert explained["rules"][3]["failure"]["program"] == "start.input"
    text = json.dumps(explained["rules"][0]["start"])
    assert "cli-d-2" in text
    assert '"tag": "v2"' in text or '\\"tag\\":\\"v2\\"' in text


def test_explain_refuses_what_is_not_genuine(gateway, request_file):
    file = request_file({**senders.github(BODY), "X-Hub-Signature-256": "sha256=" + "0" * 64})
    ran = run_headgate("explain", "--config", gateway.path, "--source", "github", "--request", file)
    assert ran.returncode == 1


def test_explain_of_a_stored_event(gateway):
    event_id = gateway.post(BODY, senders.github(BODY, delivery=f"d-{time.time_ns()}")).json["id"]
    ran = asked(gateway, "explain", "--config", gateway.path, "--source", "github", "--event", event_id)
    assert ran.returncode == 0, ran.stderr
    assert "orders" in ran.stdout


def test_explain_of_an_event_of_another_source_than_said_is_wrong_usage(gateway):
    event_id = gateway.post(BODY, senders.github(BODY)).json["id"]
    ran = asked(gateway, "explain", "--config", gateway.path, "--source", "gitlab", "--event", event_id)
    assert ran.returncode == 2, ran.stderr
    assert "source github" in ran.stderr


def test_explain_of_an_event_in_a_store_that_nobody_holds(serving):
    stopped = serving(rules=[rule("one"), rule("other", when="false")])
    event_id = stopped.send_github({"n": 7}).json["id"]
    held = run_headgate("explain", "--config", stopped.path, "--event", event_id)
    assert held.returncode == 3
    assert "--token-file" in held.stderr
    stopped.stop()
    before = (stopped.folder / "headgate.db").read_bytes()
    ran = run_headgate("explain", "--config", stopped.path, "--event", event_id)
    assert ran.returncode == 0, ran.stderr
    explained = json.loads(ran.stdout)
    assert [(each["rule"], each["verdict"]) for each in explained["rules"]] == [
        ("one", "match"),
        ("other", "no match"),
    ]
    assert (stopped.folder / "headgate.db").read_bytes() == before
    unknown = run_headgate(
        "explain", "--config", stopped.path, "--event", "01890000-0000-7000-8000-000000000000"
    )
    assert unknown.returncode == 1
    malformed = run_headgate("explain", "--config", stopped.path, "--event", "17")
    assert malformed.returncode == 2
    (stopped.folder / "headgate.db").rename(stopped.folder / "elsewhere.db")
    assert run_headgate("explain", "--config", stopped.path, "--event", event_id).returncode == 3


# Expected with: jq 1.7 -c PROGRAM <<< INPUT
EVALUATED = [
    ("[.[] | . + 1]", "[1,2,3]", "[2,3,4]"),
    ('"\\(.a)-\\(.b)"', '{"a":1,"b":"x"}', '"1-x"'),
    (".n", '{"n":123456789012345678901234567890}', "123456789012345678901234567890"),
    ("reduce .[] as $n (0; . + $n)", "[1,2,3.5]", "6.5"),
    ('.a // "none"', "{}", '"none"'),
]


@pytest.mark.parametrize(("program", "document", "expected"), EVALUATED)
def test_eval_runs_the_rule_language(program, document, expected):
    ran = run_headgate("eval", "-c", program, stdin=document)
    assert (ran.returncode, ran.stdout) == (0, expected + "\n"), ran.stderr


def test_eval_knows_jqs_options():
    assert run_headgate("eval", "-n", "-r", '"a\\tb"').stdout == "a\tb\n"
    assert run_headgate("eval", "-c", "-s", ".", stdin="1 2 3").stdout == "[1,2,3]\n"
    assert (
        run_headgate("eval", "-n", "-c", "--arg", "a", "1", "--argjson", "b", "2", "[$a, $b]").stdout
        == '["1",2]\n'
    )
    assert run_headgate("eval", "-n", "now", "--at", "2023-11-14T22:13:20Z").stdout.startswith("1700000000")


def test_eval_looks_up_in_a_table(tmp_path):
    table = tmp_path / "teams.csv"
    table.write_text("repository,team\nacme/orders,sales\n")
    asked_for = ("eval", "-c", 'lookup("teams"; .).team', "--table", f"teams={table}")
    assert run_headgate(*asked_for, stdin='"acme/orders"').stdout == '"sales"\n'
    missing = run_headgate(*asked_for, stdin='"acme/unknown"')
    assert missing.returncode == 1
    assert 'the table "teams" has no such key' in missing.stderr
    table.write_text("repository,team\nacme/orders\n")
    broken = run_headgate(*asked_for, stdin='"acme/orders"')
    assert broken.returncode == 2
    assert "tables.teams.file (teams.csv, line 2): has 1 fields" in broken.stderr
    assert run_headgate("eval", "-n", "1", "--table", "teams").returncode == 2


def test_eval_of_a_mistake_says_where():
    ran = run_headgate("eval", ".a | | .b", stdin="{}")
    assert ran.returncode == 2
    assert "line 1, column 6" in ran.stderr
    assert run_headgate("eval", "error", stdin='"bad"').returncode == 1


def test_events_and_deliveries_are_listed_and_shown(gateway):
    event_id = gateway.post(BODY, senders.github(BODY)).json["id"]
    delivery = gateway.delivery(event_id, state="started")
    listed = asked(gateway, "events", "list")
    assert listed.returncode == 0, listed.stderr
    assert event_id in listed.stdout
    shown = asked(gateway, "events", "show", event_id)
    assert shown.returncode == 0
    assert delivery["workflow_id"] in shown.stdout
    listed = asked(
        gateway, "deliveries", "list", "--state", "started", "--rule", "orders", "--format", "json"
    )
    assert listed.returncode == 0, listed.stderr
    assert delivery["id"] in [item["id"] for item in json.loads(listed.stdout)["items"]]
    shown = asked(gateway, "deliveries", "show", delivery["id"])
    assert shown.returncode == 0
    assert delivery["run_id"] in shown.stdout


def test_a_dead_delivery_is_retried_and_a_started_one_is_not(gateway):
    broken = gateway.send_github({}, event="break").json["id"]
    dead = gateway.delivery(broken, state="dead")
    retried = asked(gateway, "deliveries", "retry", dead["id"])
    assert retried.returncode == 0, retried.stderr
    assert gateway.delivery(broken, state="dead")["id"] == dead["id"]  # Today's rule is as broken as before.
    started = gateway.delivery(gateway.post(BODY, senders.github(BODY)).json["id"], state="started")
    refused = asked(gateway, "deliveries", "retry", started["id"])
    assert refused.returncode == 1
    assert "dead" in refused.stderr


def test_what_is_not_there_is_no_and_a_server_that_is_away_could_not_be_done(gateway):
    assert asked(gateway, "events", "show", "00000000-0000-7000-8000-000000000000").returncode == 1
    away = run_headgate("events", "list", "--api", "http://127.0.0.1:1", "--token-file", gateway.token_file)
    assert away.returncode == 3
    assert "127.0.0.1:1" in away.stderr


def test_an_operator_listener_with_a_private_authority_is_asked_with_that_authority(serving, tmp_path):
    (tmp_path / "own").mkdir()
    certificate, key = make_certificate(tmp_path / "own", "localhost")
    (tmp_path / "other").mkdir()
    other, _ = make_certificate(tmp_path / "other", "localhost")
    gateway = serving(started=False)
    gateway.configuration["listen"]["operator"]["tls"] = [{"certificate": str(certificate), "key": str(key)}]
    gateway.write_configuration()
    gateway.process.start()
    wait_until(lambda: listens(gateway.port), within=20, saying="the gateway does not listen")

    def listed(*trusting, at="localhost"):
        address = f"https://{at}:{gateway.operator_port}"
        asking = ["--api", address, "--token-file", gateway.token_file, "--format", "json"]
        return run_headgate("events", "list", *asking, *trusting)

    answered = listed("--ca", certificate)
    assert (answered.returncode, answered.stderr) == (0, "")
    assert json.loads(answered.stdout)["items"] == []
    for distrusted in (listed(), listed("--ca", other), listed("--ca", certificate, at="127.0.0.1")):
        assert distrusted.returncode == 3
        assert "is not trusted" in distrusted.stderr
    for no_authority in (tmp_path / "nothing", key):
        assert listed("--ca", no_authority).returncode == 2
    explained = ["--config", gateway.path, "--api", f"https://localhost:{gateway.operator_port}"]
    explained += ["--token-file", gateway.token_file, "--ca", certificate, "--event", NO_SUCH_ID]
    assert run_headgate("explain", *explained).returncode == 1


NO_SUCH_ID = "00000000-0000-7000-8000-000000000000"

# What is asked of the API, and the code that the command ends with.
ASKED = [
    (("events", "show", NO_SUCH_ID), 1),
    (("events", "show", "17"), 2),
    (("deliveries", "retry", NO_SUCH_ID), 1),
    (("events", "list", "--state", "asleep"), 2),
    (("events", "list", "--limit", "0"), 2),
    (("explain", "--config", "CONFIG", "--event", NO_SUCH_ID), 1),
    (("explain", "--config", "CONFIG", "--event", "17"), 2),
]


@pytest.mark.parametrize(("words", "code"), ASKED)
def test_what_is_not_there_is_no_and_what_cannot_be_asked_is_wrong_usage(gateway, words, code):
    ran = asked(gateway, *[gateway.path if word == "CONFIG" else word for word in words])
    assert ran.returncode == code, ran.stderr


def test_a_token_that_is_not_given_is_wrong_usage_and_one_that_cannot_be_read_is_not_done(gateway, tmp_path):
    listing = ["events", "list", "--api", gateway.api_address]
    assert run_headgate(*listing).returncode == 2
    assert run_headgate(*listing, "--token-file", tmp_path / "nothing").returncode == 3
    no_url = run_headgate("events", "list", "--api", "nowhere", "--token-file", gateway.token_file)
    assert no_url.returncode == 2
