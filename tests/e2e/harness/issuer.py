"""An issuer of tokens: PyJWT signs, and an HTTPS server of its own publishes the keys."""

import http.server
import json
import ssl
import threading
import time

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

from .certificates import make_certificate

NAME = "https://issuer.example"
AUDIENCE = "https://hooks.example.com/tokens"


class Issuer:
    """Publishes the keys that `publish` names; remembers how often it was asked."""

    def __init__(self, folder):
        self.keys = {}
        self.published = []
        self.answer = None  # Bytes to answer instead of the keys.
        self.fetches = 0
        folder.mkdir(exist_ok=True)
        self.certificate, self._key = make_certificate(folder, "localhost")
        self._server = None
        self.port = 0

    def start(self):
        """On the port that it had before, if it had one."""
        issuer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                issuer.fetches += 1
                body = issuer.answer if issuer.answer is not None else issuer.document()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        http.server.ThreadingHTTPServer.allow_reuse_address = True
        self._server = http.server.ThreadingHTTPServer(("localhost", self.port), Handler)
        self.port = self._server.server_port
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self._key)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def stop(self):
        if self._server:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    @property
    def url(self):
        return f"https://localhost:{self.port}/keys"

    def key(self, name):
        if name not in self.keys:
            self.keys[name] = rsa.generate_private_key(65537, 2048)
        return self.keys[name]

    def publish(self, *names):
        self.published = list(names)
        for name in names:
            self.key(name)

    def document(self):
        keys = []
        for name in self.published:
            public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.keys[name].public_key()))
            keys.append(public | {"kid": name, "use": "sig", "alg": "RS256"})
        return json.dumps({"keys": keys}).encode()

    def token(self, by, *, header=None, **claims):
        told = {"iss": NAME, "aud": AUDIENCE, "iat": int(time.time()), "exp": int(time.time()) + 60} | claims
        told = {name: value for name, value in told.items() if value is not None}
        return jwt.encode(told, self.key(by), algorithm="RS256", headers={"kid": by} | (header or {}))
