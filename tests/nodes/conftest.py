"""Nodes that are real systemd instances, spoken to by the tool's own adapters over real SSH."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from dcosmaint.adapters.host_keys import HostKeys
from dcosmaint.adapters.ssh import Ssh
from dcosmaint.adapters.ssh_route import SshSettings
from dcosmaint.adapters.units import NodeUnits
from tests.nodes.disk import USER
from tests.nodes.layout import Layout
from tests.nodes.node import Node, lacking, node

Boot = Callable[[Layout], Node]


@pytest.fixture(scope="session")
def _able() -> None:
    if why := lacking():
        pytest.skip(why)


@pytest.fixture
def boot(_able: None, tmp_path: Path) -> Iterator[Boot]:
    """What makes a node and boots it. All of them are gone at the end of the test."""
    with ExitStack() as stack:

        def booted(layout: Layout) -> Node:
            folder = tmp_path / f"node-{layout}"
            folder.mkdir()
            return stack.enter_context(node(folder, layout))

        yield booted


def units_of(node: Node) -> NodeUnits:
    settings = SshSettings(user=USER, key=node.key, port=node.port, connect=30.0)
    return NodeUnits(Ssh(settings, HostKeys(node.folder / "known_hosts")), deadline=60.0)
