"""leave-balancers and join-balancers: no traffic is cut off, the last healthy target stays, who left comes back."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from dcosmaint.errors import LetGo, Retryable
from dcosmaint.lines import Admitted, Begun, Paused
from dcosmaint.model import Registration, Waiting
from dcosmaint.sandbox.world import BalancerShape
from dcosmaint.steps.looks import LOOKS
from tests.steps.bench import SHAPE, WAITS, Bench, a_bench

PUBLIC = "aws_instance.dcos_public_agent_node"
FIRST, SECOND = f"{PUBLIC}[0]", f"{PUBLIC}[1]"
KINDS = ("classic", "instance", "ip")
EDGE = replace(SHAPE, nodes=8, public=2, balancers=tuple(BalancerShape(kind, kind) for kind in KINDS))


def at_the_edge(**shape: Any) -> Bench:
    return a_bench(shape=replace(EDGE, **shape), address=FIRST)


def admitted(bench: Bench, **changes: Any) -> None:
    """As if the survey that admitted it had found something else."""
    bench.journal.append(Admitted((replace(bench.flight, **changes),)))


def states(bench: Bench, name: str) -> list[str]:
    """What the load balancer of that name says of the machine that is at the node's address now."""
    found = next(b for b in bench.world.balancers.all.values() if b.shape.name == name)
    return [state for target, state in bench.world.balancers.known(found).items() if target == found.called(bench.new)]


def goals(waited: list[Waiting]) -> list[str]:
    return list(dict.fromkeys(str(waiting) for waiting in waited))


# ---- leaving


def test_it_leaves_each_kind_and_waits_until_connections_are_drained() -> None:
    bench = at_the_edge()
    step = bench.bring("leave-balancers")
    began = bench.world.now
    waited = bench.drive(step)
    assert bench.acts("balancers.deregister") == ["balancers.deregister"] * 3
    assert bench.world.now - began > 30.0
    assert [states(bench, kind) for kind in KINDS] == [[], [], []]
    assert any("classic drains its connections, instance drains its connections" in goal for goal in goals(waited))
    assert {waiting.patience for waiting in waited} == {WAITS.connections}


def test_behind_nothing_it_asks_nobody() -> None:
    bench = at_the_edge(balancers=())
    bench.bring("leave-balancers")
    bench.world.faults.api["balancers"] = 1000
    assert bench.drive(bench.steps["leave-balancers"]) == []
    bench.bring("join-balancers")
    assert bench.drive(bench.steps["join-balancers"]) == []


def test_that_nothing_is_left_of_it_is_seen_three_times_in_a_row() -> None:
    """As one look may be at a list of targets that is about to show it again."""
    bench = at_the_edge(balancers=(BalancerShape("ingress"),))
    [mine] = bench.flight.balancers
    step = bench.bring("leave-balancers")
    bench.world.balancers.deregister(mine.balancer.id, mine.target, by="operator")
    bench.pass_by(600.0)
    assert states(bench, "ingress") == []
    assert [waiting.left for waiting in bench.drive(step)] == [""] * (LOOKS - 1)


def test_the_last_healthy_target_stays_until_another_one_is_healthy() -> None:
    bench = at_the_edge(balancers=(BalancerShape("ingress"),))
    step, other = bench.bring("leave-balancers"), bench.world.node(SECOND)
    bench.world.systemd.stop_docker(other, by="operator")
    waited = bench.looks(step, 5)
    assert {waiting.left for waiting in waited} == {"ingress has no other healthy target"}
    assert bench.acts("balancers.deregister") == []
    bench.world.systemd.start_docker(other, by="operator")
    bench.drive(step)
    assert states(bench, "ingress") == []


def test_a_node_in_flight_is_nobody_who_takes_the_traffic() -> None:
    """It may be about to leave itself: of two that look at the same moment both would see the other one."""
    bench = at_the_edge(balancers=(BalancerShape("ingress"),))
    step = bench.bring("leave-balancers")
    other = bench.world.node(SECOND)
    admitted(bench, node=replace(bench.node, address=SECOND, instance=bench.site.ec2.instances([other.id])[0]))
    assert {waiting.left for waiting in bench.looks(step, 3)} == {"ingress has no other healthy target"}
    assert bench.acts("balancers.deregister") == []


def test_one_that_is_drained_by_somebody_else_is_waited_for_and_not_joined_again() -> None:
    bench = at_the_edge(balancers=(BalancerShape("ingress", draining=300.0),))
    [mine] = bench.flight.balancers
    admitted(bench, balancers=(replace(mine, state="draining"),))
    step = bench.bring("leave-balancers")
    bench.world.balancers.deregister(mine.balancer.id, mine.target, by="operator")
    bench.drive(step)
    assert bench.acts("balancers.deregister") == []
    bench.end("leave-balancers")
    bench.drive(bench.bring("join-balancers"))
    assert bench.acts("balancers.register") == []
    assert states(bench, "ingress") == []


def test_a_roll_that_stops_lets_go_of_a_node_that_has_left_nothing_yet() -> None:
    bench = at_the_edge()
    step = bench.bring("leave-balancers")
    bench.journal.append(Paused("the operator stopped the roll"))
    with pytest.raises(LetGo, match="is let go"):
        next(step.run())
    assert bench.acts("balancers.deregister") == []


def test_a_roll_that_stops_later_drains_to_the_end() -> None:
    bench = at_the_edge()
    step = bench.bring("leave-balancers")
    next(step.run())
    assert bench.flight.stopping
    bench.journal.append(Paused("the operator stopped the roll"))
    bench.drive(step)
    assert bench.flight.busy


def test_a_load_balancer_that_is_gone_sends_no_traffic() -> None:
    bench = at_the_edge()
    step = bench.bring("leave-balancers")
    bench.world.balancers.all.clear()
    bench.drive(step)
    assert bench.acts("balancers.deregister") == []


def test_an_instance_that_somebody_terminated_leaves_its_address_behind() -> None:
    """A target group that goes by IP would send the next one at that address its traffic, healthy or not."""
    bench = at_the_edge(balancers=(BalancerShape("ip", "ip", draining=0.0),), same_ip=0.0)
    [mine] = bench.flight.balancers
    bench.world.vanish(bench.node.instance.id)
    bench.pass_by(60.0)
    gone = replace(bench.node, instance=replace(bench.node.instance, state="terminated"))
    bench.journal.append(Begun(gone, "it was terminated by somebody else"))
    bench.drive(bench.bring("leave-balancers"))
    assert mine.target not in next(iter(bench.world.balancers.all.values())).targets


def test_what_it_left_is_known_when_the_node_starts_over() -> None:
    bench = at_the_edge()
    before = bench.flight.balancers
    bench.drive(bench.bring("leave-balancers"))
    fresh = replace(bench.node, instance=replace(bench.node.instance, balancers=(registered_late(),)))
    bench.journal.append(Begun(fresh, "an agent came back"))
    assert bench.flight.balancers == (*before, registered_late())


def registered_late() -> Registration:
    bench = at_the_edge(balancers=(BalancerShape("late"),))
    return bench.flight.balancers[0]


# ---- joining


def joining(**shape: object) -> Bench:
    bench = at_the_edge(**shape)
    bench.bring("join-balancers")
    return bench


def test_the_new_instance_joins_what_the_old_one_left_and_is_healthy_there() -> None:
    bench = joining()
    waited = bench.drive(bench.steps["join-balancers"])
    assert bench.new.id != bench.old.id
    assert [states(bench, kind) for kind in KINDS] == [["healthy"]] * 3
    assert bench.acts("balancers.register") == ["balancers.register"] * 3
    assert any("initial at classic" in goal for goal in goals(waited))
    assert {waiting.patience for waiting in waited} == {WAITS.start}


def test_what_terraform_attached_is_not_registered_again() -> None:
    bench = joining(balancers=(BalancerShape("ingress", attached=True), BalancerShape("edge", "ip", attached=True)))
    bench.drive(bench.steps["join-balancers"])
    assert bench.acts("balancers.register") == []
    assert states(bench, "ingress") == states(bench, "edge") == ["healthy"]


def test_one_that_never_gets_healthy_is_waited_for_by_name() -> None:
    bench = joining()
    bench.world.systemd.stop_docker(bench.new, by="operator")
    waited = bench.looks(bench.steps["join-balancers"], 20)
    assert waited[-1].left == "unhealthy at classic, unhealthy at instance, unhealthy at ip"


def test_where_the_old_one_was_not_healthy_the_new_one_need_not_be() -> None:
    bench = joining(balancers=(BalancerShape("ingress"),))
    [mine] = bench.flight.balancers
    admitted(bench, balancers=(replace(mine, state="unhealthy"),))
    bench.world.systemd.stop_docker(bench.new, by="operator")
    bench.drive(bench.steps["join-balancers"])
    assert bench.flight.noted == ("ingress does not find the node healthy, as before: it is unhealthy",)


def test_a_load_balancer_that_was_deleted_meanwhile_is_told_and_not_waited_for() -> None:
    bench = joining(balancers=(BalancerShape("ingress"),))
    bench.world.balancers.all.clear()
    bench.drive(bench.steps["join-balancers"])
    assert bench.flight.noted == ("ingress is gone: nobody sends the node traffic from there any more",)


# ---- what every step owes

STEPS = ("leave-balancers", "join-balancers")


@pytest.mark.parametrize("name", STEPS)
def test_done_already_it_does_nothing(name: str) -> None:
    bench = at_the_edge()
    bench.drive(bench.bring(name))
    before = bench.acts()
    bench.drive(bench.steps[name])
    assert bench.acts() == before


@pytest.mark.parametrize("looks", [1, 2, 4])
@pytest.mark.parametrize("name", STEPS)
def test_left_half_done_it_finishes(name: str, looks: int) -> None:
    bench = at_the_edge()
    bench.looks(bench.bring(name), looks)
    bench.drive(bench.steps[name])
    assert len(bench.acts(f"balancers.{'register' if name == 'join-balancers' else 'deregister'}")) == 3


@pytest.mark.parametrize("name", STEPS)
def test_an_act_that_never_arrives_is_no_progress(name: str) -> None:
    bench = at_the_edge()
    bench.bring(name)
    silent = bench.silence()
    waited = silent.looks(silent.steps[name], 5)
    assert len(goals(waited)) == 1
    assert "classic is told" in waited[0].left


@pytest.mark.parametrize("name", STEPS)
def test_r2_without_an_answer_it_never_acts(name: str) -> None:
    bench = at_the_edge()
    step, before = bench.bring(name), bench.acts()
    bench.world.faults.api["balancers"] = 1000
    with pytest.raises(Retryable):
        bench.looks(step, 3)
    assert bench.acts() == before


@pytest.mark.parametrize("name", STEPS)
def test_answers_that_are_lost_now_and_then_only_cost_time(name: str) -> None:
    bench = at_the_edge()
    step = bench.bring(name)
    for number in range(8):
        bench.world.at(4.0 * number, partial(bench.world.faults.api.update, {"balancers": 1}))
    bench.drive(step)
    assert states(bench, "classic") == ([] if name == "leave-balancers" else ["healthy"])
