"""Four real nodes to speak SSH with. Their sessions find a pretend `sudo` first on PATH."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dcosmaint.adapters.host_keys import HostKeys
from dcosmaint.adapters.ssh import Ssh
from dcosmaint.adapters.ssh_route import SshSettings
from tests.adapters.ssh.sshd import USER, Farm, farm

ADDRESSES = tuple(f"127.0.41.{number}" for number in range(1, 5))


@pytest.fixture(scope="session")
def bin_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What sessions have first on PATH."""
    return tmp_path_factory.mktemp("bin")


@pytest.fixture(scope="session")
def nodes(tmp_path_factory: pytest.TempPathFactory, bin_folder: Path) -> Iterator[Farm]:
    sshd = shutil.which("sshd", path=f"{os.environ['PATH']}:/usr/sbin")
    if sshd is None:
        pytest.skip("sshd is not on PATH")
    path = f"{bin_folder}:/usr/local/bin:/usr/bin:/bin"
    with farm(sshd, tmp_path_factory.mktemp("farm"), ADDRESSES, path) as made:
        yield made


@pytest.fixture
def keys(tmp_path: Path) -> HostKeys:
    """Nothing is known yet, and what is seen first is pinned."""
    return HostKeys(tmp_path / "state/known_hosts", (tmp_path / "known_hosts",))


Connect = Callable[..., Ssh]


@pytest.fixture
def connect(nodes: Farm, keys: HostKeys) -> Connect:
    """An `Ssh` that gets in, but for what a test asks to be otherwise."""

    def made(**settings: Any) -> Ssh:
        usual = SshSettings(user=USER, key=nodes.key, port=nodes.port, connect=10.0)
        return Ssh(replace(usual, **settings), keys)

    return made
