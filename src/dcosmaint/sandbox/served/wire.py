"""What is asked over HTTP, and what is answered: as plain values, so that no surface sees a socket."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Any


@dataclass(frozen=True)
class Ask:
    """One request. `path` is decoded and without its query; header names are in lower case."""

    method: str
    path: str
    query: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    named: Mapping[str, str] = field(default_factory=dict)  # what the route's pattern found in the path

    def one(self, name: str, default: str = "") -> str:
        """The first value of a query parameter."""
        return next(iter(self.query.get(name, ())), default)

    def at(self, path: str, **named: str) -> Ask:
        """The same request as the next surface sees it."""
        return replace(self, path=path, named={**self.named, **named})


@dataclass(frozen=True)
class Answer:
    status: int = 200
    body: bytes = b""
    type: str = ""  # no Content-Type where it is empty
    headers: tuple[tuple[str, str], ...] = ()
    delay: float = 0.0  # seconds of ours until it is sent
    share: float = 1.0  # of the body that is sent; less than all of it, and the connection breaks
    stream: Iterator[bytes] | None = None  # what follows piece by piece, instead of a body; an empty piece is no news


class Reset(Exception):
    """There is no answer: the connection breaks."""


def as_json(value: Any, status: int = 200, *, pretty: bool = False) -> Answer:
    """`pretty`: as the SDK writes it, over several lines."""
    text = json.dumps(value, indent=2) if pretty else json.dumps(value, separators=(",", ":"))
    return Answer(status, text.encode(), "application/json")


def as_text(says: str, status: int = 200) -> Answer:
    return Answer(status, says.encode(), "text/plain; charset=utf-8")


def page(status: int, *headers: tuple[str, str]) -> Answer:
    """What nginx says of itself: HTML, whatever was accepted."""
    title = f"{status} {HTTPStatus(status).phrase}"
    body = (
        f"<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n"
        "<hr><center>openresty</center>\r\n</body>\r\n</html>\r\n"
    )
    return Answer(status, body.encode(), "text/html", headers)
