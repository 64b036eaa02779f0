"""A certificate is verified against the named bundle, and a refusal says whom we trust."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from dcosmaint.adapters.admin_router import AdminRouter
from dcosmaint.adapters.auth import NoLogin
from dcosmaint.adapters.tls import Tls
from dcosmaint.errors import Fatal, Retryable, Usage
from tests.adapters.dcos.canned import Canned, serving
from tests.adapters.dcos.certificates import a_certificate


@dataclass(frozen=True)
class Secure:
    canned: Canned
    bundle: str


@pytest.fixture
def secure(tmp_path: Path) -> Iterator[Secure]:
    path = a_certificate(tmp_path, "cluster")
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
    other = str(a_certificate(tmp_path, "other"))
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
