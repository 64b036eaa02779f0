"""Ways to log in. A token is renewed when less than ten minutes of it are left, and once when it is refused.

Tokens and passwords are in no `repr`, sentence or log.
"""

from __future__ import annotations

import base64
import json
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from dcosmaint.adapters import dcos_cli
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


class Auth(Protocol):
    """How one cluster is logged in to."""

    @property
    def cure(self) -> str:
        """What an operator does when the token is refused."""
        ...

    def token(self, send: Send) -> str:
        """A token that should be good now; "" where none is needed."""
        ...

    def renew(self, send: Send, refused: str) -> bool:
        """Whether there is now another token than the refused one."""
        ...


class NoLogin:
    """A cluster with authentication switched off."""

    cure = "this cluster wants a login: set dcos.auth"

    def token(self, send: Send) -> str:
        return ""

    def renew(self, send: Send, refused: str) -> bool:
        return False


class GivenToken:
    """A token that was handed to us, and that we can't renew."""

    def __init__(self, token: str, variable: str) -> None:
        """`variable` is the environment variable that it came from, for sentences."""
        self._token, self._variable = token, variable

    @property
    def cure(self) -> str:
        until = expiry(self._token)
        past = "" if until is None else f" (it is good until {time.strftime('%Y-%m-%d %H:%M:%SZ', time.gmtime(until))})"
        return f"put a fresh token into ${self._variable}{past}"

    def token(self, send: Send) -> str:
        return self._token

    def renew(self, send: Send, refused: str) -> bool:
        return False


class _Renewed(ABC):
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


class Password(_Renewed):
    """A user and a password, of the cluster's own or of its LDAP."""

    def __init__(self, username: str, password: str, pause: float = PAUSE) -> None:
        super().__init__(pause)
        self._username, self._password = username, password

    @property
    def cure(self) -> str:
        return f"a fresh login of {self._username} did not help: is this user known to this very cluster?"

    def _new(self, send: Send) -> str:
        body = {"uid": self._username, "password": self._password}
        answer = send(Call("acs/api/v1/auth/login", method="POST", body=body))
        if answer.status == 200:
            return answer.json().text("token")
        if answer.status == 401:
            why = f"the user {self._username} or its password is wrong"
            raise LoginLost(f"login refused: {why}; correct dcos.auth, asking again does not help")
        if answer.status in (400, 404):
            raise Fatal(f"{answer.call} answers {answer.status}: no login by password here; use dcos-cli or token")
        raise refusal(answer, self.cure)


class DcosCli(_Renewed):
    """The token that `dcos auth login` left in the DC/OS CLI's files. Renewed means: read again."""

    def __init__(self, root: Path, wanted: str = "", url: str = "") -> None:
        """`root` is $DCOS_DIR or ~/.dcos, `wanted` the name or id in $DCOS_CLUSTER, `url` the configured one.

        Raises `Usage` when no cluster, or more than one, can be meant.
        """
        super().__init__(PAUSE)
        self._choice = (root, wanted, url)
        self.cluster = dcos_cli.choose(*self._choice)

    @property
    def cure(self) -> str:
        return f"run `dcos auth login` for the cluster {self.cluster.name or self.cluster.url}"

    def _new(self, send: Send) -> str:
        self.cluster = dcos_cli.choose(*self._choice)
        return self.cluster.token


def expiry(token: str) -> float | None:
    """Until when a token is good, in seconds since the epoch; None where it does not say. No signature is checked."""
    try:
        payload = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return float(claims["exp"])
    except (IndexError, KeyError, TypeError, ValueError):
        return None
