"""How fast a cluster is rolled, and how much of each service may be lost meanwhile."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, field_validator

from dcosmaint import model
from dcosmaint.config.kafka import Kafka
from dcosmaint.config.present import Asked
from dcosmaint.config.strict import Strict
from dcosmaint.config.values import (
    BatchSize,
    Count,
    CountOrNone,
    Patience,
    RootedPath,
    Seconds,
    ServiceName,
    Share,
    Switch,
    Text,
    mistake,
)
from dcosmaint.survey import MARATHON


def _unknown(framework: str) -> str:
    if framework == MARATHON:
        raise mistake("is known here: its apps are moved, or stopped with their node (policy.move_apps); leave it out")
    return framework


Framework = Annotated[ServiceName, AfterValidator(_unknown)]


class Service(Strict):
    cap: Count | None = Field(
        default=None, description="most members lost or held at once; else `policy.default_cap`", examples=[1]
    )
    min_isr: Count | None = Field(
        default=None,
        description="in-sync copies that every partition keeps; else 2, or one less than it had, and at least 1",
        examples=[2],
    )
    replace: Literal["auto", "refuse", "ignore"] | None = Field(
        default=None,
        description="whether its members are replaced by us: `auto` also where its kind is not known, `refuse` never,"
        " `ignore` leaves them to you and stops their nodes with them on it; else where its kind is known",
        examples=["refuse"],
    )
    in_sync: Asked | None = Field(
        default=None,
        description="a program and its arguments that tell whether a member is in sync: exit code 0 is yes",
        examples=[["checks/cassandra.sh", "--quorum"]],
    )
    kafka: Kafka | None = Field(
        default=None,
        description="how its brokers are asked who is in sync, where its scheduler may not read ZooKeeper; needs the"
        " extra `dcosmaint[kafka]`",
        examples=[{"tls": {"ca_cert": "certs/prod-ca.crt"}}],
    )


class Waits(Strict):
    """Time without progress, after which a node is held and named."""

    place: Patience = Field(default=model.Waits.place, description="for a replaced member to be placed somewhere")
    start: Patience = Field(default=model.Waits.start, description="for a placed member to run")
    stalled: Patience = Field(default=model.Waits.stalled, description="for a re-sync, or a whole roll, to get on")
    stop: Patience = Field(default=model.Waits.stop, description="for docker and the agent to stop")
    terminate: Patience = Field(default=model.Waits.terminate, description="for an instance to be terminated")
    apply: Patience = Field(default=model.Waits.apply, description="for packer and terraform to say something new")
    registration: Patience = Field(
        default=model.Waits.register, alias="register", description="for the new agent to register with Mesos"
    )
    connections: Patience = Field(
        default=model.Waits.connections,
        description="for a load balancer to drain a node's connections, or to have others that are healthy",
    )
    tasks: Patience = Field(
        default=model.Waits.tasks,
        description="for tasks of a framework that `frameworks` waits for to end: on a node that stops next, and on"
        " those whose turn is still to come once nobody else has one",
    )


class Policy(Strict):
    strategy: Literal["batch", "window"] = Field(
        default="batch", description="`batch` waits until a batch is whole; `window` starts a node whenever one may"
    )
    order: Literal["auto", "replace-first", "replace-last"] = Field(
        default="auto",
        description="whether members are replaced while their node still runs, or once a new one stands in its place;"
        " `auto` is first, and last where the cordon is not airtight or a member finds no other place",
    )
    move_apps: Switch = Field(
        default=True,
        description="whether Marathon's instances leave a node one by one, while the others of their app serve, before"
        " it is stopped; `false` stops them with it. Only where the cordon is airtight",
        examples=[False],
    )
    batch_size: BatchSize = Field(
        default="10%", description="nodes in a batch: a number, or a share of the fleet, rounded down, at least 1"
    )
    max_in_flight: Count = Field(
        default=model.Policy.max_in_flight, description="most nodes in flight at once, with `window`"
    )
    default_cap: Count = Field(
        default=model.Policy.default_cap, description="cap of every service that `services` gives none"
    )
    canary: CountOrNone = Field(default=model.Policy.canary, description="nodes that go alone, before all others")
    soak: Seconds = Field(default=model.Policy.soak, description="how long to watch after a canary")
    max_failures: CountOrNone = Field(
        default=model.Policy.max_failures, description="nodes that may end badly before nothing more starts"
    )
    max_tasks_lost: Share = Field(
        default="10%",
        validate_default=True,
        description="tasks elsewhere that may be lost since the roll began, before nothing more starts",
        examples=["5%"],
    )
    exclude: tuple[Text, ...] = Field(
        default=(),
        description="nodes that are never touched, by private IP, hostname, instance id, agent id or address",
        examples=[["10.0.3.17"]],
    )
    frameworks: Mapping[Framework, model.Fate] = Field(
        default={},
        description="what becomes of a node with tasks of a framework that is neither Marathon nor an SDK service, such"
        " as another Marathon, Metronome or Spark, by its name: `refuse`, where nothing is said; `wait` until it has"
        " none, for `waits.tasks`; `ignore`, they go down with it",
        examples=[{"metronome": "wait"}],
    )
    waits: Waits = Field(default_factory=Waits, description="time without progress before a node is held")


class State(Strict):
    journal: RootedPath = Field(
        default=Path("~/.local/state/dcosmaint"),
        description="folder of the journals and the lock (`dynamodb://table` is not built yet)",
    )
    lock: Annotated[str, Field(pattern=r"^(local|marathon|dynamodb://[A-Za-z0-9_.-]{3,255})$")] = Field(
        default="local",
        description="where the lock is that keeps other rolls of the cluster away: `local`, in the journal's folder;"
        " `marathon`, an app that never runs; `dynamodb://TABLE`, a row of a table. The local one is always taken"
        " first",
        examples=["marathon"],
    )

    @property
    def lock_table(self) -> str:
        """The table that holds the lock; "" where none does."""
        return self.lock.partition("://")[2]

    @field_validator("journal", mode="before")
    @classmethod
    def _a_folder(cls, given: Any) -> Any:
        scheme, found, _ = given.partition("://") if isinstance(given, str) else ("", "", "")
        if found:
            lacks = "is not built yet" if scheme == "dynamodb" else "is no folder"
            raise mistake(f"{scheme}:// {lacks}; write a folder")
        return given

    @field_validator("lock", mode="before")
    @classmethod
    def _with_its_table(cls, given: Any) -> Any:
        if given == "dynamodb":
            raise mistake("name the table as well: dynamodb://TABLE")
        return given


def resolved(policy: Policy, services: Mapping[str, Service]) -> model.Policy:
    """The policy with its caps by service. The batch size stays 1 until the size of the fleet is known."""
    return model.Policy(
        strategy=policy.strategy,
        order=policy.order,
        move_apps=policy.move_apps,
        max_in_flight=policy.max_in_flight,
        default_cap=policy.default_cap,
        caps={name: service.cap for name, service in services.items() if service.cap is not None},
        min_isr={name: service.min_isr for name, service in services.items() if service.min_isr is not None},
        moves={name: service.replace for name, service in services.items() if service.replace is not None},
        frameworks=dict(policy.frameworks),
        canary=policy.canary,
        soak=policy.soak,
        max_failures=policy.max_failures,
        max_tasks_lost=policy.max_tasks_lost,
        waits=model.Waits(**policy.waits.model_dump(by_alias=True)),
    )
