"""What our user may not do (DC/OS Enterprise), by looks alone: a door that lets looks through lets acts through."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar
from urllib.parse import quote

from dcosmaint.adapters.admin_router import AdminRouter
from dcosmaint.adapters.mesos import Mesos
from dcosmaint.adapters.sdk_discovery import schedulers
from dcosmaint.errors import DcosmaintError, Forbidden, LoginLost

T = TypeVar("T")


@dataclass(frozen=True)
class Lack:
    """One thing that a roll needs and our user may not do."""

    purpose: str
    says: str
    needs: str  # the permission, as it is granted; "" where nobody told


@dataclass
class _Tried:
    lacks: list[Lack] = field(default_factory=list)

    def read(self, purpose: str, read: Callable[[], T]) -> T | None:
        """What was read, or None. A door that does not answer for another reason is for another check to name."""
        try:
            return read()
        except LoginLost:
            raise
        except Forbidden as error:
            self.lacks.append(Lack(purpose, str(error), error.needs))
        except DcosmaintError:
            return None
        return None


def is_open(router: AdminRouter) -> bool:
    """Whether this is open DC/OS, which has no permissions. Before 1.12 a cluster does not say."""
    return router.get("dcos-metadata/dcos-version.json").json().text_or("", "dcos-variant") == "open"


def granted(router: AdminRouter) -> frozenset[str] | None:
    """What the IAM has granted our user, directly or by its groups, as `dcos security` writes it; None if it is hidden.

    It shows that to nobody without `dcos:superuser`, or `dcos:adminrouter:acs full`.
    """
    try:
        shown = router.get(f"acs/api/v1/users/{quote(router.uid(), safe='')}/permissions").json()
        entries = (*shown.list_or_none("direct"), *shown.list_or_none("groups"))
        return frozenset(f"{each.text('rid')} {act.text('name')}" for each in entries for act in each.list("actions"))
    except LoginLost:
        raise
    except DcosmaintError:
        return None


def lacking(router: AdminRouter) -> tuple[Lack, ...]:
    """Each door that a roll goes through and that is shut, in the order in which it would come to them."""
    tried = _Tried()
    agents = tried.read("agents, their tasks and their cordons", Mesos(router).agents)
    for agent in agents.listed[:1] if agents else ():
        path = f"slave/{agent.id}/slave%281%29/flags"
        tried.read("the flags of an agent, old and new", partial(router.get, path))
    found = tried.read("apps and SDK services", partial(schedulers, router))
    for scheduler in found or ():
        reads = partial(router.get, scheduler.path("v1/plans"))
        tried.read(f"the members of {scheduler.name}", reads)
    tried.read("the masters, which are never nodes", partial(router.get, "mesos_dns/v1/hosts/master.mesos"))
    tried.read("the health of nodes", partial(router.get, "system/health/v1/nodes"))
    return tuple(tried.lacks)
