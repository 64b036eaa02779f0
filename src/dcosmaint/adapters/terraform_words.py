"""How `terraform … -json` talks: a JSON object a line."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dcosmaint.adapters.programs import last_lines

PROGRESS = (
    "apply_start",
    "apply_progress",
    "apply_complete",
    "apply_errored",
    "refresh_start",
    "refresh_complete",
    "planned_change",
    "change_summary",
)
LOCK = "Error acquiring the state lock"
CAPACITY = "InsufficientInstanceCapacity"


class TerraformWords:
    """Progress and failures of a plan or an apply."""

    def __init__(self, binary: str) -> None:
        self._binary = binary

    def says(self, line: str) -> str:
        event = _event(line)
        return str(event.get("@message", "")) if event.get("type") in PROGRESS else ""

    def error(self, lines: Sequence[str]) -> str:
        said = [self._sentence(diagnostic) for diagnostic in _errors(lines)]
        return "; ".join(dict.fromkeys(said)) or _raw(lines)

    def _sentence(self, diagnostic: Mapping[str, Any]) -> str:
        summary, detail = diagnostic.get("summary", ""), diagnostic.get("detail", "")
        if summary.startswith(LOCK):
            return self._locked(detail)
        at = f" ({diagnostic['address']})" if diagnostic.get("address") else ""
        if CAPACITY in summary + detail:
            at = f"{at}: AWS has no room for such an instance there now ({CAPACITY}); a resume tries it again"
        return f"{summary}{at}" + (f": {' '.join(detail.split())}" if detail else "")

    def _locked(self, detail: str) -> str:
        """Who holds the lock, from the `Lock Info` that Terraform quotes."""
        info = dict(re.findall(r"^\s+(ID|Who|Operation|Created):\s*(\S.*?)\s*$", detail, re.MULTILINE))
        if "ID" not in info:
            return f"{LOCK}: {' '.join(detail.split())}"
        return (
            f"the state is locked by {info.get('Who', '(unknown)')} since {info.get('Created', '(unknown)')}"
            f" ({info.get('Operation', '(unknown)')}, lock {info['ID']}): wait for it, or, where it is proved dead, run"
            f" `{self._binary} force-unlock {info['ID']}`"
        )


def _errors(lines: Sequence[str]) -> Iterator[Mapping[str, Any]]:
    for event in map(_event, lines):
        diagnostic = event.get("diagnostic", {})
        if event.get("type") == "diagnostic" and diagnostic.get("severity") == "error":
            yield diagnostic


def _event(line: str) -> Mapping[str, Any]:
    """A line as an event; an empty one where it is none."""
    try:
        event = json.loads(line)
    except (json.JSONDecodeError, RecursionError):
        return {}
    return event if isinstance(event, dict) else {}


def _raw(lines: Sequence[str]) -> str:
    """What it said outside its own protocol: a panic, or a shell that could not start it."""
    said = [line for line in lines if not _event(line)]
    return "it said:\n" + last_lines("\n".join(said)) if said else ""
