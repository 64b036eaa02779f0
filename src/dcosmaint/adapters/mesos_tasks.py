"""Live tasks, from GET_TASKS `tasks`. `/tasks` and the summary count the dead ones of an id that came back."""

from __future__ import annotations

from dcosmaint.adapters.admin_router import AdminRouter
from dcosmaint.adapters.bodies import Body
from dcosmaint.model import Task

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
    names = _frameworks(router)  # asked second: a task whose framework began in between still finds it
    found = [(_task(body, names), body) for body in tasks if body.text("state") not in OVER]
    return tuple(sorted(found, key=lambda pair: pair[0].id))


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


def _frameworks(router: AdminRouter) -> dict[str, str]:
    """Names by id. Some frameworks are called `/prod/kafka` and others `prod/kafka`: outer slashes mean nothing."""
    body = v1(router, "GET_FRAMEWORKS").at("get_frameworks")
    known = (*body.list_or_none("frameworks"), *body.list_or_none("completed_frameworks"))
    infos = (framework.at("framework_info") for framework in known)
    return {info.text("id", "value"): info.text("name").strip("/") for info in infos}
