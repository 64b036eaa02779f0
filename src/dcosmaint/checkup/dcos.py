"""DC/OS as its Admin Router shows it: the master, its clock and version, Marathon, and every SDK service."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

from dcosmaint.checkup.check import Check, Remark, ok, red, warning
from dcosmaint.model import CAPABILITIES, ClusterFacts, Security, Service, counted
from dcosmaint.model.kinds import kind_of
from dcosmaint.ports import MarathonReads, MesosReads
from dcosmaint.site import Site
from dcosmaint.survey import others

ROUTER = "admin-router"
SKEW = 5.0
"""Seconds between this machine's clock and the master's that are worth a word (R7)."""

MODE = "dcos:adminrouter:ops:metadata full"
CHECKED: Mapping[Security, str] = {
    "disabled": "Admin Router alone checks what our user may do",
    "permissive": "Admin Router and Marathon check what our user may do, Mesos lets everybody do everything",
    "strict": "Admin Router, Marathon and Mesos check what our user may do, and what is set apart bears its name",
}


def of_dcos(site: Site, now: Callable[[], float]) -> tuple[Check, ...]:
    masters = "see on a master whether dcos-mesos-master runs and who leads: `dcos node` and the DC/OS web interface"
    return (
        Check("mesos", partial(_mesos, site.mesos), masters, needs=ROUTER),
        Check("clock", partial(_clock, site.mesos, now), masters, needs=ROUTER),
        Check("version", partial(_version, site.mesos), masters, needs=ROUTER),
        Check("marathon", partial(_marathon, site.marathon), "see whether dcos-marathon runs on the masters", ROUTER),
        Check("services", partial(_services, site), "see the log of that service's scheduler", ROUTER),
    )


def _mesos(mesos: MesosReads) -> Iterator[Remark]:
    agents = mesos.agents()
    if agents.recovered:
        yield red(
            f"{counted(len(agents.recovered), 'agent has', 'agents have')} not come back since the master's failover:"
            f" {listed(agents.recovered)}",
            "wait ten minutes: they register again, or the master drops them; else look at dcos-mesos-slave there",
        )
    for agent in agents.listed:
        if not agent.active and not agent.deactivated:
            yield red(
                f"agent {agent.id} at {agent.private_ip} is disconnected from the master",
                f"look at the agent's unit there: `dcos node ssh --private-ip={agent.private_ip}`",
            )
    public = sum(agent.public for agent in agents.listed)
    yield ok(f"the leading master lists {counted(len(agents.listed), 'agent')}, {public} of them public")


def _clock(mesos: MesosReads, now: Callable[[], float]) -> Iterator[Remark]:
    """The master's clock counts whole seconds, and the call takes a moment: only what is left beyond both is skew."""
    before = now()
    master = mesos.agents().at
    after = now()
    ahead, behind = master - after, before - (master + 1)
    if max(ahead, behind) > SKEW:
        off = f"{ahead:.0f} s ahead of" if ahead > 0 else f"{behind:.0f} s behind"
        yield warning(
            f"the master's clock is {off} this machine's",
            "keep both in time by NTP (`chronyc tracking`, `timedatectl`): times of logs can't be compared",
        )
    else:
        yield ok(f"the master's clock is within {SKEW:.0f} s of this machine's")


def _version(mesos: MesosReads) -> Iterator[Remark]:
    facts = mesos.facts()
    variant = f" ({facts.variant})" if facts.variant else ""
    versions = f"DC/OS {facts.dcos_version}{variant}, {facts.named('Mesos')}, {facts.named('Marathon')}"
    yield ok(f"{versions}, masters {', '.join(facts.masters)}")
    yield ok(_security(facts))
    for capability in CAPABILITIES:
        if facts.can(capability):
            yield ok(f"{capability.name}: {capability.gives}")
        else:
            yield ok(f"no {capability.name}, which came with {capability.origin}: {capability.without}")


def _security(facts: ClusterFacts) -> str:
    if facts.security:
        return f"security mode {facts.security}: {CHECKED[facts.security]}"
    if facts.variant == "open":
        return "no security mode: this is open DC/OS"
    return f"security mode not told: our user has to be granted `{MODE}` for that, and open DC/OS has none"


def _marathon(marathon: MarathonReads) -> Iterator[Remark]:
    apps = marathon.apps()
    if deploying := [app.id for app in apps if app.deploying]:
        yield warning(f"deployments are under way: {listed(deploying)}", "let them end before a roll begins")
    yield ok(f"Marathon has {counted(len(apps), 'app or pod', 'apps and pods')} beside the schedulers")


def _services(site: Site) -> Iterator[Remark]:
    found = site.services.all()
    yield from _frameworks(site.mesos, found)
    if not found:
        yield ok("no SDK service on this cluster")
    for service in found:
        remarks = [*_troubles(service), *_behind(service), *_topics(service)]
        yield from remarks or [_well(service)]


def _frameworks(mesos: MesosReads, services: Sequence[Service]) -> Iterator[Remark]:
    """Whose tasks nobody here moves, and where they are."""
    strange = others(mesos.tasks(), services)
    places = {agent.id: agent.private_ip for agent in (mesos.agents().listed if strange else ())}
    for name in sorted({task.framework for task in strange}):
        on = Counter(places.get(task.agent_id, task.agent_id) for task in strange if task.framework == name)
        named = [f"{count} on {ip}" for ip, count in sorted(on.items())]
        yield ok(f"{name} is no service: {listed(named)}; policy.frameworks says what becomes of its tasks")


def _well(service: Service) -> Remark:
    topics = {partition.topic for partition in service.partitions or ()}
    proof = f"{counted(len(topics), 'topic')} readable" if kind_of(service).topics else "all in sync"
    return ok(f"{service.name}: {counted(len(service.pods), 'member')}, plans COMPLETE, {proof}")


def _troubles(service: Service) -> Iterator[Remark]:
    if service.trouble:
        yield red(f"{service.name}: {service.trouble}", "see to it, or leave its nodes out with `--exclude`")
    if {service.deploy, service.recovery} != {"COMPLETE"}:
        yield red(
            f"{service.name}: deploy plan {service.deploy}, recovery plan {service.recovery}",
            f"let them end: `dcos kafka --name={service.name} plan status recovery`",
        )


def _behind(service: Service) -> Iterator[Remark]:
    for pod in service.pods:
        if pod.out_of_sync and not service.trouble:
            yield red(f"{pod.member} is not in sync: {pod.out_of_sync}", "let it catch up before a roll begins")


def _topics(service: Service) -> Iterator[Remark]:
    if not kind_of(service).topics or service.trouble:
        return
    if service.partitions is None:
        yield _unread(service)
        return
    if dead := [partition.name for partition in service.partitions if not partition.isr or not partition.leader]:
        yield red(f"{service.name}: partitions without a leader: {listed(dead)}", "bring their brokers back first")


def _unread(service: Service) -> Remark:
    says = f"{service.name}: its topics can't be read, so nobody knows what a replace loses"
    if service.unread:
        return red(f"{says}: {service.unread}", f"see to services.{service.name}.kafka, and what its user may describe")
    log = "see in its scheduler's log why ZooKeeper does not let it (ACLs, Kerberos)"
    return red(says, f"{log}, or have its brokers asked: services.{service.name}.kafka")


def listed(names: Sequence[str], most: int = 8) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
