"""What takes long on purpose is no roll that hangs."""

from __future__ import annotations

from dcosmaint.model import Policy, Verdict
from dcosmaint.sandbox.world import build
from tests.rolls.stage import SMALL, Stage, why


def test_a_soak_may_be_longer_than_the_silence_after_which_a_roll_is_given_up() -> None:
    stage = Stage(build(SMALL))
    policy = Policy(soak=3 * 3600.0)
    assert policy.soak > policy.waits.stalled
    journal = stage.begin(stage.roll(policy=policy))
    assert stage.run(journal) is Verdict.DONE, why(journal)
