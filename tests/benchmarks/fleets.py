"""How the time of a plan grows with the fleet: `python -m tests.benchmarks.fleets`.

Survey, planner and rehearsal in process, without the wires: what the tool itself costs.
"""

from __future__ import annotations

from time import perf_counter

from dcosmaint import planner
from dcosmaint.choice import Choice
from dcosmaint.forecast import forecast
from dcosmaint.model import Policy, Progress, Work
from dcosmaint.rolls import Order, a_roll
from dcosmaint.sandbox.faces import in_process
from dcosmaint.sandbox.world import Shape, build
from dcosmaint.survey import survey

FLEETS = (12, 50, 200, 1000)
REHEARSED = 50  # larger fleets are surveyed and admitted only: a rehearsal drives every node


def main() -> None:
    print(f"{'nodes':>6}{'survey ms':>12}{'admit ms':>12}{'plan s':>10}{'nodes/survey ms':>18}")
    for nodes in FLEETS:
        print(row(nodes))


def row(nodes: int) -> str:
    world = build(Shape(nodes=nodes))
    site, ami = in_process(world, slow=False, failures=0.0), list(world.cloud.amis)[-1]
    began = perf_counter()
    inventory = survey(site, world.now)
    surveyed = perf_counter() - began
    policy = Policy(batch_size=max(1, nodes // 10))
    images = dict.fromkeys(inventory.images, ami)
    roll = a_roll("benchmark", "sandbox", "nobody", Order(Work.ROLL, images, Choice(), policy), inventory)
    began = perf_counter()
    planner.admit(roll, inventory, Progress())
    admitted = perf_counter() - began
    planned = "-"
    if nodes <= REHEARSED:
        began = perf_counter()
        forecast(roll, inventory)
        planned = f"{perf_counter() - began:.2f}"
    return f"{nodes:>6}{surveyed * 1000:>12.1f}{admitted * 1000:>12.1f}{planned:>10}{nodes / surveyed / 1000:>18.2f}"


if __name__ == "__main__":
    main()
