"""The private key of a service account, from its file: the key as PEM, or the JSON that a secret of DC/OS holds."""

from __future__ import annotations

import base64
import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from stat import S_IMODE
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from dcosmaint.errors import Usage
from dcosmaint.redaction import keep_secret

LIFE = 300.0
"""Seconds that a login token is good for, as the DC/OS CLI makes them. It is used once, at once."""

OTHERS = 0o077


@dataclass(frozen=True)
class ServiceKey:
    uid: str
    key: RSAPrivateKey = field(repr=False)

    def login_token(self, now: float) -> str:
        """What the IAM takes in exchange for a token: a JWT that says who we are, signed (RS256)."""
        signed = f"{_coded({'alg': 'RS256', 'typ': 'JWT'})}.{_coded({'uid': self.uid, 'exp': int(now + LIFE)})}"
        token = f"{signed}.{_base64(self.key.sign(signed.encode(), PKCS1v15(), SHA256()))}"
        keep_secret(token)
        return token


def read(path: Path, uid: str = "") -> ServiceKey:
    """The key in a file. A JSON secret names its account itself, so `uid` may be "". Raises `Usage`."""
    text = _content(path)
    secret = _secret(path, text) if text.lstrip().startswith("{") else {"private_key": text}
    pem, named = str(secret.get("private_key", "")), str(secret.get("uid", ""))
    keep_secret(pem.strip())
    if uid and named and uid != named:
        raise Usage(
            f"{path} is the key of the service account {named}, but dcos.auth.uid is {uid}: correct one of them"
        )
    if not (uid or named):
        raise Usage(f"{path} does not name its service account: set dcos.auth.uid")
    return ServiceKey(uid or named, _key(path, pem))


def _content(path: Path) -> str:
    """As ssh does with its keys, one of ours that others may read is refused: it may be known to anybody by now."""
    try:
        with path.open(encoding="utf-8") as file:
            status = os.fstat(file.fileno())
            if status.st_uid == os.getuid() and S_IMODE(status.st_mode) & OTHERS:
                mode = f"mode {S_IMODE(status.st_mode):04o}"
                raise Usage(f"others may read {path} ({mode}), which holds a private key: `chmod 600 {path}`")
            return file.read()
    except OSError as error:
        raise Usage(f"dcos.auth.private_key_file: {path} can't be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise _no_key(path) from None


def _secret(path: Path, text: str) -> dict[str, Any]:
    """`login_endpoint` is not used: it is an address within the cluster, and ours is dcos.url."""
    try:
        secret = json.loads(text)
    except (ValueError, RecursionError):
        raise _no_key(path) from None
    scheme = secret.get("scheme", "RS256")
    if scheme != "RS256":
        raise Usage(f"{path}: its scheme is not RS256: make the service account anew with a key pair of its own")
    return dict(secret)


def _key(path: Path, pem: str) -> RSAPrivateKey:
    try:
        key = load_pem_private_key(pem.encode(), password=None)
    except TypeError:
        raise Usage(
            f"the key in {path} has a passphrase, which nobody is there to type; store it without one"
        ) from None
    except (ValueError, UnsupportedAlgorithm):
        raise _no_key(path) from None
    if not isinstance(key, RSAPrivateKey):
        raise Usage(f"the key in {path} is no RSA key, and service accounts log in with no other (RS256)")
    return key


def _no_key(path: Path) -> Usage:
    forms = "a PEM block (BEGIN PRIVATE KEY or BEGIN RSA PRIVATE KEY), or the JSON of the account's secret"
    return Usage(f"{path} holds no private key that can be read: it should be {forms}")


def _coded(value: dict[str, Any]) -> str:
    return _base64(json.dumps(value, separators=(",", ":")).encode())


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
