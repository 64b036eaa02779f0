"""What users of a stateless app see of a whole roll: `python -m tests.benchmarks.apps`.

Three apps on the default sandbox cluster, watched every second of its time: how many instances serve (they run, and
their first health check has come), with `move-apps` and without it, which is `systemctl stop docker` as it is done by
hand. In process, on virtual time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

from dcosmaint.model import Policy
from dcosmaint.sandbox.world import AppShape, Shape, Size, World, build
from tests.rolls.stage import Stage, rolled

SEEDS = range(5)
WATCHED = (
    AppShape("/three", 3, docker=True),
    AppShape("/many", 24, docker=True, size=Size(0.1, 64.0)),
    AppShape("/one", 1, docker=True),
)


def main() -> None:
    print(f"{'app':<8}{'node is emptied by':<22}{'fewest':>8}{'s with one short':>18}{'s with more short':>19}")
    for shape in WATCHED:
        for says, moves in (("move-apps", True), ("docker stop", False)):
            counts = sum((watched(shape, seed, moves=moves) for seed in SEEDS), Counter[int]())
            print(row(shape, says, counts))


def row(shape: AppShape, says: str, counts: Counter[int]) -> str:
    """Seconds are of one roll, the mean of all seeds."""
    rolls, wanted = len(SEEDS), shape.instances
    one, more = counts[wanted - 1], sum(n for serve, n in counts.items() if serve < wanted - 1)
    return f"{shape.id:<8}{says:<22}{min(counts):>8}{one / rolls:>18.1f}{more / rolls:>19.1f}"


def watched(shape: AppShape, seed: int, *, moves: bool) -> Counter[int]:
    """Seconds of a roll by how many instances served in them."""
    stage = Stage(build(replace(Shape(), apps=(*Shape().apps, *WATCHED), seed=seed)), seed)
    counts: Counter[int] = Counter()
    roll = stage.roll(policy=Policy(batch_size=4, move_apps=moves))
    stage.world.at(1.0, every_second(stage.world, shape.id, counts))
    rolled(stage, roll)
    return counts


def every_second(world: World, app_id: str, counts: Counter[int]) -> Callable[[], None]:
    def look() -> None:
        app = world.ground.apps[app_id]
        counts[app.running - len(world.marathon.unproved(app))] += 1
        world.at(1.0, look)

    return look


if __name__ == "__main__":
    main()
