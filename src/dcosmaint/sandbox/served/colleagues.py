"""What others do to the team's Terraform, as the World's faults say: they hold its lock, and change what is theirs."""

from __future__ import annotations

import fcntl
import json
import os
from contextlib import suppress
from pathlib import Path

from dcosmaint.sandbox.served.files import write
from dcosmaint.sandbox.world import World

LOOK_EVERY = 5.0
"""Seconds of the cluster between two looks at what is wanted of them."""

LOCK_ID = "6f1b9dd4-33a9-4c9c-8ef5-1c7b3a0f6c11"


class Colleagues:
    """Terraform locks a local state by fcntl on the state's own file, and says who does so in a file beside it."""

    def __init__(self, infra: Path) -> None:
        self._state = infra / "terraform.tfstate"
        self._info = infra / ".terraform.tfstate.lock.info"
        self._values = infra / "colleague.auto.tfvars.json"
        self._held: int | None = None

    def follow(self, world: World) -> None:
        """Do what is wanted now, and look again."""
        if world.faults.locked and self._held is None:
            self._lock(world.faults.locked)
        elif not world.faults.locked:
            self._unlock()
        if world.faults.unrelated:
            self._change()
        else:
            self._values.unlink(missing_ok=True)
        world.at(LOOK_EVERY, lambda: self.follow(world))

    def close(self) -> None:
        self._unlock()

    def _lock(self, who: str) -> None:
        """At the next look where terraform itself holds it now."""
        held = os.open(self._state, os.O_RDWR)
        try:
            fcntl.lockf(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(held)
            return
        self._held = held
        info = {
            "ID": LOCK_ID, "Operation": "OperationTypeApply", "Info": "", "Who": who, "Version": "1.5.0",
            "Created": "2023-11-14T09:30:00Z", "Path": "terraform.tfstate",
        }  # fmt: skip
        write(self._info, json.dumps(info))

    def _unlock(self) -> None:
        if self._held is not None:
            with suppress(FileNotFoundError):
                self._info.unlink()
            os.close(self._held)
            self._held = None

    def _change(self) -> None:
        """The ledger that the nodes depend on would now be made anew by every plan, a targeted one included."""
        if not self._values.exists():
            write(self._values, json.dumps({"ledger": "2"}))
