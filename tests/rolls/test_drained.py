"""A drained node stays away, whatever was done to it before and whatever happens to it after."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import pytest

from dcosmaint.choice import Choice
from dcosmaint.model import Policy, Work
from dcosmaint.sandbox.world import build
from tests.rolls.stage import PRIVATE, SMALL, Stage, rolled, unwell

ADDRESS = f"{PRIVATE}[1]"


@pytest.mark.parametrize("before", ["", "runtime", "lasting"])
def test_a_drained_node_stays_away_after_a_reboot(before: str) -> None:
    """A roll that was killed may have left its own hold on the node, which ends with a reboot."""
    stage = Stage(build(SMALL))
    machine = stage.world.node(ADDRESS)
    if before:
        stage.world.systemd.hold(machine, lasting=before == "lasting")
    rolled(stage, stage.roll(Work.DRAIN, Choice(only=(ADDRESS,))))
    stage.world.systemd.reboot(machine)
    stage.world.advance(stage.world.now + 600.0)
    assert (machine.rebooting, machine.hold, machine.process) == (False, "lasting", False)
    assert not stage.world.ground.agents[machine.agent_id].listed


@pytest.mark.parametrize("strategy", ["batch", "window"])
def test_several_nodes_are_drained_one_after_the_other(strategy: Literal["batch", "window"]) -> None:
    """That the first one serves no more is no reason to stop before the second."""
    stage = Stage(build(replace(SMALL, nodes=7)))
    addresses = (f"{PRIVATE}[0]", ADDRESS)
    roll = stage.roll(Work.DRAIN, Choice(only=addresses), Policy(strategy=strategy, soak=20.0))
    rolled(stage, roll)
    assert [stage.world.node(address).process for address in addresses] == [False, False]
    assert (unwell(stage.world), stage.tally(roll).breaches) == ([], ())
