"""What runs a script on a node. SSH is one way; others can stand in its place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from dcosmaint.model import Instance


@dataclass(frozen=True)
class Answer:
    """How a script ended and what it said. A script whose end is not known has no answer."""

    code: int
    stdout: str
    stderr: str


class Shell(Protocol):
    def run(self, instance: Instance, script: str, deadline: float) -> Answer:
        """Run a POSIX shell script on a node, for at most `deadline` seconds.

        Raises `Retryable` when its end is not known (no connection, a lost one, no answer in time): whether it did
        its work is asked of the node, never assumed. Raises `NodeFailed` for what will not pass by itself.
        """
        ...
