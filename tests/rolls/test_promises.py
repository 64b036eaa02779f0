"""What a line of the journal promises is true in the World when it is written; and an agent that comes back is met."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from dcosmaint.journal import File
from dcosmaint.lines import Done, Moved, NodeDone, What
from dcosmaint.model import Policy, Roll, Verdict
from dcosmaint.sandbox.world import Shape, World, build
from tests.rolls.mortal import Killed
from tests.rolls.stage import EVENTS, LEGACY, PRIVATE, SMALL, WIDE, Stage, cordoned, not_replaced, shelf_in, unwell

QUICK = Policy(soak=20.0)


def broken(world: World, what: What, old: dict[str, str]) -> str:
    """The promise of this line that the World does not keep, or ""."""
    match what:
        case Moved(node, member):
            broker = world.schedulers[member.service].broker(member.pod)
            return f"{member} is not whole elsewhere" if broker.lost or broker.task.agent_id == old[node] else ""
        case Done(node, "stop-agent"):
            return f"{node} still has an agent" if world.ground.agents[old[node]].listed else ""
        case Done(node, "terminate-instance"):
            return f"{node} is alive" if world.ground.agents[old[node]].machine.state != "terminated" else ""
        case Done(node, "await-agent") | NodeDone(node):
            new = world.node(node)
            serves = any(agent.machine is new and agent.offers for agent in world.ground.agents.values())
            return "" if serves and new.agent_id != old[node] else f"nobody serves at {node}"
    return ""


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("shape", [WIDE, Shape()], ids=["wide", "nasty"])
def test_what_the_journal_says_is_so(seed: int, shape: Shape) -> None:
    stage = Stage(build(replace(shape, seed=seed)), seed, failures=0.01)
    journal = stage.begin(stage.roll(policy=Policy(strategy="window", soak=20.0)))
    old = {m.address: m.agent_id for m in stage.world.ground.machines.values()}
    wrong: list[str] = []
    journal.heard = lambda at, what: wrong.append(broken(stage.world, what, old))
    assert stage.run(journal) is Verdict.DONE
    assert {*wrong} == {""}


# ---- R15, R7: those that come back


def killed_when(stage: Stage, folder: Path, roll: Roll, event: What) -> None:
    """A process that dies just after it wrote this line."""
    journal = stage.begin(roll, File.create(shelf_in(folder).journal(roll.id)))

    def hear(at: float, what: What) -> None:
        if what == event:
            raise Killed

    journal.heard = hear
    with pytest.raises(Killed):
        stage.run(journal)


def test_an_agent_that_came_back_while_nobody_looked_is_drained_again_before_its_instance_goes(
    quick_disk: Path,
) -> None:
    """A reboot takes our hold away, as it lives in /run: the agent is back under its old id, and takes work."""
    stage, node = Stage(build(SMALL)), f"{PRIVATE}[0]"
    world, roll = stage.world, stage.roll(policy=replace(QUICK, canary=0))
    killed_when(stage, quick_disk, roll, Done(node, "stop-agent"))
    world.systemd.reboot(world.node(node))
    world.advance(world.now + 300.0)
    assert world.ground.agents[world.node(node).agent_id].offers
    journal = stage.take_over(shelf_in(quick_disk), roll.id)
    assert stage.run(journal) is Verdict.DONE
    world.advance(world.now + 3600.0)
    assert (not_replaced(world, roll), cordoned(world), unwell(world)) == ([], [], [])
    tally = stage.tally(roll)
    assert (tally.comebacks, tally.undrained, tally.breaches) == (1, 0, ())


@pytest.mark.parametrize("seed", range(3))
def test_a_master_that_fails_over_again_and_again_only_costs_time(seed: int) -> None:
    """Recovered agents prove nothing: neither that an agent is gone nor that a node is free of brokers."""
    stage = Stage(build(replace(WIDE, seed=seed)), seed)
    for number in range(15):
        stage.world.at(30.0 + 130.0 * number, stage.world.master.fail_over)
    roll = stage.roll(policy=replace(QUICK, strategy="window"))
    assert stage.run(stage.begin(roll)) is Verdict.DONE
    stage.world.advance(stage.world.now + 3600.0)
    assert (not_replaced(stage.world, roll), cordoned(stage.world), unwell(stage.world)) == ([], [], [])
    assert stage.tally(roll).breaches == ()


@pytest.mark.parametrize("shape", [SMALL, LEGACY], ids=["sdk", "legacy"])
def test_a_broker_that_crashes_on_its_cordoned_node_is_replaced_all_the_same(shape: Shape) -> None:
    """It can't start there again, and a scheduler from before the SDK does not even say where it was."""
    stage, node = Stage(build(shape)), f"{PRIVATE}[0]"
    roll = stage.roll(policy=QUICK)
    journal = stage.begin(roll)
    broker = stage.world.ground.services[EVENTS].brokers[0]

    def hear(at: float, what: What) -> None:
        if what == Done(node, "cordon-agent"):
            stage.world.crash(EVENTS, broker.pod)

    journal.heard = hear
    assert stage.run(journal) is Verdict.DONE
    assert (not_replaced(stage.world, roll), stage.tally(roll).breaches) == ([], ())
