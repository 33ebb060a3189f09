"""The senders that have a library of their own: what to configure for each, and what its library says.

The libraries come from PyPI and npm. Each signs what is sent, or checks it, or both.
"""

import base64
import json
import time
import urllib.parse
import uuid
from datetime import UTC, datetime

import Adyen.util
import hubspot.utils.signature
import paddle_billing.Notifications
import pyairtable.models
import slack_sdk.signature
import standardwebhooks
import stripe
import svix.webhooks
import twilio.request_validator
import workos
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from multidict import MultiDict
from nacl.signing import SigningKey
from sendgrid.helpers.eventwebhook import EventWebhook
from square.utils.webhooks_helper import verify_signature as verify_square

from . import senders

PUBLIC_URL = "https://hooks.example.com"
SECRET = "0f6c1d2e3b4a59687786a5b4c3d2e1f0"
STANDARD_SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
ADYEN_KEY = "44782DEF547AAA06C910C43932B1EB0C71FC68D9D0C057550C48EC2ACF6BA056"
ADYEN_MEMBERS = "pspReference merchantAccountCode merchantReference eventCode success".split()


class Sender:
    """One sender: what to configure, how its library signs, and what its library says of a request."""

    preset = None
    secret = SECRET
    beside = {}  # What else stands beside the preset.
    signature = None  # The header of the signature.
    timed = False
    library = None  # Its name in verify.mjs, where that checks.

    def __init__(self):
        self.path = f"/webhooks/{self.preset}"

    def body(self, unique):
        return json.dumps({"id": unique, "type": "thing.happened"}).encode()

    def target(self, body):
        return self.path

    def sign(self, body, at):
        """The headers of a genuine request."""
        raise NotImplementedError

    def accepts(self, headers, body, target):
        raise NotImplementedError


class StandardWebhooks(Sender):
    preset, secret, signature, timed = "standard-webhooks", STANDARD_SECRET, "webhook-signature", True
    prefix, webhook = "webhook-", standardwebhooks.Webhook

    def sign(self, body, at):
        message = "msg_" + uuid.uuid4().hex
        signed = self.webhook(self.secret).sign(message, datetime.fromtimestamp(at, UTC), body.decode())
        return {
            self.prefix + "id": message,
            self.prefix + "timestamp": str(at),
            self.prefix + "signature": signed,
        }

    def accepts(self, headers, body, target):
        self.webhook(self.secret).verify(body.decode(), headers)
        return True


class Svix(StandardWebhooks):
    preset, prefix, signature, webhook = "svix", "svix-", "svix-signature", svix.webhooks.Webhook


class GitLab(StandardWebhooks):
    preset = "gitlab-signing-token"


class Stripe(Sender):
    preset, secret, signature, timed = "stripe", senders.STRIPE_SECRET, "Stripe-Signature", True

    def sign(self, body, at):
        signed = stripe.WebhookSignature._compute_signature(f"{at}.{body.decode()}", self.secret)
        return {"Stripe-Signature": f"t={at},v1={signed}"}

    def accepts(self, headers, body, target):
        return stripe.WebhookSignature.verify_header(
            body.decode(), headers["Stripe-Signature"], self.secret, tolerance=300
        )


class Slack(Sender):
    preset, signature, timed = "slack", "X-Slack-Signature", True

    def sign(self, body, at):
        verifier = slack_sdk.signature.SignatureVerifier(self.secret)
        return {
            "X-Slack-Request-Timestamp": str(at),
            "X-Slack-Signature": verifier.generate_signature(timestamp=str(at), body=body),
        }

    def accepts(self, headers, body, target):
        return slack_sdk.signature.SignatureVerifier(self.secret).is_valid_request(body, headers)


class TwilioForm(Sender):
    preset, signature, beside = "twilio", "X-Twilio-Signature", {"public_url": PUBLIC_URL}

    def body(self, unique):
        pairs = [("To", "+1800"), ("Body", "b c"), ("Body", "a"), ("Body", "a"), ("Digits", unique)]
        return urllib.parse.urlencode(pairs).encode()

    def fields(self, body):
        return MultiDict(urllib.parse.parse_qsl(body.decode(), keep_blank_values=True))

    def sign(self, body, at):
        validator = twilio.request_validator.RequestValidator(self.secret)
        signed = validator.compute_signature(PUBLIC_URL + self.target(body), self.fields(body))
        return {"X-Twilio-Signature": signed, "Content-Type": "application/x-www-form-urlencoded"}

    def accepts(self, headers, body, target):
        validator = twilio.request_validator.RequestValidator(self.secret)
        return validator.validate(PUBLIC_URL + target, self.fields(body), headers["X-Twilio-Signature"])


class TwilioJson(TwilioForm):
    def body(self, unique):
        return json.dumps({"id": unique}).encode()

    def target(self, body):
        digest = twilio.request_validator.RequestValidator(self.secret).compute_hash(body.decode())
        return f"{self.path}?bodySHA256={digest}"

    def sign(self, body, at):
        validator = twilio.request_validator.RequestValidator(self.secret)
        signed = validator.compute_signature(PUBLIC_URL + self.target(body), {})
        return {"X-Twilio-Signature": signed, "Content-Type": "application/json"}

    def accepts(self, headers, body, target):
        validator = twilio.request_validator.RequestValidator(self.secret)
        return validator.validate(PUBLIC_URL + target, body.decode(), headers["X-Twilio-Signature"])


class SendGrid(Sender):
    preset, signature = "sendgrid", "X-Twilio-Email-Event-Webhook-Signature"
    time_header = "X-Twilio-Email-Event-Webhook-Timestamp"
    key = ec.generate_private_key(ec.SECP256R1())
    secret = base64.b64encode(
        key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
    ).decode()

    def body(self, unique):
        return super().body(unique) + b"\r\n"

    def sign(self, body, at):
        signed = self.key.sign(str(at).encode() + body, ec.ECDSA(hashes.SHA256()))
        return {self.signature: base64.b64encode(signed).decode(), self.time_header: str(at)}

    def accepts(self, headers, body, target):
        hook = EventWebhook(self.secret)
        return hook.verify_signature(body.decode(), headers[self.signature], headers[self.time_header])


class Square(Sender):
    preset, signature = "square", "x-square-hmacsha256-signature"
    beside = {"params": {"notification_url": PUBLIC_URL + "/webhooks/square"}}

    def sign(self, body, at):
        return {self.signature: senders.b64_mac(self.secret, (PUBLIC_URL + self.path).encode() + body)}

    def accepts(self, headers, body, target):
        return verify_square(
            request_body=body.decode(),
            signature_header=headers[self.signature],
            signature_key=self.secret,
            notification_url=PUBLIC_URL + self.path,
        )


class AdyenPlatform(Sender):
    preset, secret, signature = "adyen-platform", ADYEN_KEY, "HmacSignature"

    def sign(self, body, at):
        return {self.signature: Adyen.util.generate_payload_sig(body, self.secret).decode()}

    def accepts(self, headers, body, target):
        return Adyen.util.is_valid_hmac_payload(headers[self.signature], self.secret, body)


class AdyenStandard(Sender):
    preset, secret = "adyen-standard", ADYEN_KEY

    def body(self, unique):
        item = dict.fromkeys(ADYEN_MEMBERS, "AUTHORISATION") | {"pspReference": unique, "success": "true"}
        item["amount"] = {"value": 1130, "currency": "EUR"}
        signed = Adyen.util.generate_notification_sig(item, self.secret).decode()
        item["additionalData"] = {"hmacSignature": signed}
        return json.dumps(
            {"live": "false", "notificationItems": [{"NotificationRequestItem": item}]}
        ).encode()

    def sign(self, body, at):
        return {"Content-Type": "application/json"}

    def accepts(self, headers, body, target):
        return Adyen.util.is_valid_hmac_notification(json.loads(body), self.secret)


class HubSpot(Sender):
    preset, signature, timed = "hubspot-v3", "X-HubSpot-Signature-v3", True
    beside = {"public_url": PUBLIC_URL}

    def target(self, body):
        return self.path + "?portal=7"

    def sign(self, body, at):
        signed = hubspot.utils.signature.Signature.get_signature(
            self.secret, body.decode(), "v3", PUBLIC_URL + self.target(body), "POST", str(at * 1000)
        )
        return {self.signature: signed, "X-HubSpot-Request-Timestamp": str(at * 1000)}

    def accepts(self, headers, body, target):
        return hubspot.utils.signature.Signature.is_valid(
            headers[self.signature],
            self.secret,
            body.decode(),
            PUBLIC_URL + target,
            "POST",
            "v3",
            headers["X-HubSpot-Request-Timestamp"],
        )


class HubSpotV2(HubSpot):
    preset, signature, timed = "hubspot-v2", "X-HubSpot-Signature", False

    def sign(self, body, at):
        signed = hubspot.utils.signature.Signature.get_signature(
            self.secret, body.decode(), "v2", PUBLIC_URL + self.target(body), "POST"
        )
        return {self.signature: signed}

    def accepts(self, headers, body, target):
        return hubspot.utils.signature.Signature.is_valid(
            headers[self.signature], self.secret, body.decode(), PUBLIC_URL + target, "POST", "v2"
        )


class HubSpotV1(HubSpot):
    preset, signature, timed, beside = "hubspot-v1", "X-HubSpot-Signature", False, {}

    def sign(self, body, at):
        signed = hubspot.utils.signature.Signature.get_signature(self.secret, body.decode(), "v1")
        return {self.signature: signed}

    def accepts(self, headers, body, target):
        return hubspot.utils.signature.Signature.is_valid(
            headers[self.signature], self.secret, body.decode(), signature_version="v1"
        )


class Airtable(Sender):
    preset, signature = "airtable", "X-Airtable-Content-MAC"
    secret = base64.b64encode(bytes(range(32))).decode()

    def body(self, unique):
        told = {"base": {"id": unique}, "webhook": {"id": "ach0"}, "timestamp": "2026-01-01T00:00:00.000Z"}
        return json.dumps(told).encode()

    def sign(self, body, at):
        key = base64.b64decode(self.secret)
        return {self.signature: "hmac-sha256=" + senders.hex_mac(key, body)}

    def accepts(self, headers, body, target):
        return pyairtable.models.WebhookNotification.from_request(
            body.decode(), headers[self.signature], self.secret
        )


class WorkOS(Sender):
    preset, signature, timed = "workos", "WorkOS-Signature", True

    def sign(self, body, at):
        signed = senders.hex_mac(self.secret.encode(), f"{at * 1000}.".encode() + body)
        return {self.signature: f"t={at * 1000}, v1={signed}"}

    def accepts(self, headers, body, target):
        client = workos.WorkOSClient(api_key="sk", client_id="client")
        client.webhooks.verify_header(
            event_body=body, event_signature=headers[self.signature], secret=self.secret, tolerance=300
        )
        return True


class Paddle(Sender):
    preset, signature, timed = "paddle", "Paddle-Signature", True

    def sign(self, body, at):
        signed = senders.hex_mac(self.secret.encode(), f"{at}:".encode() + body)
        return {self.signature: f"ts={at};h1={signed}"}

    def accepts(self, headers, body, target):
        request = type("Request", (), {"headers": headers, "body": body})()
        verifier = paddle_billing.Notifications.Verifier(5)
        return verifier.verify(request, paddle_billing.Notifications.Secret(self.secret))


class GitHub(Sender):
    preset, signature, library = "github", "X-Hub-Signature-256", "github"

    def sign(self, body, at):
        return senders.github(body, secret=self.secret.encode())


class Notion(Sender):
    preset, signature, library = "notion", "X-Notion-Signature", "notion"

    def sign(self, body, at):
        return {self.signature: "sha256=" + senders.hex_mac(self.secret.encode(), body)}


class Linear(Sender):
    preset, signature, library = "linear", "Linear-Signature", "linear"

    def body(self, unique):
        told = {"id": unique, "type": "Issue", "action": "create"}
        return json.dumps({**told, "webhookTimestamp": int(time.time() * 1000)}).encode()

    def sign(self, body, at):
        signed = senders.hex_mac(self.secret.encode(), body)
        return {self.signature: signed, "Linear-Delivery": str(uuid.uuid4())}


class Shopify(Sender):
    preset, signature, library = "shopify", "X-Shopify-Hmac-Sha256", "shopify"

    def sign(self, body, at):
        return {
            self.signature: senders.b64_mac(self.secret, body),
            "X-Shopify-Topic": "orders/create",
            "X-Shopify-Shop-Domain": "shop.example.com",
            "X-Shopify-API-Version": "2026-07",
            "X-Shopify-Webhook-Id": str(uuid.uuid4()),
        }


class Discord(Sender):
    preset, signature, library = "discord", "X-Signature-Ed25519", "discord"
    key = SigningKey(bytes(range(32)))
    secret = key.verify_key.encode().hex()

    def sign(self, body, at):
        signed = self.key.sign(str(at).encode() + body).signature.hex()
        return {self.signature: signed, "X-Signature-Timestamp": str(at)}


SENDERS = [
    each()
    for each in (
        StandardWebhooks,
        Svix,
        Stripe,
        Slack,
        TwilioForm,
        TwilioJson,
        SendGrid,
        Square,
        AdyenPlatform,
        AdyenStandard,
        Airtable,
        HubSpot,
        HubSpotV1,
        HubSpotV2,
        WorkOS,
        Paddle,
        GitHub,
        GitLab,
        Notion,
        Shopify,
        Discord,
        Linear,
    )
]
NAMES = [type(each).__name__ for each in SENDERS]
