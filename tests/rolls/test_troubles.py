"""What goes wrong in the middle of a roll: failures that are allowed, plans that are refused, instances that vanish."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Literal

import pytest

from dcosmaint.errors import LoginLost
from dcosmaint.journal import File, Journal, Memory
from dcosmaint.lines import TakenOver
from dcosmaint.model import Policy, Roll, Verdict
from dcosmaint.sandbox.world import Shape, World, build
from dcosmaint.sandbox.world.program import Drift
from tests.rolls.stage import (
    EVENTS,
    PRIVATE,
    SMALL,
    WIDE,
    Stage,
    clean,
    not_replaced,
    rolled,
    said,
    shelf_in,
    why,
)

QUICK = Policy(soak=20.0)
FIRST = f"{PRIVATE}[0]"
NASTY = Shape()
Change = Callable[[World], None]


def stopped(stage: Stage, roll: Roll) -> Journal:
    """A roll that does not come to its end, and has said why."""
    journal = stage.begin(roll)
    assert stage.run(journal) is Verdict.STUCK
    return journal


def replaced(world: World, roll: Roll) -> int:
    return sum(world.machine(target).state == "terminated" for target in roll.targets)


BROKEN_CANARIES: dict[str, tuple[Change, str]] = {
    "never registers": (lambda world: world.faults.never_register.add(FIRST), "await-agent: no progress"),
    "has other attributes": (lambda world: world.faults.attributes.update({FIRST: {"tier": "gpu"}}), "attribute tier"),
    "has another CFS flag": (
        lambda world: world.faults.flags.update({FIRST: {"cgroups_enable_cfs": "false"}}),
        "cgroups_enable_cfs=false",
    ),
}


@pytest.mark.parametrize("how", BROKEN_CANARIES)
def test_a_failed_canary_stops_everything(how: str) -> None:
    change, says = BROKEN_CANARIES[how]
    stage = Stage(build(replace(SMALL, services=())))  # without members the canary is the first address
    change(stage.world)
    roll = stage.roll(policy=replace(QUICK, max_failures=5))
    journal = stopped(stage, roll)
    assert [says in flight.stopped for flight in journal.progress.stopped] == [True], why(journal)
    assert replaced(stage.world, roll) == 1
    assert stage.tally(roll).breaches == ()


@pytest.mark.parametrize(("allowed", "total"), [(0, 3), (1, 5)])
def test_so_many_failures_are_allowed_and_no_more(allowed: int, total: int) -> None:
    """The third node of five never comes back."""
    stage = Stage(build(replace(SMALL, services=())))
    stage.world.faults.never_register.add(f"{PRIVATE}[2]")
    roll = stage.roll(policy=replace(QUICK, max_failures=allowed))
    stage.run(stage.begin(roll))
    assert replaced(stage.world, roll) == total
    assert stage.tally(roll).breaches == ()


def test_a_node_that_was_given_up_is_tried_again_by_a_resume(quick_disk: Path) -> None:
    stage = Stage(build(replace(SMALL, services=())))
    stage.world.faults.never_register.add(FIRST)
    roll, shelf = stage.roll(policy=QUICK), shelf_in(quick_disk)
    assert stage.run(stage.begin(roll, File.create(shelf.journal(roll.id)))) is Verdict.STUCK
    stage.world.faults.never_register.clear()
    stage.world.systemd.reboot(stage.world.node(FIRST))
    assert stage.run(stage.take_over(shelf, roll.id)) is Verdict.DONE
    assert not_replaced(stage.world, roll) == []
    clean(stage, roll)


def test_the_cluster_soaks_after_a_canary_and_after_the_first_node_with_members() -> None:
    stage, memory = Stage(build(NASTY)), Memory()
    roll = stage.roll(policy=Policy(batch_size=4, soak=1000.0))
    assert stage.run(stage.begin(roll, memory)) is Verdict.DONE
    admitted, ended = said(memory, "admit"), {line["node"]: line["at"] for line in said(memory, "node-done")}
    carriers = [n for n, line in enumerate(admitted) if any(flight["node"]["members"] for flight in line["flights"])]
    for batch in (0, carriers[0]):
        (alone,) = admitted[batch]["flights"]
        assert admitted[batch + 1]["at"] - ended[alone["node"]["address"]] >= 1000.0
    assert max(len(line["flights"]) for line in admitted) > 1


def test_a_plan_that_would_destroy_what_is_not_ours_is_refused_and_nothing_is_applied() -> None:
    stage = Stage(build(SMALL))
    stage.world.faults.unrelated = (Drift("aws_db_instance.ledger", ("delete",), type="aws_db_instance"),)
    journal = stopped(stage, stage.roll(policy=QUICK))
    assert "aws_db_instance.ledger" in journal.progress.paused
    assert not any('"what":"apply"' in line for line in stage.world.log)


@pytest.mark.parametrize("what", ["plan_fails", "apply_fails"])
def test_a_terraform_that_fails_stops_the_roll_and_blames_no_node(what: str) -> None:
    stage = Stage(build(SMALL))
    setattr(stage.world.faults, what, "Error: InsufficientInstanceCapacity")
    roll = stage.roll(policy=replace(QUICK, max_failures=5))
    journal = stopped(stage, roll)
    assert "InsufficientInstanceCapacity" in journal.progress.paused
    assert replaced(stage.world, roll) == 1


@pytest.mark.parametrize("what", ["plan_fails", "apply_fails"])
def test_a_terraform_whose_credentials_expired_waits_for_a_login_and_blames_no_node(what: str) -> None:
    stage, memory = Stage(build(SMALL)), Memory()
    setattr(stage.world.faults, what, "ExpiredToken: The security token included in the request is expired")
    roll = stage.roll(policy=QUICK)
    journal = stage.begin(roll, memory)
    with pytest.raises(LoginLost, match=r"its AWS credentials expired, .*: log in anew\. .*ExpiredToken"):
        stage.run(journal)
    assert said(memory, "failed") == said(memory, "paused") == []
    setattr(stage.world.faults, what, "")
    journal.append(TakenOver("me@here"))
    assert Stage(stage.world).run(journal) is Verdict.DONE, why(journal)
    clean(stage, roll)


def test_a_node_that_somebody_cordons_on_the_way_is_left_alone() -> None:
    stage = Stage(build(SMALL))
    world, agent = stage.world, stage.world.node(f"{PRIVATE}[4]").agent_id
    world.at(20.0, lambda: world.master.deactivate(agent, by="operator"))
    roll = stage.roll(policy=QUICK)
    stage.run(stage.begin(roll))
    assert world.ground.agents[agent].deactivated
    assert world.ground.agents[agent].machine.state == "running"
    assert stage.tally(roll).breaches == ()


@pytest.mark.parametrize("seconds", [50.0, 300.0, 900.0])
def test_an_instance_that_vanishes_on_the_way_is_never_guessed_about(seconds: float) -> None:
    """Its node is held or named, the other nodes keep every rule."""
    stage = Stage(build(SMALL))
    world, roll = stage.world, stage.roll(policy=replace(QUICK, max_failures=1))
    world.at(seconds, lambda: world.vanish(roll.targets[0]))
    journal = stage.begin(roll)
    verdict = stage.run(journal)
    assert verdict in (Verdict.DONE, Verdict.STUCK)
    assert stage.tally(roll).breaches == ()
    assert stage.tally(roll).partitions_lost == 0


@pytest.mark.parametrize("strategy", ["batch", "window"])
@pytest.mark.parametrize("seed", range(4))
def test_brokers_that_crash_on_the_way_count_against_the_cap(seed: int, strategy: Literal["batch", "window"]) -> None:
    stage = Stage(build(replace(WIDE, seed=seed)), seed, failures=0.01)
    world = stage.world
    for number in range(12):
        world.at(60.0 + 150.0 * number + 31.0 * seed, partial(world.crash, EVENTS, f"kafka-{number % 3}"))
    roll = stage.roll(policy=replace(QUICK, strategy=strategy))
    rolled(stage, roll)
    assert not_replaced(world, roll) == []
    clean(stage, roll)
