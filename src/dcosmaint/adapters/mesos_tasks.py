"""Live tasks and their frameworks.

Tasks are from GET_TASKS `tasks`: `/tasks` and the summary count the dead ones of an id that came back.
"""

from __future__ import annotations

from collections.abc import Iterator

from dcosmaint.adapters.admin_router import AdminRouter
from dcosmaint.adapters.bodies import Body
from dcosmaint.model import Framework, Task

OVER = (
    "TASK_FINISHED",
    "TASK_FAILED",
    "TASK_KILLED",
    "TASK_ERROR",
    "TASK_LOST",
    "TASK_DROPPED",
    "TASK_GONE",
    "TASK_GONE_BY_OPERATOR",
)
"""The master keeps an ended task under `tasks` until its framework has acknowledged the end."""


def live(router: AdminRouter) -> tuple[tuple[Task, Body], ...]:
    """Each live task and the answer's own piece about it, sorted by id."""
    tasks = v1(router, "GET_TASKS").at("get_tasks").list_or_none("tasks")
    # Asked second: a task whose framework began in between still finds it.
    names = {key: framework.name for key, framework in known(router)}
    found = [(_task(body, names), body) for body in tasks if body.text("state") not in OVER]
    return tuple(sorted(found, key=lambda pair: pair[0].id))


def ended(router: AdminRouter) -> Iterator[tuple[Task, float]]:
    """Tasks that the master remembers as ended or out of reach, each with the seconds since, by its own clock."""
    answer = router.post("mesos/api/v1", {"type": "GET_TASKS"})
    found, now = answer.json().at("get_tasks"), answer.at()
    names = {key: framework.name for key, framework in known(router)}
    for body in (*found.list_or_none("completed_tasks"), *found.list_or_none("unreachable_tasks")):
        if statuses := body.list_or_none("statuses"):
            yield _task(body, names), now - statuses[-1].number("timestamp")


def known(router: AdminRouter) -> Iterator[tuple[str, Framework]]:
    """Frameworks by id, with those that have ended. Some are called `/prod/kafka`, and others `prod/kafka`."""
    body = v1(router, "GET_FRAMEWORKS").at("get_frameworks")
    for entry in (*body.list_or_none("frameworks"), *body.list_or_none("completed_frameworks")):
        info = entry.at("framework_info")
        yield info.text("id", "value"), _framework(info)


def v1(router: AdminRouter, kind: str) -> Body:
    """A read of the v1 operator API, which is a POST and takes exactly this Content-Type."""
    return router.post("mesos/api/v1", {"type": kind}).json()


def _task(body: Body, names: dict[str, str]) -> Task:
    framework = body.text("framework_id", "value")
    return Task(
        id=body.text("task_id", "value"),
        name=body.text("name"),
        agent_id=body.text("agent_id", "value"),
        framework=names.get(framework, framework),  # an orphan goes by its id, so that somebody asks whose it is
        running=body.text("state") == "TASK_RUNNING",
    )


def _framework(info: Body) -> Framework:
    """`role` is how frameworks without MULTI_ROLE have it."""
    roles = tuple(role.text() for role in info.list_or_none("roles")) or (info.text_or("*", "role"),)
    return Framework(info.text("name").strip("/"), tuple(sorted(roles)), info.text_or("", "principal"))
