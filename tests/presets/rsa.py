"""RSA keys of senders that do not exist, made of their names: none has to be kept. For tests alone."""

import base64
import functools
import hashlib

EXPONENT = 65537
SMALL = [n for n in range(3, 2000, 2) if all(n % d for d in range(3, int(n**0.5) + 1, 2))]
SHA256, SHA1 = "3031300d060960864801650304020105000420", "3021300906052b0e03021a05000414"  # RFC 8017, 9.2


def numbers(seed):
    """As many of 1024 bits as anybody wants: odd, and the product of two has 2048."""
    count = 0
    while True:
        drawn = b"".join(hashlib.sha512(f"{seed} {count} {part}".encode()).digest() for part in (0, 1))
        yield int.from_bytes(drawn, "big") | (3 << 1022) | 1
        count += 1


def is_prime(n):
    if not all(n % small for small in SMALL):
        return False
    odd = (n - 1) // ((n - 1) & -(n - 1))
    for base in (2, 3, 5, 7, 11, 13, 17, 19):
        power, at = pow(base, odd, n), odd
        while at != n - 1 and power not in (1, n - 1):
            power, at = power * power % n, at * 2
        if power != n - 1 and at % 2 == 0:
            return False
    return True


class Rsa:
    """RFC 8017, 3 and 8.2."""

    def __init__(self, seed):
        fits = (n for n in numbers(seed) if (n - 1) % EXPONENT and is_prime(n))
        self.p, self.q = next(fits), next(fits)
        self.modulus = self.p * self.q
        self.private = pow(EXPONENT, -1, (self.p - 1) * (self.q - 1))

    def sign(self, content, digest="sha256"):
        named = bytes.fromhex(SHA256 if digest == "sha256" else SHA1)
        tail = b"\0" + named + hashlib.new(digest, content.encode()).digest()
        padded = b"\0\1" + b"\xff" * (254 - len(tail)) + tail
        return pow(int.from_bytes(padded, "big"), self.private, self.modulus).to_bytes(256, "big")

    def jwk(self, **more):
        n = base64.urlsafe_b64encode(self.modulus.to_bytes(256, "big")).rstrip(b"=").decode()
        return {"kty": "RSA", "n": n, "e": "AQAB", "use": "sig", "alg": "RS256", **more}


@functools.cache
def key_of(name):
    return Rsa("headgate tests: " + name)
