"""Ways to log in. Tokens, passwords and keys are in no `repr`, sentence or log."""

from __future__ import annotations

import time
from typing import Protocol

from dcosmaint.adapters import dcos_cli
from dcosmaint.adapters.renewed import PAUSE, Iam, Renewed, Send, expiry
from dcosmaint.adapters.service_key import ServiceKey
from dcosmaint.errors import LoginLost, Usage


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


class Password(Renewed):
    """A user and a password, of the cluster's own or of its LDAP."""

    def __init__(self, username: str, password: str, pause: float = PAUSE) -> None:
        super().__init__(pause)
        self._username, self._password = username, password

    @property
    def cure(self) -> str:
        return f"a fresh login of {self._username} did not help: is this user known to this very cluster?"

    def _new(self, send: Send) -> str:
        iam = Iam("password", f"the user {self._username} or its password is wrong", self.cure)
        return iam.log_in(send, {"uid": self._username, "password": self._password})


class ServiceAccount(Renewed):
    """An account for programs, which shows that it holds a private key: no secret of it is sent."""

    def __init__(self, key: ServiceKey, pause: float = PAUSE) -> None:
        super().__init__(pause)
        self._key = key

    @property
    def cure(self) -> str:
        return f"a fresh login of {self._key.uid} did not help: is this service account known to this very cluster?"

    def _new(self, send: Send) -> str:
        doubt = "no service account of the cluster, or has another public key, or this machine's clock is minutes off"
        iam = Iam("service account", f"{self._key.uid} is {doubt}", self.cure)
        return iam.log_in(send, {"uid": self._key.uid, "token": self._key.login_token(time.time())})


class DcosCli(Renewed):
    """The token that `dcos auth login` left in the DC/OS CLI's files. Renewed means: read again."""

    def __init__(self, files: dcos_cli.Files, wanted: str = "", url: str = "") -> None:
        """`wanted` is the name or id in $DCOS_CLUSTER, `url` the configured one.

        Raises `Usage` when no cluster, or more than one, can be meant.
        """
        super().__init__(PAUSE)
        self._choice = (files, wanted, url)
        self.cluster = dcos_cli.choose(*self._choice)

    @property
    def cure(self) -> str:
        return f"run `dcos auth login` for the cluster {self.cluster.called}"

    def _new(self, send: Send) -> str:
        """What was there when we began, and is there no more, is no mistake of the configuration."""
        try:
            self.cluster = dcos_cli.choose(*self._choice)
        except Usage as error:
            raise LoginLost(f"the login of the DC/OS CLI can't be read any more: {error}") from None
        return self.cluster.token
