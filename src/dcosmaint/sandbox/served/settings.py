"""What a sandbox is asked for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from dcosmaint.errors import Usage
from dcosmaint.sandbox.served.files import Folder
from dcosmaint.sandbox.served.orders import NAMED
from dcosmaint.sandbox.world import Shape
from dcosmaint.sandbox.world.shape import (
    CASSANDRA,
    EVENTS,
    FRAGILE,
    HDFS,
    LEGACY,
    ORDERS,
    JobsShape,
    ServiceShape,
)

FEWEST, MOST = 8, 200
"""Nodes. Fewer could not hold the brokers of one service while one of them moves; more have no addresses."""

VOLUMES = ("none", "data", "work-dir", "mixed")
"""What each node keeps on an EBS volume that goes on to the next instance at its address; a boot script attaches it."""

FAILURES = {"none": 0.0, "some": 0.02}
"""The share of the cluster's answers that get lost."""


FRAGILE_EVENTS = replace(EVENTS, topics=(*EVENTS.topics, FRAGILE))
STORES = (EVENTS, replace(CASSANDRA, proof=False), HDFS)
KAFKA: dict[str, tuple[ServiceShape, ...]] = {
    "default": (EVENTS, ORDERS, LEGACY),
    "rf1": (FRAGILE_EVENTS, ORDERS, LEGACY),
    "stores": STORES,
    "secured": (replace(EVENTS, secured=True), ORDERS, LEGACY),
    "dedicated": (replace(EVENTS, brokers=FEWEST - 2),),
}
"""What `--kafka` takes; `rf1` has a topic of replication 1 as well, whose only copy a replace would wipe.

In `secured`, brokers of one Kafka take nobody without TLS and a login, and only they tell who is in sync.

In `dedicated` there is one Kafka with as many brokers as eight nodes have agents that can take one: none is to spare.

`stores` is one Kafka beside a Cassandra and an HDFS, of which only their schedulers tell who is whole.
"""

JOBS: dict[str, tuple[JobsShape, ...]] = {
    "none": (),
    "some": (
        JobsShape("metronome", on=(-1, 1), lasts=(1200.0, 2400.0), every=1200.0),
        JobsShape("marathon-user", on=(-1,), lasts=None),
    ),
}
"""What `--jobs` takes: `some` are jobs of a Metronome, which end and begin elsewhere, and another Marathon's task."""


@dataclass(frozen=True)
class Settings:
    root: Path
    nodes: int = 12
    kafka: str = "default"  # a name of KAFKA
    jobs: str = "none"  # a name of JOBS
    profile: str = "2.1"  # a name of PROFILES
    time_factor: float = 60.0
    faults: str = "none"  # none | some | names, with commas between them
    provider: Literal["builtin", "real"] = "builtin"
    seed: int = 0
    volumes: str = "none"  # a name of VOLUMES

    def check(self) -> None:
        """Raises `Usage` for what can't be served."""
        if not FEWEST <= self.nodes <= MOST:
            raise Usage(f"A sandbox has {FEWEST} to {MOST} nodes, not {self.nodes}.")
        if not 0 < self.time_factor <= 1000:
            raise Usage(
                f"The time of a sandbox runs up to 1000 times as fast as yours, not {self.time_factor:g} times."
            )

        if unknown := [name for name in self.names if name not in NAMED]:
            there = ", ".join(("none", "some", *NAMED))
            raise Usage(f"No fault of a sandbox is called {', '.join(unknown)}. There are: {there}.")

    @property
    def folder(self) -> Folder:
        return Folder(self.root.absolute())

    @property
    def shape(self) -> Shape:
        """Where work dirs outlive their instances, addresses are pinned, as they have to be."""
        runs = replace(Shape(), services=KAFKA[self.kafka], jobs=JOBS[self.jobs])
        shape = replace(runs, nodes=self.nodes, profile=self.profile, seed=self.seed)
        return shape if self.volumes == "none" else replace(shape, volumes=self.volumes, same_ip=1.0)

    @property
    def failures(self) -> float:
        return FAILURES.get(self.faults, 0.0)

    @property
    def names(self) -> tuple[str, ...]:
        """Of the faults that are let loose."""
        return () if self.faults in FAILURES else tuple(self.faults.split(","))

    @property
    def words(self) -> list[str]:
        """As arguments of `python -m dcosmaint.sandbox.served`."""
        return [
            f"--dir={self.root.absolute()}", f"--nodes={self.nodes}", f"--kafka={self.kafka}", f"--jobs={self.jobs}",
            f"--profile={self.profile}", f"--time-factor={self.time_factor}", f"--faults={self.faults}",
            f"--provider={self.provider}", f"--seed={self.seed}", f"--volumes={self.volumes}",
        ]  # fmt: skip
