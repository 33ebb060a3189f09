"""Writes certificates/: an authority, and what it issued to the senders whose requests vectors.py signs.

All of it is for tests alone and made anew each time: `python3 make_certificates.py`, then
`vectors.py --write`.
"""

import datetime
import pathlib

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

FOLDER = pathlib.Path(__file__).parent / "certificates"
BEGINS, ENDS = datetime.datetime(2025, 1, 1), datetime.datetime(2055, 1, 1)


def issue(name, *, by=None, usage=None):
    """The key and certificate of `name`; its own authority when `by` is nobody."""
    key = rsa.generate_private_key(65537, 2048)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    issuer_key, issuer = by or (key, None)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(BEGINS)
        .not_valid_after(ENDS)
        .add_extension(x509.BasicConstraints(ca=by is None, path_length=None), critical=True)
    )
    if by:
        made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        made = made.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
    return key, made.sign(issuer_key, hashes.SHA256())


def keep(name, key, certificate):
    pem = serialization.Encoding.PEM
    (FOLDER / f"{name}.pem").write_bytes(certificate.public_bytes(pem))
    if key:
        plain = (serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        (FOLDER / f"{name}.key").write_bytes(key.private_bytes(pem, *plain))


authority = issue("Headgate tests")
keep("authority", None, authority[1])
keep("client", None, issue("plant-7.example.com", by=authority, usage=ExtendedKeyUsageOID.CLIENT_AUTH)[1])
for file, name in (("sns", "sns.amazonaws.com"), ("paypal", "messageverificationcerts.paypal.com")):
    keep(file, *issue(name, by=authority, usage=ExtendedKeyUsageOID.SERVER_AUTH))
