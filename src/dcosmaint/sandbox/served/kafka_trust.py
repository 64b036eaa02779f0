"""Who the brokers of a secured Kafka are, and who may ask them: an authority, a certificate a broker, one user."""

from __future__ import annotations

import secrets
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from dcosmaint.sandbox.served.files import write

USER = "dcosmaint"
PASSWORD = "SANDBOX_KAFKA_PASSWORD"
"""The variable that has the user's password, in the environment of whoever works on the sandbox."""

YEAR = timedelta(days=365)


@dataclass(frozen=True)
class Trust:
    """Made once for a sandbox; `folder` gets the certificate of its authority."""

    folder: Path
    key: EllipticCurvePrivateKey
    authority: x509.Certificate
    password: str

    @classmethod
    def found(cls, folder: Path) -> Trust:
        key, name = generate_private_key(SECP256R1()), _name("Kafka of the sandbox")
        basic = x509.BasicConstraints(ca=True, path_length=0)
        authority = _unsigned(name, name, key).add_extension(basic, critical=True).sign(key, SHA256())
        folder.mkdir(mode=0o700, exist_ok=True)
        write(folder / "ca.crt", authority.public_bytes(Encoding.PEM).decode())
        return cls(folder, key, authority, secrets.token_urlsafe(24))

    def context(self, ip: str) -> ssl.SSLContext:
        """For a broker at that address: on the loopback nobody has a name, so its certificate bears the address."""
        key = generate_private_key(SECP256R1())
        names = x509.SubjectAlternativeName([x509.IPAddress(ip_address(ip))])
        made = _unsigned(_name(ip), self.authority.subject, key).add_extension(names, critical=False)
        secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        path = self.folder / "broker.pem"
        write(path, (made.sign(self.key, SHA256()).public_bytes(Encoding.PEM) + secret).decode(), mode=0o600)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        path.unlink()
        return context


def _unsigned(of: x509.Name, by: x509.Name, key: EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(by, of, key.public_key(), x509.random_serial_number())
    return builder.not_valid_before(now - timedelta(days=1)).not_valid_after(now + YEAR)


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])
