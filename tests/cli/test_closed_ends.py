"""Descriptors that were closed beforehand, and a terminal that closes meanwhile: the real program."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

PROGRAM = [sys.executable, "-c", "from dcosmaint.cli import main; main()"]


@pytest.mark.parametrize("closed", [">&-", "<&-", "2>&-", ">&- 2>&- <&-"])
def test_a_descriptor_that_is_closed_is_no_bug(tmp_path: Path, closed: str) -> None:
    command = f'exec "$0" "$@" {closed}'
    ended = subprocess.run(
        ["sh", "-c", command, *PROGRAM, "nodes", "--config", str(tmp_path / "none.yaml")],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert ended.returncode == 2
    assert "Traceback" not in ended.stderr


def test_a_terminal_that_is_closed_interrupts() -> None:
    """Both streams are the terminal, which takes not even the last sentence any more."""
    waits = (
        "import time\n"
        "from dcosmaint.cli import commands, main\n"
        "from dcosmaint.cli.signals import unwinding\n"
        "@commands.command()\n"
        "def wait():\n"
        "    with unwinding():\n"
        "        print('waits', flush=True)\n"
        "        time.sleep(60)\n"
        "main()\n"
    )
    pid, terminal = pty.fork()
    if pid == 0:
        signal.signal(signal.SIGHUP, signal.SIG_DFL)  # under nohup nobody's word
        os.execv(sys.executable, [sys.executable, "-c", waits, "wait"])
    assert b"waits" in os.read(terminal, 100)
    os.close(terminal)
    assert os.waitstatus_to_exitcode(_end_of(pid)) == 130


def _end_of(pid: int) -> int:
    for _ in range(300):
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            return status
        time.sleep(0.1)
    os.kill(pid, signal.SIGKILL)
    raise AssertionError("it did not end")
