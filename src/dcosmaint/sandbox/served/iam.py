"""Who may ask: logins and tokens of the IAM, and the check that Admin Router makes of them.

Tokens live by our clock, not by the World's: a client compares their end with its own clock.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from time import time
from typing import Any

from dcosmaint.sandbox.served.router import Route, Table
from dcosmaint.sandbox.served.wire import Answer, Ask, as_json, page
from dcosmaint.sandbox.world import World

PROVIDERS = {
    "dcos-users": {
        "authentication-type": "dcos-uid-password",
        "client-method": "dcos-usercredential-post-receive-authtoken",
        "config": {"start_flow_url": "/acs/api/v1/auth/login"},
        "description": "Default DC/OS login provider",
    }
}


class Iam:
    """Signs and checks tokens. Without users, authentication is off."""

    def __init__(self, users: Mapping[str, str], life: float, key: bytes) -> None:
        """`users`: uid → password. `life`: seconds. `key` signs, so that a token outlives a restart that keeps it."""
        self._users = users
        self._life = life
        self._key = key
        self.table = Table(
            (
                Route("POST", "/acs/api/v1/auth/login", self._login),
                Route("GET", "/acs/api/v1/auth/providers", lambda _world, _ask: as_json(PROVIDERS)),
            ),
            missing=page(404),
        )

    def refuses(self, ask: Ask) -> Answer | None:
        """The 401 of Admin Router, or None where the token is good or nobody needs one."""
        if not self._users:
            return None
        scheme, _, rest = ask.headers.get("authorization", "").partition(" ")
        token = rest if scheme == "Bearer" else scheme.removeprefix("token=")
        return None if self._good(token) else page(401, ("WWW-Authenticate", "oauthjwt"))

    def token(self, uid: str) -> str:
        payload = _coded({"uid": uid, "exp": int(time() + self._life)})
        signed = f"{_coded({'alg': 'HS256', 'typ': 'JWT'})}.{payload}"
        return f"{signed}.{self._signature(signed)}"

    def _good(self, token: str) -> bool:
        signed, _, signature = token.rpartition(".")
        if not hmac.compare_digest(signature.encode(), self._signature(signed).encode()):
            return False
        payload = signed.partition(".")[2]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return claims["uid"] in self._users and claims["exp"] > time()

    def _signature(self, signed: str) -> str:
        return _base64(hmac.new(self._key, signed.encode(), hashlib.sha256).digest())

    def _login(self, _world: World, ask: Ask) -> Answer:
        try:
            given = json.loads(ask.body)
        except ValueError:
            return _problem(400, "Bad Request", "Request has bad body.", "ERR_INVALID_DATA")
        uid, password = (given.get("uid"), given.get("password")) if isinstance(given, dict) else ("", "")
        if not (isinstance(uid, str) and uid and isinstance(password, str) and password):
            return _problem(400, "Bad Request", "uid and password are needed.", "ERR_INVALID_DATA")
        if not hmac.compare_digest(self._users.get(uid, "\0").encode(), password.encode()):
            refusal = _problem(401, "Unauthorized", "Invalid credentials.", "ERR_INVALID_CREDENTIALS")
            return Answer(401, refusal.body, refusal.type, (("WWW-Authenticate", "acsjwt"),))
        return as_json({"token": self.token(uid)})


def _problem(status: int, title: str, description: str, code: str) -> Answer:
    return as_json({"title": title, "description": description, "code": code}, status)


def _coded(value: Any) -> str:
    return _base64(json.dumps(value, separators=(",", ":")).encode())


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
