"""Whether we are shown everything. Mesos and Marathon refuse no look: they leave out what our user may not see."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import partial

from dcosmaint.checkup.check import Check, Remark, ok, red
from dcosmaint.checkup.dcos import ROUTER
from dcosmaint.model import Task, counted
from dcosmaint.site import Site
from dcosmaint.survey import MARATHON

FRAMEWORKS, TASKS = "dcos:mesos:master:framework:role read", "dcos:mesos:master:task:app_id read"
APPS = "dcos:service:marathon:marathon:services:/ read"


def of_views(site: Site) -> tuple[Check, ...]:
    return (Check("views", partial(_views, site), "see to what is red above", needs=ROUTER),)


def _views(site: Site) -> Iterator[Remark]:
    agents = site.mesos.agents().listed
    if agents and not site.mesos.frameworks():
        yield _hidden(
            f"Mesos lists {counted(len(agents), 'agent')} and not one framework, so it hides them from us", FRAMEWORKS
        )
        return
    tasks = _of_marathon(site)
    if tasks and not site.marathon.apps() and not site.services.all():
        yield _hidden(f"Mesos shows {counted(len(tasks), 'task')} of Marathon, and Marathon shows us no app", APPS)
        return
    short = _short(site) & _short(site)  # an instance may begin or end between two reads, and hardly twice
    for agent, missing in sorted(short.items()):
        yield _hidden(
            f"agent {agent}: Marathon runs {counted(missing, 'more instance')} there than Mesos shows us", TASKS
        )
    if not short:
        yield ok("Mesos shows us all that Marathon runs")


def _hidden(says: str, permission: str) -> Remark:
    return red(says, f"grant our user `{permission}` (DC/OS Enterprise): what we don't see we can't look after")


def _short(site: Site) -> Counter[str]:
    """Agent id → instances that run there by Marathon's word and have no task in Mesos."""
    runs = Counter(agent for app in site.marathon.apps() if not app.deploying for agent in app.on)
    return runs - Counter(task.agent_id for task in _of_marathon(site))


def _of_marathon(site: Site) -> tuple[Task, ...]:
    return tuple(task for task in site.mesos.tasks() if task.framework == MARATHON)
