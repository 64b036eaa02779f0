"""Whom a resource of an agent is reserved for."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Layer:
    """One reservation of a resource; a refined one has several, each for a role below the last one's."""

    kind: str  # Mesos' word: STATIC, made by the agent's own flags, or DYNAMIC
    role: str
    principal: str = ""
    labels: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        labels = ", ".join(f"{key}: {value}" for key, value in self.labels)
        marks = (self.kind, self.role, self.principal, f"{{{labels}}}" if labels else "")
        return f"({','.join(filter(None, marks))})"


Layers = tuple[Layer, ...]
