"""Rolls over clusters in which things go wrong by themselves: brokers crash, masters fail over, nodes reboot.

A roll may stop there and say why; it may not break a rule. Data that a crash takes at the worst moment is not held
against it: no tool can know that a broker crashes in the second after its neighbour was replaced.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from random import Random
from typing import Literal

import pytest

from dcosmaint.model import Policy, Verdict
from dcosmaint.sandbox.world import Shape, World, build
from tests.rolls.stage import LEGACY, SMALL, WIDE, Stage, cordoned, not_replaced, why

SHAPES = (SMALL, LEGACY, WIDE, Shape())
PORTS = ("mesos", "services", "ec2", "terraform", "units", "marathon", "health")
QUICK = 6
"""Seeds of `make test`; `make test-all` has all."""


def crash(world: World, random: Random) -> None:
    name = random.choice(sorted(world.schedulers))
    broker = random.choice(world.ground.services[name].brokers)
    if broker.task.live:
        world.crash(name, broker.pod)


def fail_over(world: World, random: Random) -> None:
    world.master.fail_over()


def reboot(world: World, random: Random) -> None:
    up = [m for m in world.ground.machines.values() if m.state == "running" and m.process and not m.rebooting]
    world.systemd.reboot(random.choice(up))


def silence(world: World, random: Random) -> None:
    world.faults.api[random.choice(PORTS)] = random.randint(1, 6)


TROUBLE: tuple[Callable[[World, Random], None], ...] = (crash, fail_over, reboot, silence)


def trouble(world: World, random: Random) -> None:
    for _ in range(8):
        world.at(random.uniform(60.0, 4000.0), partial(random.choice(TROUBLE), world, random))


@pytest.mark.parametrize("seed", [pytest.param(n, marks=[pytest.mark.slow] if n >= QUICK else []) for n in range(120)])
@pytest.mark.parametrize("strategy", ["batch", "window"])
def test_no_rule_is_broken_whatever_goes_wrong_meanwhile(seed: int, strategy: Literal["batch", "window"]) -> None:
    random = Random(seed)
    stage = Stage(build(replace(SHAPES[seed % len(SHAPES)], seed=seed)), seed, failures=0.01 * (seed % 3))
    policy = Policy(
        strategy=strategy, batch_size=4, max_in_flight=random.randint(1, 6), soak=20.0, max_failures=seed % 2
    )
    roll = stage.roll(policy=policy)
    journal = stage.begin(roll)
    trouble(stage.world, random)
    verdict = stage.run(journal)
    stage.world.advance(stage.world.now + 3600.0)
    done = verdict is Verdict.DONE
    breaches = [b for b in stage.tally(roll).breaches if "for good" not in b and (done or "still cordoned" not in b)]
    assert breaches == [], why(journal)
    assert not done or (not_replaced(stage.world, roll), cordoned(stage.world)) == ([], [])
    assert done or journal.progress.stopped or journal.progress.paused
