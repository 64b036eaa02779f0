"""A scripted cluster on the loopback, and the door to it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dcosmaint.adapters.admin_router import AdminRouter
from dcosmaint.adapters.auth import GivenToken
from dcosmaint.adapters.tls import Tls
from tests.adapters.dcos.canned import Canned, serving


@pytest.fixture
def canned() -> Iterator[Canned]:
    with serving() as server:
        yield server


@pytest.fixture
def router(canned: Canned) -> Iterator[AdminRouter]:
    with AdminRouter(canned.url, GivenToken("secret-token", "DCOS_TOKEN"), Tls()) as router:
        yield router
