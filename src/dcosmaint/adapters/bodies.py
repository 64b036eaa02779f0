"""JSON of others, read field by field. What is missing or of another type is `Retryable`, and named; never a guess."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, NoReturn

from dcosmaint.errors import Retryable


@dataclass(frozen=True)
class Body:
    """A piece of JSON, and where it stood: `GET mesos/master/slaves: slaves[3].pid`. Its content is never shown."""

    value: Any = field(repr=False)
    where: str

    def find(self, *keys: str) -> Body | None:
        """What stands below these keys, or None. `null` counts as missing: that is how protobuf objects are dumped."""
        value, where = self.value, self.where
        for key in keys:
            value = value.get(key) if isinstance(value, dict) else None
            where = f"{where}.{key}"
            if value is None:
                return None
        return Body(value, where)

    def at(self, *keys: str) -> Body:
        found = self.find(*keys)
        if found is None:
            raise Retryable(f"{self.where}.{'.'.join(keys)} is missing in the answer")
        return found

    def text(self, *keys: str) -> str:
        here = self.at(*keys) if keys else self
        return here.value if isinstance(here.value, str) else here._wrong("text")

    def number(self, *keys: str) -> float:
        here = self.at(*keys) if keys else self
        good = isinstance(here.value, int | float) and not isinstance(here.value, bool) and math.isfinite(here.value)
        return float(here.value) if good else here._wrong("a number")

    def flag(self, *keys: str) -> bool:
        here = self.at(*keys) if keys else self
        return here.value if isinstance(here.value, bool) else here._wrong("true or false")

    def list(self, *keys: str) -> tuple[Body, ...]:
        here = self.at(*keys) if keys else self
        if not isinstance(here.value, list):
            here._wrong("a list")
        return tuple(Body(value, f"{here.where}[{index}]") for index, value in enumerate(here.value))

    def map(self, *keys: str) -> dict[str, Body]:
        here = self.at(*keys) if keys else self
        if not isinstance(here.value, dict):
            here._wrong("an object")
        return {key: Body(value, f"{here.where}.{key}") for key, value in here.value.items()}

    def text_or(self, other: str, *keys: str) -> str:
        """The text, or `other` where it is absent; another type is still refused."""
        found = self.find(*keys)
        return other if found is None else found.text()

    def number_or(self, other: float, *keys: str) -> float:
        found = self.find(*keys)
        return other if found is None else found.number()

    def list_or_none(self, *keys: str) -> tuple[Body, ...]:
        """The list, or an empty one where its owner leaves it out when there is nothing to say."""
        found = self.find(*keys)
        return () if found is None else found.list()

    def map_or_none(self, *keys: str) -> dict[str, Body]:
        found = self.find(*keys)
        return {} if found is None else found.map()

    def _wrong(self, wanted: str) -> NoReturn:
        raise Retryable(f"{self.where} is {type(self.value).__name__} in the answer, not {wanted}")
