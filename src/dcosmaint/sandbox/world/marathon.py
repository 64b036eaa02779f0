"""Marathon: keeps the wanted number of instances of every app running, the SDK schedulers' own among them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from dcosmaint.sandbox.world.faults import Rejected
from dcosmaint.sandbox.world.ground import Ground
from dcosmaint.sandbox.world.master import Master
from dcosmaint.sandbox.world.state import Agent, App, Framework, Task

NAME = "marathon"
AWAY = ("TASK_LOST", "TASK_UNREACHABLE")
"""States of a task whose agent may come back."""

FIRST_CHECK = 5.0
"""Seconds until a running task has a health result: before that it is neither healthy nor unhealthy."""


class Marathon:
    def __init__(self, ground: Ground, master: Master) -> None:
        self._ground = ground
        self._master = master
        self.framework: Framework = master.framework(NAME, "slave_public")
        master.subscribe(self.framework, self)
        self._watchers: dict[str, Callable[[Task], None]] = {}
        self._owners: dict[str, App] = {}  # task id → app
        self.changes = 0

    def watch(self, app_id: str, told: Callable[[Task], None]) -> None:
        """Tell a scheduler what becomes of its own task."""
        self._watchers[app_id] = told

    def add(self, app: App, agents: list[Agent]) -> None:
        """An app whose instances have always run on these agents."""
        self._ground.apps[app.id] = app
        app.due = app.shape.instances
        for agent in agents:
            self.run(app, agent)
        self._poke(app)

    def create(self, app: App) -> None:
        """An app that there was not until now."""
        app.created_at = self._ground.clock.now
        self.add(app, [])
        self.changes += 1

    def remove(self, app: App) -> None:
        """Forget an app of which nothing runs."""
        del self._ground.apps[app.id]
        self.changes += 1

    def run(self, app: App, agent: Agent) -> None:
        """One instance that has always run there."""
        app.due -= 1
        self._master.run(self._task(app, agent))
        self.changes += 1

    def unproved(self, app: App) -> list[Task]:
        """Instances that run and whose first health check has not come yet."""
        since = self._ground.clock.now - FIRST_CHECK
        running = [task for task in app.tasks if task.state == "TASK_RUNNING"] if app.checked else []
        return [task for task in running if task.running_at > since]

    # ---- what an operator may ask

    def kill(self, task_id: str, by: str = "tool") -> None:
        """One instance: it gets a moment to end. Marathon starts another one wherever there is room."""
        app = self._owners.get(task_id)
        task = next((task for task in app.tasks if task.id == task_id), None) if app else None
        if app is None or task is None or task.state == "TASK_KILLING":
            return
        self._ground.log.write(by, "kill-task", app=app.id, task=task_id, agent=task.agent_id)
        self._end(task)

    def restart(self, app: App, by: str = "tool") -> None:
        """New instances beside the old ones, which end once the new ones serve. Raises `Rejected` while it goes on."""
        if app.old:
            raise Rejected(409, "App is locked by one or more deployments")
        self._ground.log.write(by, "restart-app", app=app.id)
        app.old = list(app.tasks)
        app.due += len(app.old)
        self.changes += 1
        self._poke(app)

    def _end(self, task: Task) -> None:
        task.state = "TASK_KILLING"
        self._master.events.tell("TASK_UPDATED", task)
        self._master.changes += 1
        self.changes += 1
        delay = self._ground.chance.within((1.0, 8.0))
        self._ground.clock.after(delay, partial(self._master.end, task, "TASK_KILLED", "killed by an operator"))

    def _relieve(self, app: App) -> None:
        """As many new instances serve as are wanted: the old ones end."""
        new = [task for task in app.tasks if task not in app.old and task.state == "TASK_RUNNING"]
        if app.old and len(new) >= app.shape.instances:
            for task in app.old:
                self._end(task)

    # ---- what the master says

    def updated(self, task: Task) -> None:
        app = self._owners.get(task.id)
        if app is None:  # another one has been started in its place
            return
        self.changes += 1
        if task in app.waiting:
            self._lost_for_good(app, task)
        elif task.state == "TASK_RUNNING":
            app.failures = 0
            self._ground.clock.after(FIRST_CHECK, partial(self._relieve, app))
        else:
            self._gone(app, task)
        if app.id in self._watchers:
            self._watchers[app.id](task)

    def _lost_for_good(self, app: App, task: Task) -> None:
        """Nobody waits for its data any more: it is started anew, without it."""
        app.waiting.remove(task)
        app.due += 1
        self._ground.log.write("marathon", "data-lost", app=app.id, agent=task.agent_id)
        self._poke(app)

    def _gone(self, app: App, task: Task) -> None:
        app.tasks.remove(task)
        waits = app.shape.resident and task.state in AWAY
        if waits:
            app.waiting.append(task)
        else:
            del self._owners[task.id]
        app.due += task not in app.old and not waits
        app.old = [other for other in app.old if other is not task]
        app.failures += task.state == "TASK_FAILED"
        if task.running_at and not app.running:
            facts = {"app": app.id, "instances": app.shape.instances, "why": task.reason}
            self._ground.log.write("marathon", "app-zero", **facts, scheduler=app.id in self._watchers)
        self._poke(app)

    def offered(self) -> None:
        for app in self._ground.apps.values():
            self._return(app)
            self._poke(app)

    def _return(self, app: App) -> None:
        """What waits for its data starts again where that is offered."""
        agents = self._ground.agents
        for task in [task for task in app.waiting if agents[task.agent_id].offers]:
            app.waiting.remove(task)
            del self._owners[task.id]
            self._master.launch(self._task(app, agents[task.agent_id]))

    # ---- launching

    def _poke(self, app: App) -> None:
        if app.due and not app.cycling:
            app.cycling = True
            backoff = min(60.0, 1.15**app.failures)
            self._ground.clock.after(backoff + self._ground.chance.within((1.0, 4.0)), partial(self._cycle, app))

    def _cycle(self, app: App) -> None:
        app.cycling = False
        while app.due and (agent := self.place(app)) is not None:
            app.due -= 1
            self._master.launch(self._task(app, agent))
            self.changes += 1

    def place(self, app: App) -> Agent | None:
        """The agent with the most room: one whose tasks all fail has room for ever."""
        shape = app.shape
        mindful = self._ground.shape.release.mindful
        fits = self._master.takers(shape.size, public=shape.public, mindful=mindful)
        on = [task.agent_id for task in app.tasks]
        if shape.unique:
            fits = [agent for agent in fits if agent.id not in on]
        elif shape.spread and fits:
            fewest = min(on.count(agent.id) for agent in fits)
            fits = [agent for agent in fits if on.count(agent.id) == fewest]
        if not fits:
            return None
        room = {agent.id: agent.free.cpus for agent in fits}
        most = max(room.values())
        return self._ground.chance.one([agent for agent in fits if room[agent.id] == most])

    def _task(self, app: App, agent: Agent) -> Task:
        name = app.id.strip("/").replace("/", "_")
        dotted = ".".join(reversed(app.id.strip("/").split("/")))
        task_id = f"{name}.instance-{self._ground.chance.uuid()}._app.1"
        task = Task(task_id, dotted, NAME, agent.id, app.shape.size, app.shape.docker)
        app.tasks.append(task)
        self._owners[task.id] = app
        return task
