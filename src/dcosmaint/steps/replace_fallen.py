"""replace-fallen: its node is down, so what fell back to it is replaced where nothing can come back.

So is what was placed there in the moment before. Only where a cordon leaks; else nothing is left for it to do.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from dcosmaint.steps.replace_brokers import ReplaceBrokers


@dataclass(frozen=True)
class ReplaceFallen(ReplaceBrokers):
    name: ClassVar[str] = "replace-fallen"
