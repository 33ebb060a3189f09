"""Senders whose keys or certificates are fetched, each with the library that speaks for it."""

import base64
import datetime
import hashlib
import json
import time
import uuid

import google.oauth2.id_token
import jwt
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import NameOID
from paypalrestsdk import WebhookEvent

TOPIC = "arn:aws:sns:us-east-1:123456789012:orders"
SNS_NAMES = {
    "Notification": "Message MessageId Subject Timestamp TopicArn Type".split(),
    "SubscriptionConfirmation": "Message MessageId SubscribeURL Timestamp Token TopicArn Type".split(),
}


class Authority:
    """Issues certificates that are good today."""

    def __init__(self):
        self.key, self.certificate = self.issue("Headgate tests", ca=True)

    def issue(self, name, *, ca=False, by=None):
        key = rsa.generate_private_key(65537, 2048)
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        issuer = subject if ca else self.certificate.subject
        today = datetime.datetime.now(datetime.UTC)
        made = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer)
        made = made.public_key(key.public_key())
        made = made.serial_number(x509.random_serial_number()).not_valid_before(today - datetime.timedelta(1))
        made = made.not_valid_after(today + datetime.timedelta(1))
        made = made.add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        if not ca:
            made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        return key, made.sign(key if ca else self.key, hashes.SHA256())


def pem(certificate):
    return certificate.public_bytes(serialization.Encoding.PEM)


def sign(key, text, digest=None):
    return base64.b64encode(key.sign(text.encode(), padding.PKCS1v15(), digest or hashes.SHA256())).decode()


class FetchingSender:
    """`server` is where the sender's keys are; `authority` issued its certificate."""

    def __init__(self, server, authority, folder):
        self.server, self.authority = server, authority
        self.anchors = folder / "anchors.pem"
        self.anchors.write_bytes(pem(authority.certificate))
        self.params = {"ca": str(server.certificate)}
        self.secrets = {}
        self.path = f"/webhooks/{self.preset}"
        self.prepare()

    def source(self):
        return {
            "path": self.path,
            "verify": {"preset": self.preset, "params": self.params},
            **({"secrets": self.secrets} if self.secrets else {}),
            "dedupe": "none",
        }


class Sns(FetchingSender):
    preset, digest, library = "aws-sns", hashes.SHA256(), "sns"

    def prepare(self):
        self.key, certificate = self.authority.issue("sns.amazonaws.com")
        self.where = "/SimpleNotificationService-01d088a6f77103d0.pem"
        self.server.routes[self.where] = lambda *_: (200, pem(certificate))
        self.params |= {"topics": TOPIC, "hosts": [self.server.host], "anchors": str(self.anchors)}

    def message(self, **said):
        now = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
        message = {"Type": "Notification", "MessageId": str(uuid.uuid4()), "TopicArn": TOPIC}
        message["Timestamp"] = now
        message |= {"Message": json.dumps({"order": 7, "note": "é\n" * 3}), "SignatureVersion": "2"}
        message |= {"SigningCertURL": self.server.url + self.where} | said
        names = [name for name in SNS_NAMES[message["Type"]] if name in message]
        text = "".join(f"{name}\n{message[name]}\n" for name in names)
        return message | {"Signature": sign(self.key, text, self.digest)}

    def subscription(self, **said):
        url = self.server.url + "/?Action=ConfirmSubscription&TopicArn=x&Token=y"
        asks = {"Type": "SubscriptionConfirmation", "Token": "2336412f37fb", "SubscribeURL": url}
        return self.message(**asks | said)

    def request(self):
        return {"Content-Type": "text/plain; charset=UTF-8"}, json.dumps(self.message()).encode()

    def changes(self):
        message = self.message(Subject="about an order")
        for name in ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type", "Signature"):
            value = message[name]
            place = len(value) // 2
            yield (
                name,
                {},
                json.dumps(
                    message
                    | {name: value[:place] + ("b" if value[place] != "b" else "c") + value[place + 1 :]}
                ).encode(),
            )
        yield "no subject", {}, json.dumps({k: v for k, v in message.items() if k != "Subject"}).encode()
        yield "no signature", {}, json.dumps({k: v for k, v in message.items() if k != "Signature"}).encode()
        elsewhere = self.server.url.replace("localhost", "127.0.0.1") + self.where
        yield "a certificate elsewhere", {}, json.dumps(self.message(SigningCertURL=elsewhere)).encode()
        yield (
            "plain http",
            {},
            json.dumps(
                self.message(SigningCertURL=message["SigningCertURL"].replace("https", "http"))
            ).encode(),
        )
        yield (
            "no certificate",
            {},
            json.dumps(
                self.message(SigningCertURL=self.server.url + "/SimpleNotificationService-00.pem")
            ).encode(),
        )
        yield (
            "another key",
            {},
            json.dumps(message | {"Signature": sign(rsa.generate_private_key(65537, 2048), "x")}).encode(),
        )


class PayPalOffline(FetchingSender):
    preset, library, webhook = "paypal-offline", None, "1JE4291016473214C"

    def prepare(self):
        self.key, self.certificate = self.authority.issue("messageverificationcerts.paypal.com")
        self.where = "/v1/notifications/certs/CERT-360caa42-fca2a594"
        self.server.routes[self.where] = lambda *_: (200, pem(self.certificate))
        self.params |= {"webhook_id": self.webhook, "hosts": [self.server.host], "anchors": str(self.anchors)}

    def body(self):
        return json.dumps({"id": "WH-" + uuid.uuid4().hex, "event_type": "PAYMENT.SALE.COMPLETED"}).encode()

    def signed(self, body, **said):
        at = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        told = {"id": str(uuid.uuid4()), "time": at} | said
        text = WebhookEvent._get_expected_sig(told["id"], told["time"], self.webhook, body.decode())
        return {
            "PAYPAL-TRANSMISSION-ID": told["id"],
            "PAYPAL-TRANSMISSION-TIME": told["time"],
            "PAYPAL-TRANSMISSION-SIG": sign(self.key, text),
            "PAYPAL-CERT-URL": self.server.url + self.where,
            "PAYPAL-AUTH-ALGO": "SHA256withRSA",
        }

    def request(self):
        body = self.body()
        return self.signed(body), body

    # As `WebhookEvent.verify`; pyOpenSSL has no `crypto.verify` any more, so PyCA checks the signature.
    def accepts(self, headers, body):
        told = [headers["PAYPAL-TRANSMISSION-" + name] for name in ("ID", "TIME")]
        text = WebhookEvent._get_expected_sig(*told, self.webhook, body.decode()).encode()
        if headers["PAYPAL-CERT-URL"] != self.server.url + self.where:
            return False
        signature = base64.b64decode(headers["PAYPAL-TRANSMISSION-SIG"], validate=True)
        try:
            self.certificate.public_key().verify(signature, text, padding.PKCS1v15(), hashes.SHA256())
        except InvalidSignature:
            return False
        return True

    def changes(self):
        headers, body = self.request()
        for name in ("ID", "TIME", "SIG"):
            value = headers["PAYPAL-TRANSMISSION-" + name]
            place = len(value) // 2
            other = value[:place] + ("b" if value[place] != "b" else "c") + value[place + 1 :]
            yield name, headers | {"PAYPAL-TRANSMISSION-" + name: other}, body
            yield f"no {name}", {k: v for k, v in headers.items() if not k.endswith("-" + name)}, body
        yield "another certificate", headers | {"PAYPAL-CERT-URL": headers["PAYPAL-CERT-URL"] + "0"}, body
        elsewhere = {"PAYPAL-CERT-URL": "https://example.com" + self.where}
        yield "a certificate elsewhere", headers | elsewhere, body
        yield "another body", headers, self.body()
        yield "a blank after the body", headers, body + b" "
        yield "no body", headers, b""


class PayPal(PayPalOffline):
    preset = "paypal"
    asked_at, tokens_at = "/v1/notifications/verify-webhook-signature", "/v1/oauth2/token"
    answer = b'{"verification_status":"SUCCESS"}'
    token = "A21AAFEpH4PsADK7qSS7pSRsgz"

    def prepare(self):
        super().prepare()
        self.params["endpoint"] = self.server.url + self.asked_at
        self.params["token_url"] = self.server.url + self.tokens_at
        self.server.routes |= {self.asked_at: self.verify, self.tokens_at: self.give_token}

    # As PayPal's pages say: an access token for a REST app's credentials …
    def give_token(self, request, body):
        basic = "Basic " + base64.b64encode(b"client:secret of it").decode()
        if request.headers["Authorization"] != basic or body != b"grant_type=client_credentials":
            return 401, b'{"error":"invalid_client"}'
        told = {"scope": "https://uri.paypal.com/services/applications/webhooks", "token_type": "Bearer"}
        return 200, json.dumps(told | {"access_token": self.token, "expires_in": 31668}).encode()

    # … and with it the whole event as it came.
    def verify(self, request, body):
        asked = json.loads(body)
        if request.headers["Authorization"] != "Bearer " + self.token:
            return 401, b"{}"
        assert set(asked) == {
            *("transmission_id", "transmission_time", "transmission_sig", "cert_url", "auth_algo"),
            *("webhook_id", "webhook_event"),
        }
        assert asked["webhook_id"] == self.webhook and "event_type" in asked["webhook_event"]
        return 200, self.answer


class Plaid(FetchingSender):
    preset, library = "plaid", None

    def prepare(self):
        self.key, self.kid = ec.generate_private_key(ec.SECP256R1()), str(uuid.uuid4())
        self.ended, self.secret = None, "client:secret of it"
        where = "/webhook_verification_key/get"
        self.params |= {"client_id": "5b0d9c1e2f3a4b5c6d7e8f90", "endpoint": self.server.url + where}
        self.server.routes[where] = self.give

    def give(self, request, body):
        asked = json.loads(body)
        if (asked["client_id"], asked["secret"]) != (self.params["client_id"], self.secret):
            return 400, b'{"error_code": "INVALID_API_KEYS"}'
        if asked["key_id"] != self.kid:
            return 400, b'{"error_code": "INVALID_WEBHOOK_VERIFICATION_KEY_ID"}'
        key = jwt.get_algorithm_by_name("ES256").to_jwk(self.key.public_key(), as_dict=True)
        key |= {"kid": self.kid, "alg": "ES256", "use": "sig", "created_at": 1, "expired_at": self.ended}
        return 200, json.dumps({"key": key, "request_id": "x"}).encode()

    def token(self, body, **said):
        header = {"kid": said.pop("kid", self.kid)}
        claims = {"iat": int(time.time()), "request_body_sha256": hashlib.sha256(body).hexdigest()} | said
        return jwt.encode(claims, self.key, algorithm="ES256", headers=header)

    def request(self):
        body = json.dumps({"webhook_type": "ITEM", "item_id": uuid.uuid4().hex}, indent=2).encode()
        return {"Plaid-Verification": self.token(body)}, body

    def accepts(self, headers, body):
        told = jwt.get_unverified_header(headers["Plaid-Verification"])
        if told["alg"] != "ES256" or told["kid"] != self.kid:
            return False
        claims = jwt.decode(headers["Plaid-Verification"], self.key.public_key(), algorithms=["ES256"])
        fresh = claims["iat"] > time.time() - 5 * 60
        return fresh and claims["request_body_sha256"] == hashlib.sha256(body).hexdigest()

    def changes(self):
        headers, body = self.request()
        token = headers["Plaid-Verification"]
        yield "no token", {}, body
        for place in (3, len(token) // 2, len(token) - 40):
            other = token[:place] + ("b" if token[place] != "b" else "c") + token[place + 1 :]
            yield f"the token at {place}", {"Plaid-Verification": other}, body
        yield "the token cut", {"Plaid-Verification": token[:-4]}, body
        yield "white space", headers, body.replace(b"  ", b" ")
        yield "another body", headers, self.request()[1]
        yield "no body", headers, b""
        yield "an old token", {"Plaid-Verification": self.token(body, iat=int(time.time()) - 400)}, body
        yield "another key's name", {"Plaid-Verification": self.token(body, kid="other")}, body
        shared = jwt.encode(jwt.decode(token, options={"verify_signature": False}), "k" * 32, "HS256")
        yield "a shared secret", {"Plaid-Verification": shared}, body


class PubSub(FetchingSender):
    preset, library, who = "google-pubsub", None, "push@project.iam.gserviceaccount.com"

    def prepare(self):
        self.key, self.certificate = self.authority.issue("federated-signon.system.gserviceaccount.com")
        self.server.routes["/certs"] = lambda *_: (200, self.key_set())
        audience = "https://hooks.example.com" + self.path
        self.params |= {"audience": audience, "service_account": self.who, "jwks": self.server.url + "/certs"}

    def key_set(self):
        key = jwt.get_algorithm_by_name("RS256").to_jwk(self.key.public_key(), as_dict=True)
        return json.dumps({"keys": [key | {"kid": "7d680d8c", "alg": "RS256", "use": "sig"}]}).encode()

    def token(self, *, key=None, **said):
        now = int(time.time())
        claims = {"iss": "https://accounts.google.com", "aud": self.params["audience"], "iat": now}
        claims |= {"exp": now + 3600, "email": self.who, "email_verified": True, "sub": "1137"} | said
        told = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode(told, key or self.key, algorithm="RS256", headers={"kid": "7d680d8c"})

    def headers(self, token):
        return {"Authorization": "Bearer " + token}

    def request(self):
        message = {"data": "e30=", "messageId": uuid.uuid4().hex}
        return self.headers(self.token()), json.dumps({"message": message}).encode()

    def accepts(self, headers, body):
        def published(url, method):
            return type("Answer", (), {"status": 200, "data": certificates})()

        certificates = json.dumps({"7d680d8c": pem(self.certificate).decode()}).encode()
        token = headers["Authorization"].removeprefix("Bearer ")
        claims = google.oauth2.id_token.verify_oauth2_token(token, published, self.params["audience"])
        return claims["email"] == self.who and claims["email_verified"] is True

    def changes(self):
        headers, body = self.request()
        token = headers["Authorization"]
        yield "no token", {}, body
        for place in (15, len(token) // 2, len(token) - 40):
            other = token[:place] + ("b" if token[place] != "b" else "c") + token[place + 1 :]
            yield f"the token at {place}", {"Authorization": other}, body
        now = int(time.time())
        for what, said in {
            "an old one": {"iat": now - 7200, "exp": now - 3600},
            "one of tomorrow": {"iat": now + 86400, "exp": now + 90000},
            "of somebody else": {"iss": "https://accounts.google.com.evil.example"},
            "for somebody else": {"aud": "https://other.example.com"},
            "another account": {"email": "other@project.iam.gserviceaccount.com"},
            "not verified": {"email_verified": False},
            "no account": {"email": None},
            "no end": {"exp": None},
        }.items():
            yield what, self.headers(self.token(**said)), body
        another = rsa.generate_private_key(65537, 2048)
        yield "another key", self.headers(self.token(key=another)), body


ALL = [Sns, PayPalOffline, PayPal, Plaid, PubSub]
