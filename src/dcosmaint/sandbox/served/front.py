"""Admin Router's map of paths: who is asked for a token, and who answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from secrets import token_bytes

from dcosmaint.sandbox.served import facts
from dcosmaint.sandbox.served.agents import Agents
from dcosmaint.sandbox.served.cache import Cache
from dcosmaint.sandbox.served.control import Control
from dcosmaint.sandbox.served.diagnostics import Diagnostics
from dcosmaint.sandbox.served.grants import Grants, Rights
from dcosmaint.sandbox.served.iam import Iam
from dcosmaint.sandbox.served.known import Known
from dcosmaint.sandbox.served.mesos import Mesos
from dcosmaint.sandbox.served.orders import Orders
from dcosmaint.sandbox.served.pace import Pace
from dcosmaint.sandbox.served.router import Work
from dcosmaint.sandbox.served.services import MARATHON, Services
from dcosmaint.sandbox.served.trouble import Trouble
from dcosmaint.sandbox.served.wire import Answer, Ask, page
from dcosmaint.sandbox.world import Rejected, World

TWO_DAYS = 172800.0


@dataclass(frozen=True)
class Settings:
    """How the cluster is served. Without users and service accounts, authentication is off."""

    users: Mapping[str, str] = field(default_factory=dict)  # uid → password
    accounts: Mapping[str, str] = field(default_factory=dict)  # uid of a service account → its public key, PEM
    grants: Rights = field(default_factory=dict)  # makes it DC/OS Enterprise; without it everybody may do everything
    token_life: float = TWO_DAYS
    token_key: bytes = field(default_factory=lambda: token_bytes(32), repr=False)
    failures: float = 0.0  # the share of calls that fail on the wire
    faults: tuple[str, ...] = ()  # names of faults that are let loose
    seed: int = 0


@dataclass(frozen=True)
class Surface:
    """Who answers below a prefix, and as which port it fails."""

    prefix: str
    work: Work  # sees the path behind `cut`
    cut: str = ""
    port: str = ""
    guarded: bool = True  # behind a token


class Front:
    def __init__(self, world: World, pace: Pace, settings: Settings) -> None:
        cache, self.trouble = Cache(world), Trouble(settings.failures, settings.seed)
        self.iam = Iam(Known(settings.users, settings.accounts), settings.token_life, settings.token_key)
        self._grants = Grants(cache, settings.grants)
        agents, services = Agents(cache), Services(cache)
        orders = Orders(self.trouble, settings.seed)
        variant, security = ("enterprise", "strict") if settings.grants else ("open", "")
        orders.let_loose(world, settings.faults)
        self._control = Control(pace, orders)
        self._surfaces = (
            Surface("/acs/api/v1/auth/", self.iam.table, port="iam", guarded=False),
            Surface("/acs/api/v1/users/", self._grants.table, port="iam"),
            Surface(facts.MODE, facts.mode(security), port="facts"),
            Surface("/dcos-metadata/", facts.public(variant), port="facts", guarded=False),
            Surface("/mesos/", Mesos(self.trouble), "/mesos", "mesos"),
            Surface("/slave/", agents.mesos, "/slave", "mesos"),
            Surface("/agent/", agents.mesos, "/agent", "mesos"),
            Surface("/marathon/", _to_marathon(services), "/marathon", MARATHON),
            Surface("/service/marathon/", services, "/service", MARATHON),
            Surface("/service/", services, "/service", "services"),
            Surface("/system/health/v1/", Diagnostics(cache).table, "/system/health/v1", "health"),
            Surface("/system/v1/agent/", agents.system, "/system/v1/agent", "health"),
            Surface("/", facts.CLOSED, port="facts"),
        )

    def answer(self, world: World, ask: Ask) -> Answer:
        """Raises `Reset` where the connection shall break instead."""
        if ask.path.startswith("/sandbox/"):
            return self._control.table(world, ask)
        surface = next((s for s in self._surfaces if ask.path.startswith(s.prefix)), None)
        if surface is None:
            return page(404)
        refusal = self._refuses(ask) if surface.guarded else None
        if refusal:
            return refusal
        behind = ask.at(ask.path.removeprefix(surface.cut))
        return self.trouble.around(world, surface.port, ask, lambda: _translated(surface.work, world, behind))

    def _refuses(self, ask: Ask) -> Answer | None:
        return self.iam.refuses(ask) or self._grants.refuses(self.iam.who(ask), ask)


def _to_marathon(services: Services) -> Work:
    return lambda world, ask: services(world, ask.at(f"/{MARATHON}{ask.path}"))


def _translated(work: Work, world: World, ask: Ask) -> Answer:
    """A refusal of the World that no surface words by itself is what nginx makes of a backend that fails."""
    try:
        return work(world, ask)
    except Rejected as error:
        return page(error.status if error.status >= 500 else 500)
