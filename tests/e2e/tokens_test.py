"""Tokens: what PyJWT makes and takes, and the keys of a real HTTPS issuer that come, go and fail."""

import base64
import json
import random
import time

import jwt
import pytest
from harness.gateway import Gateway, run_headgate, secret_file
from harness.issuer import AUDIENCE, NAME, Issuer
from harness.processes import wait_until

SECRET = "a secret of the sixty-four bytes that HS512 wants, and a few more"
KINDS = {"hs": ["HS256", "HS384", "HS512"], "rs": ["RS256", "RS384", "RS512"], "ps": ["PS256", "PS512"]}
KINDS |= {"es": ["ES256", "ES384", "ES512"], "ed": ["EdDSA"]}
CURVES = {"ES256": "SECP256R1", "ES384": "SECP384R1", "ES512": "SECP521R1"}


def private_keys():
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

    pair = rsa.generate_private_key(65537, 2048)
    keys = {name: pair for name in KINDS["rs"] + KINDS["ps"]}
    keys |= {name: SECRET for name in KINDS["hs"]}
    keys |= {name: ec.generate_private_key(getattr(ec, curve)()) for name, curve in CURVES.items()}
    return keys | {"EdDSA": ed25519.Ed25519PrivateKey.generate()}


def public_jwk(name, key):
    made = jwt.get_algorithm_by_name(name).to_jwk(key.public_key(), as_dict=True)
    return {member: value for member, value in made.items() if member != "key_ops"} | {"alg": name}


def source(path, keys, algs, **more):
    check = {"from": {"header": "Authorization", "scheme": "Bearer"}, "algs": algs, "keys": keys}
    check |= {"iss": NAME, "aud": {"const": AUDIENCE}, "leeway": "0s"}
    return {"path": path, "verify": {"jwt": check}, **more}


@pytest.fixture(scope="module")
def keys():
    return private_keys()


@pytest.fixture(scope="module")
def gateway(tmp_path_factory, keys):
    folder = tmp_path_factory.mktemp("tokens")
    sources = {}
    for kind, algs in KINDS.items():
        if kind == "hs":
            place, text = {"secret": {}}, SECRET
        else:
            place = {"public": {"form": "jwk"}}
            text = json.dumps({"keys": [public_jwk(name, keys[name]) for name in algs]})
        secrets = {"signing": [secret_file(folder, kind, text)]}
        sources[kind] = source(f"/{kind}", place, algs, secrets=secrets)
    gateway = Gateway(folder, sources=sources).start()
    yield gateway
    gateway.stop()


def claims(**more):
    now = int(time.time())
    return {"iss": NAME, "aud": AUDIENCE, "iat": now, "exp": now + 300, "sub": "u"} | more


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


def status_of(gateway, kind, token):
    return gateway.post(b"{}", bearer(token), path=f"/{kind}").status


def ours(gateway, kind, token):
    status = status_of(gateway, kind, token)
    assert status in (202, 401), status
    return status == 202


def theirs(keys, kind, token):
    """PyJWT's verdict, with the same keys and rules: each key for its own algorithm."""
    for name in KINDS[kind]:
        key = keys[name] if kind == "hs" else keys[name].public_key()
        try:
            jwt.decode(
                token,
                key,
                algorithms=[name],
                issuer=NAME,
                audience=AUDIENCE,
                options={"require": ["exp"], "verify_sub": False, "verify_jti": False},
            )
            return True
        except (jwt.PyJWTError, ValueError, TypeError):
            continue
    return False


@pytest.mark.parametrize("kind", KINDS)
def test_what_pyjwt_makes_is_taken(gateway, keys, kind):
    for name in KINDS[kind]:
        token = jwt.encode(claims(), keys[name], algorithm=name)
        assert theirs(keys, kind, token)
        assert ours(gateway, kind, token), name


CLAIMS = {
    "expired": {"exp": 1},
    "expires now": {"exp": 0},
    "not yet": {"nbf": 2_000_000_000},
    "issued later": {"iat": 2_000_000_000},
    "another issuer": {"iss": "https://issuer.example/"},
    "issuers": {"iss": [NAME]},
    "another audience": {"aud": AUDIENCE + "/"},
    "several audiences": {"aud": ["x", AUDIENCE]},
    "other audiences": {"aud": ["x", "y"]},
    "no audiences": {"aud": []},
    "a number as audience": {"aud": 5},
    "audiences with a number": {"aud": [AUDIENCE, 5]},
    "exp in quotes": {"exp": "x"},
    "nbf as a list": {"nbf": [1]},
    "a fraction": {"exp": time.time() + 100.5},
}


@pytest.mark.parametrize("name", CLAIMS)
@pytest.mark.parametrize("kind", ["hs", "es"])
def test_pyjwt_and_we_agree_on_claims(gateway, keys, kind, name):
    alg = KINDS[kind][0]
    token = jwt.api_jws.encode(json.dumps(claims(**CLAIMS[name])).encode(), keys[alg], algorithm=alg)
    assert ours(gateway, kind, token) == theirs(keys, kind, token)


def mutations(token, seed, count):
    """The token with one thing changed, as somebody would who has no key."""
    chance = random.Random(seed)
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_."
    for _ in range(count):
        place = chance.randrange(len(token))
        kind = chance.randrange(5)
        if kind == 0:
            yield token[:place] + chance.choice(alphabet) + token[place + 1 :]
        elif kind == 1:
            yield token[:place] + token[place + 1 :]
        elif kind == 2:
            yield token[:place] + chance.choice(alphabet) + token[place:]
        elif kind == 3:
            yield token[:place]
        else:
            other = chance.randrange(len(token))
            first, last = sorted((place, other))
            yield token[:first] + token[last:] + token[first:last]


# PyJWT reads base64 with unused bits set, so one signature has several spellings there.
def is_spelled_otherwise(token):
    def canonical(part):
        try:
            raw = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
        except ValueError:
            return False
        return base64.urlsafe_b64encode(raw).rstrip(b"=").decode() == part

    return not all(canonical(part) for part in token.split("."))


@pytest.mark.parametrize("kind", KINDS)
def test_pyjwt_and_we_agree_on_changed_tokens(gateway, keys, kind):
    alg = KINDS[kind][-1]
    genuine = jwt.encode(claims(), keys[alg], algorithm=alg)
    taken = 0
    for token in mutations(genuine, seed=20261121, count=60):
        if not token.strip() or token.endswith(" "):
            continue
        we, they = ours(gateway, kind, token), theirs(keys, kind, token)
        assert we == (they and not is_spelled_otherwise(token)), token
        taken += we
    assert taken < 10


# ---- Keys that an issuer publishes


@pytest.fixture
def issuer(tmp_path):
    issuer = Issuer(tmp_path / "issuer")
    issuer.publish("first")
    issuer.start()
    yield issuer
    issuer.stop()


def with_issuer(serving, issuer, **more):
    kept = {"jwks": issuer.keys_url, "ca": str(issuer.certificate)} | more
    return serving(sources={"tokens": source("/tokens", kept, ["RS256"])})


def test_a_new_key_is_fetched_when_the_first_token_of_it_comes(serving, issuer):
    gateway = with_issuer(serving, issuer, interval="1s")
    assert ours(gateway, "tokens", issuer.token("first"))
    issuer.publish("first", "second")
    wait_until(
        lambda: status_of(gateway, "tokens", issuer.token("second")) == 202,
        within=20,
        saying="the new key is not fetched",
    )
    issuer.publish("second")
    event = gateway.api("/events")["items"][0]["id"]
    assert gateway.event(event)["verdict"]["key_id"] == "second"


def test_verify_asks_the_issuer_and_says_when_it_does_not_answer(serving, issuer, tmp_path):
    gateway = with_issuer(serving, issuer)
    request = tmp_path / "request"
    head = f"POST /tokens HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {issuer.token('first')}\r\n\r\n"
    request.write_text(head, newline="")
    asked = ["verify", "--config", gateway.path, "--source", "tokens", "--request", request]
    ran = run_headgate(*asked)
    assert (ran.returncode, json.loads(ran.stdout)["accepted"]) == (0, True)
    issuer.stop()
    ran = run_headgate(*asked)
    assert (ran.returncode, json.loads(ran.stdout)["accepted"]) == (3, False)
    assert issuer.keys_url in ran.stderr


def test_the_keys_are_kept_while_the_issuer_is_away_and_readyz_says_so(serving, issuer):
    gateway = with_issuer(serving, issuer, interval="1s", refresh="1s")
    assert ours(gateway, "tokens", issuer.token("first"))
    issuer.stop()
    wait_until(
        lambda: issuer.keys_url in gateway.get("/readyz").body.decode(),
        within=20,
        saying="readyz says nothing",
    )
    assert ours(gateway, "tokens", issuer.token("first"))
    assert status_of(gateway, "tokens", issuer.token("unknown")) == 503
    issuer.publish("second")
    issuer.start()
    wait_until(
        lambda: status_of(gateway, "tokens", issuer.token("second")) == 202,
        within=20,
        saying="the keys are not fetched",
    )
    wait_until(
        lambda: status_of(gateway, "tokens", issuer.token("first")) == 401,
        within=20,
        saying="a key that is gone is not refused",
    )


def test_a_flood_of_unknown_keys_fetches_nothing_within_the_interval(serving, issuer):
    gateway = with_issuer(serving, issuer, interval="1h", refresh="1h")
    assert ours(gateway, "tokens", issuer.token("first"))
    token = issuer.token("first", header={"kid": "k"})
    for number in range(200):
        kid = base64.urlsafe_b64encode(b'{"alg":"RS256","kid":"%d"}' % number).rstrip(b"=").decode()
        assert status_of(gateway, "tokens", kid + token[token.index(".") :]) == 503
    assert len(issuer.asked) == 1


def test_what_nobody_can_judge_is_asked_to_come_again(serving, issuer):
    issuer.stop()
    gateway = with_issuer(serving, issuer, interval="1s")
    answer = gateway.post(b"{}", bearer(issuer.token("first")), path="/tokens")
    assert answer.status == 503
    expired = gateway.post(b"{}", bearer(issuer.token("first", exp=1)), path="/tokens")
    assert expired.status == 401
    issuer.start()
    wait_until(
        lambda: gateway.post(b"{}", bearer(issuer.token("first")), path="/tokens").status == 202,
        within=20,
        saying="the keys are not fetched",
    )


def test_a_set_that_is_too_large_or_of_another_authority_is_not_used(serving, issuer, tmp_path):
    issuer.answer = b'{"keys": [' + b" " * 2048 + b"]}"
    gateway = with_issuer(serving, issuer, interval="1s", bytes_max=1024)
    answer = gateway.post(b"{}", bearer(issuer.token("first")), path="/tokens")
    assert answer.status == 503
    assert "limit" in gateway.get("/readyz").body.decode()
    issuer.answer = None
    other = Issuer(tmp_path / "other")
    gateway = with_issuer(serving, issuer, interval="1s", ca=str(other.certificate))
    answer = gateway.post(b"{}", bearer(issuer.token("first")), path="/tokens")
    assert answer.status == 503
    assert "is not trusted" in gateway.get("/readyz").body.decode()
