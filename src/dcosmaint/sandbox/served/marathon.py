"""Root Marathon, as far as it is looked at; `marathon_changes.py` has what changes it."""

from __future__ import annotations

import re
from collections.abc import Mapping

from dcosmaint.sandbox.served.marathon_apps import BY_DEFAULT, TASKS, app_json, iso, labels, task_json
from dcosmaint.sandbox.served.marathon_changes import create, found, kill, kill_one, remove, restart, unknown
from dcosmaint.sandbox.served.mesos_resources import Json
from dcosmaint.sandbox.served.router import Route, Table
from dcosmaint.sandbox.served.wire import Answer, Ask, as_json, page
from dcosmaint.sandbox.world import World
from dcosmaint.sandbox.world.state import App

PORT = 8080
SELECTOR = re.compile(
    r"\s*(?P<key>[\w.-]+)\s*(?:(?P<equal>==|!=)\s*(?P<value>[^,\s=]+)|(?P<set>in|notin)\s*\((?P<values>[^)]*)\))?\s*(?:,|$)"
)


def selects(selector: str, found: Mapping[str, str]) -> bool:
    """Whether labels fit a selector: `X`, `X==v`, `X!=v`, `X in (a,b)`, `X notin (a,b)`, with a comma for and.

    Raises ValueError where it is no selector.
    """
    at = 0
    while at < len(selector):
        term = SELECTOR.match(selector, at)
        if term is None:
            raise ValueError(selector)
        at = term.end()
        if not _fits(term, found):
            return False
    return True


def _fits(term: re.Match[str], found: Mapping[str, str]) -> bool:
    value = found.get(term["key"])
    if term["set"]:
        values = [item.strip() for item in term["values"].split(",")]
        return value is not None and (value in values) == (term["set"] == "in")
    if term["equal"]:
        return (value == term["value"]) == (term["equal"] == "==")
    return value is not None


def _apps(world: World, ask: Ask) -> Answer:
    selector = ask.one("label")
    try:
        chosen = [app for app in world.ground.apps.values() if selects(selector, labels(app))]
    except ValueError:
        return as_json({"message": f"Parse error: '{selector}' is not a valid label selector"}, 400)
    embed = ask.query.get("embed", BY_DEFAULT)
    return as_json({"apps": [app_json(world, app, embed) for app in chosen]})


def _app(world: World, ask: Ask) -> Answer:
    app = found(world, ask)
    return as_json({"app": app_json(world, app, (*BY_DEFAULT, TASKS))}) if app else unknown(ask)


def _app_tasks(world: World, ask: Ask) -> Answer:
    app = found(world, ask)
    return as_json({"tasks": [task_json(world, app, task) for task in app.tasks]}) if app else unknown(ask)


def _tasks(world: World, ask: Ask) -> Answer:
    states = {f"TASK_{status.upper()}" for status in ask.query.get("status", ())}
    tasks = [
        task_json(world, app, task)
        for app in world.ground.apps.values()
        for task in app.tasks
        if not states or task.state in states
    ]
    return as_json({"tasks": tasks})


def _queue(world: World, _ask: Ask) -> Answer:
    """What can't be launched now, and for how long it has to wait after it failed."""
    return as_json({"queue": [_queued(world, app) for app in world.ground.apps.values() if app.due]})


def _queued(world: World, app: App) -> Json:
    left = round(min(60.0, 1.15**app.failures)) if app.failures else 0
    summary = {"processedOffersCount": 0, "unusedOffersCount": 0, "rejectSummaryLastOffers": []}
    return {
        "app": app_json(world, app, ()),
        "count": app.due,
        "delay": {"timeLeftSeconds": left, "overdue": left == 0},
        "since": iso(world.now),
        "processedOffersSummary": summary,
    }


def _info(world: World, _ask: Ask) -> Answer:
    master = world.shape.masters[0]
    return as_json(
        {
            "name": "marathon",
            "version": world.shape.release.marathon,
            "elected": True,
            "leader": f"{master}:{PORT}",
            "frameworkId": world.marathon.framework.id,
            "marathon_config": {"master": f"zk://{master}:2181/mesos", "mesos_role": "slave_public"},
        }
    )


def _leader(world: World, _ask: Ask) -> Answer:
    return as_json({"leader": f"{world.shape.masters[0]}:{PORT}"})


def _groups(world: World, _ask: Ask) -> Answer:
    """The tree with all its apps at the root: who wants folders reads them in the ids."""
    apps = [app_json(world, app) for app in world.ground.apps.values()]
    return as_json({"id": "/", "apps": apps, "pods": [], "groups": [], "dependencies": [], "version": iso(world.now)})


TABLE = Table(
    (
        Route("GET", "/ping", lambda _world, _ask: Answer(200, b"pong", "text/plain")),
        Route("GET", "/v2/info", _info),
        Route("GET", "/v2/leader", _leader),
        Route("GET", "/v2/apps/?", _apps),
        Route("POST", "/v2/apps/?", create),
        Route("GET", "/v2/apps/(?P<id>.+)/tasks", _app_tasks),
        Route("POST", "/v2/apps/(?P<id>.+)/restart", restart),
        Route("POST", "/v2/tasks/delete", kill),
        Route("GET", "/v2/apps/(?P<id>.+)", _app),
        Route("DELETE", "/v2/apps/(?P<id>.+)/tasks/(?P<task>[^/]+)", kill_one),
        Route("DELETE", "/v2/apps/(?P<id>.+)", remove),
        Route("GET", "/v2/tasks", _tasks),
        Route("GET", "/v2/deployments", lambda _world, _ask: as_json([])),
        Route("GET", "/v2/queue", _queue),
        Route("GET", "/v2/pods(/::status)?", lambda _world, _ask: as_json([])),
        Route("GET", "/v2/groups", _groups),
    ),
    missing=page(404),
)
