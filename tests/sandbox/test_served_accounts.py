"""Service accounts at the served cluster's IAM: whom it lets in, and what a client does when its token has run out."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from dcosmaint.adapters.admin_router import AdminRouter
from dcosmaint.adapters.auth import ServiceAccount
from dcosmaint.adapters.mesos import Mesos
from dcosmaint.adapters.service_key import ServiceKey
from dcosmaint.adapters.tls import Tls
from dcosmaint.errors import Usage
from dcosmaint.sandbox.served.front import Settings
from tests.adapters.dcos.keys import public, rsa_key
from tests.sandbox.cluster import Cluster, served

ROBOT = ServiceKey("robot", rsa_key())


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    with served(settings=Settings(accounts={"robot": public()})) as cluster:
        yield cluster


def status(cluster: Cluster, **given: object) -> int:
    return cluster.ask("acs/api/v1/auth/login", "POST", json=given).status_code


def test_a_service_account_is_let_in_by_its_key(cluster: Cluster) -> None:
    assert cluster.ask("mesos/slaves").status_code == 401
    with AdminRouter(cluster.router.url, ServiceAccount(ROBOT), Tls()) as router:
        router.check()
        assert len(Mesos(router).agents().listed) == 12


def test_only_its_own_key_in_its_own_name_lets_it_in(cluster: Cluster) -> None:
    now = time.time()
    good = ROBOT.login_token(now)
    assert status(cluster, uid="robot", token=good) == 200
    assert status(cluster, uid="robot", token=ROBOT.login_token(now - 301)) == 401
    assert status(cluster, uid="robot", token=ServiceKey("robot", rsa_key(1)).login_token(now)) == 401
    assert status(cluster, uid="robot", token=ServiceKey("other", rsa_key()).login_token(now)) == 401
    assert status(cluster, uid="other", token=good) == 401
    assert status(cluster, uid="robot", token="a.b.c") == 401
    assert status(cluster, uid="robot", password="secret") == 401
    assert status(cluster, uid="robot", password="secret", token=good) == 400
    assert status(cluster, token=good) == 400


def test_an_account_that_the_cluster_does_not_know_ends_before_anything_is_touched(cluster: Cluster) -> None:
    stranger = ServiceAccount(ServiceKey("stranger", rsa_key()))
    with (
        AdminRouter(cluster.router.url, stranger, Tls()) as router,
        pytest.raises(Usage, match="stranger is no service"),
    ):
        router.check()


@pytest.mark.slow
def test_a_token_that_has_run_out_is_replaced_and_the_work_goes_on() -> None:
    """For as often as it takes: a roll outlasts many."""
    settings = Settings(accounts={"robot": public()}, token_life=1.0)
    with served(settings=settings) as cluster, AdminRouter(cluster.router.url, ServiceAccount(ROBOT), Tls()) as router:
        ends = []
        for _ in range(3):
            assert len(Mesos(router).agents().listed) == 12
            ends.append(until := router.good_until() or 0.0)
            time.sleep(max(0.0, until - time.time()) + 0.01)
        assert ends == sorted(set(ends))
