"""Each sender that is known by name: accepted when genuine, refused when anything is off by a little."""

import json
import time

import pytest

from harness import senders
from harness.gateway import Gateway

BODY = json.dumps(
    {"id": "evt_1", "type": "invoice.paid", "event_id": "Ev01", "event": {"type": "message"}}
).encode()
NOW = time.time()

SIGNED = {
    "github": senders.github,
    "standard": senders.standard,
    "stripe": senders.stripe,
    "slack": senders.slack,
    "gitlab": senders.gitlab,
}
TIMED = ["standard", "stripe", "slack"]


@pytest.fixture(scope="module")
def gateway(tmp_path_factory):
    gateway = Gateway(tmp_path_factory.mktemp("senders"), sources=tuple(SIGNED)).start()
    yield gateway
    gateway.stop()


def unique(name):
    """A body whose delivery id nobody used before."""
    return BODY.replace(b"evt_1", f"evt_{name}_{time.monotonic_ns()}".encode()).replace(
        b"Ev01", f"Ev_{name}_{time.monotonic_ns()}".encode()
    )


@pytest.mark.parametrize("name", SIGNED)
def test_a_genuine_request_is_accepted_and_its_repetition_is_a_duplicate(gateway, name):
    body = unique(name)
    headers = SIGNED[name](body)
    first = gateway.post(body, headers, path=f"/webhooks/{name}")
    again = gateway.post(body, headers, path=f"/webhooks/{name}")
    assert first.status == 202
    assert again.status == 200
    assert again.json == {"id": first.json["id"], "duplicate": True}


@pytest.mark.parametrize("name", set(SIGNED) - {"gitlab"})
def test_one_flipped_bit_in_the_body_is_refused(gateway, name):
    body = unique(name)
    headers = SIGNED[name](body)
    flipped = body[:-2] + bytes([body[-2] ^ 1]) + body[-1:]
    assert gateway.post(flipped, headers, path=f"/webhooks/{name}").status == 401


@pytest.mark.parametrize("name", TIMED)
@pytest.mark.parametrize("off", [-310, 310], ids=["too-old", "too-new"])
def test_a_timestamp_outside_the_tolerance_is_refused(gateway, name, off):
    body = unique(name)
    headers = SIGNED[name](body, at=time.time() + off)
    assert gateway.post(body, headers, path=f"/webhooks/{name}").status == 401


@pytest.mark.parametrize("name", TIMED)
def test_a_timestamp_just_inside_the_tolerance_is_accepted(gateway, name):
    body = unique(name)
    headers = SIGNED[name](body, at=time.time() - 280)
    assert gateway.post(body, headers, path=f"/webhooks/{name}").status == 202


@pytest.mark.parametrize("name", set(SIGNED) - {"gitlab"})
def test_a_signature_made_with_another_secret_is_refused(gateway, name):
    body = unique(name)
    other = (
        "whsec_" + "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE=" if name == "standard" else "another secret"
    )
    headers = SIGNED[name](body, secret=other.encode() if name == "github" else other)
    assert gateway.post(body, headers, path=f"/webhooks/{name}").status == 401


def test_a_wrong_gitlab_token_is_refused(gateway):
    for token in (senders.GITLAB_TOKEN[:-1], senders.GITLAB_TOKEN + "x", "", "nothing"):
        answer = gateway.post(BODY, senders.gitlab(BODY, token=token), path="/webhooks/gitlab")
        assert answer.status == 401, token


def test_slacks_handshake_is_answered_only_when_it_is_signed(gateway):
    body = json.dumps(
        {"type": "url_verification", "token": "x", "challenge": "3eZbrw1aBm2rZgRNFdxV"}
    ).encode()
    answer = gateway.post(body, senders.slack(body), path="/webhooks/slack")
    assert (answer.status, answer.body) == (200, b"3eZbrw1aBm2rZgRNFdxV")
    assert gateway.post(body, senders.slack(body, secret="another"), path="/webhooks/slack").status == 401


def test_both_secrets_of_a_rotation_are_accepted(serving):
    gateway = serving(started=False)
    second = gateway.folder / "secrets" / "github-next"
    second.write_text("the next secret")
    second.chmod(0o600)
    gateway.configuration["sources"]["github"]["verify"]["secrets"].append({"file": str(second)})
    gateway.start()
    for secret in (senders.GITHUB_SECRET, b"the next secret"):
        assert gateway.post(BODY, senders.github(BODY, secret=secret)).status == 202
    assert gateway.post(BODY, senders.github(BODY, secret=b"a third")).status == 401


def test_a_refused_request_looks_the_same_whatever_the_reason(gateway):
    body = unique("github")
    right = senders.github(body)
    wrong = [
        {**right, "X-Hub-Signature-256": "sha256=" + "0" * 64},
        {**right, "X-Hub-Signature-256": "sha1=" + "0" * 40},
        {name: value for name, value in right.items() if name != "X-Hub-Signature-256"},
    ]
    answers = {gateway.post(body, headers).body for headers in wrong}
    assert len(answers) == 1
