"""A node of these tests: it is whole, and nothing of it stays behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.nodes.conftest import Boot
from tests.nodes.layout import Layout
from tests.nodes.node import lacking

pytestmark = pytest.mark.real

KILLED = """\
import os, pathlib, sys
from tests.nodes.layout import Layout
from tests.nodes.node import node
with node(pathlib.Path(sys.argv[1]), Layout("2.1")) as made:
    print(made.pid, made.cgroup, flush=True)
    os.killpg(0, 9)
"""


def test_it_is_a_systemd_of_its_own_on_which_nothing_has_failed(boot: Boot) -> None:
    node = boot(Layout("2.1"))
    assert node.sh("cat /proc/1/comm; systemctl is-system-running").stdout == "systemd\nrunning\n"
    assert node.sh("ls /etc/systemd/system/dcos.target.wants").stdout.split() == [
        "dcos-mesos-slave.service", "dcos-mesos-slave.socket", "dcos-net.service",
    ]  # fmt: skip
    node.sh("echo written >/etc/written; echo written >/run/written")
    assert not Path("/etc/written").exists()
    node.power_off()
    node.boot()
    assert node.sh("ls /etc/written /run/written").stdout == "/etc/written\n"


def test_nothing_is_left_of_a_node_whose_maker_was_killed(tmp_path: Path, _able: None) -> None:
    argv = [sys.executable, "-c", KILLED, str(tmp_path)]
    killed = subprocess.run(
        argv, cwd=Path(__file__).parents[2], stdout=subprocess.PIPE, text=True, check=False, start_new_session=True
    )
    assert killed.returncode == -signal.SIGKILL
    systemd, cgroup = killed.stdout.split()
    end = time.monotonic() + 10
    while _runs(int(systemd)) or list(Path("/sys/fs/cgroup").glob(f"**/{cgroup}")):
        assert time.monotonic() < end
        time.sleep(0.05)
    assert str(tmp_path) not in Path("/proc/mounts").read_text()


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_who_is_not_root_is_told_why_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert "only root" in lacking()
    monkeypatch.undo()
    monkeypatch.setenv("PATH", "/nowhere")
    if os.geteuid() == 0:
        assert "without unshare" in lacking()
