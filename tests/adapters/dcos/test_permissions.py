"""Every permission that our user lacks is found at once, by looks that change nothing."""

from __future__ import annotations

import pytest

from dcosmaint.adapters.admin_router import AdminRouter
from dcosmaint.adapters.mesos import Mesos
from dcosmaint.adapters.permissions import is_open, lacking
from dcosmaint.errors import LoginLost
from tests.adapters.dcos.canned import Canned, page, recorded, text
from tests.adapters.dcos.schedulers import an_app, labelled

SLAVES, HEALTH = "GET mesos/master/slaves", "GET system/health/v1/nodes"
MASTERS = "GET mesos_dns/v1/hosts/master.mesos"
FLAGS = "GET slave/{}/slave%281%29/flags"


@pytest.fixture
def agent(canned: Canned, router: AdminRouter) -> str:
    """The agent whose flags are asked for, on a cluster of two services that lets us to everything."""
    canned.on(SLAVES, recorded("slaves"))
    labelled(canned, an_app("kafka"), an_app("prod/kafka"))
    for route in (MASTERS, HEALTH, "GET service/kafka/v1/plans", "GET service/prod/kafka/v1/plans"):
        canned.on(route, {})
    found = Mesos(router).agents().listed[0].id
    canned.on(FLAGS.format(found), {"flags": {}})
    return found


def needs(router: AdminRouter) -> list[str]:
    return [lack.needs for lack in lacking(router)]


@pytest.mark.usefixtures("agent")
def test_a_user_who_may_do_everything_lacks_nothing(canned: Canned, router: AdminRouter) -> None:
    assert lacking(router) == ()
    assert {request.method for request in canned.asked} == {"GET"}


def test_every_door_that_is_shut_is_named_with_its_permission(canned: Canned, router: AdminRouter, agent: str) -> None:
    for route in (FLAGS.format(agent), "GET service/prod/kafka/v1/plans", MASTERS, HEALTH):
        canned.on(route, page(403))
    assert [(lack.purpose, lack.needs) for lack in lacking(router)] == [
        ("the flags of an agent, old and new", "dcos:adminrouter:ops:slave full"),
        ("the members of prod/kafka", "dcos:adminrouter:service:prod/kafka full"),
        ("the masters, which are never nodes", "dcos:adminrouter:ops:mesos-dns full"),
        ("the health of nodes", "dcos:adminrouter:ops:system-health full"),
    ]


@pytest.mark.usefixtures("agent")
def test_what_hangs_behind_a_shut_door_is_not_asked_for(canned: Canned, router: AdminRouter) -> None:
    canned.on(SLAVES, page(403))
    canned.on("GET marathon/v2/apps", page(403))
    asked = len(canned.asked)
    assert needs(router) == ["dcos:adminrouter:ops:mesos full", "dcos:adminrouter:service:marathon full"]
    assert len(canned.asked) - asked == 4


@pytest.mark.usefixtures("agent")
def test_a_refusal_of_mesos_itself_is_told_in_its_words(canned: Canned, router: AdminRouter) -> None:
    canned.on(SLAVES, text("not authorized", 403))
    (lack,) = lacking(router)
    assert lack.needs == ""
    assert "the service behind Admin Router refuses: not authorized" in lack.says


@pytest.mark.usefixtures("agent")
def test_a_door_that_does_not_answer_is_no_matter_of_permissions(canned: Canned, router: AdminRouter) -> None:
    canned.on("GET service/kafka/v1/plans", page(502))
    canned.on(HEALTH, text("what?", 418))
    assert needs(router) == []
    canned.on(HEALTH, page(401))
    with pytest.raises(LoginLost):
        lacking(router)


@pytest.mark.usefixtures("agent")
@pytest.mark.parametrize(
    ("said", "free"), [({"dcos-variant": "open"}, True), ({"dcos-variant": "enterprise"}, False), ({}, False)]
)
def test_only_a_cluster_that_says_so_is_open(
    canned: Canned, router: AdminRouter, said: dict[str, str], free: bool
) -> None:
    canned.on("GET dcos-metadata/dcos-version.json", {"version": "1.13.4", **said})
    assert is_open(router) is free
