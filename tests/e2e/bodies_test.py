"""What rules see of bodies, as real programs pack and write them."""

import base64
import gzip
import hashlib
import json
import subprocess

import pytest

from harness import senders
from harness.answering_server import AnsweringServer
from harness.gateway import Gateway, rule, run_headgate
from harness.wire import request_bytes

DOCUMENT = b'{"action":"published","n":1.10}'

# DOCUMENT, by zstd 1.5.4 and by Node's brotliCompressSync.
PACKED = {
    "gzip": gzip.compress(DOCUMENT),
    "zstd": base64.b64decode("KLUv/SQf+QAAeyJhY3Rpb24iOiJwdWJsaXNoZWQiLCJuIjoxLjEwfRszvh4="),
    "br": base64.b64decode("Cw+AeyJhY3Rpb24iOiJwdWJsaXNoZWQiLCJuIjoxLjEwfQM="),
}

RULES = [rule("reads-body", input=".body"), rule("ignores-body", input=".source")]


@pytest.fixture(scope="module")
def idle(tmp_path_factory):
    """A configuration, of which nothing runs: each rule is named after what it reads."""
    read = {"body": ".body", "source": ".source", "event": ".cloudevent", "base64": ".body_base64"}
    rules = [rule(name, input=program) for name, program in read.items()]
    gateway = Gateway(tmp_path_factory.mktemp("bodies"), rules=rules)
    gateway.configuration["sources"]["github"]["body"] = {"base64": True}
    gateway.write_configuration()
    return gateway


@pytest.fixture
def explain(idle, tmp_path):
    """What becomes of a signed request with these headers: the rules by name, as `explain` shows them."""

    def run(body, **headers):
        more = {name.replace("_", "-").title(): text for name, text in headers.items()}
        signed = senders.github(body) | more
        file = tmp_path / "request.http"
        file.write_bytes(request_bytes("POST", "/webhooks/github", [*signed.items()], body))
        ran = run_headgate("explain", "--config", idle.path, "--source", "github", "--request", file)
        assert ran.returncode == 0, ran.stderr
        return {each["rule"]: each for each in json.loads(ran.stdout)["rules"]}

    return run


@pytest.fixture
def body_of(explain):
    """What `.body` is."""

    def read(body, content_type, **headers):
        rules = explain(body, content_type=content_type, **headers)
        assert rules["body"]["verdict"] == "match", rules
        return rules["body"]["start"]["input"]

    return read


@pytest.fixture
def trouble_with(explain):
    """Why `.body` cannot be read; who does not read it does not mind."""

    def read(body, content_type, **headers):
        rules = explain(body, content_type=content_type, **headers)
        assert rules["source"]["start"]["input"] == "github"
        assert rules["body"]["verdict"] == "failed", rules
        return rules["body"]["failure"]["message"].removeprefix("input: ")

    return read


@pytest.mark.parametrize("coding", PACKED)
def test_a_packed_body_is_unpacked(body_of, coding):
    assert body_of(PACKED[coding], "application/json", content_encoding=coding) == json.loads(DOCUMENT)


def test_a_body_that_is_not_packed_as_it_says_cannot_be_read(trouble_with):
    for coding, packed in PACKED.items():
        for bad in (packed[:-1], packed + b"x", DOCUMENT):
            said = trouble_with(bad, "application/json", content_encoding=coding)
            assert said == f"the body is not the {coding} that its Content-Encoding says"


def test_a_bomb_is_kept_and_ends_at_the_limit(serving, temporal):
    gateway = serving(temporal_address=temporal.address, rules=RULES)
    bomb = gzip.compress(b'"' + b"a" * 200_000_000 + b'"')
    accepted = gateway.post(bomb, senders.github(bomb) | {"Content-Encoding": "gzip"})
    assert accepted.status == 202
    dead = gateway.delivery(accepted.json["id"], rule="reads-body", state="dead")
    assert "the body is larger than 16777216 bytes once its gzip is decoded" in dead["reason"]
    assert "dispatch.rule_decoded_bytes_max" in dead["reason"]
    assert gateway.delivery(accepted.json["id"], rule="ignores-body", state="started")["run_id"]
    assert gateway.process.is_alive()


def test_what_is_verified_and_kept_is_what_came(serving, temporal):
    gateway = serving(temporal_address=temporal.address, rules=RULES)
    for coding, packed in PACKED.items():
        headers = senders.github(packed) | {"Content-Encoding": coding}
        assert gateway.post(packed[:-1] + b"x", headers).status == 401
        accepted = gateway.post(packed, headers)
        assert accepted.status == 202
        event_id = accepted.json["id"]
        assert gateway.delivery(event_id, rule="reads-body", state="started")["run_id"]
        kept = gateway.event(event_id)
        assert kept["body_encoding"] == "base64"
        assert base64.b64decode(kept["body"]) == packed


def test_codings_that_are_not_allowed_are_415_and_the_answer_says_which_are(serving):
    gateway = serving(started=False)
    gateway.configuration["sources"]["github"]["body"] = {"encodings": ["br"]}
    gateway.start()
    for coding, status in [("br", 202), ("gzip", 415), ("zstd", 415), ("identity", 202), ("deflate", 415)]:
        packed = PACKED.get(coding, DOCUMENT)
        answer = gateway.post(packed, senders.github(packed) | {"Content-Encoding": coding})
        assert answer.status == status, coding
        if status == 415:
            assert answer.headers["accept-encoding"] == "br, identity"


def test_verify_says_that_a_coding_is_not_allowed(idle, tmp_path):
    file = tmp_path / "request.http"
    headers = senders.github(DOCUMENT) | {"Content-Encoding": "deflate"}
    file.write_bytes(request_bytes("POST", "/webhooks/github", [*headers.items()], DOCUMENT))
    ran = run_headgate("verify", "--config", idle.path, "--source", "github", "--request", file)
    assert ran.returncode == 1
    assert "Content-Encoding" in ran.stderr


def test_json_lines_are_an_array(body_of, trouble_with):
    assert body_of(b'{"a":1}\n\n[2]\n', "application/x-ndjson") == [{"a": 1}, [2]]
    assert "line 2" in trouble_with(b'{"a":1}\n{"a":', "application/jsonl")


@pytest.fixture
def by_curl(tmp_path):
    """Content type and body as curl sends them."""
    server = AnsweringServer(tmp_path / "server").start()

    def send(*arguments):
        seen = []

        def take(request, body):
            seen.append((request.headers["Content-Type"], body))
            return 200, b""

        server.routes["/"] = take
        subprocess.run(
            ["curl", "-sS", "--cacert", server.certificate, *arguments, server.url + "/"],
            check=True,
            timeout=20,
            cwd=tmp_path,
        )
        return seen[0]

    yield send
    server.stop()


def test_a_form_with_files_has_fields_and_what_there_is_to_know_of_files(
    body_of, trouble_with, by_curl, tmp_path
):
    (tmp_path / "ü.csv").write_bytes(b"a,b\n")
    (tmp_path / "i.png").write_bytes(b"\x89PNG")
    fields = ["name=orders", "tags=a", "tags=é", "file=@ü.csv;type=text/csv", "image=@i.png"]
    content_type, body = by_curl(*(word for field in fields for word in ("-F", field)))
    form = body_of(body, content_type)
    assert (form["name"], form["tags"]) == ("orders", ["a", "é"])
    assert form["file"] == {
        "filename": "ü.csv",
        "content_type": "text/csv",
        "size": 4,
        "sha256": hashlib.sha256(b"a,b\n").hexdigest(),
        "text": "a,b\n",
    }
    assert form["image"] | {"sha256": ""} == {
        "filename": "i.png",
        "content_type": "image/png",
        "size": 4,
        "sha256": "",
        "text": None,
    }
    said = trouble_with(body[:-10], content_type)
    assert said == "the body is not the multipart form that its type says: it ends before its last boundary"


def test_xml_is_an_object_and_names_nothing_outside(body_of, trouble_with):
    order = b"<order id='7'><item sku='a'>1</item><item>2</item><note/></order>"
    assert body_of(order, "application/xml") == {
        "order": {"@id": "7", "item": [{"@sku": "a", "#text": "1"}, "2"], "note": None}
    }
    for bad in (
        b"<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>",
        b"<!DOCTYPE a [<!ENTITY x 'lol'><!ENTITY y '&x;&x;&x;&x;&x;'>]><a>&y;</a>",
    ):
        said = trouble_with(bad, "text/xml")
        assert said == "the body is not the XML that its type says: it has a document type declaration"


def test_text_is_a_string_in_its_charset(body_of, trouble_with):
    assert body_of("café".encode(), "text/plain") == "café"
    assert body_of("café".encode("latin-1"), "text/plain; charset=ISO-8859-1") == "café"
    assert body_of("café".encode("utf-16"), "text/plain; charset=utf-16") == "café"
    assert body_of('["café"]'.encode("latin-1"), "application/json; charset=iso-8859-1") == ["café"]
    assert trouble_with(b"caf\xe9", "text/plain") == "the body is not text in utf-8, as its type says"


def test_what_nobody_can_decode_is_null(body_of):
    assert body_of(b"\x00\x01\xff", "application/octet-stream") is None


def test_the_bytes_are_there_where_the_source_has_them(explain):
    body = b"\x00\x01\xff"
    rules = explain(body, content_type="application/octet-stream")
    assert rules["base64"]["start"]["input"] == base64.b64encode(body).decode()


CLOUD_EVENT = {
    "specversion": "1.0",
    "type": "com.example.someevent",
    "source": "/mycontext",
    "id": "A234-1234-1234",
    "datacontenttype": "application/json",
    "data": {"n": 1},
}


def test_a_cloud_event_is_the_same_in_both_forms(explain):
    structured = explain(json.dumps(CLOUD_EVENT).encode(), content_type="application/cloudevents+json")
    attributes = {f"ce_{name}": CLOUD_EVENT[name] for name in ("specversion", "type", "source", "id")}
    binary = explain(b'{"n": 1}', **attributes)
    for rules in (structured, binary):
        assert rules["event"]["start"]["input"] == CLOUD_EVENT
    assert structured["body"]["start"]["input"] == CLOUD_EVENT
    assert binary["body"]["start"]["input"] == {"n": 1}
    assert explain(b"{}")["event"]["start"]["input"] is None


def test_cloud_events_in_a_batch_are_an_array(body_of, trouble_with):
    batch = "application/cloudevents-batch+json"
    assert body_of(json.dumps([CLOUD_EVENT, CLOUD_EVENT]).encode(), batch) == [CLOUD_EVENT, CLOUD_EVENT]
    said = trouble_with(json.dumps([CLOUD_EVENT, {}]).encode(), batch)
    assert said == "the body is not the CloudEvents that its type says: event 2: `specversion` is missing"
