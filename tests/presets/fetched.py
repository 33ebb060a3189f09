"""Vectors of senders with tokens and certificates; see vectors.py, of which this is a part."""

import base64
import hashlib
import hmac
import json
import pathlib
import subprocess

from rsa import key_of

HERE = pathlib.Path(__file__).parent / "certificates"
SAYS = "signed by tests/presets/vectors.py"
AT = 1_767_225_600  # 2026-01-01T00:00:00Z
KEY = "0f6c1d2e3b4a59687786a5b4c3d2e1f0"
AUDIENCE = "https://hooks.example.com/webhooks/sender"


def pem(name):
    return (HERE / f"{name}.pem").read_text()


def compact(document):
    return json.dumps(document, separators=(",", ":"))


def b64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def token(claims, sign, **header):
    parts = [b64url(compact(part).encode()) for part in ({**header, "typ": "JWT"}, claims)]
    return ".".join([*parts, b64url(sign(".".join(parts)))])


def shared(claims, key=KEY):
    """A token made with a shared secret."""
    return token(claims, lambda text: hmac.digest(key.encode(), text.encode(), "sha256"), alg="HS256")


def by_key(claims, name="sns", kid="first"):
    return token(claims, lambda text: key_of(name).sign(text), alg="RS256", kid=kid)


def public_key(name):
    command = ["openssl", "x509", "-in", HERE / f"{name}.pem", "-noout", "-pubkey"]
    return subprocess.run(command, capture_output=True, check=True, text=True).stdout


def vector(headers, body, **more):
    target = more.pop("target", "/webhooks/sender")
    return {"says": SAYS, "at": AT, "target": target, "headers": headers, "body": body, **more}


def jwt():
    claims = {"iss": "https://login.example.com", "aud": AUDIENCE, "iat": AT - 10, "exp": AT + 290}
    params = {"audience": AUDIENCE, "issuer": claims["iss"]}
    return [
        vector(
            {"Authorization": "Bearer " + shared(claims)},
            "{}",
            secrets={"signing": KEY},
            params=params | {"algorithm": "HS256"},
        ),
        vector(
            {"Authorization": "Bearer " + by_key(claims)},
            "{}",
            secrets={"signing": public_key("sns")},
            params=params | {"algorithm": "RS256", "public_key": "pem"},
        ),
    ]


def mtls():
    params = {"authorities": pem("authority"), "san": "plant-7.example.com"}
    return [vector({}, "{}", client_certificate=pem("client"), params=params)]


def monday():
    claims = {"aud": AUDIENCE, "iat": AT - 10, "exp": AT + 290, "userId": 7}
    event = compact({"event": {"type": "create_pulse", "triggerUuid": "b5ed2e17c530f43668de130142445cba"}})
    with_secret = {"secrets": {"signing": KEY}, "params": {"audience": AUDIENCE}}
    return [
        vector(
            {"Authorization": shared(claims)},
            event,
            id="b5ed2e17c530f43668de130142445cba",
            event="create_pulse",
            **with_secret,
        ),
        vector(
            {},
            '{"challenge":"3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P"}',
            reply={
                "status": 200,
                "body": '{"challenge":"3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P"}',
            },
            **with_secret,
        ),
    ]


def hubspot_v1():
    body = '[{"eventId":1,"subscriptionType":"contact.creation"}]'
    return [
        vector(
            {
                "X-HubSpot-Signature": hashlib.sha256((KEY + body).encode()).hexdigest(),
                "X-HubSpot-Signature-Version": "v1",
            },
            body,
            secrets={"signing": KEY},
            event="contact.creation",
        )
    ]


def all_vectors():
    return {"jwt": jwt(), "mtls": mtls(), "monday": monday(), "hubspot-v1": hubspot_v1()}
