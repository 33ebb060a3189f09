"""Where a sender has a library of its own, it and the gateway must agree.

On good requests, and on ten changes of each.
"""

import json
import time
import uuid

import pytest

from harness.gateway import Gateway, secret_file
from harness.node_libraries import NodeLibraries, accepts
from harness.processes import TOP
from harness.sender_libraries import ADYEN_MEMBERS, NAMES, SENDERS


def changed(text, place):
    """Another letter or digit at the place, which no encoding reads as the same."""
    return text[:place] + ("b" if text[place] != "b" else "c") + text[place + 1 :]


def changes_of_adyens_item(body):
    """Its signature is in the body and covers some members only."""

    def around(item):
        return json.dumps({"notificationItems": [{"NotificationRequestItem": item}]}).encode()

    item = json.loads(body)["notificationItems"][0]["NotificationRequestItem"]
    signed = item["additionalData"]["hmacSignature"]
    for name in ADYEN_MEMBERS:
        yield name, around({**item, name: "other"})
    yield "amount", around({**item, "amount": {"value": 1131, "currency": "EUR"}})
    yield "currency", around({**item, "amount": {"value": 1130, "currency": "USD"}})
    yield "no signature", around({name: value for name, value in item.items() if name != "additionalData"})
    for place in (0, len(signed) // 2, len(signed) - 5):
        other = {"hmacSignature": changed(signed, place)}
        yield "the signature", around({**item, "additionalData": other})
    yield "the signature cut", around({**item, "additionalData": {"hmacSignature": signed[:-4]}})
    yield "nothing", b'{"notificationItems": []}'


def changes(sender, headers, body):
    """Ten requests and more that are off by a little: name, headers, body."""

    def with_header(name, value):
        return {**headers, name: value}

    if sender.signature is None:
        for what, other in changes_of_adyens_item(body):
            yield what, headers, other
        return

    yield "a blank after the body", headers, body + b" "
    yield "nothing as the body", headers, b""
    yield "the body cut", headers, body[:-3]
    yield "the body of another", headers, sender.body(uuid.uuid4().hex)
    yield "one bit of the body", headers, body[:9] + bytes([body[9] ^ 1]) + body[10:]
    yield "a name of the body", headers, body.replace(b"i", b"j", 1).replace(b"T", b"t", 1)
    value = headers[sender.signature]
    yield "the signature in the middle", with_header(sender.signature, changed(value, len(value) // 2)), body
    yield "the signature late", with_header(sender.signature, changed(value, len(value) - 5)), body
    yield "the signature cut", with_header(sender.signature, value[:-4]), body
    yield "the signature of nothing", with_header(sender.signature, "sha256="), body
    yield "no signature", {k: v for k, v in headers.items() if k != sender.signature}, body
    yield "the signature of another", sender.sign(body + b"x", int(time.time())), body
    if sender.timed:
        yield "an old time", sender.sign(body, int(time.time()) - 400), body


@pytest.fixture(scope="module")
def gateway(tmp_path_factory):
    folder = tmp_path_factory.mktemp("libraries")
    sources = {}
    for sender in SENDERS:
        secret = secret_file(folder, sender.preset, sender.secret)
        verify = {"preset": sender.preset, "secrets": [secret], **sender.beside}
        sources[sender.preset] = {"path": sender.path, "verify": verify}
    gateway = Gateway(folder, sources=sources).start()
    yield gateway
    gateway.stop()


@pytest.fixture(scope="module")
def library_accepts():
    node = NodeLibraries()

    def is_accepted(sender, headers, body, target):
        if sender.library:
            return node.accepts(sender.library, body, secret=sender.secret, headers=headers)
        return accepts(sender.accepts, headers, body, target)

    yield is_accepted
    node.stop()


def gateway_accepts(gateway, sender, headers, body, target):
    answer = gateway.post(body, headers, path=target)
    assert answer.status in {200, 202, 204, 401}, answer
    return answer.status != 401


@pytest.mark.parametrize("sender", SENDERS, ids=NAMES)
def test_the_senders_library_and_the_gateway_accept_the_same_requests(gateway, library_accepts, sender):
    for _ in range(3):
        body = sender.body(uuid.uuid4().hex)
        headers, target = sender.sign(body, int(time.time())), sender.target(body)
        assert library_accepts(sender, headers, body, target)
        assert gateway_accepts(gateway, sender, headers, body, target)


@pytest.mark.parametrize("sender", SENDERS, ids=NAMES)
def test_both_refuse_what_is_off_by_a_little(gateway, library_accepts, sender):
    body = sender.body(uuid.uuid4().hex)
    headers, target = sender.sign(body, int(time.time())), sender.target(body)
    refused = 0
    for what, other_headers, other_body in changes(sender, headers, body):
        by_library = library_accepts(sender, other_headers, other_body, target)
        by_gateway = gateway_accepts(gateway, sender, other_headers, other_body, target)
        assert not by_gateway and not by_library, what
        refused += 1
    assert refused >= 10


def test_npm_packages_are_locked():
    lock = json.loads((TOP / "tests/e2e/sender_libraries/package-lock.json").read_text())
    assert all("integrity" in package for name, package in lock["packages"].items() if name)
