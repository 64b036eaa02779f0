"""The sandbox's node as a `Shell`: its own `sudo` in a real sh, without the wire before it."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from dcosmaint.adapters.shell import Answer
from dcosmaint.model import Instance
from dcosmaint.sandbox.served.door import Door
from dcosmaint.sandbox.served.files import Folder
from dcosmaint.sandbox.served.pace import Pace
from dcosmaint.sandbox.world import NodeShape, Shape, World
from tests.nodes.layout import Layout

ADDRESS = "aws_instance.node[0]"


@dataclass(frozen=True)
class Pretended:
    """Its time stands still, but for `skip`."""

    pace: Pace
    door: Door

    def run(self, instance: Instance, script: str, deadline: float) -> Answer:
        with self.pace as world:
            env = self.door.environment(world.node(ADDRESS).id)
        said = subprocess.run(
            ["/bin/sh", "-c", script], env=env, capture_output=True, text=True, timeout=deadline, check=False,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
        return Answer(said.returncode, said.stdout, said.stderr)

    def skip(self, seconds: float) -> None:
        self.pace.skip(seconds)

    def boot(self) -> None:
        with self.pace as world:
            self.door.boot(world, world.node(ADDRESS))


@contextmanager
def pretended(folder: Path, layout: Layout) -> Iterator[Pretended]:
    """A node of the same kind, with nothing on it."""
    files = Folder(folder)
    files.root.mkdir()
    files.prepare()
    world = World(Shape(profile=layout.release, services=(), apps=()))
    world.add_node(NodeShape("us-east-1a", address=ADDRESS, private_ip="127.72.20.4", public=layout.public))
    pace = Pace(world, 0)
    made = Pretended(pace, Door(pace, files.bin))
    made.door.start()
    made.boot()
    try:
        yield made
    finally:
        made.door.stop()
