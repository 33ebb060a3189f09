"""A changed configuration is taken up while the gateway runs: whole, or not at all."""

import json
import signal
import socket
import ssl
import threading
import time

import jwt
from harness import senders
from harness.certificates import make_certificate
from harness.gateway import TOKENS, rule, secret_file, source
from harness.processes import wait_until
from harness.reloads import until_reloaded
from harness.wire import read_answer, request_bytes

FRESH_SECRET = b"a fresh secret of some length"


def apply(gateway):
    until_reloaded(gateway, "applied", gateway.write_configuration)


def refuse(gateway):
    until_reloaded(gateway, "refused", gateway.write_configuration)


def notes(gateway):
    ready = gateway.get("/readyz")
    assert ready.status == 200
    return " ".join(ready.json["notes"])


def revision(gateway):
    return next(
        line.split('"')[1]
        for line in gateway.get("/metrics").body.decode().splitlines()
        if line.startswith("headgate_config_info{")
    )


class Load:
    """Sends events one after the other on two connections until it is left; `ids` are those answered 202."""

    def __init__(self, gateway):
        self.gateway, self.ids, self.others = gateway, [], []
        self._over = threading.Event()
        self._senders = [threading.Thread(target=self._send) for _ in range(2)]

    def _send(self):
        while not self._over.is_set():
            answer = self.gateway.send_github({"n": len(self.ids)})
            (self.ids if answer.status == 202 else self.others).append(
                answer.json["id"] if answer.status == 202 else answer.status
            )

    def __enter__(self):
        for each in self._senders:
            each.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        for each in self._senders:
            each.join()


def test_rules_changed_under_load_lose_nothing_and_double_nothing(serving):
    gateway = serving(rules=[rule("even")])
    with Load(gateway) as load:
        for name in ("odd", "even") * 3:
            gateway.configuration["rules"] = [rule(name)]
            apply(gateway)
    assert load.ids and not load.others
    wait_until(lambda: not gateway.all_items("/events", state="accepted"), within=30, saying="not all routed")
    deliveries = gateway.all_items("/deliveries")
    assert sorted(one["event"] for one in deliveries) == sorted(load.ids)
    assert {one["rule"] for one in deliveries} == {"odd", "even"}


def test_a_broken_file_keeps_the_last_good_one_and_every_problem_is_listed(serving):
    gateway = serving(rules=[rule("one")])
    good, in_force = json.loads(json.dumps(gateway.configuration)), revision(gateway)
    gateway.configuration["rules"] = [rule("one", when=".a ==")]
    gateway.configuration["sources"]["github"]["pth"] = "/misspelt"
    gateway.configuration["targets"]["platform"]["temporal"]["address"] = "no port"
    refuse(gateway)
    gateway.process.await_words("rules[0].when", "sources.github.pth", "targets.platform.temporal.address")
    assert "refused" in notes(gateway)
    assert revision(gateway) == in_force
    event_id = gateway.send_github({}).json["id"]
    assert gateway.delivery(event_id)["rule"] == "one"
    gateway.configuration = good
    gateway.configuration["rules"] = [rule("two")]
    apply(gateway)
    assert "configuration" not in notes(gateway)
    assert revision(gateway) != in_force


def test_a_file_that_is_no_yaml_or_gone_keeps_the_last_good_one(serving):
    gateway = serving()
    until_reloaded(gateway, "refused", lambda: gateway.path.write_text("{"))
    assert gateway.send_github({}).status == 202
    until_reloaded(gateway, "refused", gateway.path.unlink)
    assert gateway.send_github({}).status == 202
    apply(gateway)


def test_a_changed_table_counts_and_a_broken_one_does_not(serving):
    gateway = serving(started=False, rules=[rule("sync", input='lookup("connections"; .body.repository)')])
    table = gateway.folder / "connections.csv"
    table.write_text("repository,connection\nacme/orders,first\n")
    gateway.configuration["tables"] = {"connections": {"file": table.name, "value": "connection"}}
    gateway.write_configuration()
    gateway.start()

    def connection_of(repository):
        made = gateway.delivery(gateway.send_github({"repository": repository}).json["id"])
        return gateway.api(f"/deliveries/{made['id']}")["order"].get("input") or made["reason"]

    assert connection_of("acme/orders") == "first"
    assert 'the table "connections" has no such key' in connection_of("acme/new")
    before = revision(gateway)
    changed = "repository,connection\nacme/orders,second\nacme/new,third\n"
    until_reloaded(gateway, "applied", lambda: table.write_text(changed))
    assert (connection_of("acme/orders"), connection_of("acme/new")) == ("second", "third")
    assert revision(gateway) != before
    until_reloaded(gateway, "refused", lambda: table.write_text(changed + "acme/broken\n"))
    gateway.process.await_words("tables.connections.file (connections.csv, line 4): has 1 fields")
    assert connection_of("acme/new") == "third"
    until_reloaded(gateway, "applied", lambda: table.write_text(changed + "acme/mended,fourth\n"))
    assert connection_of("acme/mended") == "fourth"


def test_a_secret_is_rotated(serving):
    gateway = serving()
    secret = gateway.folder / "secrets" / "github"

    def rotate():
        fresh = secret.with_name("fresh")
        fresh.write_bytes(FRESH_SECRET)
        fresh.chmod(0o600)
        fresh.rename(secret)

    until_reloaded(gateway, "applied", rotate)
    body = b"{}"
    assert gateway.post(body, senders.github(body)).status == 401
    assert gateway.post(body, senders.github(body, secret=FRESH_SECRET)).status == 202


def test_the_secret_of_tokens_is_rotated(serving, tmp_path):
    first, second = "a first secret of thirty-two bytes", "another secret, of thirty-two bytes"
    signing = secret_file(tmp_path, "tokens", first)
    params = {"algorithm": "HS256", "audience": "us"}
    verify = {"preset": "jwt", "secrets": [signing], "params": params}
    gateway = serving(sources={"tokens": {"path": "/tokens", "verify": verify, "dedupe": "none"}})

    def taken(secret):
        token = jwt.encode({"aud": "us", "exp": int(time.time()) + 60}, secret, algorithm="HS256")
        return gateway.post(b"{}", {"Authorization": f"Bearer {token}"}, path="/tokens").status == 202

    assert (taken(first), taken(second)) == (True, False)
    until_reloaded(gateway, "applied", lambda: secret_file(tmp_path, "tokens", second))
    assert (taken(first), taken(second)) == (False, True)


def test_an_operators_token_is_replaced(serving):
    gateway = serving()
    until_reloaded(
        gateway,
        "applied",
        lambda: secret_file(gateway.folder, "viewer", "another-viewer-token-0123456789"),
    )
    assert gateway.get("/api/v1/events", token=TOKENS["viewer"]).status == 401
    assert gateway.get("/api/v1/events", token="another-viewer-token-0123456789").status == 200


def test_kubernetes_swaps_the_link_of_a_mounted_volume(serving):
    gateway = serving(started=False)
    volume = gateway.folder / "volume"
    versions = {}
    for name in ("first", "second"):
        versions[name] = volume / f"..{name}"
        versions[name].mkdir(parents=True)
        (versions[name] / "headgate.yaml").write_text(
            json.dumps(gateway.configuration | {"rules": [rule(name)]})
        )
    (volume / "..data").symlink_to("..first")
    (volume / "headgate.yaml").symlink_to("..data/headgate.yaml")
    gateway.process.arguments[-1] = str(volume)
    gateway.begin()

    def swap():
        (volume / "..data_tmp").symlink_to("..second")
        (volume / "..data_tmp").rename(volume / "..data")

    until_reloaded(gateway, "applied", swap)
    event_id = gateway.send_github({}).json["id"]
    assert gateway.delivery(event_id)["rule"] == "second"


def shown_certificate(gateway):
    """The certificate of a fresh handshake, in DER."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with (
        socket.create_connection(("127.0.0.1", gateway.port), timeout=10) as plain,
        context.wrap_socket(plain) as wrapped,
    ):
        return wrapped.getpeercert(binary_form=True)


def test_a_certificate_is_replaced_for_the_next_handshake(serving, tmp_path):
    certificate, key = make_certificate(tmp_path, "old.example")
    gateway = serving(started=False)
    gateway.configuration["listen"]["webhooks"]["tls"] = [{"certificate": str(certificate), "key": str(key)}]
    gateway.start()
    old = shown_certificate(gateway)
    assert old == ssl.PEM_cert_to_DER_cert(certificate.read_text())
    make_certificate(tmp_path, "new.example")
    wait_until(lambda: shown_certificate(gateway) != old, within=20, saying="still the old certificate")
    assert shown_certificate(gateway) == ssl.PEM_cert_to_DER_cert(certificate.read_text())


def test_sources_come_and_go(serving):
    gateway = serving()
    body = b"{}"
    assert gateway.post(body, senders.gitlab(body), path="/webhooks/gitlab").status == 404
    gateway.configuration["sources"]["gitlab"] = source(gateway.folder, "gitlab")
    apply(gateway)
    assert gateway.post(body, senders.gitlab(body), path="/webhooks/gitlab").status == 202
    del gateway.configuration["sources"]["gitlab"]
    apply(gateway)
    assert gateway.post(body, senders.gitlab(body), path="/webhooks/gitlab").status == 404
    assert gateway.send_github({}).status == 202


def test_what_waits_for_a_removed_rule_is_held_and_goes_on_when_it_is_back(serving, temporal):
    gateway = serving(rules=[rule("leaving"), rule("staying")])
    event_id = gateway.send_github({}).json["id"]
    gateway.delivery(event_id, rule="leaving", state="waiting")
    leaving = gateway.configuration["rules"].pop(0)
    apply(gateway)
    held = gateway.delivery(event_id, rule="leaving", state="held")
    assert "rule 'leaving' is not in the configuration" in held["reason"]
    gateway.configuration["rules"].append(leaving)
    gateway.configuration["targets"]["platform"]["temporal"]["address"] = temporal.address
    apply(gateway)
    for name in ("leaving", "staying"):
        assert gateway.delivery(event_id, rule=name, state="started")


def test_what_waits_for_a_removed_target_is_held_and_goes_on_when_it_is_back(serving, temporal):
    gateway = serving(rules=[rule("one")])
    event_id = gateway.send_github({}).json["id"]
    gateway.delivery(event_id, state="waiting")
    rules, targets = gateway.configuration.pop("rules"), gateway.configuration.pop("targets")
    apply(gateway)
    held = gateway.delivery(event_id, state="held")
    assert "target 'platform' is not in the configuration" in held["reason"]
    targets["platform"]["temporal"]["address"] = temporal.address
    gateway.configuration |= {"rules": rules, "targets": targets}
    apply(gateway)
    assert gateway.delivery(event_id, state="started")["id"] == held["id"]


def test_a_changed_address_or_store_is_refused_whole(serving):
    gateway = serving()
    gateway.configuration["listen"]["webhooks"]["address"] = "127.0.0.1:1"
    gateway.configuration["store"]["sqlite"]["path"] = str(gateway.folder / "other.db")
    gateway.configuration["sources"]["gitlab"] = source(gateway.folder, "gitlab")
    refuse(gateway)
    gateway.process.await_words("restart needed", "listen.webhooks.address", "store")
    assert "is refused" in notes(gateway)
    assert gateway.post(b"{}", senders.gitlab(b"{}"), path="/webhooks/gitlab").status == 404
    assert gateway.send_github({}).status == 202


def test_how_long_things_are_kept_is_changed(serving):
    gateway = serving()
    event_id = gateway.send_github({}).json["id"]
    gateway.configuration["retention"] = {"events": "2h", "dedupe": "2h", "dead": "2h", "check_every": "1s"}
    apply(gateway)
    assert gateway.send_github({}).status == 202
    assert gateway.event(event_id)["id"] == event_id
    assert "retention" not in notes(gateway)


def test_a_limit_is_changed(serving):
    gateway = serving()
    assert gateway.send_github({"pad": "x" * 100}).status == 202
    gateway.configuration["sources"]["github"]["limits"] = {"body_bytes_max": 50}
    apply(gateway)
    assert gateway.send_github({"pad": "x" * 100}).status == 413


def test_a_limit_of_the_listener_is_changed_for_open_connections_too(serving):
    gateway = serving()
    kept = gateway.connection()
    headers = senders.github(b"{}") | {"X-Pad": "x" * 2000}
    assert kept.send("POST", "/webhooks/github", b"{}", headers).status == 202
    gateway.configuration["listen"]["webhooks"]["limits"] = {"headers_bytes_max": 1000}
    apply(gateway)
    assert kept.send("POST", "/webhooks/github", b"{}", headers).status == 431
    kept.close()


def test_a_hang_up_reads_it_again_though_nothing_changed(serving):
    gateway = serving()
    until_reloaded(gateway, "applied", gateway.hang_up)
    assert gateway.send_github({}).status == 202


def test_a_hang_up_while_draining_changes_nothing(serving):
    gateway = serving()
    body = b'{"late": true}'
    whole = request_bytes("POST", "/webhooks/github", [*senders.github(body).items()], body)
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=10) as open_request:
        open_request.sendall(whole[:-5])
        time.sleep(0.2)  # The gateway has the head by then; the rest comes while it drains.
        gateway.process.send(signal.SIGTERM)
        wait_until(lambda: "draining" in gateway.process.output(), within=10, saying="does not drain")
        gateway.hang_up()
        wait_until(
            lambda: "SIGHUP while draining" in gateway.process.output(), within=10, saying="no word about it"
        )
        open_request.sendall(whole[-5:])
        assert read_answer(open_request).status == 202
    assert gateway.process.exit_code(within=20) == 0
