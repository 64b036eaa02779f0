"""Persistent volumes: what stays on an agent, and keeps its place there, when the task that wrote it is gone."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import NAMESPACE_URL, uuid5


@dataclass(frozen=True)
class Volume:
    id: str
    role: str  # that its disk is reserved for
    principal: str  # who reserved it
    path: str  # in the container of whoever writes it


def role_of(framework: str) -> str:
    """As an SDK scheduler calls its role, and the slashes in it."""
    return f"{framework.replace('/', '__')}-role"


def principal_of(framework: str) -> str:
    """Marathon's on DC/OS is a fixed one; an SDK service's is made of its name."""
    return "dcos_marathon" if framework == "marathon" else f"{framework.replace('/', '__')}-principal"


def new_volume(framework: str, role: str, path: str, *life: object) -> Volume:
    """`life` is what tells it from every other volume of the framework: a pod, its agent, its number of launches."""
    identity = uuid5(NAMESPACE_URL, "/".join(map(str, (framework, *life))))
    return Volume(str(identity), role, principal_of(framework), path)
