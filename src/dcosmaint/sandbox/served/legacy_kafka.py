"""The Kafka scheduler from before there were pods: PUT restarts and replaces brokers, and no plan can be watched."""

from __future__ import annotations

from dcosmaint.sandbox.served import kafka, sdk_plans
from dcosmaint.sandbox.served.router import Route
from dcosmaint.sandbox.served.sdk import service_of
from dcosmaint.sandbox.served.wire import Answer, Ask, as_json
from dcosmaint.sandbox.world import World


def _put(world: World, ask: Ask) -> Answer:
    """An unknown broker is no error: it is a list of nothing."""
    service = service_of(world, ask)
    for broker in service.brokers:
        if str(broker.index) == ask.named["id"]:
            task_id = broker.task.id
            if ask.one("replace") == "true":
                world.schedulers[service.name].replace(broker.pod)
            else:
                world.master.end(broker.task, "TASK_KILLED", "restarted")
            return as_json([task_id])
    return as_json([None])


ROUTES = (
    Route("PUT", "/v1/brokers/(?P<id>[^/]+)", _put),
    Route("GET", "/v1/plan", lambda world, ask: sdk_plans.answer(sdk_plans.deploy(service_of(world, ask)))),
    *kafka.ROUTES,
)
