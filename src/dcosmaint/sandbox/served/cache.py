"""What Admin Router believes: which services and agents there are, and where. It looks every 25 seconds."""

from __future__ import annotations

from dcosmaint.sandbox.world import World
from dcosmaint.sandbox.world.state import App, Task

REFRESH = 25.0
NODES_REFRESH = 60.0
"""Seconds between two rounds of the diagnostics over all nodes."""


class Cache:
    """Its memory of the World lags behind, also when nobody asks: it refreshes on the World's time."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.routes: dict[str, Task] = {}  # service → the task of its scheduler that it was last seen with
        self.agents: set[str] = set()
        self.nodes: set[str] = set()  # private IPs that the diagnostics have found
        self._look()
        self._look_at_nodes()

    def _look(self) -> None:
        ground = self._world.ground
        self.agents = {agent.id for agent in ground.listed if not agent.recovering}
        self.routes = {}
        for service in ground.services.values():
            running = _running(ground.apps[service.app_id])
            if running:
                self.routes[service.name] = running[0]
        self._world.at(REFRESH, self._look)

    def _look_at_nodes(self) -> None:
        self.nodes = {agent.machine.private_ip for agent in self._world.ground.listed}
        self._world.at(NODES_REFRESH, self._look_at_nodes)


def _running(app: App) -> list[Task]:
    return [task for task in app.tasks if task.state == "TASK_RUNNING"]
