"""What a user of DC/OS Enterprise may do: Admin Router, Mesos and Marathon each ask for permissions of their own.

Marathon and Mesos ask for theirs at acts alone here; what a user may not see they would leave out of their lists.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from dcosmaint.sandbox.served.cache import Cache
from dcosmaint.sandbox.served.mesos_resources import Json
from dcosmaint.sandbox.served.router import Route, Table
from dcosmaint.sandbox.served.wire import Answer, Ask, as_json, page
from dcosmaint.sandbox.world import World

Rights = Mapping[str, tuple[str, ...]]
"""uid → permissions, each a resource and an action: `dcos:adminrouter:ops:mesos full`."""

SUPERUSER = "dcos:superuser full"

DOORS = {
    "/mesos/": "ops:mesos",
    "/slave/": "ops:slave",
    "/agent/": "ops:slave",
    "/marathon/": "service:marathon",
    "/service/marathon/": "service:marathon",
    "/system/health/": "ops:system-health",
    "/mesos_dns/": "ops:mesos-dns",
    "/acs/api/v1/users/": "acs",
    "/dcos-metadata/bootstrap-config.json": "ops:metadata",
}
"""What Admin Router asks for, all of it with `full`."""

SERVICES = "dcos:service:marathon:marathon:services:/"
CORDONS = ("DEACTIVATE_AGENT", "REACTIVATE_AGENT")

MARATHON_SAYS = as_json({"message": "Not Authorized to perform this action!"}, 403)


@dataclass(frozen=True)
class Grants:
    """Nobody is refused anything as long as there are none."""

    cache: Cache
    rights: Rights = field(default_factory=dict)

    @property
    def table(self) -> Table:
        return Table((Route("GET", "/acs/api/v1/users/(?P<uid>[^/]+)/permissions", self._listed),), missing=page(404))

    def refuses(self, uid: str, ask: Ask) -> Answer | None:
        """The answer of whoever refuses; None where all doors are open."""
        if not self.rights:
            return None
        door = self._door(ask.path)
        if door and not self._may(uid, f"dcos:adminrouter:{door}", "full"):
            return page(403)
        if door == "ops:mesos" and _kind(ask) in CORDONS and not self._may(uid, "dcos:mesos:master:agent", "update"):
            return Answer(403)
        acts = door == "service:marathon" and ask.method != "GET"
        return MARATHON_SAYS if acts and not self._may(uid, SERVICES, "update") else None

    def _door(self, path: str) -> str:
        fixed = next((door for prefix, door in DOORS.items() if path.startswith(prefix)), "")
        if fixed or not path.startswith("/service/"):
            return fixed
        service = next((name for name in self.cache.routes if path.startswith(f"/service/{name}/")), "")
        return f"service:{service}" if service else ""

    def _may(self, uid: str, resource: str, action: str) -> bool:
        return bool({SUPERUSER, f"{resource} full", f"{resource} {action}"} & {*self.rights.get(uid, ())})

    def _listed(self, _world: World, ask: Ask) -> Answer:
        direct = [self._entry(*right.rsplit(" ", 1)) for right in self.rights.get(ask.named["uid"], ())]
        return as_json({"direct": direct, "groups": []})

    def _entry(self, resource: str, action: str) -> Json:
        url = f"/acs/api/v1/acls/{resource.replace('/', '%252F')}"
        return {
            "rid": resource,
            "description": "",
            "aclurl": url,
            "actions": [{"name": action, "url": f"{url}/users/nobody/{action}"}],
        }


def _kind(ask: Ask) -> str:
    try:
        asked = json.loads(ask.body)
    except ValueError:
        return ""
    return str(asked.get("type", "")) if isinstance(asked, dict) else ""
