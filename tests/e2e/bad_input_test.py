"""Bad input, one row each. Whatever comes: the answer is the documented one, and the process goes on."""

import base64
import http.client
import json
import socket
import time

import pytest

from harness import senders
from harness.gateway import Gateway, rule
from harness.processes import wait_until
from harness.wire import exchange

BODY_BYTES_MAX = 2048
CLOSED_WITHOUT_ANSWER = (http.client.RemoteDisconnected, http.client.BadStatusLine, ConnectionError)
GOOD = json.dumps({"action": "published", "release": {"tag_name": "v1"}}).encode()


@pytest.fixture(scope="module")
def gateway(temporal, tmp_path_factory):
    folder = tmp_path_factory.mktemp("bad-input")
    rules = [
        rule(
            "reads-body",
            when='.headers["x-github-event"] == "release" and .body.action == "published"',
            input="{tag: .body.release.tag_name}",
        ),
        rule("breaks", when='.headers["x-github-event"] == "break"', input=".body | error"),
        rule("two-outputs", when='.headers["x-github-event"] == "two"', input="1, 2"),
        rule("no-id", when='.headers["x-github-event"] == "no-id"', id=".body.nothing"),
        rule("ignores-body", when='.headers["x-github-event"] == "release"', input="{path: .path}"),
    ]
    gateway = Gateway(folder, temporal_address=temporal.address, rules=rules)
    gateway.configuration["sources"]["github"]["limits"] = {"body_bytes_max": BODY_BYTES_MAX}
    gateway.start()
    yield gateway
    gateway.stop()


@pytest.fixture(autouse=True)
def still_alive(gateway):
    """After every row: alive, and a good request is accepted."""
    yield
    assert gateway.process.is_alive(), gateway.process.output()[-3000:]
    assert gateway.post(GOOD, senders.github(GOOD, event="ping")).status == 202


def without(headers, name):
    return {other: value for other, value in headers.items() if other != name}


SIGNATURE = "X-Hub-Signature-256"
RIGHT = senders.github(GOOD)

REFUSED_SIGNATURES = {
    "none": list(without(RIGHT, SIGNATURE).items()),
    "two": [*RIGHT.items(), (SIGNATURE, RIGHT[SIGNATURE])],
    "two in one": [
        *without(RIGHT, SIGNATURE).items(),
        (SIGNATURE, RIGHT[SIGNATURE] + "," + RIGHT[SIGNATURE]),
    ],
    "short": [*without(RIGHT, SIGNATURE).items(), (SIGNATURE, RIGHT[SIGNATURE][:-2])],
    "odd": [*without(RIGHT, SIGNATURE).items(), (SIGNATURE, RIGHT[SIGNATURE][:-1])],
    "long": [*without(RIGHT, SIGNATURE).items(), (SIGNATURE, RIGHT[SIGNATURE] + "00")],
    "not hex": [*without(RIGHT, SIGNATURE).items(), (SIGNATURE, "sha256=" + "g" * 64)],
    "upper case": [*without(RIGHT, SIGNATURE).items(), (SIGNATURE, RIGHT[SIGNATURE].upper())],
    "no prefix": [*without(RIGHT, SIGNATURE).items(), (SIGNATURE, RIGHT[SIGNATURE].removeprefix("sha256="))],
    "empty": [*without(RIGHT, SIGNATURE).items(), (SIGNATURE, "")],
    "only the prefix": [*without(RIGHT, SIGNATURE).items(), (SIGNATURE, "sha256=")],
    "the old algorithm": [*without(RIGHT, SIGNATURE).items(), ("X-Hub-Signature", "sha1=" + "0" * 40)],
}


@pytest.mark.parametrize("what", REFUSED_SIGNATURES)
def test_a_signature_header_that_is_not_one_right_one_is_401(gateway, what):
    assert gateway.request("POST", "/webhooks/github", REFUSED_SIGNATURES[what], GOOD).status == 401


def test_an_unknown_path_is_404_and_looks_like_a_refusal(gateway):
    unknown = gateway.post(GOOD, RIGHT, path="/webhooks/nobody")
    refused = gateway.post(GOOD, without(RIGHT, SIGNATURE))
    assert (unknown.status, refused.status) == (404, 401)
    assert unknown.body == refused.body


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"])
def test_a_wrong_method_is_405(gateway, method):
    answer = gateway.request(method, "/webhooks/github", [])
    assert answer.status == 405
    assert answer.headers["allow"] == "POST"


def padded(length):
    body = json.dumps({"pad": ""}).encode()
    return json.dumps({"pad": "x" * (length - len(body))}).encode()


def test_a_body_at_the_limit_is_accepted_and_one_byte_more_is_413(gateway):
    exactly, more = padded(BODY_BYTES_MAX), padded(BODY_BYTES_MAX + 1)
    assert (len(exactly), len(more)) == (BODY_BYTES_MAX, BODY_BYTES_MAX + 1)
    assert gateway.post(exactly, senders.github(exactly, event="ping")).status == 202
    assert gateway.post(more, senders.github(more, event="ping")).status == 413


def test_a_chunked_body_one_byte_over_the_limit_is_413(gateway):
    more = padded(BODY_BYTES_MAX + 1)
    head = (
        "\r\n".join(
            [
                "POST /webhooks/github HTTP/1.1",
                "Host: h",
                "Transfer-Encoding: chunked",
                "Connection: close",
                *[f"{name}: {value}" for name, value in senders.github(more).items()],
            ]
        )
        + "\r\n\r\n"
    )
    chunk = f"{len(more):x}\r\n".encode() + more + b"\r\n0\r\n\r\n"
    assert exchange(gateway.port, head.encode() + chunk).status == 413


def test_a_truncated_body_is_no_event(gateway):
    before = len(gateway.all_items("/events"))
    headers = [*senders.github(GOOD).items()]
    try:
        status = gateway.request(
            "POST", "/webhooks/github", headers, GOOD, length=len(GOOD) + 10, close_after=10_000
        ).status
    except CLOSED_WITHOUT_ANSWER:
        status = 400  # As good: nobody is there to read an answer.
    assert status in {400, 408}
    assert len(gateway.all_items("/events")) == before


MALFORMED = {
    "no host": b"POST /webhooks/github HTTP/1.1\r\nContent-Length: 0\r\n\r\n",
    "two lengths": b"POST /webhooks/github HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n"
    b"Content-Length: 2\r\n\r\nab",
    "length and chunked": b"POST /webhooks/github HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a negative length": b"POST /webhooks/github HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\n",
    "a blank before the colon": b"POST /webhooks/github HTTP/1.1\r\nHost : h\r\n\r\n",
    "a folded header": b"POST /webhooks/github HTTP/1.1\r\nHost: h\r\nX-A: b\r\n c\r\n\r\n",
    "noise": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(64) + b"\r\n\r\n",
}


@pytest.mark.parametrize("what", MALFORMED)
def test_a_request_that_is_not_http_is_400_or_closed(gateway, what):
    try:
        status = exchange(gateway.port, MALFORMED[what]).status
    except CLOSED_WITHOUT_ANSWER:
        status = 400
    assert status == 400


def test_a_request_line_over_the_limit_is_414_and_headers_over_theirs_are_431(gateway):
    assert gateway.request("POST", "/webhooks/github?" + "a" * 9000, []).status == 414
    assert gateway.request("POST", "/webhooks/github", [("X-Long", "a" * 17000)]).status == 431
    assert gateway.request("POST", "/webhooks/github", [(f"X-{n}", "a") for n in range(101)]).status == 431


def test_a_content_encoding_that_is_not_allowed_is_415(gateway):
    assert gateway.post(GOOD, {**senders.github(GOOD), "Content-Encoding": "deflate"}).status == 415


@pytest.mark.parametrize(
    "body",
    [b"{not json", b'{"a":1}{"b":2}', b"\xff\xfe", b'{"a":' * 100 + b"1" + b"}" * 100],
    ids=["broken", "two documents", "not text", "too deep"],
)
def test_invalid_json_is_kept_and_kills_only_rules_that_read_the_body(gateway, body):
    accepted = gateway.post(body, senders.github(body))
    assert accepted.status == 202
    event_id = accepted.json["id"]
    dead = gateway.delivery(event_id, rule="reads-body", state="dead")
    assert "body" in dead["reason"].lower() or "json" in dead["reason"].lower()
    assert gateway.delivery(event_id, rule="ignores-body", state="started")["run_id"]
    event = gateway.event(event_id)
    kept = base64.b64decode(event["body"]) if event["body_encoding"] == "base64" else event["body"].encode()
    assert kept == body


FAILING_RULES = {"break": "breaks", "two": "two-outputs", "no-id": "no-id"}


@pytest.mark.parametrize("event", FAILING_RULES)
def test_a_rule_that_fails_at_run_time_gives_a_dead_delivery_with_the_reason(gateway, event):
    accepted = gateway.post(GOOD, senders.github(GOOD, event=event))
    dead = gateway.delivery(accepted.json["id"], rule=FAILING_RULES[event], state="dead")
    assert len(dead["reason"]) > 10
    assert not dead["run_id"]


def test_an_input_over_temporals_limit_is_dead_with_the_reason(serving, temporal):
    gateway = serving(temporal_address=temporal.address, rules=[rule("all", input="[.body, .body, .body]")])
    body = json.dumps({"pad": "x" * 900_000}).encode()  # Three of them pass Temporal's 2 MiB.
    accepted = gateway.post(body, senders.github(body))
    assert accepted.status == 202
    dead = gateway.delivery(accepted.json["id"], state="dead")
    assert dead["reason"]
    assert gateway.process.is_alive()


def test_a_sender_that_dribbles_does_not_hold_up_others(gateway):
    slow = [socket.create_connection(("127.0.0.1", gateway.port)) for _ in range(50)]
    for connection in slow:
        connection.sendall(b"POST /webhooks/github HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\n{")
    began = time.monotonic()
    assert gateway.post(GOOD, senders.github(GOOD, event="ping")).status == 202
    assert time.monotonic() - began < 2
    for connection in slow:
        connection.close()
    wait_until(gateway.process.is_alive, within=1, saying="it is gone")
