"""Vectors of senders with tokens and certificates; see vectors.py, of which this is a part."""

import base64
import hashlib
import hmac
import json
import pathlib
import subprocess
import zlib

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


class P256:
    """ECDSA on P-256, slow, and the same each time: the nonce is made of what is signed. For tests alone."""

    prime = 2**256 - 2**224 + 2**192 + 2**96 - 1
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    base = (
        0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
        0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
    )

    def __init__(self, private):
        self.private = private
        self.public = self.times(private, self.base)

    def add(self, a, b):
        if a is None or b is None:
            return a or b
        if a[0] == b[0] and a[1] != b[1]:
            return None
        if a == b:
            slope = (3 * a[0] * a[0] - 3) * pow(2 * a[1], -1, self.prime)
        else:
            slope = (b[1] - a[1]) * pow(b[0] - a[0], -1, self.prime)
        x = (slope * slope - a[0] - b[0]) % self.prime
        return x, (slope * (a[0] - x) - a[1]) % self.prime

    def times(self, factor, point):
        total = None
        while factor:
            if factor & 1:
                total = self.add(total, point)
            point, factor = self.add(point, point), factor >> 1
        return total

    def sign(self, content):
        digest = int.from_bytes(hashlib.sha256(content.encode()).digest(), "big")
        nonce = int.from_bytes(hashlib.sha512(content.encode()).digest(), "big") % self.order
        r = self.times(nonce, self.base)[0] % self.order
        s = (digest + r * self.private) * pow(nonce, -1, self.order) % self.order
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")

    def jwk(self, **more):
        x, y = (b64url(number.to_bytes(32, "big")) for number in self.public)
        return {"kty": "EC", "crv": "P-256", "x": x, "y": y, "use": "sig", "alg": "ES256", **more}


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
    challenge = '{"challenge":"3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P"}'
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
            challenge,
            reply={"status": 200, "body": challenge},
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


SNS_LINES = {
    "Notification": "Message MessageId Subject Timestamp TopicArn Type".split(),
    "SubscriptionConfirmation": "Message MessageId SubscribeURL Timestamp Token TopicArn Type".split(),
}


def sns(digest="sha256", **said):
    where = "https://sns.us-east-1.amazonaws.com/"
    message = {
        "Type": "Notification",
        "MessageId": "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324",
        "TopicArn": "arn:aws:sns:us-east-1:123456789012:orders",
        "Message": '{"order":7}',
        "Timestamp": "2026-01-01T00:00:00.000Z",
        "SignatureVersion": "2" if digest == "sha256" else "1",
        "SigningCertURL": where + "SimpleNotificationService-01d088a6f77103d0fe307c0069e40ed6.pem",
    } | said
    names = [name for name in SNS_LINES[message["Type"]] if name in message]
    text = "".join(f"{name}\n{message[name]}\n" for name in names)
    message["Signature"] = base64.b64encode(key_of("sns").sign(text, digest)).decode()
    params = {"topics": message["TopicArn"], "anchors": pem("authority")}
    if digest == "sha1":
        params["sha1"] = "yes"
    proof = [message["MessageId"], message["TopicArn"], message["Timestamp"], message["Signature"]]
    found = {"id": message["MessageId"], "event": message["Type"]}
    serves = {message["SigningCertURL"]: pem("sns")}
    if message["Type"] != "Notification":
        found = {"reply": {"status": 200, "body": ""}}
        query = f"Action=ConfirmSubscription&TopicArn={message['TopicArn'].replace(':', '%3A')}"
        serves[f"{where}?{query}&Token={message['Token']}"] = "<ConfirmSubscriptionResponse/>"
    return vector(
        {"Content-Type": "text/plain; charset=UTF-8"},
        compact(message),
        params=params,
        serves=serves,
        proof=[*proof, message["SigningCertURL"]],
        **found,
    )


def aws_sns():
    url = "https://sns.us-east-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=arn&Token=2336412f37fb"
    asks = {"Type": "SubscriptionConfirmation", "Token": "2336412f37fb", "SubscribeURL": url}
    return [sns(), sns(Subject="an order"), sns("sha1"), sns(**asks)]


def google_pubsub():
    who, keys = "push@project.iam.gserviceaccount.com", "https://www.googleapis.com/oauth2/v3/certs"
    claims = {"iss": "https://accounts.google.com", "aud": AUDIENCE, "iat": AT - 10, "exp": AT + 3590}
    claims |= {"email": who, "email_verified": True, "sub": "113774264463038321964"}
    body = {"message": {"data": "e30=", "messageId": "2070443601311540"}, "subscription": "projects/p/s"}
    return [
        vector(
            {"Authorization": "Bearer " + by_key(claims, kid="7d680d8c")},
            compact(body),
            params={"audience": AUDIENCE, "service_account": who},
            serves={keys: compact({"keys": [key_of("sns").jwk(kid="7d680d8c")]})},
            id="2070443601311540",
        )
    ]


def plaid():
    key, kid = P256(0x1D3F5A7B9C), "bfbd5111-8e33-4643-8ced-b2e642a72f3c"
    body = '{\n  "webhook_type": "TRANSACTIONS",\n  "webhook_code": "SYNC_UPDATES_AVAILABLE"\n}'
    claims = {"iat": AT - 10, "request_body_sha256": hashlib.sha256(body.encode()).hexdigest()}
    secret, client = "b5c4d3e2f1a0b9c8d7e6f5a4b3c2d1", "5b0d9c1e2f3a4b5c6d7e8f90"
    given = key.jwk(kid=kid, created_at=1560466143, expired_at=None)
    answer = {"key": given, "request_id": "RZ6Omi1bzzwDaLo"}
    return [
        vector(
            {"Plaid-Verification": token(claims, key.sign, alg="ES256", kid=kid)},
            body,
            secrets={"api": secret},
            params={"client_id": client},
            asked=compact({"client_id": client, "secret": secret, "key_id": kid}),
            serves={"https://production.plaid.com/webhook_verification_key/get": compact(answer)},
            event="TRANSACTIONS.SYNC_UPDATES_AVAILABLE",
        )
    ]


def paypal(*, asks_back):
    body = compact({"id": "WH-9UG43882HX7271132", "event_type": "PAYMENT.SALE.COMPLETED"})
    webhook = "1JE4291016473214C"
    cert = "https://api.paypal.com/v1/notifications/certs/CERT-360caa42-fca2a594"
    message, at = "d938e770-8046-11e6-8103-6b62a8a99ac4", "2026-01-01T00:00:00Z"
    text = f"{message}|{at}|{webhook}|{zlib.crc32(body.encode())}"
    signed = base64.b64encode(key_of("paypal").sign(text)).decode()
    said = {"transmission_id": message, "transmission_time": at, "transmission_sig": signed, "cert_url": cert}
    question = compact(said | {"auth_algo": "SHA256withRSA", "webhook_id": webhook, "webhook_event": 0})
    where = "https://api-m.paypal.com/v1/notifications/verify-webhook-signature"
    more = {"serves": {cert: pem("paypal")}}
    if asks_back:
        more["secrets"] = {"api": "AeA1QIZXiflr1-r0U2UbWTziOWX1GRQer5jk:EGnHDxD_qRPdaL"}
        token = {"access_token": "A21AAFEpH4PsADK7qSS7pSRsgz", "token_type": "Bearer", "expires_in": 31668}
        more["serves"]["https://api-m.paypal.com/v1/oauth2/token"] = compact(token)
        more["serves"][where] = '{"verification_status":"SUCCESS"}'
        more["asked"] = question.replace('"webhook_event":0', f'"webhook_event":{body}')
    return [
        vector(
            {
                "PAYPAL-TRANSMISSION-ID": message,
                "PAYPAL-TRANSMISSION-TIME": at,
                "PAYPAL-TRANSMISSION-SIG": signed,
                "PAYPAL-CERT-URL": cert,
                "PAYPAL-AUTH-ALGO": "SHA256withRSA",
            },
            body,
            params={"webhook_id": webhook, "anchors": pem("authority")},
            id="WH-9UG43882HX7271132",
            event="PAYMENT.SALE.COMPLETED",
            **more,
        )
    ]


def all_vectors():
    return {
        "aws-sns": aws_sns(),
        "google-pubsub": google_pubsub(),
        "plaid": plaid(),
        "paypal": paypal(asks_back=True),
        "paypal-offline": paypal(asks_back=False),
    } | {"jwt": jwt(), "mtls": mtls(), "monday": monday(), "hubspot-v1": hubspot_v1()}
