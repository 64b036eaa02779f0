"""Key pairs of service accounts, made once for all tests."""

from __future__ import annotations

from functools import cache

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)


@cache
def rsa_key(number: int = 0) -> rsa.RSAPrivateKey:
    """One for each number."""
    return rsa.generate_private_key(65537, 2048)


def private(key: PrivateKeyTypes | None = None, *, passphrase: str = "", old: bool = False) -> str:
    """The PEM of a private key: PKCS8, or the older form that OpenSSL wrote."""
    form = PrivateFormat.TraditionalOpenSSL if old else PrivateFormat.PKCS8
    shut = BestAvailableEncryption(passphrase.encode()) if passphrase else NoEncryption()
    return (key or rsa_key()).private_bytes(Encoding.PEM, form, shut).decode()


def public(key: rsa.RSAPrivateKey | None = None) -> str:
    made = (key or rsa_key()).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return made.decode()


def elliptic() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())
