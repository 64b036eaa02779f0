"""One call to Admin Router, and what came back."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any

from dcosmaint.adapters.bodies import Body
from dcosmaint.errors import Retryable

LONGEST = 200
"""Characters of somebody else's text that fit into a sentence of ours."""


@dataclass(frozen=True)
class Call:
    """A request, relative to the cluster's URL."""

    path: str
    method: str = "GET"
    body: Any = field(default=None, repr=False)  # sent as JSON; None sends neither a body nor a Content-Type
    accepts: tuple[int, ...] = (200,)  # statuses that the caller reads itself
    once: bool = False  # never sent a second time, for whatever reason
    deadline: float = 60.0  # seconds for the whole answer, not for one read of it

    def __str__(self) -> str:
        return f"{self.method} {self.path.partition('?')[0]}"


@dataclass(frozen=True)
class Answer:
    """A response, read to its end."""

    call: Call
    status: int
    content: bytes = field(repr=False)
    kind: str = ""  # its Content-Type
    date: str = ""
    location: str = ""

    @property
    def html(self) -> bool:
        """Admin Router and its nginx speak HTML; no service behind it does."""
        return "html" in self.kind.lower() or self.content.lstrip()[:1] == b"<"

    @property
    def from_router(self) -> bool:
        """An error of Admin Router itself, whatever service was asked.

        Its 404 for a service is a text of its own, so a page with that status is the (old) service's.
        """
        page = self.html and not (self.status == 404 and self.call.path.startswith("service/"))
        return self.status >= 400 and (page or self.content.startswith(b"404 Not Found:"))

    @property
    def said(self) -> str:
        """The reason that an error gives, short, or "". Error pages say nothing."""
        if self.html:
            return ""
        text = self._message() or self.content.decode(errors="replace")
        return " ".join(text.split())[:LONGEST]

    def json(self) -> Body:
        try:
            value = json.loads(self.content)
        except (ValueError, RecursionError):
            what = "an HTML page" if self.html else "no JSON, or cut off"
            raise Retryable(f"{self.call}: the answer ({self.status}) is {what}") from None
        return Body(value, str(self.call))

    def at(self) -> float:
        """When it was answered, on the clock of who answered."""
        try:
            return parsedate_to_datetime(self.date).timestamp()
        except (ValueError, TypeError):
            raise Retryable(f"{self.call}: the answer has no readable Date header") from None

    def _message(self) -> str:
        """Marathon writes `message`, the IAM `description`."""
        try:
            value = json.loads(self.content)
        except (ValueError, RecursionError):
            return ""
        found = (value.get(key) for key in ("message", "description", "title")) if isinstance(value, dict) else ()
        return next((text for text in found if isinstance(text, str)), "")
