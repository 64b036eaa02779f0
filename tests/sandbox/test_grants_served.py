"""A login of DC/OS Enterprise that lacks a permission: the cluster refuses its acts, and doctor says so beforehand."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from dcosmaint.adapters.admin_router import AdminRouter
from dcosmaint.adapters.auth import Password
from dcosmaint.adapters.deactivating import Deactivating
from dcosmaint.adapters.marathon import Marathon
from dcosmaint.adapters.mesos import Mesos
from dcosmaint.adapters.permissions import granted
from dcosmaint.adapters.tls import Tls
from dcosmaint.checkup import Remark, State
from dcosmaint.errors import Forbidden
from dcosmaint.examination import rights
from dcosmaint.model import HEED_WINDOWS
from dcosmaint.model.manner import DEACTIVATION
from dcosmaint.sandbox.served.front import Settings
from dcosmaint.sandbox.world import Shape
from dcosmaint.sandbox.world.shape import EVENTS, ORDERS
from tests.config.files import SMALLEST, read
from tests.sandbox.cluster import Cluster, served

ROUTER = "dcos:adminrouter"
CORDON, APPS = "dcos:mesos:master:agent update", "dcos:service:marathon:marathon:services:/ full"
DOORS = (
    *(f"{ROUTER}:ops:{what} full" for what in ("mesos", "slave", "system-health", "mesos-dns")),
    *(f"{ROUTER}:service:{what} full" for what in ("marathon", EVENTS.name, ORDERS.name)),
)
BELOW = f"{APPS.removesuffix(' full')}dcosmaint"
LOCK = "    state: {lock: marathon}\n"


@contextmanager
def cluster(*permissions: str, profile: str = "2.1") -> Iterator[tuple[Cluster, AdminRouter]]:
    settings = Settings(users={"ann": "secret"}, grants={"ann": permissions})
    with (
        served(Shape(services=(EVENTS, ORDERS), profile=profile), settings) as made,
        AdminRouter(made.router.url, Password("ann", "secret"), Tls()) as router,
    ):
        yield made, router


def said(folder: Path, router: AdminRouter, more: str = "") -> dict[str, Remark]:
    """By what stands before the colon."""
    found = rights(read(folder, more).clusters["prod"], router)
    return {remark.says.partition(":")[0]: remark for remark in found}


def test_a_login_with_all_permissions_is_seen_to_have_them_and_nothing_is_changed(tmp_path: Path) -> None:
    with cluster(*DOORS, CORDON, APPS) as (made, router):
        before = (len(made.world.log), made.world.master.changes, made.world.marathon.changes)
        found = said(tmp_path, router)
        assert {remark.state for remark in found.values()} == {State.OK}
        assert found["cordon and uncordon nodes"].says.endswith(
            "allowed (Mesos let both calls through to an agent that nobody has)"
        )
        assert found["end and restart instances of apps"].says.endswith(
            "allowed (Marathon let us end an instance of /api that nobody has)"
        )
        for service in (EVENTS, ORDERS):
            assert "not provable (no scheduler knows a rehearsal" in found[f"replace members of {service.name}"].says
        assert (len(made.world.log), made.world.master.changes, made.world.marathon.changes) == before


@pytest.mark.parametrize(("more", "mode"), [((), ""), ((f"{ROUTER}:ops:metadata full",), "strict")])
def test_the_security_mode_is_told_to_who_may_see_it(more: tuple[str, ...], mode: str) -> None:
    """A roll goes on without."""
    with cluster(*DOORS, *more) as (_, router):
        found = Mesos(router).facts()
        assert (found.variant, found.security, found.can(HEED_WINDOWS)) == ("enterprise", mode, True)


@pytest.mark.parametrize(
    ("lacks", "act"), [(CORDON, "cordon and uncordon nodes"), (APPS, "end and restart instances of apps")]
)
def test_a_permission_that_only_acts_ask_for_is_missed_before_there_is_one(
    tmp_path: Path, lacks: str, act: str
) -> None:
    with cluster(*({*DOORS, CORDON, APPS} - {lacks})) as (made, router):
        found = said(tmp_path, router)
        assert [name for name, remark in found.items() if remark.state is State.RED] == [act]
        assert ": refused (" in found[act].says
        assert found[act].remedy == f"`dcos security org users grant ann {lacks}`"
        agent, app = made.agent(), next(app for app in Marathon(router).apps() if app.instance_ids)
        with pytest.raises(Forbidden):
            if lacks == CORDON:
                Deactivating(router).cordon(agent.id, DEACTIVATION)
            Marathon(router).kill(app, min(min(app.instance_ids.values())))
        assert not agent.deactivated


def test_a_door_that_is_shut_is_told_and_nothing_is_tried_behind_it(tmp_path: Path) -> None:
    with cluster(*DOORS[1:], CORDON, APPS) as (_, router):
        (remark,) = said(tmp_path, router).values()
        assert remark.state is State.RED
        assert f"lacks the permission {DOORS[0]}" in remark.says


@pytest.mark.parametrize(
    ("more", "state", "says"),
    [
        ((), State.OK, "not provable (IAM shows its own permissions to a user with dcos:superuser alone"),
        ((f"{ROUTER}:acs full", APPS), State.OK, "allowed (says IAM's list of our permissions)"),
        ((f"{ROUTER}:acs full", f"{BELOW} create", f"{BELOW} delete"), State.OK, "allowed (says IAM's list"),
        ((f"{ROUTER}:acs full", f"{BELOW} create"), State.RED, "refused (says IAM's list of our permissions)"),
    ],
)
def test_what_can_not_be_tried_is_told_by_the_iam_or_by_nobody(
    tmp_path: Path, more: tuple[str, ...], state: State, says: str
) -> None:
    with cluster(*DOORS, CORDON, f"{APPS.removesuffix('full')}update", *more) as (_, router):
        lock = said(tmp_path, router, LOCK)["create and remove the app that is the lock"]
        assert lock.state is state
        assert says in lock.says


def test_what_the_iam_does_not_list_is_refused(tmp_path: Path) -> None:
    update = f"{APPS.removesuffix('full')}update"
    with cluster(*DOORS, CORDON, update, f"{ROUTER}:acs full") as (_, router):
        assert granted(router) == frozenset({*DOORS, CORDON, update, f"{ROUTER}:acs full"})
        found = said(tmp_path, router, LOCK)
        assert found["end and restart instances of apps"].state is State.OK
        assert found["create and remove the app that is the lock"].state is State.RED
    with cluster("dcos:superuser full") as (_, router):
        assert {remark.state for remark in said(tmp_path, router, LOCK).values()} == {State.OK}


def test_what_a_roll_would_not_do_is_not_tried(tmp_path: Path) -> None:
    with cluster(*DOORS, profile="1.13") as (_, router):
        found = said(tmp_path, router, "    policy: {move_apps: false}\n")
        assert {remark.state for remark in found.values()} == {State.OK}
        assert [name for name in found if not name.startswith("replace")] == [
            "no door that a roll goes through is shut"
        ]


def test_a_cordon_by_reservations_is_not_tried_on_anybody(tmp_path: Path) -> None:
    with cluster(*DOORS, APPS) as (made, router):
        text = SMALLEST.replace('example.com"}', 'example.com", cordon: reserve}')
        found = {remark.says: remark for remark in rights(read(tmp_path, text=text).clusters["prod"], router)}
        (row,) = (says for says in found if says.startswith("cordon"))
        assert "not provable (Mesos looks for the agent first" in row
        assert {remark.state for remark in found.values()} == {State.OK}
        assert not made.agent().set_apart
