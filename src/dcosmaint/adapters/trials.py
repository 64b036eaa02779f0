"""What our user may do, tried on what nobody has: permission is asked first, and there is nothing that it could hit.

Mesos and Marathon look at the permission before they look for what is named (`_deactivateAgent` and `_reactivateAgent`
in mesos/src/master/http.cpp, `kill` in marathon's TaskKiller.scala): refused is 403, and allowed is `no such thing`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import quote

from dcosmaint.adapters import permissions
from dcosmaint.adapters.admin_router import AdminRouter
from dcosmaint.adapters.answers import Answer, Call
from dcosmaint.adapters.marathon import LOCK
from dcosmaint.adapters.sdk_discovery import schedulers
from dcosmaint.errors import DcosmaintError, Forbidden, LoginLost

NOBODY = "dcosmaint.nobody"
"""An id that no agent and no instance has."""

CORDON = {"DEACTIVATE_AGENT": "Unknown agent", "REACTIVATE_AGENT": "Agent is not deactivated"}
"""The calls of a cordon, and what a master says of an agent that it does not know."""


SERVICES = "dcos:service:marathon:marathon:services:/"
"""What Marathon itself asks for."""


class State(StrEnum):
    ALLOWED = "allowed"
    REFUSED = "refused"
    OPEN = "not provable"


@dataclass(frozen=True)
class Trial:
    """What came of one."""

    act: str
    state: State
    why: str  # how it was proved, or why it can't be
    needs: str = ""  # the permission, as it is granted


RESERVE = Trial(
    "cordon nodes by reservations", State.OPEN, "Mesos looks for the agent first, and only then at the permission"
)


SCHEDULE = Trial(
    "cordon nodes by maintenance windows", State.OPEN, "the schedule is one document, and writing it anew is no trial"
)


def cordon(router: AdminRouter) -> Trial:
    """Of an agent, and its undoing. Mesos has both calls from 1.9 on."""
    act, needs = "cordon and uncordon nodes", "dcos:mesos:master:agent update"
    for kind, unknown in CORDON.items():
        body = {"type": kind, kind.lower(): {"agent_id": {"value": NOBODY}}}
        trial = _tried(router, Call("mesos/api/v1", "POST", body, accepts=(400,)), unknown, act, needs)
        if trial.state is not State.ALLOWED:
            return trial
    return Trial(act, State.ALLOWED, "Mesos let both calls through to an agent that nobody has", needs)


def move_apps(router: AdminRouter) -> Trial:
    """Of the first app that our user may see; others may be granted one by one."""
    act, needs = "end and restart instances of apps", f"{SERVICES} full"
    apps = router.get("marathon/v2/apps?embed=apps.counts").json().list("apps")
    if not apps:
        return Trial(act, State.OPEN, "there is no app that it could be tried on", needs)
    app = min(each.text("id") for each in apps)
    path = f"marathon/v2/apps{quote(app)}/tasks/{NOBODY}?scale=false&wipe=false"
    trial = _tried(router, Call(path, method="DELETE", accepts=(404,)), f"Task '{NOBODY}'", act, needs)
    if trial.state is not State.ALLOWED:
        return trial
    return Trial(act, State.ALLOWED, f"Marathon let us end an instance of {app} that nobody has", needs)


def keep_lock(router: AdminRouter) -> Trial:
    """An app of our own, which nobody can try to make without making it: told by the IAM, where it tells us."""
    act, needs = "create and remove the app that is the lock", f"{SERVICES}dcosmaint full"
    granted = permissions.granted(router)
    if granted is None:
        why = "IAM shows its own permissions to a user with dcos:superuser alone, and there is nothing to try it on"
        return Trial(act, State.OPEN, why, needs)
    above = (SERVICES, f"{SERVICES}dcosmaint", SERVICES.rstrip("/") + LOCK)  # a permission holds for all below it
    may = [any({f"{each} full", f"{each} {action}"} & granted for each in above) for action in ("create", "delete")]
    enough = all(may) or "dcos:superuser full" in granted
    return Trial(act, State.ALLOWED if enough else State.REFUSED, "says IAM's list of our permissions", needs)


def replace_members(router: AdminRouter) -> tuple[Trial, ...]:
    """A scheduler replaces what it knows at once, and says nothing of permissions where it does not know it."""
    why = "no scheduler knows a rehearsal; Admin Router asks for the same permission at a look, and let that through"
    return tuple(
        Trial(
            f"replace members of {scheduler.name}", State.OPEN, why, f"dcos:adminrouter:service:{scheduler.name} full"
        )
        for scheduler in schedulers(router)
    )


def _tried(router: AdminRouter, call: Call, nothing: str, act: str, needs: str) -> Trial:
    """`nothing` is in what is said by somebody who has looked for it."""
    try:
        answer = router.ask(call)
    except LoginLost:
        raise
    except Forbidden as error:
        return Trial(act, State.REFUSED, str(error), error.needs or needs)
    except DcosmaintError as error:
        return Trial(act, State.OPEN, str(error), needs)
    return Trial(act, State.ALLOWED if nothing in answer.said else State.OPEN, _unclear(answer), needs)


def _unclear(answer: Answer) -> str:
    return f"{answer.call} answers {answer.status}: {answer.said or 'without a reason'}"
