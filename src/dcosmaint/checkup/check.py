"""One thing to look at, and what was found there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from dcosmaint.errors import DcosmaintError


class State(StrEnum):
    """Red is what a roll would be refused for, or could not do without."""

    OK = "ok"
    WARNING = "warning"
    RED = "red"


@dataclass(frozen=True)
class Remark:
    state: State
    says: str
    remedy: str = ""  # "" where the sentence holds it already, and where nothing is wrong


@dataclass(frozen=True)
class Check:
    """Whatever it raises as one of our errors becomes a red remark: no check keeps another one from being made."""

    name: str
    look: Callable[[], Iterator[Remark]]
    remedy: str = ""  # what to see to where there was nothing to look at
    needs: str = ""  # the check without which this one could only fail for the same reason


@dataclass(frozen=True)
class Found:
    """A remark, and the check that made it."""

    name: str
    remark: Remark


def ok(says: str) -> Remark:
    return Remark(State.OK, says)


def warning(says: str, remedy: str) -> Remark:
    return Remark(State.WARNING, says, remedy)


def red(says: str, remedy: str = "") -> Remark:
    return Remark(State.RED, says, remedy)


def look(checks: Sequence[Check]) -> Iterator[Found]:
    """Make one check after the other, and tell what each found as soon as it has found it."""
    failed: set[str] = set()
    for check in checks:
        for remark in _remarks(check, failed):
            if remark.state is State.RED:
                failed.add(check.name)
            yield Found(check.name, remark)


def _remarks(check: Check, failed: set[str]) -> Iterator[Remark]:
    if check.needs in failed:
        yield red(f"not looked at, since {check.needs} is red", f"see to {check.needs} first")
        return
    try:
        yield from check.look()
    except DcosmaintError as error:
        yield red(str(error), check.remedy)
