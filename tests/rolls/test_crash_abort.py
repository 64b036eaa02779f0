"""R10 for an abort: it may be killed at any moment as well, and another one comes to the same clean end."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from dcosmaint.journal import Journal, mend, read
from dcosmaint.lines import Aborting, RollAborted, RollBegun
from dcosmaint.model import Policy
from dcosmaint.sandbox.world import build
from tests.rolls.mortal import Killed, Life, MortalFile, mortal
from tests.rolls.stage import EVENTS, WIDE, Free, Stage, cordoned, unwell

POLICY = Policy(soak=20.0, strategy="window", caps={EVENTS: 2}, min_isr={EVENTS: 1}, max_in_flight=3)
ROLL_DIES = (60, 150, 300, 340, 380, 520)
"""At which of its calls and lines the roll is killed: in its first node, and with several in flight."""

SHARE = 24
"""`make test` kills the abort at one moment in so many; `make test-all` at each."""


@dataclass
class Abort:
    """A roll that was killed, and an abort of it that may be killed too."""

    folder: Path
    roll_dies: int
    life: Life

    def __post_init__(self) -> None:
        self.stage = Stage(build(WIDE))
        self.roll = self.stage.roll(policy=POLICY)
        self.path = self.folder / f"{self.roll.id}.jsonl"
        self.folder.mkdir(parents=True)

    def happen(self) -> None:
        with suppress(Killed):
            self._begin(Life(self.roll_dies))
        try:
            self._abort(self.life)
        except Killed:
            self._abort(Life())

    def _begin(self, life: Life) -> None:
        journal = Journal(MortalFile(self.path, life), Free(), self.stage.hands.now)
        journal.append(RollBegun(self.roll))
        self.stage.run(journal, mortal(self.stage.site, life))

    def _abort(self, life: Life) -> None:
        mend(self.path)
        stage = Stage(self.stage.world, seed=life.lived)  # another process
        self.journal = Journal(MortalFile(self.path, life), Free(), stage.hands.now)
        self.journal.replay(read(self.path))
        self.journal.append(Aborting("me@here"))
        stage.run(self.journal, mortal(stage.site, life))
        self.journal.append(RollAborted("me@here"))

    def wrong(self) -> list[str]:
        """Everything that is not as if nobody had ever been killed."""
        world = self.stage.world
        world.advance(world.now + 3600.0)
        serving = {agent.machine.address for agent in world.ground.agents.values() if agent.offers}
        away = [address for address in world.terraform.state if address not in serving]
        flights = list(self.journal.progress.flights)
        return [*flights, *away, *cordoned(world), *unwell(world), *self.stage.tally(self.roll).breaches]


@pytest.mark.parametrize("share", [pytest.param(n, marks=[pytest.mark.slow] if n else []) for n in range(SHARE)])
@pytest.mark.parametrize("roll_dies", ROLL_DIES)
def test_an_abort_that_is_killed_is_ended_by_another(roll_dies: int, share: int, quick_disk: Path) -> None:
    whole = Abort(quick_disk / "whole", roll_dies, Life())
    whole.happen()
    assert whole.wrong() == []
    assert whole.journal.progress.over == "roll-aborted"
    kills = [(n, False) for n in range(1, whole.life.lived + 1)] + [(n, True) for n in whole.life.marks]
    lost, killed = [], kills[share::SHARE]
    for moment, after in killed:
        abort = Abort(quick_disk / f"{moment}-{after}", roll_dies, Life(moment, after=after))
        abort.happen()
        lost += [f"{'after' if after else 'before'} {moment}: {wrong}" for wrong in abort.wrong()]
    assert lost == []
