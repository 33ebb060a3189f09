"""Certificates made by openssl, for one test each."""

import subprocess


def make_certificate(folder, name):
    """The paths of a self-signed certificate for that host name, and of its key; replaces what was there."""
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    request = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
    said = ["-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}"]
    files = ["-keyout", f"{key}.new", "-out", f"{certificate}.new"]
    subprocess.run(["openssl", *request, *said, *files], check=True, capture_output=True)
    for path in (key, certificate):
        fresh = path.with_name(path.name + ".new")
        fresh.chmod(0o600)
        fresh.rename(path)
    return certificate, key
