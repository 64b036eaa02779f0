"""Agents as `/master/slaves` lists them."""

from __future__ import annotations

from dcosmaint.adapters.bodies import Body
from dcosmaint.model import Agent, Resources, Volume

ZONES = ("zone", "availability_zone", "availability-zone", "az")
"""Attributes that name the zone on clusters without fault domains, the first one that is set counts."""

PUBLIC = "slave_public"
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
    )


def recovered(body: Body) -> tuple[str, ...]:
    """Ids that the master knows from its registry alone. Of what runs there it knows nothing, and says nothing."""
    return tuple(sorted(one.text("id") for one in body.list_or_none("recovered_slaves")))


def sums(body: Body) -> Resources:
    """From `{"cpus": 4.0, "mem": 2048.0, …}`."""
    return Resources(*(body.number_or(0.0, name) for name in ("cpus", "mem", "disk")))


def total(entries: tuple[Body, ...]) -> Resources:
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
