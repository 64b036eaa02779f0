"""Nodes behind load balancers in whole rolls: whatever stops a roll, no traffic is cut off and nobody stays out."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest

from dcosmaint.choice import Choice
from dcosmaint.journal import Journal, Memory, mend, read
from dcosmaint.lines import Aborting, Done, RollBegun, What
from dcosmaint.model import Policy, Work
from dcosmaint.sandbox.world import BalancerShape, World, build
from tests.rolls.mortal import Killed, Life, MortalFile, mortal
from tests.rolls.stage import PRIVATE, PUBLIC, SMALL, Free, Stage, cordoned, not_replaced, rolled, said

EDGE = replace(SMALL, nodes=6, public=2)
ONE = Choice(only=(f"{PUBLIC}[0]",))
QUICK = Policy(soak=20.0)
SHARE = 24
"""`make test` kills at one moment in so many; `make test-all` at each."""


def states(world: World, address: str) -> dict[str, str]:
    """What each load balancer says of the node."""
    machine = world.node(address)
    known = {b.shape.name: world.balancers.known(b).get(b.called(machine), "") for b in world.balancers.all.values()}
    return {name: state for name, state in known.items() if state}


@pytest.mark.parametrize("strategy", ["batch", "window"])
def test_two_nodes_of_one_load_balancer_take_turns_and_others_go_beside_them(
    strategy: Literal["batch", "window"],
) -> None:
    stage = Stage(build(replace(SMALL, nodes=7)))
    behind = [f"{PRIVATE}[0]", f"{PRIVATE}[1]"]
    stage.world.balancers.add(BalancerShape("internal"), [stage.world.node(address) for address in behind])
    memory = Memory()
    roll = stage.roll(policy=replace(QUICK, strategy=strategy, batch_size=4))
    journal = stage.begin(roll, memory)
    stage.run(journal)
    assert not_replaced(stage.world, roll) == []
    together = [{flight["node"]["address"] for flight in line["flights"]} for line in said(memory, "admit")]
    assert not any(set(behind) <= admitted for admitted in together)
    assert any(len(admitted) > 1 for admitted in together)
    assert [states(stage.world, address) for address in behind] == [{"internal": "healthy"}] * 2
    assert stage.tally(roll).breaches == ()


def test_a_node_that_nobody_else_stands_in_for_waits_in_service_and_is_held_by_name() -> None:
    stage = Stage(build(EDGE))
    policy = replace(QUICK, waits=replace(QUICK.waits, connections=120.0))
    journal = stage.begin(stage.roll(choice=ONE, policy=policy))
    other = stage.world.node(f"{PUBLIC}[1]")
    once_done(journal, "cordon-agent", lambda: stage.world.systemd.stop_docker(other, by="operator"))
    stage.run(journal)
    [held] = journal.progress.stopped
    assert held.stopped.startswith("leave-balancers: no progress in 120 s: load balancers to let go of")
    assert "public-agents has no other healthy target" in held.stopped
    assert set(states(stage.world, f"{PUBLIC}[0]").values()) == {"healthy"}


@pytest.mark.parametrize("step", ["leave-balancers", "stop-docker"])
def test_a_node_that_somebody_registers_again_leaves_again_before_it_is_stopped(step: str) -> None:
    stage = Stage(build(EDGE))
    roll = stage.roll(choice=ONE, policy=QUICK)
    memory = Memory()
    journal, machine = stage.begin(roll, memory), stage.world.node(f"{PUBLIC}[0]")
    once_done(journal, step, lambda: stage.world.balancers.register("public-agents", machine.id, by="operator"))
    stage.run(journal)
    again = f"{machine.id} is registered with load balancer public-agents again"
    assert [line["why"] for line in said(memory, "begin")] == [again]
    assert not_replaced(stage.world, roll) == []
    assert states(stage.world, f"{PUBLIC}[0]") == {"public-agents": "healthy", "edge": "healthy"}
    assert stage.tally(roll).breaches == ()


def once_done(journal: Journal, step: str, work: Callable[[], None]) -> None:
    """Something happens right when a step has ended, the first time."""

    def heard(_at: float, what: What) -> None:
        if isinstance(what, Done) and what.step == step:
            journal.heard = lambda at, what: None
            work()

    journal.heard = heard


def test_what_terraform_attaches_is_joined_once() -> None:
    stage = Stage(build(replace(EDGE, balancers=(BalancerShape("edge", "ip", attached=True),))))
    roll = stage.roll(choice=ONE, policy=QUICK)
    rolled(stage, roll)
    assert states(stage.world, f"{PUBLIC}[0]") == {"edge": "healthy"}
    assert sum('"what":"register"' in line for line in stage.world.log) == 1
    assert stage.tally(roll).breaches == ()


# ---- killed, and ended by an abort


def killed(folder: Path, life: Life, work: Work) -> tuple[Stage, Path]:
    stage, path = Stage(build(EDGE)), folder / "r1.jsonl"
    folder.mkdir(parents=True)
    journal = Journal(MortalFile(path, life), Free(), stage.hands.now)
    with suppress(Killed):
        journal.append(RollBegun(stage.roll(work, ONE, QUICK)))
        stage.run(journal, mortal(stage.site, life))
    return stage, path


def aborted(stage: Stage, path: Path) -> list[str]:
    """What is wrong once the roll is brought to its end."""
    mend(path)
    journal = Journal(Memory(), Free(), stage.hands.now)
    if not list(read(path)):
        return []
    journal.replay(read(path))
    journal.append(Aborting("me@here"))
    stage.run(journal)
    world = stage.world
    world.advance(world.now + 3600.0)
    serves = world.node(f"{PUBLIC}[0]").process
    out = serves and set(states(world, f"{PUBLIC}[0]").values()) != {"healthy"}
    flights, breaches = list(journal.progress.flights), stage.tally(journal.roll).breaches
    return [*flights, *cordoned(world), *breaches, *(["it serves and gets no traffic"] if out else [])]


@pytest.mark.parametrize("share", [pytest.param(n, marks=[pytest.mark.slow] if n else []) for n in range(SHARE)])
@pytest.mark.parametrize("work", [Work.ROLL, Work.DRAIN])
def test_an_abort_after_a_kill_at_any_moment_leaves_traffic_as_it_was_or_joins_it(
    work: Work, share: int, quick_disk: Path
) -> None:
    whole = Life()
    killed(quick_disk / "whole", whole, work)
    wrong = []
    for moment in range(1 + share, whole.lived + 1, SHARE):
        found = aborted(*killed(quick_disk / str(moment), Life(moment), work))
        wrong += [f"{moment}: {what}" for what in found]
    assert wrong == []
