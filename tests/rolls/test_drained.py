"""A drained node stays away, whatever was done to it before and whatever happens to it after."""

from __future__ import annotations

import pytest

from dcosmaint.choice import Choice
from dcosmaint.model import Work
from dcosmaint.sandbox.world import build
from tests.rolls.stage import PRIVATE, SMALL, Stage, rolled

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
