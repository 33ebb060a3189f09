"""Writes tokens.json: genuine and hostile tokens, made by `cryptography` (PyCA) and none of our code.

Only the public halves of the keys are kept: `python3 make_tokens.py > tokens.json`.

Rows: what is configured, a name, what is said of it ("accepted", or a part of the refusal), the token.
"""

import base64
import json

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from token_signing import AUDIENCE, CLAIMS, DEFAULTS, ISSUER, NOW, ORDER_256, SECRET
from token_signing import EC, OTHER_ED, OTHER_P256, OTHER_RSA, RSA, RSA_DER, RSA_PEM
from token_signing import b64, claims_with, hash_of, jwks, make, number, raw, signed_by, spelled

rows = []


def row(configured, name, said, token):
    rows.append([configured, name, said, token])


def genuine():
    for configured, alg in DEFAULTS.items():
        row(configured, f"genuine {alg}", "accepted", make(configured))
    for alg in ["RS256", "RS384"]:
        row("rs", f"genuine {alg}", "accepted", make("rs", by=alg))
    for alg in ["HS256", "HS384"]:
        row("hs", f"genuine {alg}", "accepted", make("hs", by=alg))
    for alg in ["ES256", "ES512"]:
        row("es", f"genuine {alg}", "accepted", make("es", by=alg))
    row("set", "named key", "accepted", make("set", header={"kid": "first"}))
    row("rs256", "a name where the key has none", "accepted", make("rs256", header={"kid": "any"}))
    row("rs256", "without typ", "accepted", make("rs256", header={"typ": ...}))
    row("rs256", "several audiences", "accepted", make("rs256", claims={"aud": ["x", AUDIENCE]}))
    row("rs256", "fraction of a second", "accepted", make("rs256", claims={"exp": NOW + 60.5}))
    row("rs256", "expired within the leeway", "accepted", make("rs256", claims={"exp": NOW - 29}))
    row("rs256", "from the future within the leeway", "accepted", make("rs256", claims={"iat": NOW + 30}))
    row("rs256", "unknown header members", "accepted", make("rs256", header={"x": {"y": [1]}}))
    row("rs256", "blanks around the JSON", "accepted", make("rs256", claims_text=f" {json.dumps(CLAIMS)}\n"))


def algorithms():
    text = b64(b'{"alg":"none"}') + "." + b64(json.dumps(CLAIMS).encode())
    row("rs256", "none, no signature", "algorithm is not one that can be used", text + ".")
    row("rs256", "none, without the last point", "has not three parts", text)
    for alg in ["none", "None", "NONE", "nOnE", "nonE", "", " ", "rs256", "Rs256", "RS256 ", " RS256"]:
        row("rs256", f"alg '{alg}'", "algorithm is not one", make("rs256", header={"alg": alg}))
    for alg in ["RS256\u0000", "RS-256", "SHA256withRSA", "ES256K", "HS1", "RS1", "RSA-OAEP", "A" * 200]:
        row("rs256", f"alg {alg[:20]!r}", "algorithm is not one", make("rs256", header={"alg": alg}))
    for alg in [None, 5, True, ["RS256"], {"RS256": 1}, ...]:
        row("rs256", f"alg {alg}", "names no algorithm", make("rs256", header={"alg": alg}))
    for alg in ["RS384", "RS512", "PS256"]:
        row("rs256", f"genuine {alg}", "is not one of algs", make("rs256", by=alg))
    for alg in ["HS256", "ES256", "EdDSA"]:
        row("rs256", f"genuine {alg}", "is not one of algs", make("rs256", by=alg))
        row("set", f"genuine {alg} beside a set of RSA", "is not one of algs", make("set", by=alg))
    row("hs256", "a longer HMAC", "is not one of algs", make("hs256", by="HS512"))
    row("ps256", "PKCS #1 for PSS", "is not one of algs", make("ps256", by="RS256"))
    row("ps256", "PKCS #1 called PSS", "does not match", make("ps256", header={"alg": "PS256"}, by="RS256"))
    row("rs256", "PSS called PKCS #1", "does not match", make("rs256", header={"alg": "RS256"}, by="PS256"))
    row("rs", "SHA-256 called SHA-512", "does not match", make("rs", header={"alg": "RS512"}, by="RS256"))
    row("hs", "HS256 called HS512", "does not match", make("hs", header={"alg": "HS512"}, by="HS256"))


def confusions():
    jwk = json.dumps({"kty": "RSA", "n": number(RSA.public_key().public_numbers().n), "e": "AQAB"})
    as_secrets = {
        "PEM": RSA_PEM,
        "PEM without its last line end": RSA_PEM.rstrip(b"\n"),
        "PEM with CRLF": RSA_PEM.replace(b"\n", b"\r\n"),
        "DER": RSA_DER,
        "JWK": jwk.encode(),
        "an empty key": b"\0",
        "modulus": base64.urlsafe_b64decode(number(RSA.public_key().public_numbers().n) + "=="),
    }
    for name, key in as_secrets.items():
        token = make("rs256", by="HS256", key=key)
        row("rs256", f"HMAC with the public key: {name}", "is not one of algs", token)
        row("set", f"HMAC with the set's key: {name}", "is not one of algs", token)
        called = make("rs256", header={"alg": "RS256"}, by="HS256", key=key)
        row("rs256", f"HMAC called RS256: {name}", "does not match", called)


def embedded():
    theirs = OTHER_RSA.public_key().public_numbers()
    jwk = {"kty": "RSA", "n": number(theirs.n), "e": "AQAB", "kid": "first", "alg": "RS256"}
    headers = {
        "jwk": {"jwk": jwk},
        "jwk and kid": {"jwk": jwk, "kid": "first"},
        "jku": {"jku": "https://evil.example/keys"},
        "jku of the issuer": {"jku": ISSUER + "@evil.example/keys"},
        "x5u": {"x5u": "https://evil.example/cert.pem"},
        "x5u as a file": {"x5u": "file:///tmp/cert.pem"},
        "x5c": {"x5c": [base64.b64encode(RSA_DER).decode()]},
        "x5t": {"x5t": b64(b"\0" * 20)},
        "x5t#S256": {"x5t#S256": b64(b"\0" * 32)},
        "all": {"jwk": jwk, "jku": "https://e.example", "x5u": "https://e.example", "x5c": ["AA=="]},
    }
    for name, header in headers.items():
        for configured in ["rs256", "set"]:
            token = make(configured, header=header, key=OTHER_RSA)
            row(configured, f"a key of its own in {name}", "does not match", token)
    names = {
        "path": "../../../../dev/null",
        "SQL": "x'UNION+SELECT+'secret",
        "shell": "first|/bin/true",
        "unknown": "second",
        "case": "First",
        "longer": "first2",
        "128 characters": "k" * 128,
    }
    for name, kid in names.items():
        token = make("set", header={"kid": kid}, key=OTHER_RSA)
        row("set", f"kid as {name}", "no key that is active", token)
        row("set", f"kid as {name}, genuine", "no key that is active", make("set", header={"kid": kid}))
    for kid in ["", "k" * 129, "a b", "a\n", "a\u0000", "é", 5, None, True, ["first"], {"first": 1}]:
        row("set", f"kid {str(kid)[:20]!r}", "not the name of a key", make("set", header={"kid": kid}))
    wrong = make("set", header={"kid": "curve"})
    row("set", "kid of a key for another algorithm", "no key that is active", wrong)


def critical():
    for crit in [["exp"], ["b64"], [], "b64", None, ["alg"], [1], {"b64": True}, ["x", "x"]]:
        token = make("rs256", header={"crit": crit, "b64": True})
        row("rs256", f"crit {json.dumps(crit)}", "critical about something", token)
    claims = json.dumps(CLAIMS)
    head = b64(b'{"alg":"RS256","b64":false,"crit":["b64"]}')
    signature = b64(signed_by("RS256", (head + "." + claims).encode()))
    row("rs256", "an unencoded payload", "has not three parts", head + "." + claims + "." + signature)
    encoded = head + "." + b64(claims.encode()) + "." + signature
    row("rs256", "signed as unencoded, sent encoded", "critical about something", encoded)


def duplicates():
    twice = "has a name that stands twice"
    for text in [
        '{"alg":"RS256","alg":"none"}',
        '{"alg":"none","alg":"RS256"}',
        '{"alg":"RS256","alg":"RS256"}',
        '{"alg":"RS256","\\u0061lg":"HS256"}',
        '{"alg":"RS256","kid":"a","kid":"b"}',
        '{"alg":"RS256","x":{"y":1,"y":2}}',
        '{"crit":["x"],"alg":"RS256","crit":[]}',
    ]:
        row("rs256", f"header {text}", twice, make("rs256", header_text=text))
    for name in ["iss", "aud", "exp", "sub", "iat"]:
        value = json.dumps(CLAIMS[name])
        row("rs256", f"{name} twice", twice, make("rs256", claims_text=claims_with(f'"{name}": {value}')))
    later = claims_with(f'"exp": {NOW + 9999}')
    row("rs256", "a later exp beside it", twice, make("rs256", claims_text=later))
    row("rs256", "escaped name", twice, make("rs256", claims_text=claims_with('"\\u0065xp": 1')))
    row("rs256", "deep inside", twice, make("rs256", claims_text=claims_with('"x": [{"a": 1, "a": 1}]')))


def numbers():
    def dated(name, text):
        claims = json.dumps({k: v for k, v in CLAIMS.items() if k != name})
        return make("rs256", claims_text=claims[:-1] + f', "{name}": {text}}}')

    no_time = "is no time in seconds"
    for text in ["1e10", "1E400", "17000000600e-1", "-1", "-0", "1.7e9", "9" * 12, "9" * 20, "9" * 4000]:
        row("rs256", f"exp {text[:16]}", no_time, dated("exp", text))
    for text in [f'"{NOW + 60}"', "true", "null", f"[{NOW + 60}]", "{}", '""', "123456789012", "1e-400"]:
        row("rs256", f"exp {text[:16]}", no_time, dated("exp", text))
    for text in ["NaN", "Infinity", "-Infinity", "0x7fffffff", f"+{NOW + 60}", f"0{NOW}", "1.", ".5", "1e"]:
        row("rs256", f"exp {text}", "is no JSON object", dated("exp", text))
    for name in ["iat", "nbf"]:
        for text in ["1e10", '"1700000000"', "null", "-5", "9" * 400]:
            row("rs256", f"{name} {text[:12]}", no_time, dated(name, text))
        row("rs256", f"{name} too far in the future", "from the future", dated(name, str(NOW + 31)))
    for text in ["0", "1", str(NOW - 30), "00000000001"[-1:], "0.9999999999999999999"]:
        row("rs256", f"exp {text}, long ago", "has expired", dated("exp", text))
    row("rs256", "exp in the last second of its leeway", "accepted", dated("exp", str(NOW - 29)))


def claims():
    for iss in ["", ISSUER + "/", ISSUER.upper(), "http://issuer.example", None, 5, [ISSUER], {}, ...]:
        row("rs256", f"iss {iss}", "of another issuer", make("rs256", claims={"iss": iss}))
    for aud in ["", AUDIENCE + "/", AUDIENCE[:-1], "*", None, 5, True, [], ["x"], [[AUDIENCE]], {}, ...]:
        row("rs256", f"aud {aud}", "not for this audience", make("rs256", claims={"aud": aud}))
    mixed = make("rs256", claims={"aud": [AUDIENCE, 5]})
    row("rs256", "aud of texts and numbers", "not for this audience", mixed)
    row("rs256", "no exp", "has no claim exp", make("rs256", claims={"exp": ...}))


def signatures():
    token = make("rs256")
    body, genuine_text = token.rsplit(".", 1)
    made = base64.urlsafe_b64decode(genuine_text + "==")
    modulus = RSA.public_key().public_numbers().n
    wrong = {
        "zeros": bytes(256),
        "ones": b"\xff" * 256,
        "the modulus": modulus.to_bytes(256, "big"),
        "one": (1).to_bytes(256, "big"),
        "the modulus less one": (modulus - 1).to_bytes(256, "big"),
        "one byte": b"\1",
        "a zero in front": b"\0" + made,
        "a zero behind": made + b"\0",
        "without its first byte": made[1:],
        "without its last byte": made[:-1],
        "twice": made + made,
        "reversed": made[::-1],
        "s + n": (int.from_bytes(made, "big") + modulus).to_bytes(257, "big"),
    }
    for name, signature in wrong.items():
        row("rs256", f"RSA signature: {name}", "does not match", body + "." + b64(signature))
    row("rs256", "no signature", "signature is not canonical", body + ".")
    row("rs256", "another key", "does not match", make("rs256", key=OTHER_RSA))
    others = make("rs256", claims={"sub": "u2"}).rsplit(".", 1)[1]
    row("rs256", "another token's", "does not match", body + "." + others)
    for place in range(0, 256, 32):
        flipped = bytearray(made)
        flipped[place] ^= 1 << (place // 32)
        row("rs256", f"bit flipped in byte {place}", "does not match", body + "." + b64(bytes(flipped)))
    token = make("hs256")
    body, text = token.rsplit(".", 1)
    made = base64.urlsafe_b64decode(text + "==")
    for size in [1, 2, 16, 31]:
        row("hs256", f"HMAC cut to {size}", "does not match", body + "." + b64(made[:size]))
    row("hs256", "HMAC and one byte more", "does not match", body + "." + b64(made + b"\0"))
    row("hs256", "HMAC as hex", "does not match", body + "." + made.hex())
    row("hs256", "HMAC with another secret", "does not match", make("hs256", key=b"another" * 8))
    row("hs256", "HMAC with half of the secret", "does not match", make("hs256", key=SECRET[:32]))
    other = make("eddsa", key=OTHER_ED)
    row("eddsa", "another key", "does not match", other)
    body, text = make("eddsa").rsplit(".", 1)
    made = base64.urlsafe_b64decode(text + "==")
    order = 2**252 + 27742317777372353535851937790883648493
    larger = int.from_bytes(made[32:], "little") + order
    row(
        "eddsa",
        "S above the order",
        "does not match",
        body + "." + b64(made[:32] + larger.to_bytes(32, "little")),
    )
    for name, signature in {"zeros": bytes(64), "63 bytes": made[:63], "65 bytes": made + b"\0"}.items():
        row("eddsa", f"signature of {name}", "does not match", body + "." + b64(signature))


def curves():
    body, text = make("es256").rsplit(".", 1)
    made = base64.urlsafe_b64decode(text + "==")
    r, s = int.from_bytes(made[:32], "big"), int.from_bytes(made[32:], "big")

    def with_numbers(r, s, size=32):
        return body + "." + b64(r.to_bytes(size, "big") + s.to_bytes(size, "big"))

    for name, token in {
        "both zero": with_numbers(0, 0),
        "r zero": with_numbers(0, s),
        "s zero": with_numbers(r, 0),
        "r the order": with_numbers(ORDER_256, s),
        "s the order": with_numbers(r, ORDER_256),
        "both the order": with_numbers(ORDER_256, ORDER_256),
        "both one": with_numbers(1, 1),
        "largest numbers": with_numbers(2**256 - 1, 2**256 - 1),
        "exchanged": with_numbers(s, r),
        "numbers of 33 bytes": with_numbers(r, s, 33),
        "numbers of 48 bytes": with_numbers(r, s, 48),
        "r alone": body + "." + b64(made[:32]),
        "63 bytes": body + "." + b64(made[:63]),
        "65 bytes": body + "." + b64(made + b"\0"),
        "another key": make("es256", key=OTHER_P256),
    }.items():
        row("es256", f"ECDSA: {name}", "does not match", token)
    for alg, size in {"ES256": 32, "ES384": 48, "ES512": 66}.items():
        body = make("es", by=alg).rsplit(".", 1)[0]
        der = EC[alg].sign(body.encode(), ec.ECDSA(hash_of(alg)))
        row("es", f"{alg} in DER", "does not match", body + "." + b64(der))
        row("es", f"{alg} in hex", "does not match", body + "." + raw(der, size).hex())
        for other, key in EC.items():
            if other == alg:
                continue
            wrong = make("es", header={"alg": alg}, by=other, key=key)
            row("es", f"made on the curve of {other}, called {alg}", "does not match", wrong)
    body = make("es256").rsplit(".", 1)[0]
    der = EC["ES256"].sign(body.encode(), ec.ECDSA(hashes.SHA256()))
    row("es256", "in DER", "does not match", body + "." + b64(der))
    row("es256", "of another curve", "is not one of algs", make("es256", by="ES384"))
    row("es256", "of RSA", "is not one of algs", make("es256", by="RS256"))


def spellings():
    head, body, signature = make("rs256").split(".")
    three = "has not three parts"
    for name, token in {
        "nothing before the first point": f".{body}.{signature}",
        "nothing between the points": f"{head}..{signature}",
        "only points": "..",
    }.items():
        row("rs256", name, "is no JSON object", token)
    for name, token in {
        "one part": head,
        "two parts": f"{head}.{body}",
        "four parts": f"{head}.{body}.{signature}.",
        "five parts, as a JWE": f"{head}.{body}.{signature}.{body}.{signature}",
        "a thousand points": "." * 1000,
        "JSON serialization": json.dumps({"payload": body, "protected": head, "signature": signature}),
        "two tokens": f"{head}.{body}.{signature},{head}.{body}.{signature}",
    }.items():
        row("rs256", name, three, token)
    row("rs256", "a point in front", three, f".{head}.{body}.{signature}")
    not_canonical = "is not canonical base64url"
    row("rs256", "padded signature", not_canonical, f"{head}.{body}.{signature}==")
    row("rs256", "padded header", not_canonical, spelled("rs256", head + "=", body))
    row("rs256", "padded payload", not_canonical, spelled("rs256", head, body + "="))
    wide = b64(b'{"alg":"RS256","x":"???>>>"}')
    standard = wide.replace("-", "+").replace("_", "/")
    assert wide != standard
    row("rs256", "standard alphabet in the header", not_canonical, spelled("rs256", standard, body))

    def standard_signature(made):
        return base64.b64encode(made).decode().rstrip("=")

    for seed in range(99):
        candidate = make("rs256", claims={"n": seed}).split(".")
        if "-" in candidate[2] or "_" in candidate[2]:
            break
    token = spelled("rs256", candidate[0], candidate[1], standard_signature)
    row("rs256", "standard alphabet in the signature", not_canonical, token)
    for blank in [" ", "\t"]:
        for place in [1, 10]:
            cut = head[:place] + blank + head[place:]
            row("rs256", f"{blank!r} in the header at {place}", not_canonical, spelled("rs256", cut, body))
        apart = body[:5] + blank + body[5:]
        row("rs256", f"{blank!r} in the payload", not_canonical, spelled("rs256", head, apart))
        apart = signature[:9] + blank + signature[9:]
        row("rs256", f"{blank!r} in the signature", not_canonical, f"{head}.{body}.{apart}")
    for extra in ["!", "%3D", "\x80"]:
        row("rs256", f"{extra!r} behind the signature", not_canonical, f"{head}.{body}.{signature}{extra}")
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

    def with_unused_bits(text):
        return text[:-1] + alphabet[alphabet.index(text[-1]) | 1]

    assert len(signature) % 4 == 2
    token = f"{head}.{body}.{with_unused_bits(signature)}"
    row("rs256", "unused bits set in the signature", not_canonical, token)
    odd = b64(b'{"alg":"RS256","a":1} ')
    assert len(odd) % 4 == 2
    row(
        "rs256", "unused bits set in the header", not_canonical, spelled("rs256", with_unused_bits(odd), body)
    )
    for size in range(3):
        text = json.dumps(CLAIMS | {"pad": "x" * size})
        if len(b64(text.encode())) % 4 == 2:
            token = spelled("rs256", head, with_unused_bits(b64(text.encode())))
            row("rs256", "unused bits set in the payload", not_canonical, token)
    row("rs256", "a number of digits that no bytes have", not_canonical, f"{head}.{body}.AAAAA")


def shapes():
    no_object = "is no JSON object"
    for text in ["", "{", "}", "[]", '"RS256"', "5", "null", "{}x", '{"alg":"RS256"} {}', "{'alg':'RS256'}"]:
        row("rs256", f"header {text!r}", no_object, make("rs256", header_text=text))
    row("rs256", "header {}", "names no algorithm", make("rs256", header_text="{}"))
    for text in ["", "[]", "null", "{", "{}{}", "{'a':1}", '{"a":1,}', "/**/{}", '{"a":"\t"}']:
        row("rs256", f"payload {text!r}", no_object, make("rs256", claims_text=text))
    not_utf_8 = [b'{"a":"\xff"}', b'{"a":"\xc0\xaf"}', b'{"a":"\xed\xa0\x80"}', b"\xff\xfe{}"]
    for text in [*not_utf_8, b"\xef\xbb\xbf{}"]:
        row("rs256", f"payload {text!r}", no_object, make("rs256", claims_text=text))
    deep = '"x": ' + "[" * 8 + "]" * 8
    row("rs256", "nested too deep", no_object, make("rs256", claims_text=claims_with(deep)))
    most = '"x": ' + "[" * 7 + "]" * 7
    row("rs256", "nested as deep as allowed", "accepted", make("rs256", claims_text=claims_with(most)))
    deepest = '{"alg":"RS256","x":' + "[" * 1000 + "]" * 1000 + "}"
    row("rs256", "header of a thousand levels", no_object, make("rs256", header_text=deepest))


def cut():
    token = make("rs256")
    head, body, _ = token.split(".")
    for place in [1, len(head) - 1, len(head), len(head) + 1, len(head) + len(body)]:
        row("rs256", f"cut at {place}", "has not three parts", token[:place])
    for place in range(len(token) - 200, len(token), 20):
        row("rs256", f"cut at {place}", "", token[:place])
    for place in [0, 5, len(head) + 3]:
        row("rs256", f"without the character at {place}", "", token[:place] + token[place + 1 :])


for part in [genuine, algorithms, confusions, embedded, critical, duplicates, numbers, claims]:
    part()
for part in [signatures, curves, spellings, shapes, cut]:
    part()

print("{")
about = {"now": NOW, "issuer": ISSUER, "audience": AUDIENCE}
about |= {"secret": SECRET.decode(), "rsa_pem": RSA_PEM.decode()}
for name, value in about.items():
    print(f"{json.dumps(name)}: {json.dumps(value)},")
for name, value in jwks().items():
    print(f"{json.dumps('jwks_' + name)}: {json.dumps(json.dumps(value))},")
print('"rows": [')
print(",\n".join(json.dumps(each) for each in rows))
print("]}")
