"""Marathon, and the diagnostics of DC/OS, as a World has them."""

from __future__ import annotations

from collections.abc import Sequence

from dcosmaint.errors import Retryable
from dcosmaint.model import App, Resources
from dcosmaint.sandbox.faces.passage import Passage
from dcosmaint.sandbox.world import state as true

LOCK = "/dcosmaint/lock"
"""The app that is a roll's own lock: nobody's work."""


class Marathon:
    """`MarathonReads` and `MarathonActs`. One truth is built once, however often it is asked for."""

    def __init__(self, passage: Passage) -> None:
        self._passage = passage
        self._world = passage.world
        self._built = -1
        self._apps: tuple[App, ...] = ()

    def apps(self) -> tuple[App, ...]:
        return self._passage.read("marathon", self._read)

    def kill(self, app: App, instance: str) -> None:
        self._passage.act("marathon", lambda: self._world.marathon.kill(instance))

    def restart(self, app: App) -> None:
        self._passage.act("marathon", lambda: self._world.marathon.restart(self._world.ground.apps[app.id]))

    def _read(self) -> tuple[App, ...]:
        marathon = self._world.marathon
        if self._built != marathon.changes:
            others = (a for a in self._world.ground.apps.values() if not a.labels and a.id != LOCK)
            apps = sorted(others, key=lambda app: app.id)
            unproved = {app.id: marathon.unproved(app) for app in apps}
            self._apps = tuple(_app(app, unproved[app.id]) for app in apps)
            self._built = -1 if any(unproved.values()) else marathon.changes  # time alone will prove them
        return self._apps


class Health:
    """`HealthReads`. A new node is unknown, then red, then well."""

    def __init__(self, passage: Passage) -> None:
        self._passage = passage
        self._world = passage.world

    def red(self, private_ip: str) -> tuple[str, ...]:
        return self._passage.read("health", lambda: self._red(private_ip))

    def _red(self, private_ip: str) -> tuple[str, ...]:
        up = [m for m in self._world.ground.machines.values() if m.private_ip == private_ip and m.state == "running"]
        if not up or not up[0].agent_id:
            raise Retryable(f"DC/OS diagnostics does not know {private_ip} yet")
        machine = up[0]
        booting = ("dcos-net.service",) if machine.healthy_at > self._world.now else ()
        return tuple(sorted({*booting, *machine.red}))


def _app(app: true.App, unproved: Sequence[true.Task]) -> App:
    shape = app.shape
    serving = (task for task in app.tasks if task.state == "TASK_RUNNING" and task not in unproved)
    on = tuple(sorted(task.agent_id for task in serving))
    ids: dict[str, tuple[str, ...]] = {}
    for task in sorted(app.tasks, key=lambda task: task.id):
        ids[task.agent_id] = (*ids.get(task.agent_id, ()), task.id)
    return App(
        id=shape.id,
        instances=shape.instances,
        on=on,
        unique=shape.unique,
        resident=shape.resident,
        public=shape.public,
        deploying=bool(app.old),
        instance_ids=ids,
        needs=Resources(shape.size.cpus, shape.size.mem, shape.size.disk),
        restarts=True,
    )
