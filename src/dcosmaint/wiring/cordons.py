"""The ways to keep new work off an agent. Which of them a roll goes by, stands in its journal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager

from dcosmaint.adapters.admin_router import AdminRouter
from dcosmaint.adapters.cordoning import Cordoning, NoCordon
from dcosmaint.adapters.deactivating import Deactivating
from dcosmaint.adapters.reserving import Reserving
from dcosmaint.adapters.scheduling import Scheduling
from dcosmaint.model import Method


@contextmanager
def cordons(router: AdminRouter) -> Iterator[Mapping[Method, Cordoning]]:
    with closing(Reserving(router)) as reserving:
        yield {
            "deactivate": Deactivating(router),
            "reserve": reserving,
            "maintenance": Scheduling(router),
            "none": NoCordon(),
        }
