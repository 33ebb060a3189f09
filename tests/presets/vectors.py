"""Signs one request or more for each preset, by the provider's written rules and with nothing of Headgate's.

    python3 tests/presets/vectors.py --write      puts them at the end of auth/presets/NAME.yaml
    python3 tests/presets/vectors.py --check      says whether they stand there

Published values are given as they are published; where they can be computed, they must come out the same.
"""

import base64
import datetime
import hashlib
import hmac
import json
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import fetched  # noqa: E402

PRESETS = pathlib.Path(__file__).parents[2] / "auth" / "presets"
COMPUTED = "signed by tests/presets/vectors.py"
AT = 1_767_225_600  # 2026-01-01T00:00:00Z
KEY = "0f6c1d2e3b4a59687786a5b4c3d2e1f0"
STANDARD_KEY = bytes(range(1, 33))


def hex_of(key, content, algorithm="sha256"):
    return mac(key, content, algorithm).hex()


def b64_of(key, content, algorithm="sha256"):
    return base64.b64encode(mac(key, content, algorithm)).decode()


def mac(key, content, algorithm):
    key = key.encode() if isinstance(key, str) else key
    content = content.encode() if isinstance(content, str) else content
    return hmac.new(key, content, algorithm).digest()


def compact(document):
    return json.dumps(document, separators=(",", ":"))


def vector(headers=None, body="", *, says=COMPUTED, at=AT, target="/webhooks/sender", **more):
    """`more`: secrets, method, public_url, params, client_certificate, serves, asked,
    id, event, reply, proof."""
    if more.get("method") is None:
        more.pop("method", None)
    return {"says": says, "at": at, "target": target, "headers": headers or {}, "body": body, **more}


def body_mac(header, body, *, prefix="", encode=hex_of, algorithm="sha256", key=KEY, headers=None, **more):
    secret = more.pop("secret", key)
    signed = prefix + encode(key, body, algorithm)
    return vector({header: signed, **(headers or {})}, body, secrets={"signing": secret}, **more)


def b64_text(data):
    return base64.b64encode(data).decode()


class Ed25519:
    """RFC 8032 signatures by the openssl program; the seed makes them the same each time."""

    def __init__(self, seed):
        der = bytes.fromhex("302e020100300506032b657004220420") + seed
        self.pem = "-----BEGIN PRIVATE KEY-----\n" + b64_text(der) + "\n-----END PRIVATE KEY-----\n"
        with tempfile.NamedTemporaryFile("w", suffix=".pem") as key:
            key.write(self.pem)
            key.flush()
            public = subprocess.run(
                ["openssl", "pkey", "-in", key.name, "-pubout", "-outform", "DER"],
                capture_output=True,
                check=True,
            ).stdout
        self.public = public[-32:]

    def sign(self, content):
        with tempfile.NamedTemporaryFile("w", suffix=".pem") as key, tempfile.NamedTemporaryFile() as message:
            key.write(self.pem)
            key.flush()
            message.write(content.encode())
            message.flush()
            return subprocess.run(
                ["openssl", "pkeyutl", "-sign", "-rawin", "-inkey", key.name, "-in", message.name],
                capture_output=True,
                check=True,
            ).stdout


def published(computed, expected):
    assert computed == expected, f"{computed} is not the published {expected}"
    return expected


def github():
    secret, body = "It's a Secret to Everybody", "Hello, World!"
    signature = published(
        hex_of(secret, body), "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    )
    return [
        vector(
            {
                "X-Hub-Signature-256": "sha256=" + signature,
                "X-GitHub-Event": "ping",
                "X-GitHub-Delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958",
            },
            body,
            says="GitHub's documented example",
            secrets={"signing": secret},
            id="72d3162e-cc78-11e3-81ab-4c9367dc0958",
            event="ping",
        )
    ]


def standard(prefix="webhook-", name="standard-webhooks", headers=None, event="user.created"):
    body = compact({"type": event, "data": {"id": 7}}) if name != "gitlab" else '{"object_kind":"push"}'
    identifier = "msg_2KWPBgLlAfxdpx2AI54pPJ85f4W"
    signature = "v1," + b64_of(STANDARD_KEY, f"{identifier}.{AT}.{body}")
    return vector(
        {
            prefix + "id": identifier,
            prefix + "timestamp": str(AT),
            prefix + "signature": signature,
            **(headers or {}),
        },
        body,
        secrets={"signing": "whsec_" + b64_text(STANDARD_KEY)},
        id=identifier,
        event=event,
    )


def standard_webhooks():
    key = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    body, identifier, at = '{"test": 2432232314}', "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330
    signature = published(
        b64_of(key, f"{identifier}.{at}.{body}"), "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    )
    return [
        vector(
            {"webhook-id": identifier, "webhook-timestamp": str(at), "webhook-signature": "v1," + signature},
            body,
            says="the specification's published vector",
            at=at,
            secrets={"signing": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"},
            id=identifier,
        ),
        standard(),
    ]


def standard_webhooks_ed25519():
    key = Ed25519(STANDARD_KEY)
    body, identifier = compact({"type": "user.created"}), "msg_2KWPBgLlAfxdpx2AI54pPJ85f4W"
    signature = "v1a," + b64_text(key.sign(f"{identifier}.{AT}.{body}"))
    return [
        vector(
            {"webhook-id": identifier, "webhook-timestamp": str(AT), "webhook-signature": signature},
            body,
            secrets={"signing": "whpk_" + b64_text(key.public)},
            id=identifier,
            event="user.created",
        )
    ]


def slack():
    secret = "8f742231b10e8888abcd99yyyzzz85a5"
    body = (
        "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V"
        "&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text="
        "&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F"
        "96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
    )
    signature = published(
        hex_of(secret, f"v0:1531420618:{body}"),
        "a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
    )
    challenge = compact({"type": "url_verification", "challenge": "3eZbrw1aBm2rZgRNFdxV"})
    event = compact({"type": "event_callback", "event_id": "Ev08MFMKH6", "event": {"type": "message"}})
    return [
        vector(
            {"X-Slack-Request-Timestamp": "1531420618", "X-Slack-Signature": "v0=" + signature},
            body,
            says="Slack's documented example",
            at=1531420618,
            secrets={"signing": secret},
        ),
        slack_like("X-Slack-Request-Timestamp", "X-Slack-Signature", event, id="Ev08MFMKH6", event="message"),
        slack_like(
            "X-Slack-Request-Timestamp",
            "X-Slack-Signature",
            challenge,
            reply={"status": 200, "body": "3eZbrw1aBm2rZgRNFdxV"},
        ),
    ]


def slack_like(time_header, header, body, **more):
    signature = "v0=" + hex_of(KEY, f"v0:{AT}:{body}")
    return vector({time_header: str(AT), header: signature}, body, secrets={"signing": KEY}, **more)


def zoom():
    event = compact({"event": "meeting.started", "payload": {"account_id": "x"}, "event_ts": AT * 1000})
    asked = compact({"event": "endpoint.url_validation", "payload": {"plainToken": "qgg8vlvZRS6UYooatFL8Aw"}})
    answer = compact(
        {"plainToken": "qgg8vlvZRS6UYooatFL8Aw", "encryptedToken": hex_of(KEY, "qgg8vlvZRS6UYooatFL8Aw")}
    )
    names = "x-zm-request-timestamp", "x-zm-signature"
    return [
        slack_like(*names, event, event="meeting.started"),
        slack_like(*names, asked, reply={"status": 200, "body": answer}),
    ]


def stripe_like(header, body, label, form, separator=".", at=str(AT), **more):
    signature = hex_of(KEY, f"{at}{separator}{body}")
    return vector(
        {header: form.format(at=at, label=label, mac=signature)}, body, secrets={"signing": KEY}, **more
    )


def stripe():
    body = compact({"id": "evt_1", "type": "charge.succeeded"})
    return [
        stripe_like(
            "Stripe-Signature", body, "v1", "t={at},{label}={mac}", id="evt_1", event="charge.succeeded"
        )
    ]


def twilio():
    token, url = "12345", "https://mycompany.com"
    target = "/myapp.php?foo=1&bar=2"
    form = {
        "CallSid": "CA1234567890ABCDE",
        "Caller": "+14158675309",
        "Digits": "1234",
        "From": "+14158675309",
    }
    form["To"] = "+18005551212"
    signed = url + target + "".join(name + form[name] for name in sorted(form))
    signature = published(b64_of(token, signed, "sha1"), "RSOYDt4T1cUTdK1PDd93/VVr8B8=")
    encoded = (
        "CallSid=CA1234567890ABCDE&Caller=%2B14158675309&Digits=1234&From=%2B14158675309&To=%2B18005551212"
    )
    document = compact({"event": "done"})
    with_digest = "/hook?bodySHA256=" + hashlib.sha256(document.encode()).hexdigest()
    common = {"secrets": {"signing": token}, "public_url": url}
    return [
        vector(
            {"X-Twilio-Signature": signature, "Content-Type": "application/x-www-form-urlencoded"},
            encoded,
            says="Twilio's documented example",
            target=target,
            **common,
        ),
        vector(
            {
                "X-Twilio-Signature": b64_of(token, url + with_digest, "sha1"),
                "Content-Type": "application/json",
                "I-Twilio-Idempotency-Token": "8a9d9b0e",
            },
            document,
            target=with_digest,
            id="8a9d9b0e",
            **common,
        ),
        vector(
            {"X-Twilio-Signature": b64_of(token, url + ":443/hook?a=1", "sha1")},
            method="GET",
            target="/hook?a=1",
            **common,
        ),
    ]


def sendgrid():
    document = [
        {
            "email": "hello@world.com",
            "event": "dropped",
            "reason": "Bounced Address",
            "sg_event_id": "ZHJvcC0xMDk5NDkxOS1MUnpYbF9OSFN0T0doUTRrb2ZTbV9BLTA",
            "sg_message_id": "LRzXl_NHStOGhQ4kofSm_A.filterdrecv-p3mdw1-756b745b58-kmzbl-18-5F5FC76C-9.0",
            "smtp-id": "<LRzXl_NHStOGhQ4kofSm_A@ismtpd0039p1iad1.sendgrid.net>",
            "timestamp": 1600112492,
        }
    ]
    return [
        vector(
            {
                "X-Twilio-Email-Event-Webhook-Timestamp": "1600112502",
                "X-Twilio-Email-Event-Webhook-Signature": (
                    "MEUCIGHQVtGj+Y3LkG9fLcxf3qfI10QysgDWmMOVmxG0u6ZUAiEA"
                    "yBiXDWzM+uOe5W0JuG+luQAbPIqHh89M15TluLtEZtM="
                ),
            },
            compact(document) + "\r\n",
            says="the example of SendGrid's libraries",
            id=document[0]["sg_event_id"],
            at=1600112502,
            secrets={
                "signing": (
                    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE83T4O/n84iotIvIW4mdBgQ/7"
                    "dAfSmpqIM8kF9mN1flpVKS3GRqe62gw+2fNN"
                    "RaINXvVpiglSI8eNEc6wEA3F+g=="
                )
            },
        )
    ]


def discord():
    key = Ed25519(STANDARD_KEY)

    def signed(body, **more):
        headers = {"X-Signature-Ed25519": key.sign(f"{AT}{body}").hex(), "X-Signature-Timestamp": str(AT)}
        return vector(headers, body, secrets={"signing": key.public.hex()}, **more)

    event = compact(
        {"version": 1, "application_id": "1234", "type": 1, "event": {"type": "APPLICATION_AUTHORIZED"}}
    )
    ping = compact({"version": 1, "application_id": "1234", "type": 0})
    return [signed(event, event="APPLICATION_AUTHORIZED"), signed(ping, reply={"status": 204, "body": ""})]


def pagerduty():
    body = compact({"event": {"id": "01BYH4GZMSLGVVF6VJGLCLW2G8", "event_type": "incident.triggered"}})
    return [
        body_mac(
            "X-PagerDuty-Signature",
            body,
            prefix="v1=",
            id="01BYH4GZMSLGVVF6VJGLCLW2G8",
            event="incident.triggered",
        )
    ]


def square():
    key, url, body = "asdf1234", "https://example.com/webhook", '{"hello":"world"}'
    signature = published(b64_of(key, url + body), "2kRE5qRU2tR+tBGlDwMEw2avJ7QM4ikPYD/PJ3bd9Og=")
    event = compact({"type": "payment.updated", "event_id": "ac3ac95b-f97d-458c-a6e6-18981597e05f"})
    common = {"secrets": {"signing": key}, "params": {"notification_url": url}}
    return [
        vector(
            {"x-square-hmacsha256-signature": signature}, body, says="Square's documented example", **common
        ),
        vector(
            {"x-square-hmacsha256-signature": b64_of(key, url + event)},
            event,
            id="ac3ac95b-f97d-458c-a6e6-18981597e05f",
            event="payment.updated",
            **common,
        ),
    ]


ADYEN_KEY = "44782DEF547AAA06C910C43932B1EB0C71FC68D9D0C057550C48EC2ACF6BA056"


def adyen_standard():
    item = {
        "pspReference": "7914073381342284",
        "merchantAccountCode": "TestMerchant",
        "merchantReference": "TestPayment-1407325143704",
        "amount": {"value": 1130, "currency": "EUR"},
        "eventCode": "AUTHORISATION",
        "success": "true",
    }
    signed = "7914073381342284::TestMerchant:TestPayment-1407325143704:1130:EUR:AUTHORISATION:true"
    signature = published(
        b64_of(bytes.fromhex(ADYEN_KEY), signed), "coqCmt/IZ4E3CzPvMY8zTjQVL5hYJUiBRg8UU+iCWo0="
    )
    item["additionalData"] = {"hmacSignature": signature}
    body = compact({"live": "false", "notificationItems": [{"NotificationRequestItem": item}]})
    return [
        vector(
            {"Content-Type": "application/json"},
            body,
            says="the example of Adyen's libraries",
            secrets={"signing": ADYEN_KEY},
            event="AUTHORISATION",
            proof=["7914073381342284", "TestMerchant", "1130", "EUR", "AUTHORISATION", signature],
        )
    ]


def hubspot_v3():
    method, url, target, at = (
        "POST",
        "https://hooks.example.com",
        "/webhooks/hubspot?a=%2Fb%20c&d=%3F",
        AT * 1000,
    )
    body = compact([{"eventId": 1, "subscriptionType": "contact.creation"}])
    uri = url + "/webhooks/hubspot?a=/b%20c&d=?"
    return [
        vector(
            {
                "X-HubSpot-Signature-v3": b64_of(KEY, f"{method}{uri}{body}{at}"),
                "X-HubSpot-Request-Timestamp": str(at),
            },
            body,
            target=target,
            secrets={"signing": KEY},
            public_url=url,
            event="contact.creation",
        )
    ]


def hubspot_v2():
    url, target, body = "https://hooks.example.com", "/webhooks/hubspot?a=b", compact({"vid": 7})
    signed = f"{KEY}POST{url}{target}{body}".encode()
    return [
        vector(
            {"X-HubSpot-Signature": hashlib.sha256(signed).hexdigest(), "X-HubSpot-Signature-Version": "v2"},
            body,
            target=target,
            secrets={"signing": KEY},
            public_url=url,
        )
    ]


def zendesk():
    at, body = "2026-01-01T00:00:00Z", compact({"type": "zen:event-type:ticket.created", "id": "01"})
    common = {"secrets": {"signing": KEY}, "id": "01GKZB"}
    names = (
        "X-Zendesk-Webhook-Signature",
        "X-Zendesk-Webhook-Signature-Timestamp",
        "X-Zendesk-Webhook-Invocation-Id",
    )
    return [
        vector(
            dict(zip(names, (b64_of(KEY, at + body), at, "01GKZB"), strict=True)),
            body,
            event="zen:event-type:ticket.created",
            **common,
        ),
        vector(dict(zip(names, (b64_of(KEY, at), at, "01GKZB"), strict=True)), method="GET", **common),
    ]


def linear():
    body = compact({"action": "create", "type": "Issue", "webhookTimestamp": AT * 1000})
    identifier = "234d1a4e-b617-4388-90fe-adc3633d6b72"
    return [
        body_mac(
            "Linear-Signature",
            body,
            headers={"Linear-Delivery": identifier},
            id=identifier,
            event="Issue.create",
        )
    ]


def mailgun():
    at, token = str(AT), "a8ce0edb2dd8301dee6c2405235584e45aa91d1e9f979f3de0"
    signature = hex_of(KEY, at + token)
    document = {
        "signature": {"timestamp": at, "token": token, "signature": signature},
        "event-data": {"event": "opened", "id": "Ase7i2zsRYeDXztHGENqRA"},
    }
    return [
        vector(
            {"Content-Type": "application/json"},
            compact(document),
            secrets={"signing": KEY},
            id="Ase7i2zsRYeDXztHGENqRA",
            event="opened",
            proof=[f'"{at}"', token, f'"{signature}"'],
        )
    ]


def segment():
    first = compact({"messageId": "ajs-1", "type": "track"})
    return [
        body_mac("X-Signature", first, algorithm="sha1", id="ajs-1", event="track", proof=[first]),
        vector(
            {"X-Signature": hex_of(KEY, first, "sha1")},
            f'[ {first}, {{"messageId":"ajs-2"}}]',
            secrets={"signing": KEY},
            proof=[first],
        ),
    ]


def grafana():
    body = compact({"receiver": "headgate", "status": "firing"})
    return [
        body_mac("X-Grafana-Alerting-Signature", body, event="firing"),
        vector(
            {"X-Ours": hex_of(KEY, f"{AT}:{body}"), "X-Stamp": str(AT)},
            body,
            secrets={"signing": KEY},
            params={"signature_header": "X-Ours", "timestamp_header": "X-Stamp"},
            event="firing",
        ),
    ]


def meta():
    body = '{"object":"page","entry":[{"id":"0","changes":[{"value":"caf\\u00e9"}]}]}'
    token = "meatyhamhock-meatyhamhock"
    asked = "/webhooks/meta?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=" + token
    secrets = {"signing": KEY, "verify": token}
    return [
        vector({"X-Hub-Signature-256": "sha256=" + hex_of(KEY, body)}, body, secrets=secrets, event="page"),
        vector(method="GET", target=asked, secrets=secrets, reply={"status": 200, "body": "1158201444"}),
    ]


def x_account_activity():
    body = compact({"for_user_id": "2244994945", "tweet_create_events": []})
    token = "challenge_string"
    answer = compact({"response_token": "sha256=" + b64_of(KEY, token)})
    return [
        body_mac("x-twitter-webhooks-signature", body, prefix="sha256=", encode=b64_of),
        vector(
            method="GET",
            target="/webhooks/x?crc_token=" + token,
            secrets={"signing": KEY},
            reply={"status": 200, "body": answer},
        ),
    ]


def dropbox():
    body = compact({"list_folder": {"accounts": ["dbid:AAH4f99T0taONIb-OurWxbNQ6ywGRopQngc"]}})
    return [
        body_mac("X-Dropbox-Signature", body),
        vector(
            method="GET",
            target="/webhooks/dropbox?challenge=Zq3y_w",
            secrets={"signing": KEY},
            reply={"status": 200, "body": "Zq3y_w"},
        ),
    ]


def notion():
    token = "secret_tMrlL1qK5vuQAh1b6cZGhFChZTSYJlce98V0pYn7yBl"
    body = compact({"id": "367cba44-b6f3-4c92-81e7-6a2e9659efd4", "type": "page.created"})
    return [
        body_mac(
            "X-Notion-Signature",
            body,
            prefix="sha256=",
            key=token,
            id="367cba44-b6f3-4c92-81e7-6a2e9659efd4",
            event="page.created",
        ),
        vector(
            body=compact({"verification_token": token}),
            secrets={"signing": KEY},
            reply={"status": 200, "body": ""},
        ),
    ]


def workos():
    body = compact({"id": "wh_123", "event": "connection.activated"})
    return [
        stripe_like(
            "WorkOS-Signature",
            body,
            "v1",
            "t={at}, {label}={mac}",
            at=str(AT * 1000),
            id="wh_123",
            event="connection.activated",
        )
    ]


def paddle():
    body = compact({"event_id": "evt_01", "event_type": "transaction.completed"})
    return [
        stripe_like(
            "Paddle-Signature",
            body,
            "h1",
            "ts={at};{label}={mac}",
            ":",
            id="evt_01",
            event="transaction.completed",
        )
    ]


def azure_event_grid():
    secrets = {"signing": KEY}
    body = compact([{"id": "e-1", "eventType": "Microsoft.Storage.BlobCreated", "data": {}}])
    asked = compact(
        [
            {
                "id": "e-0",
                "eventType": "Microsoft.EventGrid.SubscriptionValidationEvent",
                "data": {"validationCode": "512d38b6-c7b8-40c8-89fe-f46f9e9622b6"},
            }
        ]
    )
    target = "/webhooks/grid?code=" + KEY
    return [
        vector({}, body, target=target, secrets=secrets, id="e-1", event="Microsoft.Storage.BlobCreated"),
        vector(
            {"aeg-event-type": "SubscriptionValidation"},
            asked,
            target=target,
            secrets=secrets,
            reply={
                "status": 200,
                "body": compact({"validationResponse": "512d38b6-c7b8-40c8-89fe-f46f9e9622b6"}),
            },
        ),
        vector(
            {"WebHook-Request-Origin": "eventgrid.azure.net"},
            method="OPTIONS",
            target=target,
            secrets=secrets,
            reply={"status": 200, "body": ""},
        ),
    ]


def cloudevents():
    secrets = {"signing": KEY}
    headers = {"ce-id": "A234-1234-1234", "ce-type": "com.example.someevent"}
    facts = {"id": "A234-1234-1234", "event": "com.example.someevent"}
    return [
        vector({"Authorization": "Bearer " + KEY, **headers}, "{}", secrets=secrets, **facts),
        vector(headers, "{}", target="/hook?access_token=" + KEY, secrets=secrets, **facts),
        vector(
            {"WebHook-Request-Origin": "eventemitter.example.com"},
            method="OPTIONS",
            secrets=secrets,
            reply={"status": 200, "body": ""},
        ),
    ]


def okta():
    body = compact({"eventId": "b5a188b9", "data": {"events": [{"eventType": "user.lifecycle.create"}]}})
    secrets = {"signing": KEY}
    return [
        vector({"Authorization": KEY}, body, secrets=secrets, id="b5a188b9", event="user.lifecycle.create"),
        vector(
            {"X-Okta-Verification-Challenge": "L7iIXHzgHAp3kUmQhdqe2rgk"},
            method="GET",
            secrets=secrets,
            reply={"status": 200, "body": compact({"verification": "L7iIXHzgHAp3kUmQhdqe2rgk"})},
        ),
    ]


def bearer(body="{}", **more):
    return vector({"Authorization": "Bearer " + KEY}, body, secrets={"signing": KEY}, **more)


def basic(body="{}", **more):
    credentials = "headgate:0f6c1d2e3b4a5968"
    header = "Basic " + b64_text(credentials.encode())
    return vector({"Authorization": header}, body, secrets={"signing": credentials}, **more)


def in_query(body="{}", name="token", **more):
    return vector({}, body, target=f"/webhooks/sender?{name}={KEY}", secrets={"signing": KEY}, **more)


def simple(header, document, prefix="", encode=hex_of, **more):
    return [body_mac(header, compact(document), prefix=prefix, encode=encode, **more)]


def all_vectors():
    uuid = "f5e5f430-f57b-4e6e-9fac-d9128cd7232f"
    hub = "X-Hub-Signature"
    return fetched.all_vectors() | {
        "github": github(),
        "gitlab": [
            vector(
                {"X-Gitlab-Token": KEY, "X-Gitlab-Event": "Push Hook", "Idempotency-Key": uuid},
                '{"object_kind":"push"}',
                secrets={"signing": KEY},
                id=uuid,
                event="Push Hook",
            )
        ],
        "gitlab-signing-token": [
            standard(name="gitlab", headers={"X-Gitlab-Event": "Push Hook"}, event="Push Hook")
        ],
        "bitbucket": simple(
            hub,
            {"push": {}},
            "sha256=",
            headers={"X-Request-UUID": uuid, "X-Event-Key": "repo:push"},
            id=uuid,
            event="repo:push",
        ),
        "bitbucket-data-center": simple(
            hub,
            {"eventKey": "repo:refs_changed"},
            "sha256=",
            headers={"X-Request-Id": uuid, "X-Event-Key": "repo:refs_changed"},
            id=uuid,
            event="repo:refs_changed",
        ),
        "stripe": stripe(),
        "slack": slack(),
        "shopify": simple(
            "X-Shopify-Hmac-Sha256",
            {"id": 820982911946154508},
            encode=b64_of,
            headers={"X-Shopify-Webhook-Id": uuid, "X-Shopify-Topic": "orders/create"},
            id=uuid,
            event="orders/create",
        )
        + simple(
            "Shopify-Hmac-Sha256",
            {"id": 820982911946154508},
            encode=b64_of,
            headers={"Shopify-Webhook-Id": uuid, "Shopify-Topic": "orders/create"},
            id=uuid,
            event="orders/create",
        ),
        "twilio": twilio(),
        "sendgrid": sendgrid(),
        "discord": discord(),
        "zoom": zoom(),
        "pagerduty": pagerduty(),
        "square": square(),
        "adyen-standard": adyen_standard(),
        "adyen-platform": simple(
            "HmacSignature",
            {"type": "balancePlatform.transfer.created"},
            encode=b64_of,
            key=bytes.fromhex(ADYEN_KEY),
            secret=ADYEN_KEY,
            event="balancePlatform.transfer.created",
        ),
        "hubspot-v2": hubspot_v2(),
        "hubspot-v3": hubspot_v3(),
        "intercom": simple(
            hub,
            {"id": "notif_1", "topic": "conversation.user.created"},
            "sha1=",
            algorithm="sha1",
            id="notif_1",
            event="conversation.user.created",
        ),
        "zendesk": zendesk(),
        "linear": linear(),
        "jira": simple(
            hub,
            {"webhookEvent": "jira:issue_created"},
            "sha256=",
            headers={"X-Atlassian-Webhook-Identifier": uuid},
            id=uuid,
            event="jira:issue_created",
        ),
        "notion": notion(),
        "airtable": simple(
            "X-Airtable-Content-MAC",
            {"base": {"id": "app00000000000000"}},
            "hmac-sha256=",
            key=STANDARD_KEY,
            secret=b64_text(STANDARD_KEY),
        ),
        "typeform": simple(
            "Typeform-Signature",
            {"event_id": "LtWXD3crgy", "event_type": "form_response"},
            "sha256=",
            b64_of,
            id="LtWXD3crgy",
            event="form_response",
        ),
        "calendly": [
            stripe_like(
                "Calendly-Webhook-Signature",
                compact({"event": "invitee.created"}),
                "v1",
                "t={at},{label}={mac}",
                event="invitee.created",
            )
        ],
        "mailgun": mailgun(),
        "postmark": [basic('{"RecordType":"Bounce"}', event="Bounce")],
        "standard-webhooks": standard_webhooks(),
        "standard-webhooks-ed25519": standard_webhooks_ed25519(),
        "svix": [standard("svix-"), standard("webhook-")],
        "azure-event-grid": azure_event_grid(),
        "cloudevents-http-webhook": cloudevents(),
        "airbyte-notifications": [in_query('{"text":"Your connection failed"}')],
        "dbt-cloud": simple(
            "Authorization",
            {"eventId": "wev_2L6m5BggBw9uPNuSmtg4MUiW4Re", "eventType": "job.run.completed"},
            id="wev_2L6m5BggBw9uPNuSmtg4MUiW4Re",
            event="job.run.completed",
        ),
        "fivetran": simple(
            "X-Fivetran-Signature-256",
            {"event": "sync_end"},
            event="sync_end",
            encode=lambda *given: hex_of(*given).upper(),
        ),
        "segment": segment(),
        "meta": meta(),
        "x-account-activity": x_account_activity(),
        "dropbox": dropbox(),
        "docker-hub": [in_query('{"push_data":{"tag":"latest"}}', event="push")],
        "argo-cd-notifications": [
            bearer(),
            vector({"X-Argo": KEY}, "{}", secrets={"signing": KEY}, params={"header": "X-Argo"}),
        ],
        "alertmanager": [bearer('{"status":"firing","groupKey":"{}"}', event="firing")],
        "grafana": grafana(),
        "sentry": simple(
            "Sentry-Hook-Signature",
            {"action": "created"},
            headers={"Request-ID": uuid, "Sentry-Hook-Resource": "issue"},
            id=uuid,
            event="issue.created",
        ),
        "vercel": simple(
            "x-vercel-signature",
            {"id": "evt_7", "type": "deployment.created"},
            algorithm="sha1",
            id="evt_7",
            event="deployment.created",
        ),
        "paddle": paddle(),
        "okta": okta(),
        "auth0-log-streams": [vector({"Authorization": KEY}, "[]", secrets={"signing": KEY})],
        "workos": workos(),
        "hmac": simple("X-Signature", {"a": 1})
        + simple("X-Ours", {"a": 1}, "v1:", params={"header": "X-Ours", "prefix": "v1:"}),
        "token": [
            bearer(),
            vector({"X-Token": KEY}, "{}", secrets={"signing": KEY}, params={"header": "X-Token"}),
            in_query(name="key", params={"query": "key"}),
        ],
        "basic": [basic()],
    }


def as_yaml(vectors):
    lines = ["vectors:"]
    for one in vectors:
        for i, (key, value) in enumerate(one.items()):
            if key == "headers" and not value:
                continue
            lead = "  - " if i == 0 else "    "
            if key == "at":
                moment = datetime.datetime.fromtimestamp(value, datetime.UTC)
                lines.append(f"{lead}at: {moment:%Y-%m-%dT%H:%M:%SZ}")
            elif isinstance(value, dict):
                lines.append(f"{lead}{key}:")
                lines += [f"      {name}: {scalar(text)}" for name, text in value.items()]
            elif isinstance(value, list):
                lines.append(f"{lead}{key}:")
                lines += [f"      - {scalar(text)}" for text in value]
            elif key == "says":
                lines.append(f"{lead}says: {value}")
            else:
                lines.append(f"{lead}{key}: {scalar(value)}")
    return "\n".join(lines) + "\n"


def scalar(value):
    return str(value) if isinstance(value, int) else json.dumps(value, ensure_ascii=False)


def without_vectors(text):
    return text.split("\nvectors:\n")[0].rstrip("\n") + "\n"


def wrong_files():
    """The names whose file does not end with what is computed here; those without any vector too."""
    known = all_vectors()
    wrong = []
    for path in sorted(PRESETS.glob("*.yaml")):
        text = path.read_text()
        expected = without_vectors(text) + as_yaml(known.get(path.stem, []))
        if path.stem not in known or text != expected:
            wrong.append(path.stem)
    return wrong


def write():
    for name, vectors in all_vectors().items():
        path = PRESETS / f"{name}.yaml"
        path.write_text(without_vectors(path.read_text()) + as_yaml(vectors))


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        write()
    wrong = wrong_files()
    print(
        "\n".join(f"{name}: its vectors are not those of vectors.py" for name in wrong) or "all as computed"
    )
    sys.exit(1 if wrong else 0)
