"""Apps that are created and removed in root Marathon. Here only those without instances are: nothing is deployed."""

from __future__ import annotations

import json

from dcosmaint.sandbox.served.marathon_apps import BY_DEFAULT, TASKS, app_json, iso, task_json
from dcosmaint.sandbox.served.mesos_resources import Json
from dcosmaint.sandbox.served.wire import Answer, Ask, as_json
from dcosmaint.sandbox.world import AppShape, Rejected, World
from dcosmaint.sandbox.world.state import App


def found(world: World, ask: Ask) -> App | None:
    return world.ground.apps.get(f"/{ask.named['id'].strip('/')}")


def unknown(ask: Ask) -> Answer:
    return as_json({"message": f"App '/{ask.named['id'].strip('/')}' does not exist"}, 404)


def create(world: World, ask: Ask) -> Answer:
    try:
        asked = json.loads(ask.body)
    except ValueError as error:
        return as_json({"message": "Invalid JSON", "details": [{"path": "/", "errors": [str(error)]}]}, 400)
    if not isinstance(asked, dict) or not isinstance(asked.get("id"), str):
        return _invalid("/id", "undefined")
    app_id = f"/{asked['id'].strip('/')}"
    if app_id in world.ground.apps:
        return as_json({"message": f"An app with id [{app_id}] already exists."}, 409)
    if asked.get("instances", 1) != 0:
        return _invalid("/instances", "the sandbox creates apps without instances only")
    app = App(AppShape(app_id, 0), notes=dict(asked.get("labels", {})))
    world.marathon.create(app)
    deployment = world.ground.chance.uuid()
    made = {**app_json(world, app, (*BY_DEFAULT, TASKS)), "deployments": [{"id": deployment}]}
    return _changed(made, 201, deployment)


def remove(world: World, ask: Ask) -> Answer:
    app = found(world, ask)
    if app is None:
        return unknown(ask)
    if app.shape.instances:
        return _invalid("/instances", "the sandbox removes apps without instances only")
    world.marathon.remove(app)
    deployment = world.ground.chance.uuid()
    return _changed({"version": iso(world.now), "deploymentId": deployment}, 200, deployment)


def kill(world: World, ask: Ask) -> Answer:
    """Tasks by id. Those that it does not know are passed over, as Marathon does."""
    try:
        ids = json.loads(ask.body)["ids"]
    except (ValueError, KeyError, TypeError):
        return as_json({"message": "Invalid JSON"}, 400)
    owned = {task.id: (app, task) for app in world.ground.apps.values() for task in app.tasks}
    killed = [task_json(world, *owned[one]) for one in ids if one in owned]
    for one in ids:
        world.marathon.kill(one)
    return as_json({"tasks": killed})


def kill_one(world: World, ask: Ask) -> Answer:
    app = found(world, ask)
    if app is None:
        return unknown(ask)
    for task in app.tasks:
        if task.id == ask.named["task"]:
            killed = task_json(world, app, task)
            world.marathon.kill(task.id)
            return as_json({"task": killed})
    return as_json({"message": f"Task '{ask.named['task']}' does not exist"}, 404)


def restart(world: World, ask: Ask) -> Answer:
    app = found(world, ask)
    if app is None:
        return unknown(ask)
    deployment = world.ground.chance.uuid()
    try:
        world.marathon.restart(app)
    except Rejected as error:
        message = f"{error}. Override with the option '?force=true'."
        return as_json({"message": message, "deployments": [{"id": deployment}]}, error.status)
    return _changed({"version": iso(world.now), "deploymentId": deployment}, 200, deployment)


def _changed(body: Json, status: int, deployment: str) -> Answer:
    plain = as_json(body, status)
    return Answer(status, plain.body, plain.type, (("Marathon-Deployment-Id", deployment),))


def _invalid(path: str, error: str) -> Answer:
    return as_json({"message": "Object is not valid", "details": [{"path": path, "errors": [error]}]}, 422)
