"""An operator's desk: the real command in its own process, pointed at a served sandbox."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from dcosmaint.sandbox import monitor
from dcosmaint.sandbox.monitor import Tally
from dcosmaint.sandbox.served import running
from dcosmaint.sandbox.served.running import Running
from dcosmaint.sandbox.served.settings import Settings

COMMAND = str(Path(sys.executable).with_name("dcosmaint"))


@dataclass(frozen=True)
class Desk:
    home: Path
    sandbox: Running
    prefix: tuple[str, ...] = ()  # a program that runs the command under some limit
    cluster: tuple[str, ...] = ("--cluster", "sandbox")

    def type(self, *words: str, within: float = 600.0) -> subprocess.CompletedProcess[str]:
        """Type a command and wait for its end."""
        process = self.begin(*words)
        out, _ = process.communicate(timeout=within)
        return subprocess.CompletedProcess([COMMAND, *words], process.returncode, out, "")

    def begin(self, *words: str) -> subprocess.Popen[str]:
        argv = [*self.prefix, COMMAND, *words, *self.cluster]
        return subprocess.Popen(
            argv,
            text=True,
            env=self.environment,
            start_new_session=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def kill_after(
        self, seconds: float, *words: str, begun: Callable[[], bool] = lambda: True
    ) -> subprocess.CompletedProcess[str] | None:
        """kill -9 the real process so many seconds after it has `begun`. Returns how it ended where it was faster."""
        process = self.begin(*words)
        while not begun() and process.poll() is None:
            time.sleep(0.05)
        try:
            out, _ = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            os.kill(process.pid, signal.SIGKILL)
            process.communicate()
            return None
        return subprocess.CompletedProcess([COMMAND, *words], process.returncode, out, "")

    def configure(self, after: str, line: str) -> None:
        """Add a line to the cluster's configuration, behind the first one with these words and as deep as it."""
        config = self.sandbox.config
        lines = config.read_text().splitlines()
        place = next(n for n, text in enumerate(lines) if after in text)
        depth = len(lines[place]) - len(lines[place].lstrip())
        lines.insert(place + 1, " " * depth + line)
        config.write_text("\n".join(lines) + "\n")

    def skip(self, seconds: float) -> None:
        """Let so much of the cluster's own time pass at once."""
        self._tell("advance", {"seconds": seconds})

    def order(self, **orders: Any) -> Any:
        """Faults, by name: what `POST /sandbox/fault` answers."""
        return self._tell("fault", orders)

    def _tell(self, what: str, orders: dict[str, Any]) -> Any:
        body = json.dumps(orders).encode()
        with urlopen(Request(f"{self.sandbox.url}/sandbox/{what}", body, method="POST")) as answer:
            return json.load(answer)

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, **self.sandbox.environment, "XDG_STATE_HOME": str(self.home)}

    @property
    def tally(self) -> Tally:
        """What the World saw, judged without a line of the tool."""
        return monitor.judge(self.sandbox.log(), {})


def sit_down(home: Path, **settings: Any) -> Desk:
    root = home / "dcosmaint" / "sandbox"
    return Desk(home, running.start(Settings(root, **settings)))
