"""What Mesos and Marathon leave out without a word, for a user who may not see it, is noticed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from dcosmaint import checkup
from dcosmaint.checkup import Patient, Remark, State
from dcosmaint.model import Agent, Agents, App, ClusterFacts, Cordon, Framework, Task, Window
from dcosmaint.ports import MarathonReads, MesosReads
from dcosmaint.sandbox.faces import in_process
from dcosmaint.sandbox.world import Shape
from dcosmaint.sandbox.world.shape import APPS
from dcosmaint.site import Site
from tests.cli.stage import Stage


@dataclass
class Filtered(MesosReads):
    """Mesos as it shows itself to a user without rights to frameworks, or to tasks."""

    whole: MesosReads
    frameworks_too: bool = True
    apart: str = ""  # an agent whose tasks are hidden
    late: int = 0  # looks at tasks that are hidden, before all are shown
    looks: list[str] = field(default_factory=list)

    def agents(self) -> Agents:
        return self.whole.agents()

    def frameworks(self) -> tuple[Framework, ...]:
        return self.whole.frameworks() if self.frameworks_too else ()

    def tasks(self) -> tuple[Task, ...]:
        self.looks.append("tasks")
        hides = not self.late or len(self.looks) <= self.late
        return tuple(task for task in self.whole.tasks() if not (hides and task.agent_id == self.apart))

    def facts(self) -> ClusterFacts:
        return self.whole.facts()

    def flags(self, agent_id: str) -> Mapping[str, str]:
        return self.whole.flags(agent_id)

    def windows(self) -> tuple[Window, ...]:
        return self.whole.windows()

    def cordoned(self, agent: Agent, how: Cordon) -> bool:
        return self.whole.cordoned(agent, how)

    def lifted(self, agent_id: str, how: Cordon) -> bool:
        return self.whole.lifted(agent_id, how)


class NoApps(MarathonReads):
    def apps(self) -> tuple[App, ...]:
        return ()


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path, Shape(nodes=7, public=2, services=(), apps=APPS[:2]))


@pytest.fixture
def site(stage: Stage) -> Site:
    return in_process(stage.world, failures=0.0)


def views(stage: Stage, site: Site) -> list[Remark]:
    checks = [check for check in checkup.checks(Patient(site), stage.shelf, lambda: 0.0) if check.name == "views"]
    return [found.remark for found in checkup.look(checks)]


def test_agents_without_any_framework_are_a_view_with_holes(stage: Stage, site: Site) -> None:
    (remark,) = views(stage, replace(site, mesos=Filtered(site.mesos, frameworks_too=False)))
    assert remark.state is State.RED
    assert "lists 7 agents and not one framework" in remark.says
    assert "dcos:mesos:master:framework:role read" in remark.remedy


def test_tasks_that_marathon_counts_and_mesos_hides_are_noticed_by_agent(stage: Stage, site: Site) -> None:
    agent = site.marathon.apps()[0].on[0]
    (remark,) = views(stage, replace(site, mesos=Filtered(site.mesos, apart=agent)))
    assert remark.state is State.RED
    assert remark.says.startswith(f"agent {agent}: Marathon runs ")
    assert "dcos:mesos:master:task:app_id read" in remark.remedy


def test_an_instance_that_ends_between_two_looks_is_no_hole(stage: Stage, site: Site) -> None:
    agent = site.marathon.apps()[0].on[0]
    (remark,) = views(stage, replace(site, mesos=Filtered(site.mesos, apart=agent, late=2)))
    assert remark.state is State.OK


def test_apps_that_marathon_hides_are_noticed_by_their_tasks(stage: Stage, site: Site) -> None:
    (remark,) = views(stage, replace(site, marathon=NoApps()))
    assert remark.state is State.RED
    assert "Marathon shows us no app" in remark.says
    assert "dcos:service:marathon:marathon:services:/ read" in remark.remedy


def test_a_whole_view_is_ok(stage: Stage, site: Site) -> None:
    (remark,) = views(stage, site)
    assert (remark.state, remark.says) == (State.OK, "Mesos shows us all that Marathon runs")
