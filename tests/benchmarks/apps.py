"""What users of a stateless app see of a whole roll: `python -m tests.benchmarks.apps`.

Three apps on the default sandbox cluster, watched every second of its time: how many instances are healthy (they run,
and their first health check has come), with `move-apps` and without it, which is `systemctl stop docker` as it is done
by hand. Beside the seconds in which one or more are missing stands what the app itself needs: the start-up time of the
instances that were started elsewhere, from their launch to their first health check, in sum. In process, on virtual
time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from statistics import mean

from dcosmaint.model import Policy
from dcosmaint.sandbox.world import AppShape, Shape, Size, World, build
from dcosmaint.sandbox.world.marathon import FIRST_CHECK
from dcosmaint.sandbox.world.state import Task
from tests.rolls.stage import Stage, rolled

SEEDS = range(5)
THREE = AppShape("/three", 3, docker=True)
WATCHED = (THREE, AppShape("/many", 24, docker=True, size=Size(0.1, 64.0)), AppShape("/one", 1, docker=True))
WAYS = (("move-apps", True), ("docker stop", False))
COLUMNS = ("app", "node is emptied by", "fewest", "s below", "s two below", "moved", "start-up s", "beside it, each")


@dataclass
class Seen:
    """One app in one roll."""

    wanted: int
    healthy: Counter[int] = field(default_factory=Counter)  # seconds by how many instances were healthy in them
    started: dict[str, Task] = field(default_factory=dict)  # elsewhere, by id

    @property
    def fewest(self) -> int:
        return min(self.healthy)

    def below(self, missing: int = 1) -> int:
        """Seconds with so many healthy instances missing, or more."""
        return sum(seconds for healthy, seconds in self.healthy.items() if healthy <= self.wanted - missing)

    @property
    def start_up(self) -> float:
        """Seconds from launch to the first health check, over all that were started."""
        return sum(task.running_at + FIRST_CHECK - task.launched_at for task in self.started.values())

    @property
    def beside(self) -> float:
        """Seconds below for each that moved, beside its start-up: the old one ends, and an offer comes."""
        return (self.below() - self.start_up) / max(1, len(self.started))


def main() -> None:
    print(line(COLUMNS))
    for shape in WATCHED:
        for says, moves in WAYS:
            print(line((shape.id, says, *row([watched(shape, seed, moves=moves) for seed in SEEDS]))))


def line(cells: tuple[str, ...]) -> str:
    return f"{cells[0]:<8}{cells[1]:<20}" + "".join(f"{cell:>{max(12, len(cell) + 2)}}" for cell in cells[2:])


def row(seen: list[Seen]) -> tuple[str, ...]:
    """Of one roll, the mean of all seeds."""
    means = (
        mean(each.below() for each in seen),
        mean(each.below(2) for each in seen),
        mean(len(each.started) for each in seen),
        mean(each.start_up for each in seen),
        mean(each.beside for each in seen),
    )
    return str(min(each.fewest for each in seen)), *(f"{value:.1f}" for value in means)


def watched(shape: AppShape, seed: int, *, moves: bool) -> Seen:
    stage = Stage(build(replace(Shape(), apps=(*Shape().apps, *WATCHED), seed=seed)), seed)
    seen = Seen(shape.instances)
    roll = stage.roll(policy=Policy(batch_size=4, move_apps=moves))
    stage.world.at(1.0, every_second(stage.world, shape.id, seen))
    rolled(stage, roll)
    return seen


def every_second(world: World, app_id: str, seen: Seen) -> Callable[[], None]:
    began = world.now

    def look() -> None:
        app = world.ground.apps[app_id]
        seen.healthy[app.running - len(world.marathon.unproved(app))] += 1
        seen.started |= {task.id: task for task in app.tasks if task.launched_at >= began and task.running_at}
        world.at(1.0, look)

    return look


if __name__ == "__main__":
    main()
