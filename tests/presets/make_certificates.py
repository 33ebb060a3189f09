"""Writes certificates/: an authority, and what it issued to the senders that vectors.py signs for.

All of it is for tests alone, and comes out the same each time: `python3 make_certificates.py`, then
`vectors.py --write`.
"""

import datetime
import hashlib
import pathlib

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa as openssl_rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from rsa import EXPONENT, key_of

FOLDER = pathlib.Path(__file__).parent / "certificates"
BEGINS, ENDS = datetime.datetime(2025, 1, 1), datetime.datetime(2055, 1, 1)


def key_of_openssl(name):
    key = key_of(name)
    p, q, d = key.p, key.q, key.private
    public = openssl_rsa.RSAPublicNumbers(EXPONENT, key.modulus)
    shortcuts = d % (p - 1), d % (q - 1), pow(q, -1, p)
    return openssl_rsa.RSAPrivateNumbers(p, q, d, *shortcuts, public).private_key()


def issue(file, name, *, by=None, usage=None):
    """Writes the certificate of `name`; its own authority when `by` is nobody."""
    key = key_of_openssl(file)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    issuer_key, issuer = by or (key, None)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(int.from_bytes(hashlib.sha256(file.encode()).digest()[:16], "big") >> 1)
        .not_valid_before(BEGINS)
        .not_valid_after(ENDS)
        .add_extension(x509.BasicConstraints(ca=by is None, path_length=None), critical=True)
    )
    if by:
        made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        made = made.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
    signed = made.sign(issuer_key, hashes.SHA256())
    (FOLDER / f"{file}.pem").write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    return key, signed


authority = issue("authority", "Headgate tests")
issue("client", "plant-7.example.com", by=authority, usage=ExtendedKeyUsageOID.CLIENT_AUTH)
for file, name in (("sns", "sns.amazonaws.com"), ("paypal", "messageverificationcerts.paypal.com")):
    issue(file, name, by=authority, usage=ExtendedKeyUsageOID.SERVER_AUTH)
