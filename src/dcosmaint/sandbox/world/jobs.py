"""A framework that is neither Marathon nor an SDK service: its tasks end by themselves, and others may begin."""

from __future__ import annotations

from functools import partial

from dcosmaint.sandbox.world.ground import Ground
from dcosmaint.sandbox.world.master import Master
from dcosmaint.sandbox.world.shape import JobsShape
from dcosmaint.sandbox.world.state import Task


class Jobs:
    """It starts nothing again that was killed: whoever ran that job has to know."""

    def __init__(self, ground: Ground, master: Master, shape: JobsShape) -> None:
        self._ground, self._master, self._shape = ground, master, shape
        self.framework = master.framework(shape.name, "*", aware=False)
        master.subscribe(self.framework, self)
        self._count = 0
        if shape.every:
            ground.clock.after(shape.every, self._again)

    def run(self, agent_id: str) -> Task:
        """One that has run for a while already."""
        task = self._task(agent_id)
        self._master.run(task)
        self._master.changes += 1
        self._ends(task)
        return task

    def launch(self, agent_id: str) -> None:
        self._master.launch(self._task(agent_id))

    # ---- what the master says

    def updated(self, task: Task) -> None:
        if task.state == "TASK_RUNNING":
            self._ends(task)
        elif task.state != "TASK_FINISHED":
            facts = {"framework": self._shape.name, "task": task.id, "agent": task.agent_id}
            self._ground.log.write("jobs", "job-lost", **facts, why=task.reason)

    def offered(self) -> None:
        """Its jobs begin at their time, and not because there is room."""

    def _ends(self, task: Task) -> None:
        if self._shape.lasts:
            delay = self._ground.chance.within(self._shape.lasts)
            self._ground.clock.after(delay, partial(self._master.end, task, "TASK_FINISHED", "it is done"))

    def _again(self) -> None:
        """At its time, wherever there is room; nowhere, if there is none."""
        if takers := self._master.takers(self._shape.size, public=False):
            self.launch(self._ground.chance.one(takers).id)
        self._ground.clock.after(self._shape.every, self._again)

    def _task(self, agent_id: str) -> Task:
        self._count += 1
        name = self._shape.name
        return Task(f"{name}-job-{self._count}", f"job-{self._count}", name, agent_id, self._shape.size, loose=True)
