"""Client certificates: shown to Headgate itself, and to a real nginx in front of it."""

import http.client
import json
import shutil
import socket
import ssl
import subprocess
import urllib.parse

import pytest

from harness.certificates import make_certificate
from harness.gateway import run_headgate
from harness.nginx import nginx_command
from harness.processes import Process, free_port, wait_until

HEADER = "ssl-client-cert"


class Authority:
    """Issues client certificates, by openssl."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir()
        self.openssl(
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=ca"
            " -addext basicConstraints=critical,CA:TRUE -keyout ca.key -out ca.pem"
        )
        self.certificate = folder / "ca.pem"

    def openssl(self, arguments):
        subprocess.run(["openssl", *arguments.split()], cwd=self.folder, check=True, capture_output=True)

    def issue(self, name, use="clientAuth"):
        """The paths of a client's certificate and key."""
        (self.folder / "extensions").write_text(f"extendedKeyUsage={use}\nsubjectAltName=DNS:{name}\n")
        self.openssl(
            f"req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN={name}"
            f" -keyout {name}.key -out request.pem"
        )
        self.openssl(
            f"x509 -req -in request.pem -CA ca.pem -CAkey ca.key -days 2 -extfile extensions -out {name}.pem"
        )
        return self.folder / f"{name}.pem", self.folder / f"{name}.key"


@pytest.fixture
def authority(tmp_path):
    return Authority(tmp_path / "authority")


def source(authority):
    mtls = {"anchors": str(authority.certificate), "san": "plant.example.com"}
    return {"path": "/plant", "verify": {"peer": {"mtls": mtls}}}


def connect(port, client=None):
    """Whoever answers is believed, because it is not what is tested."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if client:
        context.load_cert_chain(*client)
    return http.client.HTTPSConnection("127.0.0.1", port, context=context, timeout=20)


def post_on(connection, headers=None):
    connection.request("POST", "/plant", b"{}", headers or {})
    answer = connection.getresponse()
    answer.read()
    return answer.status


def post(port, client=None, headers=None):
    connection = connect(port, client)
    try:
        return post_on(connection, headers)
    finally:
        connection.close()


def forged(client):
    """The header as nginx would write it, written by the sender."""
    return {HEADER: urllib.parse.quote(client[0].read_text(), safe="")}


@pytest.fixture
def asking(serving, authority, tmp_path):
    """A gateway that speaks TLS and asks for certificates."""
    folder = tmp_path / "own"
    folder.mkdir()
    certificate, key = make_certificate(folder, "localhost")
    gateway = serving(sources={"plant": source(authority)}, started=False)
    gateway.configuration["listen"]["webhooks"] |= {
        "tls": [{"certificate": str(certificate), "key": str(key)}],
        "ask_for_client_certificates": True,
    }
    return gateway.start()


def test_the_right_certificate_opens_our_own_listener_and_no_other_does(asking, authority, tmp_path):
    gateway = asking
    right = authority.issue("plant.example.com")
    assert post(gateway.port, right) == 202
    assert post(gateway.port) == 401
    assert post(gateway.port, headers=forged(right)) == 401
    assert post(gateway.port, authority.issue("other.example.com")) == 401
    assert post(gateway.port, authority.issue("plant.example.com", use="serverAuth")) == 401
    assert post(gateway.port, Authority(tmp_path / "other").issue("plant.example.com")) == 401
    event = gateway.api("/events")["items"][0]["id"]
    assert gateway.event(event)["verdict"]["subject"] == "plant.example.com"


def test_the_log_tells_whose_handshake_failed(asking):
    with socket.create_connection(("127.0.0.1", asking.port), timeout=20) as plain:
        plain.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        plain.recv(100)

    def is_told():
        lines = [json.loads(line) for line in asking.process.output().splitlines() if line.startswith("{")]
        return any(
            line["message"] == "a TLS handshake failed" and line["peer"] == "127.0.0.1" for line in lines
        )

    wait_until(is_told, within=20, saying="nobody tells whose handshake failed")


def test_another_authority_counts_at_once_on_open_connections_too(asking, authority, tmp_path):
    other = Authority(tmp_path / "other")
    right = connect(asking.port, authority.issue("plant.example.com"))
    wrong = connect(asking.port, other.issue("plant.example.com"))
    assert (post_on(right), post_on(wrong)) == (202, 401)
    fresh = shutil.copy(other.certificate, authority.folder / "fresh.pem")
    fresh.rename(authority.certificate)
    wait_until(lambda: post_on(right) == 401, within=20, saying="the old authority is believed for ever")
    assert post_on(wrong) == 202
    right.close()
    wrong.close()


def test_verify_tells_what_would_become_of_a_certificate(asking, authority, tmp_path):
    request = tmp_path / "request"
    request.write_bytes(b"POST /plant HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}")

    def verdict(*more):
        asked = ["verify", "--config", asking.path, "--source", "plant", "--request", request]
        ran = run_headgate(*asked, *more)
        return ran.returncode, json.loads(ran.stdout)

    code, said = verdict("--client-certificate", authority.issue("plant.example.com")[0])
    assert (code, said["accepted"], said["verdict"]["subject"]) == (0, True, "plant.example.com")
    code, said = verdict("--client-certificate", authority.issue("other.example.com")[0])
    assert (code, said["accepted"]) == (1, False)
    assert "has none of the names" in json.dumps(said)
    code, said = verdict()
    assert (code, said["accepted"]) == (1, False)
    assert "no client certificate was shown" in json.dumps(said)


NGINX = """
    server {{
        listen 127.0.0.1:{port} ssl;
        ssl_certificate {certificate}; ssl_certificate_key {key};
        ssl_verify_client optional_no_ca;
        location / {{
            proxy_pass http://127.0.0.1:{upstream};
            proxy_set_header Host $host;
            proxy_set_header X-Forwarded-For $remote_addr;
            proxy_set_header ssl-client-cert $ssl_client_escaped_cert;
        }}
    }}
"""


def nginx_in_front_of(gateway, folder):
    folder.mkdir()
    certificate, key = make_certificate(folder, "localhost")
    port = free_port()
    servers = NGINX.format(port=port, certificate=certificate, key=key, upstream=gateway.port)
    process = Process(nginx_command(folder, servers), folder / "nginx.log")
    process.start()

    def is_up():
        try:
            return post(port) > 0
        except OSError:
            return False

    wait_until(is_up, within=20, saying="nginx does not answer")
    return port, process


@pytest.mark.parametrize("trusted", [True, False], ids=["trusted", "not trusted"])
def test_nginx_passes_a_certificate_on_and_is_believed_when_it_is_trusted(
    serving, authority, tmp_path, trusted
):
    gateway = serving(sources={"plant": source(authority)}, started=False)
    gateway.configuration["listen"]["webhooks"]["client_certificate_header"] = HEADER
    gateway.configuration["listen"]["trusted_proxies"] = ["127.0.0.1" if trusted else "192.0.2.1"]
    gateway.start()
    port, nginx = nginx_in_front_of(gateway, tmp_path / "nginx")
    try:
        right = authority.issue("plant.example.com")
        assert post(port, right) == (202 if trusted else 401)
        assert post(port) == 401
        assert post(port, headers=forged(right)) == 401
        other = authority.issue("other.example.com")
        assert post(port, other, headers=forged(right)) == 401
        assert post(port, Authority(tmp_path / "other").issue("plant.example.com")) == 401
    finally:
        nginx.stop()


def test_a_certificate_that_somebody_else_writes_into_the_header_is_nothing(serving, authority):
    gateway = serving(sources={"plant": source(authority)}, started=False)
    gateway.configuration["listen"]["webhooks"]["client_certificate_header"] = HEADER
    gateway.configuration["listen"]["trusted_proxies"] = ["192.0.2.0/24"]
    gateway.start()
    assert gateway.post(b"{}", forged(authority.issue("plant.example.com")), path="/plant").status == 401
