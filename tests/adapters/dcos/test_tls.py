"""A certificate is verified against the named bundle, and a refusal says whom we trust."""

from __future__ import annotations

import datetime
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from dcosmaint.adapters.admin_router import AdminRouter
from dcosmaint.adapters.auth import NoLogin
from dcosmaint.adapters.tls import Tls
from dcosmaint.errors import Fatal, Retryable, Usage
from tests.adapters.dcos.canned import Canned, serving


@dataclass(frozen=True)
class Secure:
    canned: Canned
    bundle: str


def _certificate(folder: Path, name: str) -> Path:
    """A self-signed certificate of 127.0.0.1 with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    built = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    path = folder / f"{name}.pem"
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    path.write_bytes(built.public_bytes(serialization.Encoding.PEM) + pem)
    return path


@pytest.fixture
def secure(tmp_path: Path) -> Iterator[Secure]:
    path = _certificate(tmp_path, "cluster")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    with serving(context) as canned:
        canned.on("GET metadata", {"CLUSTER_ID": "c"})
        yield Secure(canned, str(path))


def _ask(secure: Secure, tls: Tls) -> str:
    with AdminRouter(secure.canned.url, NoLogin(), tls) as router:
        return router.get("metadata").json().text("CLUSTER_ID")


def test_the_named_bundle_is_trusted(secure: Secure) -> None:
    assert _ask(secure, Tls(ca_cert=secure.bundle)) == "c"


def test_the_named_bundle_wins_against_the_environment(secure: Secure, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a session `verify` loses against REQUESTS_CA_BUNDLE."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", ssl.get_default_verify_paths().openssl_cafile)
    assert _ask(secure, Tls(ca_cert=secure.bundle)) == "c"


def test_a_certificate_of_another_ca_is_refused_in_a_sentence(secure: Secure, tmp_path: Path) -> None:
    other = str(_certificate(tmp_path, "other"))
    with pytest.raises(Fatal, match=r"is not trusted \(.+\) by .+other\.pem: name the cluster's CA as tls\.ca_cert"):
        _ask(secure, Tls(ca_cert=other))


def test_the_cas_of_this_machine_are_named_where_no_bundle_is(secure: Secure) -> None:
    with pytest.raises(Fatal, match="the CAs of this machine"):
        _ask(secure, Tls())


def test_verification_is_off_only_in_so_many_words(secure: Secure) -> None:
    assert _ask(secure, Tls(verify=False)) == "c"


def test_a_check_says_usage_for_a_certificate_of_another_ca(secure: Secure) -> None:
    with AdminRouter(secure.canned.url, NoLogin(), Tls()) as router, pytest.raises(Usage, match="is not trusted"):
        router.check()


def test_a_handshake_that_breaks_off_is_no_proof_of_a_wrong_ca(canned: Canned) -> None:
    url = canned.url.replace("http:", "https:")
    with AdminRouter(url, NoLogin(), Tls()) as router, pytest.raises(Retryable, match="handshake"):
        router.get("metadata")


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_a_bundle_that_can_not_be_used_is_a_mistake_in_the_configuration(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_text(content)
    with pytest.raises(Usage, match=r"tls\.ca_cert"):
        AdminRouter("https://127.0.0.1", NoLogin(), Tls(ca_cert=str(path)))
