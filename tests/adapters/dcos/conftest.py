"""A scripted cluster on the loopback, and the door to it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dcosmaint.adapters.admin_router import AdminRouter
from dcosmaint.adapters.auth import GivenToken
from dcosmaint.adapters.deactivating import Deactivating
from dcosmaint.adapters.mesos import Mesos
from dcosmaint.adapters.sdk import Sdk
from dcosmaint.adapters.tls import Tls
from tests.adapters.dcos.canned import Canned, recorded, serving
from tests.adapters.dcos.schedulers import an_app, kafka, labelled


@pytest.fixture
def canned() -> Iterator[Canned]:
    with serving() as server:
        yield server


@pytest.fixture
def router(canned: Canned) -> Iterator[AdminRouter]:
    with AdminRouter(canned.url, GivenToken("secret-token", "DCOS_TOKEN"), Tls()) as router:
        yield router


@pytest.fixture
def mesos(canned: Canned, router: AdminRouter) -> Mesos:
    canned.on("GET_FRAMEWORKS", recorded("frameworks"))
    return Mesos(router, {"deactivate": Deactivating(router)})


@pytest.fixture
def sdk(router: AdminRouter) -> Sdk:
    return Sdk(router)


@pytest.fixture
def service(canned: Canned) -> Canned:
    """One healthy service `kafka` of two brokers."""
    labelled(canned, an_app("kafka"))
    kafka(canned, "kafka", ["S0", "S1"])
    return canned
