"""Who holds a lock: as a file, labels of an app, or a row of a table say it, and as people read it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True)
class Holder:
    """Who has the lock."""

    by: str  # user@machine
    pid: int
    roll: str
    since: float  # epoch seconds on the holder's clock
    born: str = ""  # when that process started, as `Process` has it: its own machine can tell whether it runs
    reason: str = ""  # why, in its own words: for people, and no part of who it is

    def __str__(self) -> str:
        why = f": {self.reason}" if self.reason else ""
        return f"{self.by} (process {self.pid}, roll {self.roll}) since {self._since:%Y-%m-%d %H:%M:%S} UTC{why}"

    @property
    def machine(self) -> str:
        return self.by.rpartition("@")[2]

    @property
    def words(self) -> dict[str, str]:
        """The same as texts. No two processes ever have the same."""
        owner, _, host = self.by.rpartition("@")
        since = self._since.isoformat(timespec="microseconds")
        return {"owner": owner, "host": host, "pid": str(self.pid), "roll": self.roll, "since": since}

    @property
    def labels(self) -> dict[str, str]:
        """With what stands beside it, and is no part of who it is."""
        beside = {"reason": self.reason, "born": self.born}
        return {**self.words, **{key: text for key, text in beside.items() if text}}

    @classmethod
    def read(cls, words: Mapping[str, str]) -> Holder:
        """Whoever wrote something else than we do holds the lock as well."""
        owner, host = words.get("owner", "somebody"), words.get("host", "unknown")
        pid = words.get("pid", "")
        return cls(
            by=f"{owner}@{host}",
            pid=int(pid) if pid.isdecimal() else 0,
            roll=words.get("roll", "unknown"),
            since=_seconds(words.get("since", "")),
            born=words.get("born", ""),
            reason=words.get("reason", ""),
        )

    def is_same(self, other: Holder | None) -> bool:
        """Compared as texts: the fractions of a second differ by how they were kept."""
        return other is not None and other.words == self.words

    @property
    def _since(self) -> datetime:
        return datetime.fromtimestamp(self.since, UTC)


def _seconds(text: str) -> float:
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError:
        return 0.0


WHAT_NOW = "nothing more is done. See `dcosmaint status` before you resume"


def refusal(cluster: str, found: Holder | None, way_out: str) -> str:
    """What somebody is told who wants the lock while another one has it."""
    who = str(found) if found else "somebody who has not said who it is"
    return (
        f"The cluster {cluster} is being maintained by {who}. Nothing was touched. Wait for it to end, or interrupt it"
        f" there: {way_out}. `dcosmaint status` shows how far it is, where its journal is"
    )
