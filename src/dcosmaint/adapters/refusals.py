"""What a status means that a caller did not expect: which error, and the sentence an operator can act on."""

from __future__ import annotations

from urllib.parse import urlsplit

from dcosmaint.adapters.answers import Answer
from dcosmaint.errors import DcosmaintError, Fatal, Forbidden, LoginLost, Retryable

SERVICE_END = ("/v1/", "/v2/")
"""What follows a service's name in a path: the name itself may have slashes."""


def refusal(answer: Answer, cure: str) -> DcosmaintError:
    """`cure` says what helps against a refused token: it differs by the way of logging in."""
    match answer.status:
        case 401:
            return LoginLost(f"token expired or refused: {answer.call} answers 401; {cure}")
        case 403:
            return _forbidden(answer)
        case 404:
            return _absent(answer)
    return _redirect(answer) if 300 <= answer.status < 400 else _other(answer)


def _other(answer: Answer) -> DcosmaintError:
    if answer.status in (408, 429) or answer.status >= 500:
        return Retryable(f"{answer.call} answers {answer.status}: {answer.said or 'not reachable, or restarting'}")
    if answer.status < 300:
        return Retryable(f"{answer.call} answers {answer.status}, which proves nothing")
    return Fatal(f"{answer.call} is refused with {answer.status}: {answer.said or 'without a reason'}")


def _absent(answer: Answer) -> DcosmaintError:
    """Routes of Admin Router lag behind by up to half a minute, and a Mesos master answers 404 while it starts."""
    if answer.call.path.startswith("mesos/") and not answer.html:
        return Retryable(f"{answer.call} answers 404: the Mesos master is starting")
    if answer.html:
        return Retryable(f"{answer.call} answers 404 with an HTML page: is this the Admin Router of DC/OS?")
    if answer.from_router:
        return Retryable(f"{answer.call}: Admin Router has no route to it (now): {answer.said}")
    return Retryable(f"{answer.call} answers 404: {answer.said or 'without a reason'}")


def _redirect(answer: Answer) -> DcosmaintError:
    """No redirect is followed: it would turn a POST into a GET, and lose the token or hand it to somebody else."""
    target = urlsplit(answer.location)
    if answer.status == 307 and not target.scheme:
        return Retryable(f"{answer.call}: the Mesos master that answered is not the leader")
    if not target.netloc:
        return Retryable(f"{answer.call} is redirected ({answer.status}) within the cluster, which is not followed")
    elsewhere = f"{target.scheme or 'https'}://{target.netloc.rpartition('@')[2]}"
    return Fatal(f"{answer.call} is redirected to {elsewhere}: if that is your cluster, make it dcos.url")


def _forbidden(answer: Answer) -> Forbidden:
    good = f"{answer.call} answers 403: the token is good, but"
    if not answer.html:
        return Forbidden(f"{good} the service behind Admin Router refuses: {answer.said or 'without a reason'}")
    permission = f"{needed(answer.call.path)} full"
    return Forbidden(f"{good} its user lacks the permission {permission}", permission)


def needed(path: str) -> str:
    """The resource whose `full` action lets a request of this path through Admin Router (Enterprise)."""
    first, _, rest = path.partition("?")[0].partition("/")
    fixed = {
        "mesos": "ops:mesos",
        "mesos_dns": "ops:mesos-dns",
        "slave": "ops:slave",
        "agent": "ops:slave",
        "marathon": "service:marathon",
        "package": "package",
        "dcos-metadata": "ops:metadata",
    }
    if first == "service":
        ends = [rest.find(end) for end in SERVICE_END if end in rest]
        return f"dcos:adminrouter:service:{rest[: min(ends)] if ends else rest.strip('/')}"
    if path.startswith("system/health/"):
        return "dcos:adminrouter:ops:system-health"
    return f"dcos:adminrouter:{fixed.get(first, f'…:{first}')}"
