"""What came of a roll, as figures and as sentences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Tally(NamedTuple):
    """What came of it. `breaches` are sentences, each with the time in seconds since the cluster began."""

    breaches: tuple[str, ...]
    replaced: int  # nodes whose new agent registered
    most_lost: Mapping[str, int]  # by service, at once, for whatever reason
    partitions_lost: int
    replaced_twice: int  # brokers
    undrained: int  # instances terminated before they were drained
    apps_at_zero: int  # apps of two or more instances
    cut_off: int  # nodes stopped while a load balancer sent them traffic
    cordons_left: int
    comebacks: int  # agents that came back after they were told to leave
    black_holes: int  # tasks that failed on a node without docker
    applies: int
    fleet: int
    on_wanted_ami: int

    def table(self) -> list[str]:
        rows: list[tuple[str, object]] = [
            ("nodes replaced", self.replaced),
            ("on the wanted AMI", f"{self.on_wanted_ami} of {self.fleet}"),
            *((f"most brokers lost at once, {name}", most) for name, most in sorted(self.most_lost.items())),
            ("partitions lost", self.partitions_lost),
            ("brokers replaced twice", self.replaced_twice),
            ("instances terminated undrained", self.undrained),
            ("apps of two or more at zero", self.apps_at_zero),
            ("nodes stopped under traffic", self.cut_off),
            ("cordons left", self.cordons_left),
            ("agents that came back", self.comebacks),
            ("tasks lost in a black hole", self.black_holes),
            *([("terraform applies", self.applies)] if self.applies else []),  # a real terraform is not seen from here
            ("breaches", len(self.breaches)),
        ]
        width = max(len(name) for name, _ in rows) + 2
        return [f"{name:<{width}}{value}" for name, value in rows] + [f"  {breach}" for breach in self.breaches]
