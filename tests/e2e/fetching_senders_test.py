"""Senders whose keys and certificates are fetched: they, their libraries and the gateway agree.

An HTTPS server on this machine, with an authority of its own, plays the places that are the senders' own.
"""

import json
import uuid

import pytest
from harness.answering_server import AnsweringServer
from harness.fetching_senders import ALL, TOPIC, Authority, PayPal, Plaid, Sns
from harness.gateway import secret_file
from harness.node_libraries import NodeLibraries, accepts
from harness.processes import wait_until


@pytest.fixture(scope="module")
def authority():
    return Authority()


@pytest.fixture
def server(tmp_path):
    server = AnsweringServer(tmp_path / "server").start()
    yield server
    server.stop()


@pytest.fixture
def sending(serving, server, authority, tmp_path):
    """Starts a gateway with one of the senders: the sender and the gateway."""

    def start(kind):
        sender = kind(server, authority, tmp_path)
        if kind in (PayPal, Plaid):
            sender.secrets["api"] = [secret_file(tmp_path, "api", "client:secret of it")]
        return sender, serving(sources={"it": sender.source()})

    return start


@pytest.fixture
def library_accepts(server):
    node = NodeLibraries(NODE_EXTRA_CA_CERTS=str(server.certificate))

    def is_accepted(sender, headers, body):
        if sender.library:
            return node.accepts(sender.library, body, host=server.host)
        return accepts(sender.accepts, headers, body)

    yield is_accepted
    node.stop()


def post(gateway, sender, headers, body):
    return gateway.post(body, headers, path=sender.path)


@pytest.mark.parametrize("kind", ALL)
def test_genuine_requests_are_accepted_by_both(sending, library_accepts, kind):
    sender, gateway = sending(kind)
    for _ in range(3):
        headers, body = sender.request()
        assert library_accepts(sender, headers, body)
        answer = post(gateway, sender, headers, body)
        assert answer.status in (200, 202), gateway.process.output()[-2000:]


@pytest.mark.parametrize("kind", ALL)
def test_both_refuse_what_is_off_by_a_little(sending, library_accepts, kind):
    sender, gateway = sending(kind)
    headers, body = sender.request()
    assert post(gateway, sender, headers, body).status in (200, 202)
    refused = 0
    for what, other_headers, other_body in sender.changes():
        answer = post(gateway, sender, other_headers, other_body)
        # 503: of a key that nobody knows, somebody may know more when it comes again.
        assert answer.status in (401, 503), (what, answer.status)
        assert not library_accepts(sender, other_headers, other_body), what
        refused += 1
    assert refused >= 10


# ---- AWS SNS


def send_sns(gateway, sender, message):
    return post(gateway, sender, {"Content-Type": "text/plain"}, json.dumps(message).encode())


def test_a_subscription_is_confirmed_with_a_call_of_our_own_making(sending, server):
    server.routes["/"] = lambda *_: (200, b"<ConfirmSubscriptionResponse/>")
    sender, gateway = sending(Sns)
    assert send_sns(gateway, sender, sender.subscription()).status == 200
    topic = TOPIC.replace(":", "%3A")
    called = f"GET /?Action=ConfirmSubscription&TopicArn={topic}&Token=2336412f37fb"
    assert [one for one in server.asked if one.startswith("GET /?")] == [called]
    assert gateway.all_items("/events") == []


def test_no_call_is_made_for_a_topic_or_a_place_that_is_not_ours(sending, server):
    sender, gateway = sending(Sns)
    for said in (
        {"TopicArn": "arn:aws:sns:us-east-1:999999999999:evil"},
        {"SubscribeURL": "https://127.0.0.1/?Action=ConfirmSubscription"},
        {"SubscribeURL": server.url + "/other?Action=ConfirmSubscription"},
    ):
        assert send_sns(gateway, sender, sender.subscription(**said)).status == 401
    forged = sender.subscription() | {"Token": "another"}
    assert send_sns(gateway, sender, forged).status == 401
    assert server.count("GET /?") == 0


def test_a_call_that_fails_is_asked_to_come_again(sending, server):
    server.routes["/"] = lambda *_: (500, b"")
    sender, gateway = sending(Sns)
    assert send_sns(gateway, sender, sender.subscription()).status == 503
    server.routes["/"] = lambda *_: (200, b"")
    assert send_sns(gateway, sender, sender.subscription()).status == 200


def test_a_flood_of_made_up_certificates_fetches_one_of_them(sending, server):
    sender, gateway = sending(Sns)
    assert send_sns(gateway, sender, sender.message()).status == 200
    before = len(server.asked)
    for number in range(60):
        made_up = f"{server.url}/SimpleNotificationService-{number:04x}.pem"
        assert send_sns(gateway, sender, sender.message(SigningCertURL=made_up)).status == 503
    assert len(server.asked) - before <= 1
    assert send_sns(gateway, sender, sender.message()).status == 200
    metrics = gateway.get("/metrics").body.decode()
    assert [line for line in metrics.splitlines() if 'Service-*",result="failed"} 0' in line], metrics


def test_a_certificate_is_kept_while_nobody_answers(sending, server):
    sender, gateway = sending(Sns)
    assert send_sns(gateway, sender, sender.message()).status == 200
    server.stop()
    assert send_sns(gateway, sender, sender.message()).status == 200


def test_a_message_may_be_as_long_as_a_body(sending):
    sender, gateway = sending(Sns)
    assert send_sns(gateway, sender, sender.message(Message="x" * 250_000)).status == 200


# ---- PayPal


def test_what_paypal_does_not_confirm_is_refused(sending):
    sender, gateway = sending(PayPal)
    sender.answer = b'{"verification_status":"FAILURE"}'
    assert post(gateway, sender, *sender.request()).status == 401
    sender.answer = b"<html>"
    assert post(gateway, sender, *sender.request()).status == 401


def test_while_paypal_is_away_events_are_asked_to_come_again(sending, server):
    sender, gateway = sending(PayPal)
    headers, body = sender.request()
    assert post(gateway, sender, headers, body).status == 200
    server.stop()
    assert post(gateway, sender, headers, body).status == 503
    assert post(gateway, sender, headers, body + b" ").status == 401
    server.start()
    assert post(gateway, sender, headers, body).status == 200


def test_paypal_is_asked_once_for_each_request_and_never_for_a_wrong_one(sending, server):
    sender, gateway = sending(PayPal)
    headers, body = sender.request()
    for _ in range(3):
        assert post(gateway, sender, headers, body).status == 200
    for _, other_headers, other_body in sender.changes():
        post(gateway, sender, other_headers, other_body)
    assert server.count("POST " + sender.asked_at) == 3
    assert server.count("POST " + sender.tokens_at) == 1


def test_an_access_token_that_paypal_has_ended_early_is_fetched_anew(sending, server):
    sender, gateway = sending(PayPal)
    headers, body = sender.request()
    assert post(gateway, sender, headers, body).status == 200
    sender.token = "A21AAG2ndTokenOfThisAccount"
    assert post(gateway, sender, headers, body).status == 503

    def is_taken():
        return post(gateway, sender, headers, body).status == 200

    wait_until(is_taken, within=40, saying="no other access token was fetched")
    assert server.count("POST " + sender.tokens_at) == 2


# ---- Plaid


def test_a_flood_of_unknown_keys_asks_plaid_once(sending, server):
    sender, gateway = sending(Plaid)
    assert post(gateway, sender, *sender.request()).status == 200
    before = server.count("POST")
    for _ in range(60):
        headers = {"Plaid-Verification": sender.token(b"{}", kid=uuid.uuid4().hex)}
        assert post(gateway, sender, headers, b"{}").status == 503
    assert server.count("POST") - before <= 1


def test_a_key_that_plaid_has_ended_is_not_used_any_more(sending, server):
    server.routes.clear()
    sender, gateway = sending(Plaid)
    sender.ended = 1_700_000_000
    assert post(gateway, sender, *sender.request()).status == 401
    assert wait_until(lambda: server.count("POST") == 1, within=5, saying="Plaid was not asked once")


def test_wrong_credentials_of_ours_are_our_own_trouble(sending):
    sender, gateway = sending(Plaid)
    sender.secret = "another one, which is in no file"
    assert post(gateway, sender, *sender.request()).status == 503
    assert "refuses what we ask" in gateway.process.output()
    assert "refuses what we ask" in gateway.get("/readyz").body.decode()
    counted = gateway.get("/metrics").body.decode()
    for result, times in {"refused": 1, "unknown": 0}.items():
        assert f'/get",result="{result}"}} {times}' in counted
