"""Start, stop, start again; two at once; a changed configuration."""

import concurrent.futures
import contextlib
import http.client
import json
import pathlib
import re
import signal
import socket
import sqlite3
import ssl
import time

from harness import senders
from harness.certificates import make_certificate
from harness.gateway import rule
from harness.processes import wait_until
from harness.wire import read_answer, request_bytes


def test_sigterm_answers_what_it_has_and_ends_with_0(serving):
    gateway = serving()
    ids = [gateway.send_github({"n": n}).json["id"] for n in range(20)]
    body = b'{"late": true}'
    whole = request_bytes("POST", "/webhooks/github", [*senders.github(body).items()], body)
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=10) as open_request:
        open_request.sendall(whole[:-5])
        time.sleep(0.2)  # The gateway has the head by then; the rest comes while it drains.
        gateway.process.send(signal.SIGTERM)
        time.sleep(0.2)
        open_request.sendall(whole[-5:])
        answer = read_answer(open_request)
    assert answer.status == 202
    assert gateway.process.exit_code(within=20) == 0
    gateway.start()
    assert {item["id"] for item in gateway.all_items("/events")} == {*ids, answer.json["id"]}


def test_after_kill_9_the_next_start_goes_on(serving, temporal):
    gateway = serving(temporal_address=temporal.address, rules=[rule("all", input=".body.n")])
    sent = {}
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        for answer, n in pool.map(
            lambda n: (gateway.send_github({"n": n}, delivery=f"kill-{n}"), n), range(60)
        ):
            sent[answer.json["id"]] = n
    gateway.restart_after_kill()
    assert {item["id"] for item in gateway.all_items("/events")} == set(sent)
    for event_id, n in sent.items():
        started = gateway.delivery(event_id, state="started")
        assert temporal.input_of(started["workflow_id"]) == str(n).encode()
    assert gateway.send_github({"n": 0}, delivery="kill-0").status == 200


def test_ids_grow_across_restarts(serving):
    gateway = serving()
    ids = []
    for _ in range(3):
        ids += [gateway.send_github({}).json["id"] for _ in range(5)]
        gateway.restart_after_kill()
    assert ids == sorted(ids)


def test_a_second_serve_on_the_same_database_ends_with_3_and_says_why(serving):
    gateway = serving()
    second = serving(database=gateway.folder / "headgate.db", started=False)
    second.write_configuration()
    second.process.start()
    assert second.process.exit_code(within=20) == 3
    assert str(gateway.folder / "headgate.db") in second.process.output()
    assert gateway.send_github({}).status == 202


def test_a_start_that_waits_for_the_store_is_ended_by_a_signal(serving):
    gateway = serving()
    gateway.stop()
    with contextlib.closing(sqlite3.connect(gateway.folder / "headgate.db")) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        lock = gateway.folder / "headgate.db.lock"
        lock.unlink()
        gateway.process.start()
        wait_until(lock.exists, within=20, every=0.01, saying="does not come to the store")
        gateway.process.send(signal.SIGTERM)
        assert gateway.process.exit_code(within=20) == 3
    # It did not wait until the store had given up on the other program.
    assert "another program holds the file" not in gateway.process.output()


def test_a_taken_port_ends_with_3_and_names_the_address(serving):
    gateway = serving()
    second = serving(started=False)
    second.configuration["listen"]["webhooks"]["address"] = f"127.0.0.1:{gateway.port}"
    second.write_configuration()
    second.process.start()
    assert second.process.exit_code(within=20) == 3
    assert f"127.0.0.1:{gateway.port}" in second.process.output()


def test_a_newer_schema_is_refused_by_name(serving):
    gateway = serving()
    gateway.stop()
    with sqlite3.connect(gateway.folder / "headgate.db") as database:
        database.execute("PRAGMA user_version = 9999")
    gateway.process.start()
    assert gateway.process.exit_code(within=20) == 3
    assert "9999" in gateway.process.output()


def test_pipelined_requests_are_answered_in_order(serving):
    gateway = serving()
    bodies = [json.dumps({"n": n}).encode() for n in range(10)]
    requests = b"".join(
        request_bytes("POST", "/webhooks/github", [*senders.github(body).items()], body) for body in bodies
    )
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=10) as connection:
        connection.sendall(requests)
        received = b""
        while received.count(b"HTTP/1.1 202") < 10:
            piece = connection.recv(65536)
            assert piece, received
            received += piece
    ids = re.findall(rb'"id":\s*"([0-9a-f-]+)"', received)
    shown = [json.loads(gateway.event(event_id.decode())["body"])["n"] for event_id in ids]
    assert shown == list(range(10))


def test_idle_memory_is_under_40_mib(serving):
    gateway = serving()
    gateway.send_github({})
    status = pathlib.Path(f"/proc/{gateway.process.pid}/status").read_text()
    resident_kib = int(re.search(r"VmRSS:\s+(\d+) kB", status)[1])
    print(f"idle resident memory: {resident_kib / 1024:.1f} MiB")
    assert resident_kib < 40 * 1024


def test_tls_from_certificate_files(serving, tmp_path):
    certificate, key = make_certificate(tmp_path, "localhost")
    gateway = serving(started=False)
    gateway.configuration["listen"]["webhooks"]["tls"] = [{"certificate": str(certificate), "key": str(key)}]
    gateway.start()
    context = ssl.create_default_context(cafile=certificate)
    connection = http.client.HTTPSConnection("localhost", gateway.port, context=context, timeout=10)
    connection.request("POST", "/webhooks/github", b"{}", senders.github(b"{}"))
    assert connection.getresponse().status == 202


def test_sigterm_while_a_target_is_silent_ends_with_0_and_the_next_start_asks_again(serving, temporal):
    gateway = serving(temporal_address=temporal.address, rules=[rule("all")], started=False)
    gateway.configuration["targets"]["platform"]["temporal"]["attempt_within"] = "2s"
    gateway.start()
    gateway.delivery(gateway.send_github({}).json["id"], state="started")
    temporal.process.send(signal.SIGSTOP)
    try:
        event_id = gateway.send_github({}).json["id"]
        gateway.delivery(event_id, state="starting")
        gateway.process.send(signal.SIGTERM)
        assert gateway.process.exit_code(within=30) == 0
        assert '"stopped"' in gateway.process.output().splitlines()[-1]
        gateway.start()
        assert gateway.delivery(event_id, state="starting")
    finally:
        temporal.process.send(signal.SIGCONT)
    gateway.delivery(event_id, state="started")
