"""await-agent (R7): neither a hostname nor an address nor a new id proves that the new instance serves."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dcosmaint.errors import Retryable
from dcosmaint.lines import Begun
from dcosmaint.sandbox.world.state import Agent, Drain
from dcosmaint.steps.looks import LOOKS
from tests.steps.bench import SHAPE, Bench, a_bench

NAME = "await-agent"


def launched() -> Bench:
    """The new instance runs at the old one's address, and its agent has not come yet."""
    bench = a_bench(shape=replace(SHAPE, same_ip=1.0))
    bench.bring(NAME)
    return bench


def came(bench: Bench) -> Agent:
    bench.pass_by(120.0)
    return bench.world.ground.agents[bench.new.agent_id]


def waits(bench: Bench) -> bool:
    """Whether no number of looks is enough."""
    waited = bench.looks(bench.steps[NAME], 10, every=1.0)
    return len(waited) == 10 and {w.goal for w in waited} == {f"an agent on {bench.new.id} at {bench.new.private_ip}"}


def test_the_agent_is_seen_three_times_and_its_key_is_learnt_last() -> None:
    bench = launched()
    came(bench)
    assert len(bench.drive(bench.steps[NAME])) == LOOKS - 1
    assert bench.acts()[-1] == "keys.enrol"


@pytest.mark.trap("the new instance may have the address of the old one")
def test_r7_the_old_machine_that_comes_back_at_the_address_is_not_it() -> None:
    """Its agent is listed there, under an old id, with an older registration."""
    bench = launched()
    bench.world.faults.never_register.add(bench.address)
    bench.pass_by(120.0)
    ghost = bench.world.ground.agents[bench.node.agent_id]
    ghost.listed = ghost.connected = True
    bench.world.master.changes += 1
    assert ghost.machine.private_ip == bench.new.private_ip
    assert waits(bench)


@pytest.mark.parametrize("flaw", ["deactivated", "draining", "disconnected"])
def test_r7_an_agent_that_takes_no_work_does_not_serve(flaw: str) -> None:
    bench = launched()
    agent = came(bench)
    name, value = {"deactivated": ("deactivated", True), "draining": ("drain", Drain())}.get(flaw, ("connected", False))
    setattr(agent, name, value)
    bench.world.master.changes += 1
    assert waits(bench)


def test_r8_a_cordon_that_somebody_else_put_on_the_new_agent_is_left_alone() -> None:
    """Ours stood under the old id when somebody terminated the instance. It may come back, but only under that id."""
    bench = a_bench(shape=replace(SHAPE, same_ip=1.0))
    bench.drive(bench.bring("cordon-agent"))
    bench.world.vanish(bench.node.instance.id)
    gone = replace(bench.node, instance=replace(bench.node.instance, state="terminated"))
    bench.journal.append(Begun(gone, "it was terminated by somebody else"))
    bench.bring(NAME)
    agent = came(bench)
    assert bench.flight.keeps_cordon
    assert agent.id != bench.node.agent_id
    bench.world.master.deactivate(agent.id, by="operator")
    assert waits(bench)
    assert bench.acts("mesos.uncordon") == []


def test_r7_two_new_agents_at_one_address_prove_nothing() -> None:
    bench = launched()
    agent = came(bench)
    twin = replace(agent, id="agent-twin")
    bench.world.ground.agents[twin.id] = twin
    bench.world.master.changes += 1
    assert waits(bench)


def test_r7_a_look_at_which_it_is_gone_begins_the_count_anew() -> None:
    bench = launched()
    agent = came(bench)
    running = bench.steps[NAME].run()
    for _ in range(LOOKS - 1):
        next(running)
    agent.connected, bench.world.master.changes = False, bench.world.master.changes + 1
    next(running)
    agent.connected, bench.world.master.changes = True, bench.world.master.changes + 1
    assert len(list(running)) == LOOKS - 1


def test_r2_a_state_that_names_no_new_instance_is_no_answer() -> None:
    bench = launched()
    bench.world.terraform.state[bench.address] = bench.old.id
    bench.world.terraform.changes += 1
    with pytest.raises(Retryable, match="names no new instance"):
        bench.looks(bench.steps[NAME], 1)


def test_r2_an_instance_that_ec2_does_not_know_is_no_answer() -> None:
    bench = launched()
    bench.new.terminated_at = 1.0
    with pytest.raises(Retryable, match="EC2 does not know"):
        bench.looks(bench.steps[NAME], 1)


@pytest.mark.trap("a maintenance schedule that is written replaces other people's")
def test_an_agent_that_never_comes_is_waited_for_by_instance_and_address() -> None:
    bench = launched()
    bench.world.faults.never_register.add(bench.address)
    assert waits(bench)
    assert bench.acts("keys.enrol") == []


@pytest.mark.parametrize(("work_dir", "doubt"), [("fresh", ""), ("keep", "none starts at another address: pin")])
def test_an_agent_at_another_address_is_doubted_only_where_the_work_dir_of_the_old_one_is_there(
    work_dir: str, doubt: str
) -> None:
    bench = a_bench(shape=replace(SHAPE, volumes="work-dir", same_ip=0.0), work_dir=work_dir)
    (waiting,) = bench.looks(bench.bring(NAME), 1)
    assert bench.new.private_ip != bench.node.private_ip
    assert doubt in waiting.left
    assert bool(doubt) == bool(waiting.left)
