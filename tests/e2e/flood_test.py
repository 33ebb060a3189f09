"""One address, or one sender, that takes as much as it can get. Others, and the operator, notice nothing."""

import contextlib
import http.client
import json
import uuid

import pytest

from harness import senders
from harness.gateway import secret_file, SECRETS
from harness.processes import wait_until
from harness.wire import connect, read_answer, request_bytes

BODY = json.dumps({"action": "published"}).encode()
OTHER = "127.0.0.2"
CLOSED_WITHOUT_ANSWER = (http.client.RemoteDisconnected, ConnectionError)


@pytest.fixture
def limited(serving):
    """A gateway with these limits of the webhooks listener, and of its source."""

    def make(*, source_limits=None, wrap=(), **limits):
        gateway = serving(started=False, wrap=wrap)
        gateway.configuration["listen"]["webhooks"]["limits"] = limits
        if source_limits:
            gateway.configuration["sources"]["github"]["limits"] = source_limits
        return gateway.start()

    return make


def post(gateway, *, source="127.0.0.1", path="/webhooks/github"):
    headers = senders.github(BODY, delivery=str(uuid.uuid4()))
    return gateway.request("POST", path, list(headers.items()), BODY, source=source)


def is_accepted(gateway, *, source):
    try:
        return post(gateway, source=source).status == 202
    except CLOSED_WITHOUT_ANSWER:
        return False


@contextlib.contextmanager
def silent_connections(gateway, count, *, sources):
    with contextlib.ExitStack() as open_ones:
        for number in range(count):
            source = sources[number % len(sources)]
            open_ones.enter_context(connect(gateway.port, source=source))
        yield


def test_an_address_that_opens_connections_and_says_nothing_takes_only_its_own(limited):
    gateway = limited(first_byte_within="60s")
    with silent_connections(gateway, 2000, sources=["127.0.0.1"]):
        wait_until(
            lambda: gateway.metric("headgate_http_connections_turned_away_total") == 2000 - 512,
            within=10,
            saying="512 are not what one address may have",
        )
        with pytest.raises(CLOSED_WITHOUT_ANSWER):
            post(gateway)
        assert post(gateway, source=OTHER).status == 202
        assert gateway.get("/healthz").status == 200
    gateway.process.await_words("name it in listen.trusted_proxies")


def test_connections_that_say_nothing_are_closed_early(limited):
    gateway = limited(first_byte_within="300ms", connections_per_address_max=20)
    with silent_connections(gateway, 20, sources=["127.0.0.1"]):
        wait_until(
            lambda: is_accepted(gateway, source="127.0.0.1"), within=10, saying="the silent ones stay open"
        )


def test_few_descriptors_are_shared_so_that_the_operator_and_the_store_keep_theirs(limited):
    gateway = limited(wrap=("prlimit", "--nofile=300:300"), first_byte_within="2s")
    gateway.process.await_words("connections_max is lowered")
    many = [f"127.0.1.{number}" for number in range(1, 200)]
    with silent_connections(gateway, 1000, sources=many):
        assert gateway.get("/healthz").status == 200
        assert gateway.api("/events")["items"] == []
        wait_until(lambda: is_accepted(gateway, source=OTHER), within=20, saying="nobody is let in again")
    assert "out of descriptors" not in gateway.process.output()


def test_a_flood_is_429_and_does_not_tell_which_paths_there_are(limited):
    gateway = limited(requests_per_second_per_address=1, requests_burst_per_address=5)
    refused = {}
    for _ in range(200):
        for path in ("/webhooks/github", "/webhooks/nobody"):
            answer = post(gateway, path=path)
            if answer.status == 429:
                refused[path] = answer
        if len(refused) == 2:
            break
    known, unknown = refused["/webhooks/github"], refused["/webhooks/nobody"]
    assert known.body == unknown.body
    assert known.headers.keys() == unknown.headers.keys()
    assert int(known.headers["retry-after"]) >= 1
    assert post(gateway, source=OTHER).status == 202
    assert gateway.metric("headgate_flood_refusals_total") >= 2


def test_a_source_over_its_limit_is_503_and_never_429(limited):
    gateway = limited(source_limits={"requests_per_second": 1, "requests_burst": 3})
    answers = [post(gateway) for _ in range(30)]
    assert {answer.status for answer in answers} == {202, 503}
    assert all("retry-after" in answer.headers for answer in answers if answer.status == 503)
    accepted = [answer for answer in answers if answer.status == 202]
    assert len(gateway.all_items("/events")) == len(accepted)


def test_a_replayed_request_under_new_ids_is_no_unlimited_supply(limited):
    gateway = limited(requests_per_second_per_address=1, requests_burst_per_address=10)
    statuses = [post(gateway).status for _ in range(60)]
    assert statuses[:10] == [202] * 10
    assert 429 in statuses


def test_slow_unsigned_bodies_of_one_address_leave_room_for_others(limited):
    gateway = limited(in_flight_bytes_per_address_max=65536, in_flight_bytes_max=131072)
    begun = request_bytes("POST", "/webhooks/github", [], b"x" * 65535, length=65536)
    with connect(gateway.port) as slow:
        slow.sendall(begun)
        wait_until(
            lambda: gateway.metric("headgate_http_in_flight_bytes") >= 65536, within=10, saying="not held"
        )
        assert post(gateway).status == 429
        assert post(gateway, source=OTHER).status == 202
        slow.sendall(b"x")
        assert read_answer(slow).status == 401
    wait_until(
        lambda: gateway.metric("headgate_http_in_flight_bytes") == 0, within=10, saying="still held"
    )
    assert post(gateway).status == 202


@pytest.mark.parametrize("value", ["a%2Fb", "a%5Cb", "%00", "%2e%2e", "..", "a%0d%0ab"])
def test_a_path_parameter_that_would_look_like_a_path_is_an_unknown_path(serving, tmp_path, value):
    secrets = [secret_file(tmp_path, "github", SECRETS["github"])]
    hook = {"path": "/hooks/{name}", "verify": {"preset": "github", "secrets": secrets}}
    gateway = serving(sources={"github": hook})
    assert post(gateway, path="/hooks/orders").status == 202
    assert post(gateway, path=f"/hooks/{value}").status == 404
