"""Tokens that can be had again: when less than ten minutes of one are left, and once when it is refused."""

from __future__ import annotations

import base64
import json
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from dcosmaint.adapters.answers import Answer, Call
from dcosmaint.adapters.refusals import refusal
from dcosmaint.errors import Fatal, LoginLost
from dcosmaint.redaction import keep_secret

Send = Callable[[Call], Answer]
"""Sends a call without a token."""

MARGIN = 600.0
"""Seconds that a token must still be good for."""

PAUSE = 60.0
"""Seconds between two logins that only an expiry asks for: clocks differ, and some tokens are born short-lived."""


class Renewed(ABC):
    """A token that can be had again. Threads that find it refused at the same time fetch it once."""

    def __init__(self, pause: float) -> None:
        self._lock = threading.Lock()
        self._token = ""
        self._pause = pause
        self._fetched = 0.0

    def token(self, send: Send) -> str:
        with self._lock:
            if not self._token or self._ends_soon():
                self._fetch(send)
            return self._token

    def renew(self, send: Send, refused: str) -> bool:
        with self._lock:
            if self._token == refused:
                self._fetch(send)
            return self._token != refused

    def _ends_soon(self) -> bool:
        until = expiry(self._token)
        due = until is not None and until - time.time() < MARGIN
        return due and time.monotonic() - self._fetched > self._pause

    def _fetch(self, send: Send) -> None:
        self._token, self._fetched = self._new(send), time.monotonic()
        keep_secret(self._token)

    @abstractmethod
    def _new(self, send: Send) -> str: ...


@dataclass(frozen=True)
class Iam:
    """A login with credentials at the cluster's IAM, and the words for one that is refused."""

    way: str  # of logging in
    doubt: str  # what is wrong where it says 401; it does not tell an unknown name from a wrong secret
    cure: str

    def log_in(self, send: Send, credentials: dict[str, str]) -> str:
        """A token. Raises `LoginLost` for credentials that are refused, `Fatal` where nobody takes such ones."""
        answer = send(Call("acs/api/v1/auth/login", method="POST", body=credentials))
        if answer.status == 200:
            return answer.json().text("token")
        if answer.status == 401:
            raise LoginLost(f"login refused: {self.doubt}; correct dcos.auth, asking again does not help")
        if answer.status in (400, 404):
            raise Fatal(f"{answer.call} answers {answer.status}: no login by {self.way} here; use dcos-cli or token")
        raise refusal(answer, self.cure)


def expiry(token: str) -> float | None:
    """Until when a token is good, in seconds since the epoch; None where it does not say."""
    try:
        return float(_claims(token)["exp"])
    except (KeyError, TypeError, ValueError):
        return None


def uid(token: str) -> str:
    """Whose token it is; "" where it does not say."""
    return str(_claims(token).get("uid", ""))


def _claims(token: str) -> dict[str, Any]:
    """What a JWT says; nothing for what is none. No signature is checked."""
    try:
        payload = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (IndexError, ValueError):
        return {}
    return claims if isinstance(claims, dict) else {}
