"""What real senders put on the wire, signed here with nothing but Python's hmac.

Each function follows the sender's own page: GitHub "Validating webhook deliveries", the Standard Webhooks
specification, Stripe "Verify webhook signatures manually", Slack "Verifying requests from Slack", GitLab
"Webhooks: secret token". They share no code with the gateway.
"""

import base64
import hashlib
import hmac
import time
import uuid

GITHUB_SECRET = b"It's a Secret to Everybody"
STANDARD_SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
STRIPE_SECRET = "whsec_" + "9f" * 16
SLACK_SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
GITLAB_TOKEN = "glpat-a-token-of-forty-characters-01234"


def hex_mac(key, content):
    return hmac.new(key, content, hashlib.sha256).hexdigest()


def b64_mac(key, content):
    return base64.b64encode(hmac.new(key.encode(), content, hashlib.sha256).digest()).decode()


def github(body, *, event="release", delivery=None, secret=GITHUB_SECRET):
    return {
        "X-Hub-Signature-256": "sha256=" + hex_mac(secret, body),
        "X-GitHub-Event": event,
        "X-GitHub-Delivery": delivery or str(uuid.uuid4()),
        "Content-Type": "application/json",
        "User-Agent": "GitHub-Hookshot/044aadd",
    }


def standard(body, *, message=None, at=None, secret=STANDARD_SECRET):
    message, at = message or "msg_" + uuid.uuid4().hex, str(int(at or time.time()))
    key = base64.b64decode(secret.removeprefix("whsec_"))
    mac = hmac.new(key, f"{message}.{at}.".encode() + body, hashlib.sha256).digest()
    return {
        "webhook-id": message,
        "webhook-timestamp": at,
        "Content-Type": "application/json",
        "webhook-signature": "v1," + base64.b64encode(mac).decode(),
    }


def stripe(body, *, at=None, secret=STRIPE_SECRET):
    at = str(int(at or time.time()))
    return {
        "Stripe-Signature": f"t={at},v1={hex_mac(secret.encode(), at.encode() + b'.' + body)}",
        "Content-Type": "application/json; charset=utf-8",
    }


def slack(body, *, at=None, secret=SLACK_SECRET, type="application/json"):
    at = str(int(at or time.time()))
    return {
        "X-Slack-Request-Timestamp": at,
        "Content-Type": type,
        "X-Slack-Signature": "v0=" + hex_mac(secret.encode(), b"v0:" + at.encode() + b":" + body),
    }


def gitlab(body, *, event="Push Hook", delivery=None, token=GITLAB_TOKEN):
    return {
        "X-Gitlab-Token": token,
        "X-Gitlab-Event": event,
        "Content-Type": "application/json",
        "X-Gitlab-Webhook-UUID": delivery or str(uuid.uuid4()),
    }
