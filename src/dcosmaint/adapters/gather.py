"""Many small reads at the same time, in order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")

AT_ONCE = 8
"""Reads under way together: a scheduler answers each from memory, but it is one small process."""


def gather(read: Callable[[T], R], subjects: Sequence[T]) -> tuple[R, ...]:
    """`read` of each subject, in their order; the first failure is raised, and what has not begun is dropped."""
    if len(subjects) < 2:
        return tuple(read(subject) for subject in subjects)
    with ThreadPoolExecutor(max_workers=min(AT_ONCE, len(subjects))) as pool:
        return tuple(pool.map(read, subjects))
