"""What a cluster says of itself: version, security mode, id, masters."""

from __future__ import annotations

from functools import partial

from dcosmaint.sandbox.served.router import Route, Table
from dcosmaint.sandbox.served.wire import Answer, Ask, as_json, page
from dcosmaint.sandbox.world import World

MODE = "/dcos-metadata/bootstrap-config.json"


def version(world: World, _ask: Ask, variant: str = "open") -> Answer:
    """The variant is named from DC/OS 1.12 on."""
    named = {"dcos-variant": variant} if world.shape.release.variant else {}
    found = {"version": world.shape.release.dcos, **named, "dcos-image-commit": "0" * 40}
    return as_json({**found, "bootstrap-id": "0" * 40})


def _hosts(world: World, ask: Ask) -> Answer:
    """Mesos-DNS: every master, or the one that leads."""
    name = ask.named["name"]
    ips = world.shape.masters if name == "master" else world.shape.masters[:1]
    return as_json([{"host": f"{name}.mesos.", "ip": ip} for ip in ips])


def _metadata(world: World, _ask: Ask) -> Answer:
    return as_json({"PUBLIC_IPV4": world.shape.masters[0], "CLUSTER_ID": world.cluster_id})


def mode(security: str) -> Table:
    """What DC/OS Enterprise alone says, and to nobody without a permission for it."""
    told = (Route("GET HEAD", MODE, lambda _world, _ask: as_json({"security": security})),) if security else ()
    return Table(told, missing=page(404))


def public(variant: str) -> Table:
    """What it says without a login."""
    tell = partial(version, variant=variant)
    return Table((Route("GET HEAD", "/dcos-metadata/dcos-version.json", tell),), missing=page(404))


CLOSED = Table(
    (
        Route("GET", "/metadata", _metadata),
        Route("GET HEAD", "/pkgpanda/active.buildinfo.full.json", lambda _world, _ask: as_json({})),
        Route("GET", r"/mesos_dns/v1/hosts/(?P<name>master|leader)\.mesos\.?", _hosts),
    ),
    missing=page(404),
)
