"""An issuer of tokens: PyJWT signs, and an HTTPS server of its own publishes the keys."""

import json
import time

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

from .answering_server import AnsweringServer

NAME = "https://issuer.example"
AUDIENCE = "https://hooks.example.com/tokens"


class Issuer(AnsweringServer):
    """Publishes the keys that `publish` names."""

    def __init__(self, folder):
        super().__init__(folder)
        self.keys = {}
        self.published = []
        self.answer = None  # Bytes to answer instead of the keys.
        self.routes["/keys"] = lambda *_: (200, self.document() if self.answer is None else self.answer)

    @property
    def keys_url(self):
        return f"{self.url}/keys"

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
