"""Whole rolls, each judged by the monitor over the World's log and by what the World is at the end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Literal

import pytest

from dcosmaint.choice import Choice
from dcosmaint.errors import LoginLost, Refused
from dcosmaint.journal import File, Journal, Memory
from dcosmaint.lines import TakenOver
from dcosmaint.model import Policy, Roll, Verdict, Work
from dcosmaint.sandbox.world import BalancerShape, KafkaShape, Shape, TopicShape, World, build
from dcosmaint.sandbox.world.program import Drift
from dcosmaint.sandbox.world.shape import EVENTS as FIVE_BROKERS
from dcosmaint.sandbox.world.shape import FRAGILE
from tests.rolls.mortal import Killed, dies_in
from tests.rolls.stage import (
    EVENTS,
    OLD,
    PRIVATE,
    SMALL,
    WIDE,
    Stage,
    clean,
    not_replaced,
    rolled,
    said,
    shelf_in,
    unwell,
    why,
)

NASTY = Shape()
QUICK = Policy(soak=20.0)
FIRST = f"{PRIVATE}[0]"
Change = Callable[[World], None]


def fleet(seeds: range, quick: int) -> list[Any]:
    """Seed, shape, strategy, lost calls: a few of them for every run, the others for `make test-all`."""
    found: list[Any] = []
    for seed in seeds:
        for shape in (NASTY, WIDE):
            for strategy in ("batch", "window"):
                for failures in (0.0, 0.015):
                    marks = [pytest.mark.slow] if seed >= quick else []
                    name = f"{seed}-{shape.nodes}-{strategy}-{failures:.1%}"
                    found.append(pytest.param(seed, shape, strategy, failures, id=name, marks=marks))
    return found


@pytest.mark.parametrize(("seed", "shape", "strategy", "failures"), fleet(range(25), quick=1))
def test_every_node_is_replaced_and_nobody_notices(
    seed: int, shape: Shape, strategy: Literal["batch", "window"], failures: float
) -> None:
    stage = Stage(build(replace(shape, seed=seed)), seed, failures)
    roll = stage.roll(policy=Policy(strategy=strategy, batch_size=4, max_in_flight=4))
    rolled(stage, roll)
    assert len(roll.targets) == shape.nodes
    assert not_replaced(stage.world, roll) == []
    clean(stage, roll)


def test_a_window_has_several_nodes_in_flight_and_never_more_than_it_may() -> None:
    stage = Stage(build(NASTY))
    journal, crowds = stage.begin(stage.roll(policy=Policy(strategy="window", max_in_flight=3))), []
    journal.heard = lambda at, what: crowds.append(len(journal.progress.flights))
    assert stage.run(journal) is Verdict.DONE
    assert max(crowds) == 3


@pytest.mark.parametrize("strategy", ["batch", "window"])
@pytest.mark.parametrize("seed", range(3))
def test_a_larger_cap_is_used_and_kept(seed: int, strategy: Literal["batch", "window"]) -> None:
    """Two brokers of one service go at once where data allows it, and the monitor knows that cap."""
    brokers = KafkaShape(EVENTS, 6, (TopicShape("clicks", 6, 3),))
    stage = Stage(build(replace(NASTY, services=(brokers,), seed=seed)), seed)
    policy = Policy(strategy=strategy, batch_size=4, soak=20.0, caps={EVENTS: 2}, min_isr={EVENTS: 1})
    roll = stage.roll(policy=policy)
    rolled(stage, roll)
    assert not_replaced(stage.world, roll) == []
    assert stage.tally(roll).most_lost == {EVENTS: 2}
    clean(stage, roll)


def test_brokers_that_share_a_partition_never_go_together_whatever_the_cap() -> None:
    brokers = KafkaShape(EVENTS, 4, (TopicShape("clicks", 6, 2), TopicShape("logins", 6, 3), TopicShape("all", 1, 4)))
    stage = Stage(build(replace(NASTY, services=(brokers,))))
    roll = stage.roll(policy=Policy(strategy="window", soak=20.0, caps={EVENTS: 4}))
    rolled(stage, roll)
    assert stage.tally(roll).partitions_lost == 0
    lost_together = replace(roll, policy=replace(roll.policy, caps={EVENTS: 2}))
    assert stage.tally(lost_together).breaches == ()
    clean(stage, roll)


def test_nodes_without_brokers_go_first_and_each_broker_moves_once() -> None:
    stage, memory = Stage(build(SMALL)), Memory()
    assert stage.run(stage.begin(stage.roll(policy=QUICK), memory)) is Verdict.DONE
    carried = [len(flight["node"]["members"]) for line in said(memory, "admit") for flight in line["flights"]]
    assert carried == sorted(carried)
    assert len(said(memory, "replacing")) == 3


def test_a_second_roll_over_the_result_of_the_first_is_clean() -> None:
    stage = Stage(build(NASTY), failures=0.01)
    first = stage.roll(policy=Policy(batch_size=4))
    rolled(stage, first)
    assert stage.roll(roll_id="r2").targets == ()
    stage.world.cloud.add_ami("dcos-agent-2023-12")
    second = stage.roll(policy=Policy(strategy="window"), roll_id="r2")
    rolled(stage, second)
    assert not set(first.targets) & set(second.targets)
    assert not_replaced(stage.world, second) == []
    clean(stage, replace(second, targets=(*first.targets, *second.targets)))


# ---- other work


@pytest.mark.parametrize("number", range(3))
def test_a_drained_node_runs_on_without_its_agent_also_after_a_reboot(number: int) -> None:
    stage = Stage(build(SMALL))
    world, node = stage.world, stage.world.node(f"{PRIVATE}[{number}]")
    roll = stage.roll(Work.DRAIN, Choice(only=(node.address,)), QUICK)
    rolled(stage, roll)
    world.systemd.reboot(node)
    world.advance(world.now + 3600.0)
    assert (node.state, node.process) == ("running", False)
    assert node.id not in {agent.machine.id for agent in world.ground.listed}
    assert unwell(world) == []
    clean(stage, roll)


def test_a_drained_node_comes_back_with_undrain() -> None:
    stage = Stage(build(SMALL))
    world, node = stage.world, stage.world.node(FIRST)
    choice = Choice(only=(FIRST,))
    rolled(stage, stage.roll(Work.DRAIN, choice, QUICK))
    world.systemd.reboot(node)
    world.advance(world.now + 600.0)
    roll = stage.roll(Work.UNDRAIN, choice, QUICK, roll_id="r2")
    rolled(stage, roll)
    assert [agent.offers for agent in world.ground.listed if agent.machine is node] == [True]
    assert (node.docker, node.hold) == (True, "")
    clean(stage, roll)


def test_one_named_node_is_replaced_and_no_other() -> None:
    stage = Stage(build(NASTY))
    before = dict(stage.world.terraform.state)
    roll = stage.roll(Work.REPLACE, Choice(only=(FIRST,)))
    rolled(stage, roll)
    changed = {address for address, instance in stage.world.terraform.state.items() if before[address] != instance}
    assert changed == {FIRST}
    clean(stage, roll)


def test_an_ami_is_baked_and_carries_its_roll() -> None:
    stage = Stage(build(SMALL))
    rolled(stage, stage.roll(Work.BAKE, images={}))
    assert [ami.state for ami in stage.world.cloud.amis.values() if ami.roll == "r1"] == ["available"]
    assert stage.world.node(FIRST).ami != stage.newest_ami


def test_a_roll_bakes_its_own_ami_and_rolls_to_it() -> None:
    stage = Stage(build(SMALL))
    roll = stage.roll(policy=QUICK, images={PRIVATE: ""})
    rolled(stage, roll)
    baked = stage.newest_ami
    assert stage.world.cloud.amis[baked].roll == roll.id
    assert not_replaced(stage.world, replace(roll, images={PRIVATE: baked})) == []
    assert sum('"what":"bake"' in line for line in stage.world.log) == 1
    clean(stage, roll)


@pytest.mark.parametrize("seconds", [0.0, 100.0, 270.0, 3000.0])
def test_an_ami_that_was_begun_is_found_by_who_takes_over(seconds: float, quick_disk: Path) -> None:
    """Packer outlives whoever began it: while it builds, while its AMI is pending, and when both are done."""
    stage = Stage(build(SMALL))
    roll, shelf = stage.roll(policy=QUICK, images={PRIVATE: ""}), shelf_in(quick_disk)
    with pytest.raises(Killed):
        stage.run(stage.begin(roll, File.create(shelf.journal(roll.id))), dies_in(stage.site, "packer", "bake"))
    stage.world.advance(stage.world.now + seconds)
    other = Stage(stage.world)
    assert other.run(other.take_over(shelf, roll.id)) is Verdict.DONE
    assert sum('"what":"bake"' in line for line in stage.world.log) == 1
    assert not_replaced(stage.world, replace(roll, images={PRIVATE: stage.newest_ami})) == []
    clean(stage, roll)


# ---- what a plan refuses


def refused(stage: Stage, roll: Roll) -> set[str]:
    """The rules that refuse, and the proof that nothing was touched."""
    with pytest.raises(Refused):
        stage.begin(roll)
    assert len(stage.world.log) == 1
    return {finding.rule for finding in stage.blockers(roll)}


def fragile() -> Shape:
    return replace(NASTY, services=(replace(FIVE_BROKERS, topics=(*FIVE_BROKERS.topics, FRAGILE)),))


def test_a_topic_of_one_copy_is_refused_by_name() -> None:
    stage = Stage(build(fragile()))
    roll = stage.roll()
    assert refused(stage, roll) == {"data-loss"}
    assert {finding.subject for finding in stage.blockers(roll)} == {f"{EVENTS}/{FRAGILE.name}"}


def test_data_that_was_given_up_by_name_is_lost_and_nothing_else() -> None:
    stage = Stage(build(fragile()))
    roll = stage.roll(policy=Policy(batch_size=4, accepted=(f"data-loss={EVENTS}/{FRAGILE.name}",)))
    rolled(stage, roll)
    assert not_replaced(stage.world, roll) == []
    wiped = {p.topic for s in stage.world.ground.services.values() for p in s.partitions if p.wiped}
    assert wiped == {FRAGILE.name}
    assert all(FRAGILE.name in breach for breach in stage.tally(roll).breaches)


REFUSED: dict[str, tuple[Shape, Change]] = {
    "terraform-exposed": (replace(SMALL, terraform_exposed=True), lambda world: None),
    "foreign-cordon": (SMALL, lambda world: world.master.deactivate(world.node(FIRST).agent_id, by="operator")),
    "topics-unreadable": (SMALL, lambda world: setattr(world.ground.services[EVENTS], "readable", False)),
    "plan-incomplete": (SMALL, lambda world: setattr(world.ground.services[EVENTS], "deploy", "IN_PROGRESS")),
    "scaling-group": (SMALL, lambda world: setattr(world.node(FIRST), "scaling_group", "agents")),
    "last-target": (replace(SMALL, public=1, balancers=(BalancerShape("ingress"),)), lambda world: None),
    "protected": (SMALL, lambda world: setattr(world.node(FIRST), "protected", True)),
    "last-public": (replace(SMALL, public=1), lambda world: None),
    "recovered-agents": (SMALL, lambda world: world.master.fail_over()),
}


ORDERED: dict[str, tuple[Shape, Policy]] = {
    "no-deactivate": (OLD, Policy(cordon="deactivate")),
    "leaky-cordon": (OLD, Policy(order="replace-first")),
    "black-hole": (OLD, Policy(stop_order="docker-first")),
    "no-place": (replace(SMALL, nodes=3), Policy(order="replace-first")),
}


@pytest.mark.parametrize("rule", ORDERED)
def test_what_this_cluster_can_not_do_is_refused_where_it_was_ordered(rule: str) -> None:
    shape, policy = ORDERED[rule]
    stage = Stage(build(shape))
    assert refused(stage, stage.roll(policy=policy)) == {rule}


@pytest.mark.parametrize("rule", REFUSED)
def test_a_roll_is_refused_by_name_before_anything_is_touched(rule: str) -> None:
    shape, change = REFUSED[rule]
    stage = Stage(build(shape))
    roll = stage.roll()
    change(stage.world)
    stage.world.log[1:] = []
    assert rule in refused(stage, roll)


def test_all_that_stands_in_the_way_is_told_at_once() -> None:
    stage = Stage(build(replace(SMALL, terraform_exposed=True)))
    stage.world.node(FIRST).protected = True
    stage.world.node(f"{PRIVATE}[4]").scaling_group = "agents"
    stage.world.ground.services[EVENTS].readable = False
    assert refused(stage, stage.roll()) == {"terraform-exposed", "protected", "scaling-group", "topics-unreadable"}


def test_an_exposed_terraform_is_rolled_when_that_is_accepted_and_its_plans_touch_nobody_else() -> None:
    stage = Stage(build(replace(SMALL, terraform_exposed=True)))
    roll = stage.roll(policy=replace(QUICK, accepted=("terraform-exposed",)))
    rolled(stage, roll)
    clean(stage, roll)


# ---- what goes wrong on the way


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
