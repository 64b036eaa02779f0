"""A World served on the loopback, with a client in front of it, as tests ask it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from dcosmaint.sandbox.served.admin_router import AdminRouter
from dcosmaint.sandbox.served.front import Settings
from dcosmaint.sandbox.served.pace import Pace
from dcosmaint.sandbox.world import Shape, World, build
from dcosmaint.sandbox.world.state import Agent

RECORDINGS = Path(__file__).parent.parent / "recordings"


@dataclass(frozen=True)
class Cluster:
    """Its time stands still but for `pace.skip`, so `world` may be looked at without the lock."""

    world: World
    pace: Pace
    router: AdminRouter
    session: requests.Session

    def ask(self, path: str, method: str = "GET", **options: Any) -> requests.Response:
        return self.session.request(method, f"{self.router.url}/{path}", allow_redirects=False, timeout=10, **options)

    def get(self, path: str, status: int = 200) -> Any:
        answer = self.ask(path)
        assert answer.status_code == status, (path, answer.status_code, answer.text[:200])
        return answer.json()

    def call(self, kind: str, **members: Any) -> requests.Response:
        """One v1 call of Mesos."""
        return self.ask("mesos/api/v1", "POST", json={"type": kind, **members})

    def agent(self, number: int = 0) -> Agent:
        return list(self.world.ground.agents.values())[number]

    def agent_of(self, service: str, pod: str) -> str:
        return self.world.schedulers[service].broker(pod).task.agent_id


@contextmanager
def served(shape: Shape | None = None, settings: Settings | None = None) -> Iterator[Cluster]:
    world = build(shape)
    pace = Pace(world, factor=0.0)
    with AdminRouter(pace, settings) as router, requests.Session() as session:
        session.trust_env = False
        yield Cluster(world, pace, router, session)


def recorded(name: str) -> Any:
    return json.loads((RECORDINGS / f"{name}.json").read_text())


def unlike(real: Any, ours: Any, path: str = "$") -> list[str]:
    """Where both have something and its JSON type differs; of lists, each of ours against the first real one."""
    if isinstance(real, dict) and isinstance(ours, dict):
        shared = [key for key in real if key in ours]
        return [found for key in shared for found in unlike(real[key], ours[key], f"{path}.{key}")]
    if isinstance(real, list) and isinstance(ours, list):
        return [found for item in ours if real for found in unlike(real[0], item, f"{path}[]")]
    return [] if _kind(real) == _kind(ours) else [f"{path}: {_kind(real)} became {_kind(ours)}"]


def _kind(value: Any) -> str:
    for kind, types in {"boolean": (bool,), "number": (int, float), "text": (str,), "null": (type(None),)}.items():
        if isinstance(value, types):
            return kind
    return "object" if isinstance(value, dict) else "list"
