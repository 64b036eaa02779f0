"""The one door to a DC/OS cluster: Admin Router, bound to its URL, a login and a trust in certificates.

Nothing is retried here but a call that a refused token kept out, after one new login: whoever called knows
whether it may ask again. No redirect is followed, no cookie kept, no `~/.netrc` read.
"""

from __future__ import annotations

import ssl
import time
import warnings
from collections.abc import Callable
from http.cookiejar import DefaultCookiePolicy
from types import TracebackType
from typing import Any, NoReturn, Self

import requests
import urllib3
from requests.adapters import HTTPAdapter

from dcosmaint.adapters.answers import Answer, Call
from dcosmaint.adapters.auth import Auth
from dcosmaint.adapters.refusals import refusal
from dcosmaint.adapters.renewed import expiry, uid
from dcosmaint.adapters.tls import Tls
from dcosmaint.errors import Fatal, Retryable, Usage

CONNECT = 10.0
"""Seconds for a connection. A silence within an answer may last as long as the whole of it."""

AT_ONCE = 32
"""Connections kept: as many as threads ask at the same time."""


class AdminRouter:
    """Safe to share between threads."""

    def __init__(self, url: str, auth: Auth, tls: Tls) -> None:
        """Raises `Usage` when the CA bundle can't be used."""
        self.url = clean(url)
        self._auth, self._tls, self._trust = auth, tls, tls.trust
        self._session = requests.Session()
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, HTTPAdapter(pool_maxsize=AT_ONCE))
        if not self._trust:  # said aloud once by whoever connects, not by a library at every call
            warnings.simplefilter("ignore", urllib3.exceptions.InsecureRequestWarning)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._session.close()

    def check(self) -> None:
        """Ask once whether the URL, the certificate and the token are good, before anything depends on it.

        Any status but 401 proves that the token was taken: the file that is asked for needs a permission of its own.
        Raises `Usage` for what the operator has to put right, `Retryable` for a cluster that does not answer.
        """
        try:
            self.ask(Call("pkgpanda/active.buildinfo.full.json", method="HEAD", accepts=(200, 403, 404)))
        except Fatal as error:
            raise Usage(str(error)) from None

    def good_until(self) -> float | None:
        """Until when the token is good, in seconds since the epoch; None where it does not say, or there is none."""
        return expiry(self._auth.token(self._unsigned))

    def uid(self) -> str:
        """Who we are there, as the token has it; "" where it does not say, or there is none."""
        return uid(self._auth.token(self._unsigned))

    def get(self, path: str, *accepts: int) -> Answer:
        """GET; statuses in `accepts` (200 when none is named) come back, the others raise."""
        return self.ask(Call(path, accepts=accepts or (200,)))

    def post(self, path: str, body: object, *accepts: int) -> Answer:
        """POST of JSON that may be repeated."""
        return self.ask(Call(path, method="POST", body=body, accepts=accepts or (200,)))

    def ask(self, call: Call) -> Answer:
        token = self._auth.token(self._unsigned)
        answer = self._send(call, token)
        if answer.status == 401 and self._auth.renew(self._unsigned, token):
            if call.once:
                raise Retryable(f"{call} was kept out by an old token, which is renewed now")
            answer = self._send(call, self._auth.token(self._unsigned))
        expected = answer.status in call.accepts and (call.method == "HEAD" or not answer.from_router)
        if not expected:
            raise refusal(answer, self._auth.cure)
        return answer

    def _unsigned(self, call: Call) -> Answer:
        return self._send(call, "")

    def _send(self, call: Call, token: str) -> Answer:
        try:
            return self._exchange(call, token)
        except requests.exceptions.RequestException as error:
            self._failed(call, error)

    def _exchange(self, call: Call, token: str) -> Answer:
        until = time.monotonic() + call.deadline
        response = self._session.request(
            call.method,
            f"{self.url}/{call.path.lstrip('/')}",  # urljoin would throw a service's prefix away
            json=call.body,
            headers={"Accept": "application/json", "User-Agent": "dcosmaint"},
            auth=_signed(token),
            timeout=(CONNECT, call.deadline),
            allow_redirects=False,
            verify=self._trust,  # given here: on a session it loses against REQUESTS_CA_BUNDLE
            stream=True,
        )
        with response:
            return Answer(
                call=call,
                status=response.status_code,
                content=_read(response, call, until),
                kind=response.headers.get("Content-Type", ""),
                date=response.headers.get("Date", ""),
                location=response.headers.get("Location", ""),
            )

    def _failed(self, call: Call, error: requests.exceptions.RequestException) -> NoReturn:
        """The library's own words may quote headers and addresses, so they are not repeated."""
        if isinstance(error, requests.exceptions.InvalidURL | requests.exceptions.MissingSchema):
            raise Usage(f"dcos.url: {self.url} is no URL that can be asked") from None
        if isinstance(error, requests.exceptions.InvalidSchema):
            raise Usage(f"dcos.url: {self.url} must begin with https:// or http://") from None
        if reason := _untrusted(error):
            advice = "name the cluster's CA as tls.ca_cert, or correct dcos.url"
            raise Fatal(f"{self.url} is not trusted ({reason}) by {self._tls.anchors}: {advice}") from None
        raise Retryable(f"{call} to {self.url}: {_broken(error)}") from None


def clean(url: str) -> str:
    """Without the end that a browser's address bar adds."""
    return url.strip().partition("/#/")[0].rstrip("/")


def _signed(token: str) -> Callable[[Any], Any]:
    """A callable, so that an entry of `~/.netrc` can't overwrite the header; also where there is no token at all."""

    def sign(request: Any) -> Any:
        if token:
            request.headers["Authorization"] = f"token={token}"
        return request

    return sign


def _read(response: requests.Response, call: Call, until: float) -> bytes:
    parts = []
    for part in response.iter_content(65536):
        parts.append(part)
        if time.monotonic() > until:
            raise Retryable(f"{call}: the answer took longer than {call.deadline:.0f} s")
    return b"".join(parts)


def _untrusted(error: BaseException) -> str:
    """Why a certificate was refused, or "": a handshake that breaks off for another reason is no proof of that."""
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return cause.verify_message
    return ""


def _causes(error: BaseException | None) -> list[BaseException]:
    """Every exception that this one wraps: libraries put them in `args`, in `reason` and in `__context__`."""
    found: list[BaseException] = []
    wait = [error]
    while wait:
        one = wait.pop()
        if isinstance(one, BaseException) and one not in found:
            found.append(one)
            wait += [*one.args, getattr(one, "reason", None), one.__cause__, one.__context__]
    return found


def _broken(error: requests.exceptions.RequestException) -> str:
    causes = _causes(error)
    if any(isinstance(cause, ConnectionRefusedError) for cause in causes):
        return "connection refused"
    if isinstance(error, requests.exceptions.Timeout):
        return "no answer in time"
    if isinstance(error, requests.exceptions.SSLError):
        return "the TLS handshake broke off"
    if any(isinstance(cause, urllib3.exceptions.NameResolutionError) for cause in causes):
        return "its name can't be resolved"
    return "the connection broke off, or the answer was cut off"
