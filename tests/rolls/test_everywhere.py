"""Apps with an instance on every node: nobody else can take it, so each node that is back has it again."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import pytest

from dcosmaint.lines import Admitted, NodeDone, What
from dcosmaint.model import Policy, Verdict
from dcosmaint.planner.rules import warnings
from dcosmaint.sandbox.world import AppShape, Size, build
from tests.rolls.stage import SMALL, Stage, not_replaced, why

AGENTD = AppShape("/agentd", 5, unique=True)
CROWD = replace(SMALL, services=(), apps=(AGENTD,))
QUICK = Policy(soak=0.0, canary=0)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("strategy", ["batch", "window"])
def test_a_roll_names_it_and_leaves_no_node_before_it_is_whole(seed: int, strategy: Literal["batch", "window"]) -> None:
    """The last of those in flight waits for all of them: those before it came back while another one was away."""
    stage = Stage(build(replace(CROWD, seed=seed)), seed)
    stage.world.advance(stage.world.now + 60.0)
    roll = stage.roll(policy=replace(QUICK, strategy=strategy, batch_size=2, max_in_flight=2))
    named = [finding.subject for finding in warnings(roll, stage.survey()) if finding.rule == "app-short"]
    journal, app = stage.begin(roll), stage.world.ground.apps["/agentd"]
    short: list[str] = []
    measures: list[int] = []

    def hear(at: float, what: What) -> None:
        measures.extend(f.counts["/agentd"] for f in (what.flights if isinstance(what, Admitted) else ()))
        lacking = app.running < AGENTD.instances - len(journal.progress.flights)
        short.extend([what.node] if isinstance(what, NodeDone) and lacking else [])

    journal.heard = hear
    stage.run(journal)
    assert (named, short, not_replaced(stage.world, roll)) == (["/agentd"], [], []), why(journal)
    assert ({*measures}, app.running) == ({AGENTD.instances}, AGENTD.instances)


def test_one_that_no_other_agent_has_room_for_holds_its_node_as_the_plan_says() -> None:
    stage = Stage(build(replace(CROWD, apps=(AppShape("/big", 5, size=Size(5.0, 512.0)),))))
    stage.world.advance(stage.world.now + 60.0)
    roll = stage.roll(policy=QUICK)
    (warning,) = warnings(roll, stage.survey())
    assert "that node stops, waits for room and is held" in warning.message
    journal = stage.begin(roll)
    assert stage.run(journal) is Verdict.STUCK
    (flight,) = journal.progress.stopped
    assert "stop-agent" in str(journal.progress.stopped), flight.stopped
    assert "its apps to run elsewhere (/big 4/5)" in flight.stopped
