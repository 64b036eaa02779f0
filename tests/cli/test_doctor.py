"""doctor on a cluster in process: whatever is broken is found, named and given a remedy, and nothing is changed."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dcosmaint import checkup
from dcosmaint.checkup import Check, Found, Patient, Remark, State
from dcosmaint.errors import Retryable
from dcosmaint.lines import Admitted, Cordoned, RollAborted, RollBegun
from dcosmaint.model import ClusterFacts, Cordon, Flight
from dcosmaint.sandbox.faces import in_process
from dcosmaint.sandbox.world import KafkaShape, Shape, TopicShape
from dcosmaint.sandbox.world.profiles import PROFILES
from dcosmaint.sandbox.world.shape import APPS
from dcosmaint.survey import survey
from tests.builders import a_roll
from tests.cli.stage import Free, Stage

EVENTS = KafkaShape("kafka-events", 3, (TopicShape("clicks", 4, 3),))
SMALL = Shape(nodes=7, public=2, services=(EVENTS,), apps=APPS[:2])


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path, SMALL)


def looked(stage: Stage, code: int) -> list[dict[str, str]]:
    """What `doctor --json` says, after it ended with `code`."""
    ended = stage.type("doctor", "--json")
    assert ended.exit_code == code, ended.output
    said = json.loads(ended.stdout)
    assert (said["schema"], said["cluster"]) == ("dcosmaint/doctor/v1", "sandbox")
    return list(said["checks"])


def only(found: list[dict[str, str]], state: str) -> list[dict[str, str]]:
    return [one for one in found if one["state"] == state]


def red(stage: Stage) -> dict[str, str]:
    """The one thing that is red."""
    (one,) = only(looked(stage, 3), "red")
    return one


def in_process_look(stage: Stage, **changes: Any) -> list[Found]:
    """The engine alone, with `now` or the patient's own parts changed."""
    now: Callable[[], float] = changes.pop("now", lambda: stage.world.now)
    patient = replace(Patient(in_process(stage.world, failures=0.0)), **changes)
    return list(checkup.look(checkup.checks(patient, stage.shelf, now)))


def test_a_healthy_cluster_is_ok_in_every_check(stage: Stage) -> None:
    before = list(stage.world.log)
    found = looked(stage, 0)
    assert only(found, "ok") == found
    assert {one["name"] for one in found} == {
        "mesos", "clock", "version", "marathon", "services", "views", "aws", "images", "terraform-exposed", "shell",
        "survey", "joins", "plan", "health", "lock", "rolls", "cordons",
    }  # fmt: skip
    assert stage.world.log == before
    assert not stage.shelf.ids()


def test_an_excluded_name_of_nobody_is_red(stage: Stage) -> None:
    found = in_process_look(stage, never=("10.99.0.1",))
    (one,) = [each for each in found if each.remark.state is State.RED]
    assert one.name == "joins"
    assert one.remark.says.startswith("10.99.0.1: stands in policy.exclude, and is the name of no node.")
    assert "take it out of policy.exclude" in one.remark.remedy


def test_people_read_each_remark_on_a_line_with_its_remedy_below(stage: Stage) -> None:
    stage.world.master.deactivate(agent := next(iter(stage.world.ground.agents)))
    ended = stage.type("doctor")
    assert ended.exit_code == 3
    assert f"red     cordons: agent {agent} at " in ended.output
    assert f"        now: `dcos node reactivate {agent}` if that is over" in ended.output
    assert "1 red, 0 warnings, " in ended.output


def test_one_warning_is_counted_as_one(stage: Stage) -> None:
    a_dead_roll(stage)
    assert "1 red, 1 warning, " in stage.type("doctor").output


def test_one_check_that_can_not_be_made_keeps_no_other_from_being_made(stage: Stage) -> None:
    stage.world.faults.api["services"] = 100
    found = looked(stage, 3)
    assert {one["name"] for one in only(found, "red")} == {"services", "survey", "joins", "plan"}
    assert {"aws", "shell", "marathon", "cordons"} <= {one["name"] for one in only(found, "ok")}
    assert only(found, "red")[0]["remedy"] == "see the log of that service's scheduler"


def test_agents_that_have_not_come_back_since_a_failover_are_red(stage: Stage) -> None:
    agent = next(iter(stage.world.ground.agents.values()))
    agent.recovering = True
    found = only(looked(stage, 3), "red")
    assert found[0]["name"] == "mesos"
    assert f"has not come back since the master's failover: {agent.id}" in found[0]["says"]


def test_a_unit_that_is_red_before_a_roll_is_warned_of(stage: Stage) -> None:
    machine = stage.world.node(stage.address(1))
    machine.red = ("dcos-log-agent.service",)
    (one,) = only(looked(stage, 0), "warning")
    assert one["name"] == "health"
    assert one["says"] == f"{machine.private_ip}: dcos-log-agent.service is red already, so no new node is held for it"
    assert one["remedy"] == "look there: `journalctl -u dcos-log-agent.service`"


def test_diagnostics_that_know_no_node_are_not_asked_for_ever(stage: Stage) -> None:
    stage.world.faults.api["health"] = 100
    found = only(looked(stage, 0), "warning")
    assert [one["name"] for one in found] == ["health"] * 3
    assert found[0]["remedy"] == "a node does not start before its health can be read"


def test_topics_that_can_not_be_read_are_red(stage: Stage) -> None:
    stage.world.ground.services["kafka-events"].readable = False
    one = red(stage)
    assert one["name"] == "services"
    assert "kafka-events: its topics can't be read" in one["says"]
    assert one["remedy"]


def test_a_plan_that_is_not_complete_is_red(stage: Stage) -> None:
    stage.world.ground.services["kafka-events"].deploy = "IN_PROGRESS"
    assert "deploy plan IN_PROGRESS" in red(stage)["says"]


def test_a_partition_without_a_leader_is_red(stage: Stage) -> None:
    stage.world.ground.services["kafka-events"].partitions[0].leader = -1
    assert "partitions without a leader: clicks-0" in red(stage)["says"]


@pytest.mark.parametrize(("profile", "says"), [("1.11", "no deactivate-agent, which"), ("2.0", "deactivate-agent: a ")])
def test_what_the_cluster_can_do_is_told_by_name(tmp_path: Path, profile: str, says: str) -> None:
    said = [one["says"] for one in looked(Stage(tmp_path, replace(SMALL, profile=profile)), 0)]
    assert any(one.startswith(says) for one in said)
    (versions,) = [one for one in said if one.startswith(f"DC/OS {PROFILES[profile].dcos}")]
    assert f"Mesos {PROFILES[profile].mesos}, Marathon {PROFILES[profile].marathon}, masters " in versions


@pytest.mark.parametrize(
    ("told", "says"),
    [
        ({}, "no security mode: this is open DC/OS"),
        (
            {"variant": "enterprise"},
            "security mode not told: our user has to be granted `dcos:adminrouter:ops:",
        ),
        (
            {"variant": "enterprise", "security": "strict"},
            "security mode strict: Admin Router, Marathon and Mesos",
        ),
        ({"marathon_version": ""}, "Marathon of a version that nobody told, masters "),
    ],
)
def test_the_security_mode_is_told_or_what_it_takes_to_see_it(stage: Stage, told: dict[str, Any], says: str) -> None:
    class Telling:
        def __getattr__(self, name: str) -> Any:
            return getattr(site.mesos, name)

        def facts(self) -> ClusterFacts:
            return replace(site.mesos.facts(), **told)

    site = in_process(stage.world, failures=0.0)
    found = in_process_look(stage, site=replace(site, mesos=Telling()))
    said = [each.remark for each in found if each.name == "version"]
    assert {remark.state for remark in said} == {State.OK}
    assert [remark.says for remark in said if says in remark.says]


def test_terraform_that_any_apply_would_use_to_replace_the_fleet_is_red(tmp_path: Path) -> None:
    found = only(looked(Stage(tmp_path, replace(SMALL, terraform_exposed=True)), 3), "red")
    assert {one["name"] for one in found} == {"terraform-exposed"}
    assert "aws_instance.dcos_agent_node has no `lifecycle { ignore_changes = [ami] }`" in found[0]["says"]


def test_an_instance_that_somebody_terminated_is_red(stage: Stage) -> None:
    machine = stage.world.node(stage.address(2))
    stage.world.vanish(machine.id)
    stage.world.advance(stage.world.now + 120.0)
    found = only(looked(stage, 3), "red")
    assert f"{stage.address(2)}: {machine.id} is terminated, not running" in [one["says"] for one in found]


def test_an_instance_that_ec2_has_forgotten_joins_nothing(stage: Stage) -> None:
    machine = stage.world.node(stage.address(1))
    stage.world.vanish(machine.id)
    stage.world.advance(stage.world.now + 4000.0)
    joins = [one for one in only(looked(stage, 3), "red") if one["name"] == "joins"]
    assert f"{stage.address(1)}: EC2 does not know {machine.id}" in joins[0]["says"]
    assert "aws.region" in joins[0]["remedy"]


def test_an_ami_that_does_not_exist_is_red(stage: Stage) -> None:
    group = "aws_instance.dcos_agent_node"
    stage.world.terraform.images[group] = "ami-0gone"
    one = red(stage)
    assert one["name"] == "images"
    assert one["says"].startswith(f"{group} is made of ami-0gone, which does not exist")


def test_a_node_that_ssh_does_not_reach_is_red_and_the_others_are_looked_at(stage: Stage) -> None:
    stage.world.node(stage.address(0)).rebooting = True
    found = [one for one in looked(stage, 3) if one["name"] == "shell"]
    assert sorted(one["state"] for one in found) == ["ok", "ok", "red"]
    assert sum("dcos-mesos-slave-public" in one["says"] for one in found) == 1


def test_a_stopped_docker_is_red(stage: Stage) -> None:
    machine = stage.world.node(stage.address(0))
    stage.world.systemd.stop_docker(machine)
    stage.world.advance(stage.world.now + 60.0)
    assert "docker does not run" in red(stage)["says"]


@pytest.mark.parametrize(("skew", "side"), [(3600.0, "behind"), (-3600.0, "ahead of")])
def test_a_clock_that_is_off_is_said_with_figures(stage: Stage, skew: float, side: str) -> None:
    """At least by so much: the master counts whole seconds, and each call here takes up to half a second."""
    found = in_process_look(stage, now=lambda: stage.world.now + skew)
    (clock,) = [one.remark for one in found if one.name == "clock"]
    assert clock.state is State.WARNING
    said = re.fullmatch(rf"the master's clock is (\d+) s {side} this machine's", clock.says)
    assert said and 3598 <= int(said[1]) <= 3600
    assert "NTP" in clock.remedy


def test_a_clock_within_five_seconds_is_ok(stage: Stage) -> None:
    found = in_process_look(stage, now=lambda: stage.world.now + 4.0)
    assert [one.remark.state for one in found if one.name == "clock"] == [State.OK]


def a_dead_roll(stage: Stage) -> str:
    """A roll that was killed with one node in flight and a steering cordon. Returns that agent's id."""
    inventory = survey(in_process(stage.world, failures=0.0), stage.world.now)
    journal = stage.shelf.create("20240102T030405Z-ab12", Free(), lambda: stage.world.now, nullcontext())
    journal.append(RollBegun(replace(a_roll(inventory), id="20240102T030405Z-ab12", by="ann@laptop")))
    journal.append(Admitted((Flight(inventory.nodes[0]),)))
    steered = inventory.nodes[1].agent_id
    journal.append(Cordoned(steered))
    stage.world.master.deactivate(steered)
    return steered


def test_a_dead_roll_is_named_with_what_it_left_and_who_gives_it_back(stage: Stage) -> None:
    steered = a_dead_roll(stage)
    found = looked(stage, 3)
    (rolls,) = only(found, "red")
    assert rolls["says"].startswith(f"roll 20240102T030405Z-ab12 of ann@laptop left {stage.address(0)} in flight")
    assert rolls["remedy"] == "`dcosmaint resume 20240102T030405Z-ab12`"
    (cordon,) = only(found, "warning")
    assert f"agent {steered}" in cordon["says"]
    assert "by roll 20240102T030405Z-ab12" in cordon["says"]


def apart(stage: Stage, agent_id: str, roll: str) -> dict[str, str]:
    """What is said of an agent on which a roll has left something set apart."""
    stage.world.followers.follow(stage.world.ground.agents[agent_id], roll)
    stage.world.followers.abandon()
    return next(one for one in looked(stage, 3) if f"set apart by roll {roll}" in one["says"])


def test_what_a_dead_roll_has_set_apart_is_named_with_what_gives_it_back(stage: Stage) -> None:
    roll = "20240102T030405Z-ab12"
    a_dead_roll(stage)
    flown, other = (stage.world.node(stage.address(number)).agent_id for number in (0, 3))
    found = apart(stage, flown, roll)
    assert (found["state"], found["remedy"]) == (
        "warning",
        f"that roll gives it back: `dcosmaint resume {roll}` unless it runs",
    )
    assert "cpus" in found["says"]
    stage.world.reservations.agent(flown).set_apart.clear()
    found = apart(stage, other, roll)
    assert (found["state"], found["remedy"]) == ("red", f"`dcosmaint resume {roll}`, or abort it")
    stage.world.reservations.agent(other).set_apart.clear()
    found = apart(stage, other, "elsewhere")
    assert (found["state"], found["remedy"].partition(";")[0]) == (
        "red",
        "its operator's `dcosmaint resume` or `abort`",
    )
    assert "which is not known here" in found["says"]


def test_what_a_roll_that_is_over_has_set_apart_is_given_back_by_an_undrain(stage: Stage) -> None:
    a_dead_roll(stage)
    journal = stage.shelf.open("20240102T030405Z-ab12", Free(), lambda: stage.world.now, nullcontext())
    journal.append(RollAborted("ann@laptop"))
    machine = stage.world.node(stage.address(3))
    found = apart(stage, machine.agent_id, "20240102T030405Z-ab12")
    assert (found["state"], found["remedy"]) == ("red", f"`dcosmaint undrain {machine.private_ip}` gives it back")


def test_a_window_that_a_roll_has_left_is_named_with_what_takes_it_out(stage: Stage) -> None:
    roll = "20240102T030405Z-ab12"
    a_dead_roll(stage)
    agents = [stage.world.node(stage.address(number)).agent_id for number in (0, 3)]
    mesos = in_process(stage.world, failures=0.0).acts.mesos
    mesos.cordon(agents[0], Cordon("maintenance", (roll,)))
    mesos.cordon(agents[1], Cordon("maintenance", ("elsewhere",)))
    told = [one for one in looked(stage, 3) if one["name"] == "cordons"]
    found = {one["says"]: one for one in told if "maintenance window" in one["says"]}
    assert [one["state"] for one in found.values()] == ["warning", "red"]
    assert [says.partition("window of ")[2] for says in found] == [f"roll {roll}", "a roll that is not known here"]
    mesos.uncordon(agents[0], Cordon("maintenance", (roll,)))
    mesos.cordon(stage.world.node(stage.address(2)).agent_id, Cordon("maintenance", (roll,)))
    left = next(one for one in looked(stage, 3) if f"window of roll {roll}" in one["says"])
    assert (left["state"], left["remedy"]) == ("red", f"`dcosmaint resume {roll}`, or abort it")


def test_a_roll_that_holds_the_lock_is_under_way_and_nothing_is_wrong_with_it(stage: Stage) -> None:
    a_dead_roll(stage)
    found = in_process_look(stage, holder=lambda: "ann@laptop (process 7, roll 20240102T030405Z-ab12) since noon")
    said = {one.name: one.remark for one in found}
    assert said["lock"].state is State.WARNING
    assert "ann@laptop (process 7, roll 20240102T030405Z-ab12) since noon" in said["lock"].says
    assert said["rolls"].state is State.OK
    assert "is under way: 0 of 7 nodes done" in said["rolls"].says


def test_a_lock_that_cant_be_read_is_red_and_no_roll_is_judged_by_it(stage: Stage) -> None:
    a_dead_roll(stage)

    def unreadable() -> str:
        raise Retryable("GET marathon/v2/apps/dcosmaint/lock answers 503")

    said = {one.name: one.remark for one in in_process_look(stage, holder=unreadable)}
    assert (said["lock"].state, said["rolls"].state) == (State.RED, State.RED)
    assert "503" in said["lock"].says
    assert said["rolls"].remedy == "see to lock first"


def test_a_damaged_journal_is_named_with_its_line(stage: Stage) -> None:
    a_dead_roll(stage)
    path = stage.shelf.journal("20240102T030405Z-ab12")
    path.write_text(path.read_text().replace('"admit"', '"adm'))
    names = {one["name"]: one["says"] for one in only(looked(stage, 3), "red")}
    assert "line 2 of the journal is damaged" in names["rolls"]


def test_what_needs_a_red_check_is_not_looked_at_and_says_so() -> None:
    def broken() -> Iterator[Remark]:
        raise Retryable("connection refused")
        yield

    def bug() -> Iterator[Remark]:
        raise AssertionError("it was looked at")
        yield

    found = list(checkup.look((Check("door", broken, "open it"), Check("room", bug, needs="door"))))
    assert [(one.name, one.remark.says, one.remark.remedy) for one in found] == [
        ("door", "connection refused", "open it"),
        ("room", "not looked at, since door is red", "see to door first"),
    ]
