"""Keys made anew each time, and tokens signed with them, by `cryptography` (PyCA) and none of our code."""

import base64
import hmac
import json

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, utils

NOW = 1_700_000_000
ISSUER, AUDIENCE = "https://issuer.example", "https://hooks.example.com/a"
SECRET = b"a secret of sixty-four bytes, so that it does for HS512 as well."
CURVES = {"ES256": ec.SECP256R1(), "ES384": ec.SECP384R1(), "ES512": ec.SECP521R1()}
ORDER_256 = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551

RSA = rsa.generate_private_key(65537, 2048)
OTHER_RSA = rsa.generate_private_key(65537, 2048)
EC = {name: ec.generate_private_key(curve) for name, curve in CURVES.items()}
OTHER_P256 = ec.generate_private_key(CURVES["ES256"])
ED = ed25519.Ed25519PrivateKey.generate()
OTHER_ED = ed25519.Ed25519PrivateKey.generate()
RSA_PEM = RSA.public_key().public_bytes(
    serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
)
RSA_DER = RSA.public_key().public_bytes(
    serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
)


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def number(value):
    return b64(value.to_bytes((value.bit_length() + 7) // 8, "big"))


def hash_of(alg):
    return {"256": hashes.SHA256(), "384": hashes.SHA384(), "512": hashes.SHA512()}[alg[-3:]]


def raw(der, size):
    r, s = utils.decode_dss_signature(der)
    return r.to_bytes(size, "big") + s.to_bytes(size, "big")


def signed_by(alg, data, key=None):
    """The bytes of the signature, by an algorithm's real name."""
    family = alg[:2]
    if family == "HS":
        return hmac.new(key or SECRET, data, "sha" + alg[-3:]).digest()
    if family == "RS":
        return (key or RSA).sign(data, padding.PKCS1v15(), hash_of(alg))
    if family == "PS":
        pss = padding.PSS(padding.MGF1(hash_of(alg)), hash_of(alg).digest_size)
        return (key or RSA).sign(data, pss, hash_of(alg))
    if family == "ES":
        size = {"ES256": 32, "ES384": 48, "ES512": 66}[alg]
        return raw((key or EC[alg]).sign(data, ec.ECDSA(hash_of(alg))), size)
    return (key or ED).sign(data)


CLAIMS = {"iss": ISSUER, "aud": AUDIENCE, "exp": NOW + 60, "iat": NOW, "sub": "u1"}
DEFAULTS = {"rs256": "RS256", "hs256": "HS256", "es256": "ES256", "es": "ES384", "ps256": "PS256"}
DEFAULTS |= {"rs": "RS512", "hs": "HS512", "eddsa": "EdDSA", "set": "RS256"}


def make(configured, *, header=None, claims=None, by=None, key=None, header_text=None, claims_text=None):
    """A token as the configuration wants it, but for what is said."""
    alg = by or DEFAULTS[configured]
    said = {"alg": alg, "typ": "JWT"} | (header or {})
    said = {name: value for name, value in said.items() if value is not ...}
    told = {name: value for name, value in (CLAIMS | (claims or {})).items() if value is not ...}
    first = header_text if header_text is not None else json.dumps(said)
    second = claims_text if claims_text is not None else json.dumps(told)
    first = first if isinstance(first, bytes) else first.encode()
    second = second if isinstance(second, bytes) else second.encode()
    text = b64(first) + "." + b64(second)
    return text + "." + b64(signed_by(alg, text.encode(), key))


def spelled(configured, first, second, signature=None):
    """Signed as it is spelled, whatever that is."""
    text = first + "." + second
    made = signed_by(DEFAULTS[configured], text.encode("latin-1"))
    return text + "." + (b64(made) if signature is None else signature(made))


def claims_with(text):
    return json.dumps(CLAIMS)[:-1] + ", " + text + "}"


def jwks():
    def ec_jwk(of, **more):
        points, size = EC[of].public_key().public_numbers(), {"ES256": 32, "ES384": 48, "ES512": 66}[of]
        name = {"ES256": "P-256", "ES384": "P-384", "ES512": "P-521"}[of]
        coordinates = {"x": b64(points.x.to_bytes(size, "big")), "y": b64(points.y.to_bytes(size, "big"))}
        return {"kty": "EC", "crv": name} | coordinates | more

    ours = RSA.public_key().public_numbers()
    rsa_jwk = {"kty": "RSA", "n": number(ours.n), "e": number(ours.e)}
    ed = ED.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return {
        "rsa": {"keys": [rsa_jwk | {"kid": "first", "use": "sig"}, ec_jwk("ES256", kid="curve")]},
        "ec": {"keys": [ec_jwk(alg, alg=alg) for alg in EC]},
        "ed": {"kty": "OKP", "crv": "Ed25519", "x": b64(ed)},
    }
