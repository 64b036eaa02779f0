"""The gates on what ran on a node: a little less, or what its owner took away, is whole; what is missing is not."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from dcosmaint.model import App, Verdict
from dcosmaint.ports import MarathonReads
from dcosmaint.sandbox.world import Size, build
from dcosmaint.steps.looks import apps_short
from tests.builders import an_app
from tests.rolls.stage import PRIVATE, SMALL, Stage, why

FIRST = f"{PRIVATE}[3]"
"""The first one to go: it carries no broker."""


def the_roll_with(**changes: float) -> tuple[Verdict, str]:
    """How a roll ends whose first new node has other resources than the old one, and why."""
    stage = Stage(build(SMALL))
    whole = stage.world.node(FIRST).size
    stage.world.faults.sizes[FIRST] = replace(whole, **changes)
    journal = stage.begin(stage.roll())
    return stage.run(journal), why(journal)


@pytest.fixture
def whole() -> Size:
    return build(SMALL).node(FIRST).size


def test_what_another_kernel_or_a_larger_image_leaves_is_no_fewer_resources(whole: Size) -> None:
    verdict, reason = the_roll_with(mem=whole.mem - 60.0, disk=whole.disk * 0.97)
    assert verdict is Verdict.DONE, reason


def test_a_core_less_or_a_volume_that_is_missing_stops_the_roll(whole: Size) -> None:
    for changes in ({"cpus": whole.cpus - 1.0}, {"mem": whole.mem * 0.9}, {"disk": whole.disk * 0.5}):
        verdict, reason = the_roll_with(**changes)
        assert verdict is Verdict.STUCK
        assert "fewer resources" in reason


def test_an_app_with_one_instance_a_node_that_was_scaled_down_meanwhile_is_whole() -> None:
    stage = Stage(build(SMALL))
    marathon = Apps(an_app("/probe", on=(0, 1), unique=True))
    counts = {"/probe": 4}
    assert len([agent for agent in stage.site.mesos.agents().listed if agent.active]) > 2
    assert apps_short(marathon, stage.site.mesos, counts) == ()
    marathon.app = replace(marathon.app, on=marathon.app.on[:1])
    assert apps_short(marathon, stage.site.mesos, counts) == ("/probe 1/4",)


@dataclass
class Apps(MarathonReads):
    app: App

    def apps(self) -> tuple[App, ...]:
        return (self.app,)
