"""Answers that are built once for one truth, however often they are asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Kept(Generic[T]):
    """The newest answer about each record, with the truth that it was built of: another truth gets another answer."""

    def __init__(self) -> None:
        self._answers: dict[str, tuple[object, T]] = {}

    def get(self, record: str, truth: object, build: Callable[[], T]) -> T:
        kept = self._answers.get(record)
        if kept is None or kept[0] != truth:
            kept = self._answers[record] = truth, build()
        return kept[1]
