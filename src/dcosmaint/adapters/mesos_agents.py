"""Agents as `/master/slaves` lists them."""

from __future__ import annotations

from collections.abc import Iterable

from dcosmaint.adapters.admin_router import AdminRouter
from dcosmaint.adapters.bodies import Body
from dcosmaint.model import NOTHING, Agent, Apart, Resources, Volume

ZONES = ("zone", "availability_zone", "availability-zone", "az")
"""Attributes that name the zone on clusters without fault domains, the first one that is set counts."""

PUBLIC = "slave_public"
ROLE = "dcosmaint"
"""For which a roll sets apart what is free; on a public agent it is a part of the public role."""

REFINES = "RESERVATION_REFINEMENT"
"""As an agent itself lists it (REFINE, of a whole cluster): what it has reserved itself can be set apart."""

SLAVES = "mesos/master/slaves"


def agent(body: Body) -> Agent:
    """`active: false` alone says nothing: it covers disconnected, deactivated and draining agents."""
    attributes = {name: str(value.value) for name, value in sorted(body.map_or_none("attributes").items())}
    deactivated = body.find("deactivated")  # from Mesos 1.9
    return Agent(
        id=body.text("id"),
        hostname=body.text("hostname"),
        private_ip=_address(body.text("pid")),
        active=body.flag("active"),
        deactivated=deactivated is not None and deactivated.flag(),
        draining=body.text_or("", "drain_info", "state") in ("DRAINING", "DRAINED"),
        registered_at=max(body.number("registered_time"), body.number_or(0.0, "reregistered_time")),
        public=_public(body),
        zone=_zone(body, attributes),
        attributes=attributes,
        resources=sums(body.at("resources")),
        free=_free(body),
        version=body.text_or("", "version"),
        volumes=_volumes(body),
        open=_open(body),
        apart=_apart(body),
    )


def entry(router: AdminRouter, agent_id: str) -> Body | None:
    """What the master has of one agent now; None where it is not registered."""
    slaves = router.get(f"{SLAVES}?slave_id={agent_id}").json().list("slaves")
    return next((body for body in slaves if body.text("id") == agent_id), None)


def listed(router: AdminRouter, agent_id: str) -> Agent | None:
    body = entry(router, agent_id)
    return None if body is None else agent(body)


def recovered(body: Body) -> tuple[str, ...]:
    """Ids that the master knows from its registry alone. Of what runs there it knows nothing, and says nothing."""
    return tuple(sorted(one.text("id") for one in body.list_or_none("recovered_slaves")))


def sums(body: Body) -> Resources:
    """From `{"cpus": 4.0, "mem": 2048.0, …}`."""
    return Resources(*(body.number_or(0.0, name) for name in ("cpus", "mem", "disk")))


def total(entries: Iterable[Body]) -> Resources:
    """From a list of Mesos' Resource objects."""
    amounts = dict.fromkeys(("cpus", "mem", "disk"), 0.0)
    for entry in entries:
        if (name := entry.text("name")) in amounts:
            amounts[name] += entry.number("scalar", "value")
    return Resources(**amounts)


def _address(pid: str) -> str:
    """What follows the @ of `slave(1)@10.0.1.23:5051`: hostnames are free text."""
    return pid.rpartition("@")[2].rpartition(":")[0]


def _public(body: Body) -> bool:
    """Marathon's own role is the public one too: what it reserved for an app's data makes a node no public agent."""
    roles = (role for role in body.map("reserved_resources") if role.split("/")[0] == PUBLIC)
    full = body.map("reserved_resources_full")
    return any(role not in full or any(map(_static, full[role].list())) for role in roles)


def _static(entry: Body) -> bool:
    """Reserved by the agent itself, whatever was cut out of that later."""
    first = next(iter(entry.list_or_none("reservations")), None)
    return entry.find("reservation") is None if first is None else first.text_or("STATIC", "type") == "STATIC"


def _zone(body: Body, attributes: dict[str, str]) -> str:
    named = (attributes[name] for name in ZONES if attributes.get(name))
    return body.text_or(next(named, ""), "domain", "fault_domain", "zone", "name")


def _free(body: Body) -> Resources:
    """Neither reserved nor used. What is offered right now counts as free: nobody has it yet."""
    if body.find("unreserved_resources_full") is None or body.find("used_resources_full") is None:
        return _less(sums(body.at("unreserved_resources")), sums(body.at("used_resources")))
    used = tuple(entry for entry in body.list("used_resources_full") if not _set_apart(entry))
    return _less(total(body.list("unreserved_resources_full")), total(used))


def _open(body: Body) -> Resources:
    """What a roll could set apart: what is free, and on a public agent what it has reserved itself and nobody uses."""
    if not _public(body):
        return _free(body)
    if REFINES not in [name.text() for name in body.list_or_none("capabilities")]:
        return NOTHING
    mine = [e for e in body.map_or_none("reserved_resources_full").get(PUBLIC, Body([], "")).list() if _plain(e)]
    return _less(total(mine), total(e for e in body.list_or_none("used_resources_full") if _plain(e)))


def _plain(entry: Body) -> bool:
    """Reserved by the agent for its public role, and for nobody else after that."""
    refined = entry.list_or_none("reservations")
    static = len(refined) == 1 if refined else entry.text_or("", "role") == PUBLIC
    return static and _static(entry) and entry.find("disk", "persistence") is None


def _apart(body: Body) -> tuple[Apart, ...]:
    """By roll, from the innermost reservation of each entry."""
    found: dict[str, list[Body]] = {}
    for role, entries in body.map_or_none("reserved_resources_full").items():
        for each in entries.list() if role.rpartition("/")[2] == ROLE else ():
            found.setdefault(label(each), []).append(each)
    sums = {roll: total(entries) for roll, entries in found.items()}
    return tuple(sorted(Apart(roll, its.cpus, its.mem) for roll, its in sums.items()))


def label(entry: Body) -> str:
    """The roll that an entry is set apart by, or ""."""
    refined = entry.list_or_none("reservations")
    marks = refined[-1] if refined else entry.find("reservation")
    labels = marks.find("labels", "labels") if marks else None
    named = {each.text("key"): each.text_or("", "value") for each in (labels.list() if labels else ())}
    return named.get("roll", "")


def _volumes(body: Body) -> tuple[Volume, ...]:
    """A volume is reserved disk with a `persistence`: Mesos keeps it whoever runs, until its owner destroys it."""
    reserved = body.map("reserved_resources_full")
    return tuple(
        sorted(
            Volume(entry.text("disk", "persistence", "id"), role, _principal(entry))
            for role, entries in reserved.items()
            for entry in entries.list()
            if entry.find("disk", "persistence") is not None
        )
    )


def _principal(entry: Body) -> str:
    """Of the innermost reservation; volumes on static reservations are known by who created them."""
    refined = entry.list_or_none("reservations")
    said = refined[-1].text_or("", "principal") if refined else entry.text_or("", "reservation", "principal")
    return said or entry.text_or("", "disk", "persistence", "principal")


def _set_apart(entry: Body) -> bool:
    """Reserved, in one of the two forms that Mesos writes, or revocable, which is lent and not taken."""
    reserved = entry.text_or("*", "role") != "*" or bool(entry.list_or_none("reservations"))
    return reserved or entry.find("revocable") is not None


def _less(whole: Resources, part: Resources) -> Resources:
    """Mesos counts to three decimals."""
    return Resources(
        cpus=max(0.0, round(whole.cpus - part.cpus, 3)),
        mem=max(0.0, round(whole.mem - part.mem, 3)),
        disk=max(0.0, round(whole.disk - part.disk, 3)),
    )
