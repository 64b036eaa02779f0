"""Who may ask: logins and tokens of the IAM, and the check that Admin Router makes of them.

Tokens live by our clock, not by the World's: a client compares their end with its own clock.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from time import time
from typing import Any

from dcosmaint.sandbox.served.known import Known, claimed
from dcosmaint.sandbox.served.router import Route, Table
from dcosmaint.sandbox.served.wire import Answer, Ask, as_json, page
from dcosmaint.sandbox.world import World

PROVIDERS = {
    "dcos-users": {
        "authentication-type": "dcos-uid-password",
        "client-method": "dcos-usercredential-post-receive-authtoken",
        "config": {"start_flow_url": "/acs/api/v1/auth/login"},
        "description": "Default DC/OS login provider",
    },
    "dcos-services": {
        "authentication-type": "dcos-uid-servicekey",
        "client-method": "dcos-servicecredential-post-receive-authtoken",
        "config": {"start_flow_url": "/acs/api/v1/auth/login"},
        "description": "Default DC/OS login provider for service accounts",
    },
}


class Iam:
    """Signs and checks tokens. Without users and service accounts, authentication is off."""

    def __init__(self, known: Known, life: float, key: bytes) -> None:
        """`life`: seconds. `key` signs, so that a token outlives a restart that keeps it."""
        self._known = known
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
        if not self._known.anybody:
            return None
        return None if self._good(_token(ask)) else page(401, ("WWW-Authenticate", "oauthjwt"))

    def who(self, ask: Ask) -> str:
        """Whose token it is that was not refused; "" where nobody needs one."""
        return str(claimed(_token(ask))["uid"]) if self._known.anybody else ""

    def token(self, uid: str) -> str:
        payload = _coded({"uid": uid, "exp": int(time() + self._life)})
        signed = f"{_coded({'alg': 'HS256', 'typ': 'JWT'})}.{payload}"
        return f"{signed}.{self._signature(signed)}"

    def _good(self, token: str) -> bool:
        signed, _, signature = token.rpartition(".")
        if not hmac.compare_digest(signature.encode(), self._signature(signed).encode()):
            return False
        claims = claimed(token)
        return self._known.knows(claims["uid"]) and claims["exp"] > time()

    def _signature(self, signed: str) -> str:
        return _base64(hmac.new(self._key, signed.encode(), hashlib.sha256).digest())

    def _login(self, _world: World, ask: Ask) -> Answer:
        try:
            given = json.loads(ask.body)
        except ValueError:
            given = {}
        uid, password, token = (_text(given, name) for name in ("uid", "password", "token"))
        if not uid or bool(password) == bool(token):
            said = "A uid is needed, and one of password and token."
            return _problem(400, "Bad Request", said, "ERR_INVALID_DATA")
        if not (self._known.password(uid, password) if password else self._known.signed(uid, token)):
            refusal = _problem(401, "Unauthorized", "Invalid credentials.", "ERR_INVALID_CREDENTIALS")
            return Answer(401, refusal.body, refusal.type, (("WWW-Authenticate", "acsjwt"),))
        return as_json({"token": self.token(uid)})


def _token(ask: Ask) -> str:
    scheme, _, rest = ask.headers.get("authorization", "").partition(" ")
    return rest if scheme == "Bearer" else scheme.removeprefix("token=")


def _text(given: Any, name: str) -> str:
    value = given.get(name) if isinstance(given, dict) else None
    return value if isinstance(value, str) else ""


def _problem(status: int, title: str, description: str, code: str) -> Answer:
    return as_json({"title": title, "description": description, "code": code}, status)


def _coded(value: Any) -> str:
    return _base64(json.dumps(value, separators=(",", ":")).encode())


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
