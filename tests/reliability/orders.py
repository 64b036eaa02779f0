"""What is ordered, and what had to happen before it could be."""

from __future__ import annotations

from dcosmaint.choice import Choice, wanted_images
from dcosmaint.journal import Journal
from dcosmaint.lines import NodeDone, Paused, What
from dcosmaint.model import Roll, Verdict, Work
from dcosmaint.rolls import before
from dcosmaint.sandbox.world import World
from tests.reliability.draw import Case
from tests.rolls.stage import Stage, rolled


def ordered(world: World, case: Case, seed: int) -> Roll:
    """The roll of a case. `seed`: of the ways that calls take meanwhile."""
    stage, names = Stage(world, seed), tuple(list(world.terraform.state)[: case.named])
    choice = Choice() if case.work is Work.ROLL else Choice(only=names)
    if case.work is Work.UNDRAIN:
        rolled(stage, stage.roll(Work.DRAIN, choice, case.policy, roll_id="r0"))
    if case.work is Work.ROLLBACK:
        return _back(stage, case, _first(stage, case, choice))
    images = dict.fromkeys(stage.survey().images, "") if case.bake else None
    return stage.roll(case.work, choice, case.policy, images)


def _first(stage: Stage, case: Case, choice: Choice) -> Journal:
    """The roll that is rolled back: it has ended, or somebody stopped it when its first nodes were done."""
    if not case.stopped:
        return rolled(stage, stage.roll(Work.ROLL, choice, case.policy, roll_id="r0"))
    journal = stage.begin(stage.roll(Work.ROLL, choice, case.policy, roll_id="r0"))

    def stop(at: float, what: What) -> None:
        if isinstance(what, NodeDone) and not journal.progress.paused:
            journal.append(Paused("the operator stopped the roll"))

    journal.heard = stop
    verdict = stage.run(journal)
    assert verdict is not Verdict.GO, "a roll that was stopped goes on"
    assert not journal.progress.flights, "a roll that was stopped left nodes in flight"
    return journal


def _back(stage: Stage, case: Case, first: Journal) -> Roll:
    """As the command line makes it: of the nodes that were replaced, to the AMI that they had."""
    words = [f"{group}={ami}" for group, ami in before(first.progress).items()]
    images = wanted_images(stage.survey(), words, bake=False)
    choice = Choice(only=tuple(ended.address for ended in first.progress.ended))
    roll = stage.roll(Work.ROLLBACK, choice, case.policy, images)
    stage.world.begin()  # what came before is not what is judged
    return roll
