"""move-apps: instances leave one at a time, each while all others of its app serve."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from dcosmaint.errors import LetGo, StartOver
from dcosmaint.lines import Admitted, Moving, Paused
from dcosmaint.model import App, Flight
from dcosmaint.ports import MarathonReads
from dcosmaint.sandbox.world import AppShape
from dcosmaint.sandbox.world.state import Drain
from dcosmaint.survey import survey
from tests.builders import GROUP
from tests.steps.bench import Bench, a_bench

NAME = "move-apps"


@dataclass
class Pinned(MarathonReads):
    found: tuple[App, ...]

    def apps(self) -> tuple[App, ...]:
        return self.found


def here(bench: Bench, app: str) -> int:
    return sum(task.agent_id == bench.node.agent_id for task in bench.world.ground.apps[app].tasks)


def crowded(*apps: AppShape, **policy: Any) -> Bench:
    """A node with every instance of some apps, as Marathon would never place them."""
    bench = a_bench(**policy)
    for shape in apps:
        bench.world.add_app(shape, [bench.node.agent_id] * shape.instances)
    return bench


@pytest.mark.trap("minimumHealthCapacity does not protect against the loss of a node")
def test_an_app_never_lacks_more_than_the_instance_that_moves() -> None:
    bench = crowded(AppShape("/crowd", 3, spread=False))
    app, fewest = bench.world.ground.apps["/crowd"], 3
    for _ in bench.bring(NAME).run():
        for _ in range(10):
            bench.pass_by(0.5)
            fewest = min(fewest, app.running)
    bench.pass_by(60.0)
    assert (here(bench, "/crowd"), app.running, fewest) == (0, 3, 2)


def test_the_last_one_that_left_is_waited_for_until_it_runs_elsewhere() -> None:
    bench = crowded(AppShape("/crowd", 3, spread=False))
    bench.journal.append(Admitted((replace(bench.flight, counts={"/crowd": 3}),)))
    waited = bench.drive(bench.bring(NAME))
    assert waited[0].goal == "its apps to move"
    assert str(waited[-1]) == "its apps to run elsewhere (/crowd 2/3)"


def test_one_of_one_serves_without_a_break() -> None:
    bench = crowded(AppShape("/single", 1))
    app, fewest = bench.world.ground.apps["/single"], 1
    for _ in bench.bring(NAME).run():
        for _ in range(10):
            bench.pass_by(0.5)
            fewest = min(fewest, app.running)
    assert (here(bench, "/single"), fewest) == (0, 1)
    assert bench.acts("marathon.restart")


def test_what_has_no_place_elsewhere_stays_until_its_node_stops() -> None:
    bench = crowded()
    bench.world.add_app(AppShape("/everywhere", 6, unique=True), [agent.id for agent in bench.world.ground.listed])
    bench.drive(bench.bring(NAME))
    assert here(bench, "/everywhere") == 1
    assert [act for act in bench.lines.lines if '"marathon.kill"' in act and "/everywhere" in act] == []


@pytest.mark.parametrize("flaw", ["deactivated", "draining", "disconnected"])
def test_an_agent_that_takes_no_work_is_no_place(flaw: str) -> None:
    bench = a_bench()
    step = bench.bring(NAME)
    name, value = {"deactivated": ("deactivated", True), "draining": ("drain", Drain())}.get(flaw, ("connected", False))
    for agent in bench.world.ground.listed:
        if agent.id != bench.node.agent_id:
            setattr(agent, name, value)
    bench.world.master.changes += 1
    bench.looks(step, 1)
    assert bench.acts("marathon.kill", "marathon.restart") == []


PAIR = AppShape("/pair", 2, spread=False)


def takes_work(bench: Bench, *, takes: bool) -> None:
    """Whether the other agents do."""
    for agent in bench.world.ground.listed:
        agent.deactivated = not takes or agent.id == bench.node.agent_id
    bench.world.master.changes += 1


def test_the_last_ones_of_an_app_of_two_wait_for_a_place_that_went_away_since_the_plan() -> None:
    """Whatever a survey said hours ago: the node does not stop while nothing of it would serve."""
    bench = crowded(PAIR)
    step = bench.bring(NAME)
    takes_work(bench, takes=False)
    waited = bench.looks(step, 200)
    assert (len(waited), here(bench, "/pair"), bench.acts("marathon.kill")) == (200, 2, [])
    assert waited[-1].left == "/pair 2 here, 2 of 2 serve"
    assert waited[-1].why == "no other agent could take /pair, of which nothing would serve"
    assert waited[-1].patience == bench.roll.policy.waits.start
    takes_work(bench, takes=True)
    bench.drive(step)
    assert (here(bench, "/pair"), bench.events("app-zero")) == (0, [])


def test_what_was_accepted_goes_down_with_its_node() -> None:
    bench = crowded(PAIR, accepted=("app-down=/pair",))
    step = bench.bring(NAME)
    takes_work(bench, takes=False)
    bench.drive(step)
    assert here(bench, "/pair") == 2


def test_the_last_one_that_serves_is_not_ended_though_no_more_served_before() -> None:
    """The other one of two has not come up yet."""
    bench = crowded(PAIR)
    pair = bench.world.ground.apps["/pair"]
    bench.journal.append(Admitted((replace(bench.flight, counts={"/pair": 1}),)))
    step = bench.bring(NAME)
    starting = max(pair.tasks, key=lambda task: task.id)
    starting.state = "TASK_STAGING"
    bench.world.marathon.changes += 1
    bench.looks(step, 20)
    assert (here(bench, "/pair"), bench.events("app-zero")) == (2, [])
    starting.state = "TASK_RUNNING"
    bench.world.marathon.changes += 1
    bench.drive(step)
    assert (here(bench, "/pair"), bench.events("app-zero")) == (0, [])


def test_instances_on_other_nodes_in_flight_are_none_that_stay() -> None:
    """Each of two nodes would count on the other one, and both would stop."""
    one, other = two_nodes()
    takes_work(one, takes=False)
    for bench in (one, other):
        assert len(bench.looks(bench.steps[NAME], 20)) == 20
    assert (here(one, "/pair"), here(other, "/pair")) == (1, 1)


def test_what_a_constraint_pins_is_left_alone() -> None:
    """It would be ended, or deployed, and find no node that takes it."""
    bench = a_bench()
    pinned = tuple(replace(app, pinned=True) for app in bench.site.marathon.apps())
    bench = replace(bench, site=replace(bench.site, marathon=Pinned(pinned)))
    bench.drive(bench.bring(NAME))
    assert (bench.acts("marathon.kill"), here(bench, "/web")) == ([], 1)


def test_an_app_that_is_not_whole_is_left_in_peace_until_it_is() -> None:
    bench = a_bench()
    step, web = bench.bring(NAME), bench.world.ground.apps["/web"]
    elsewhere = next(task for task in web.tasks if task.agent_id != bench.node.agent_id)
    bench.world.marathon.kill(elsewhere.id, by="operator")
    bench.looks(step, 1, every=0.1)
    assert [line for line in map(json.loads, bench.lines.lines) if line.get("of", [""])[0] == "/web"] == []
    bench.drive(step)
    assert here(bench, "/web") == 0


def test_nothing_is_ended_on_a_node_that_takes_work_again() -> None:
    """It would be started there again, and ended again, for ever."""
    bench = a_bench()
    step = bench.bring(NAME)
    bench.world.master.reactivate(bench.node.agent_id, by="operator")
    with pytest.raises(StartOver, match="takes work again"):
        bench.drive(step)
    assert bench.acts("marathon.kill") == []


def test_a_roll_that_stops_lets_the_node_go() -> None:
    """What has moved serves elsewhere, and may come back: nothing is left to undo but the cordon."""
    bench = a_bench(address=f"{GROUP}[4]")
    step = bench.bring(NAME)
    bench.journal.append(Paused("the operator stopped the roll"))
    with pytest.raises(LetGo):
        bench.drive(step)
    assert bench.acts("marathon.kill") == []


@dataclass
class Interrupted(MarathonReads):
    """Marathon, one of whose answers is on its way while something else happens."""

    marathon: MarathonReads
    meanwhile: Callable[[], object]
    read: int
    reads: int = 0

    def apps(self) -> tuple[App, ...]:
        answer = self.marathon.apps()
        self.reads += 1
        if self.reads == self.read:
            self.meanwhile()
        return answer


def two_nodes() -> tuple[Bench, Bench]:
    """In flight together, each with an instance of /pair, of which there are no more."""
    one = crowded()
    other = replace(one, address=f"{GROUP}[4]")
    here = {node.address: node for node in survey(one.site, one.world.now).nodes}
    one.world.add_app(AppShape("/pair", 2), [here[each.address].agent_id for each in (one, other)])
    one.journal.append(Admitted((Flight(here[other.address], counts={"/pair": 2}),)))
    for bench in (one, other):
        bench.bring(NAME)
    return one, other


@pytest.mark.parametrize("read", [1, 2, 3])
def test_two_nodes_never_end_instances_of_one_app_in_the_same_moment(read: int) -> None:
    """Both see it whole in one second: the second one looks while one of the first one's answers is on its way."""
    one, other = two_nodes()
    between = Interrupted(one.site.marathon, lambda: other.looks(other.steps[NAME], 1, every=0.0), read)
    one = replace(one, site=replace(one.site, marathon=between))
    one.looks(one.steps[NAME], 2, every=0.0)
    killed = [line["node"] for line in map(json.loads, one.lines.lines) if line.get("of", [""])[0] == "/pair"]
    assert len(killed) == 1


@pytest.mark.parametrize("first", [0, 1])
def test_that_another_node_goes_first_is_said(first: int) -> None:
    """Whichever of the two that is."""
    one, other = two_nodes() if first == 0 else reversed(two_nodes())
    one.journal.append(Moving(one.address, ("/pair",)))
    (waiting,) = other.looks(other.steps[NAME], 1, every=0.0)
    assert waiting.why == "another node in flight moves /pair first"


def test_an_app_is_moved_by_the_next_node_once_the_first_one_has_none_of_it() -> None:
    one, other = two_nodes()
    pair, fewest = one.world.ground.apps["/pair"], 2
    waiting = [one.steps[NAME].run(), other.steps[NAME].run()]
    while waiting:
        waiting = [running for running in waiting if next(running, None)]
        for _ in range(10):
            one.pass_by(0.5)
            fewest = min(fewest, pair.running)
    assert (here(one, "/pair"), here(other, "/pair"), fewest) == (0, 0, 1)
    assert one.flight.moving == other.flight.moving == ()
