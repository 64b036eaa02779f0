"""Whom the IAM knows: users by their passwords, service accounts by the public halves of their keys."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from time import time
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key


@dataclass(frozen=True)
class Known:
    users: Mapping[str, str] = field(default_factory=dict, repr=False)  # uid → password
    accounts: Mapping[str, str] = field(default_factory=dict)  # uid of a service account → public key, PEM

    @property
    def anybody(self) -> bool:
        return bool(self.users or self.accounts)

    def knows(self, uid: str) -> bool:
        return uid in self.users or uid in self.accounts

    def password(self, uid: str, password: str) -> bool:
        return hmac.compare_digest(self.users.get(uid, "\0").encode(), password.encode())

    def signed(self, uid: str, token: str) -> bool:
        """Whether a service login token is of this account, in date, and signed with its key (RS256)."""
        signed, _, signature = token.rpartition(".")
        try:
            key = load_pem_public_key(self.accounts[uid].encode())
            assert isinstance(key, RSAPublicKey), "a service account has an RSA key"
            key.verify(decoded(signature), signed.encode(), PKCS1v15(), SHA256())
            claims = claimed(token)
        except (KeyError, ValueError, InvalidSignature):
            return False
        return bool(claims.get("uid") == uid and claims.get("exp", 0) > time())


def claimed(token: str) -> dict[str, Any]:
    """The payload of a JWT. Raises `ValueError` for what is none."""
    _, payload, _ = token.split(".")
    return dict(json.loads(decoded(payload)))


def decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
