"""Each fault of the table by itself, let loose on a whole roll: it strikes, is mended, and the roll ends well."""

from __future__ import annotations

from functools import partial

import pytest

from dcosmaint.errors import DcosmaintError
from dcosmaint.journal import Journal, Memory
from dcosmaint.lines import TakenOver
from dcosmaint.model import Policy, Verdict
from dcosmaint.sandbox.world import build
from dcosmaint.sandbox.world.faults.injector import Injector
from dcosmaint.sandbox.world.faults.table import FAULTS
from dcosmaint.sandbox.world.faults.wire import WIRE, WIRES
from tests.rolls.people import left_out
from tests.rolls.stage import WIDE, Free, Stage, cordoned, not_replaced, unwell

POLICY = Policy(strategy="window", max_in_flight=3, soak=20.0)
OF_THE_DISK = ("disk-full",)  # its journal has to be on one: see tests/reliability


def resumed(stage: Stage, memory: Memory) -> tuple[Journal, Verdict]:
    """By somebody who leaves out what the stop named to be left out."""
    journal = Journal(memory, Free(), stage.hands.now)
    journal.replay(list(memory.lines))
    journal.append(TakenOver("somebody@else", left_out(memory.lines[-1])))
    return journal, stage.run(journal)


@pytest.mark.parametrize("name", [name for name in FAULTS if name not in OF_THE_DISK])
def test_a_fault_strikes_and_a_roll_ends_well_when_it_is_mended(name: str) -> None:
    stage, memory = Stage(build(WIDE)), Memory()
    journal, injector = stage.begin(stage.roll(policy=POLICY), memory), Injector(stage.world, seed=1)
    injector.let_loose(FAULTS[name], 300.0)
    try:
        verdict = stage.run(journal)
    except DcosmaintError:
        verdict = Verdict.STUCK
    injector.call_off()
    stage.world.advance(stage.world.now + 3600.0)
    for seed in (1, 2):  # the first of them may be the one that is told whom to leave out
        if verdict is not Verdict.DONE:
            journal, verdict = resumed(Stage(stage.world, seed), memory)
    assert verdict is Verdict.DONE
    assert stage.world.faults.happened[name] == 1
    assert stage.world.faults.calls[name] > 0 or name not in WIRE
    assert (not_replaced(stage.world, journal.roll), cordoned(stage.world), unwell(stage.world)) == ([], [], [])


def test_every_name_is_there_once_and_says_what_it_does() -> None:
    assert [fault.name for fault in FAULTS.values()] == list(FAULTS)
    assert [name for name, fault in FAULTS.items() if not fault.does or not 0 <= fault.rate < 1] == []
    assert {fault.name for fault in WIRES} == set(WIRE)


def test_a_fault_that_finds_nobody_looks_again_and_then_gives_up() -> None:
    stage = Stage(build(WIDE))
    world, injector = stage.world, Injector(stage.world, seed=1)
    injector.let_loose(FAULTS["host-key"], 10.0)
    world.at(100.0, partial(world.master.deactivate, world.ground.listed[2].id))
    world.advance(world.now + 50.0)
    assert not world.faults.happened
    world.advance(world.now + 100.0)
    assert world.faults.host_keys == {world.ground.listed[2].machine.id}
    injector.let_loose(FAULTS["agent-freed"], 10.0)
    world.advance(world.now + 20_000.0)
    assert world.faults.happened == {"host-key": 1}


def test_nothing_strikes_after_it_was_called_off() -> None:
    stage = Stage(build(WIDE))
    injector = Injector(stage.world, seed=1)
    injector.let_loose(FAULTS["failover"], 10.0)
    injector.call_off()
    stage.world.advance(stage.world.now + 100.0)
    assert not stage.world.faults.happened
