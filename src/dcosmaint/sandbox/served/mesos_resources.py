"""Resources of agents and tasks in each of the forms in which Mesos writes them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from dcosmaint.sandbox.world import Size, World
from dcosmaint.sandbox.world.layers import Layer, Layers
from dcosmaint.sandbox.world.state import Agent, Task
from dcosmaint.sandbox.world.volumes import Volume

PORTS = ((1025, 2180), (2182, 3887), (3889, 5049), (5052, 8079), (8082, 8180), (8182, 32000))
PUBLIC_PORTS = ((1, 21), (23, 5050), (5052, 32000))
PUBLIC_ROLE = "slave_public"
NOTHING = Size()

Json = dict[str, Any]


class NotProtobuf(Exception):
    """A field is not of the type that it has to be."""


def sums(size: Size, ports: Iterable[tuple[int, int]] = ()) -> Json:
    """The short form: one number a kind, ports as text and only where there are any."""
    found: Json = {"disk": size.disk, "mem": size.mem, "gpus": 0.0, "cpus": size.cpus}
    ranges = ", ".join(f"{begin}-{end}" for begin, end in ports)
    return {**found, "ports": f"[{ranges}]"} if ranges else found


def entries(
    size: Size, marks: Mapping[str, Any], ports: Iterable[tuple[int, int]] = (), volume: Volume | None = None
) -> list[Json]:
    """The long form: one object a kind, kinds of which there is nothing left out. `marks` go into each."""
    scalars = (("cpus", size.cpus), ("mem", size.mem), ("disk", size.disk))
    found = [{"name": n, "type": "SCALAR", "scalar": {"value": v}, **marks} for n, v in scalars if v]
    if volume and size.disk:
        found[-1]["disk"] = _disk(volume)
    ranges = [{"begin": begin, "end": end} for begin, end in ports]
    return [*found, {"name": "ports", "type": "RANGES", "ranges": {"range": ranges}, **marks}] if ranges else found


def _disk(volume: Volume) -> Json:
    return {
        "persistence": {"id": volume.id, "principal": volume.principal},
        "volume": {"mode": "RW", "container_path": volume.path},
    }


def total(sizes: Iterable[Size]) -> Size:
    found = NOTHING
    for size in sizes:
        found += size
    return found


class Holdings:
    """Who has what of one agent."""

    def __init__(self, world: World, agent: Agent) -> None:
        self._world = world
        self._agent = agent
        self.public = agent.machine.public
        self.ports = PUBLIC_PORTS if self.public else PORTS
        self.pods = {key: (agent.volumes[key], size) for key, size in agent.reserved.items()}
        self.rest = agent.size - total((*agent.reserved.values(), *agent.set_apart.values()))

    @property
    def used(self) -> Size:
        return total(task.size for task in self._agent.tasks.values())

    @property
    def reserved(self) -> Json:
        """Role → its sums."""
        roles: dict[str, Size] = {}
        for volume, size in self.pods.values():
            roles[volume.role] = roles.get(volume.role, NOTHING) + size
        for layers, size in self._agent.set_apart.items():
            roles[layers[-1].role] = roles.get(layers[-1].role, NOTHING) + size
        found = {role: sums(size) for role, size in roles.items()}
        return {**found, PUBLIC_ROLE: sums(self.rest, self.ports)} if self.public else found

    @property
    def reserved_full(self) -> Json:
        """Role → the long form, with the volumes of pods that run or ran here."""
        found: dict[str, list[Json]] = {}
        for key, (volume, size) in self.pods.items():
            found.setdefault(volume.role, []).extend(entries(size, self.dynamic(volume, key), volume=volume))
        for layers, size in self._agent.set_apart.items():
            found.setdefault(layers[-1].role, []).extend(entries(size, layered(layers)))
        return {**found, PUBLIC_ROLE: entries(self.rest, STATIC, self.ports)} if self.public else found

    @property
    def unreserved(self) -> Json:
        return sums(NOTHING) if self.public else sums(self.rest, self.ports)

    @property
    def unreserved_full(self) -> list[Json]:
        return [] if self.public else entries(self.rest, {"role": "*"}, self.ports)

    def used_full(self) -> list[Json]:
        return [entry for task in self._agent.tasks.values() for entry in self.of(task)]

    def of(self, task: Task) -> list[Json]:
        """What a task has, in the long form: whose it is, out of which reservation, and with which volume."""
        framework = self._world.master.frameworks[task.framework]
        allocated = {"allocation_info": {"role": framework.role}}
        for key, (volume, _) in self.pods.items():
            service, _, pod = key.rpartition("/")
            if service == task.framework and task.name in (pod, f"{pod}-broker"):
                return entries(task.size, {**self.dynamic(volume, key), **allocated}, volume=volume)
        return entries(task.size, {**(STATIC if self.public else {"role": "*"}), **allocated})

    def dynamic(self, volume: Volume, key: str) -> Json:
        """A public agent's are cut out of what is its own already, and have the newer of the two forms alone."""
        marks = dynamic(volume, key)
        return {"reservations": [*STATIC["reservations"], *marks["reservations"]]} if self.public else marks


STATIC: Json = {"role": PUBLIC_ROLE, "reservations": [{"type": "STATIC", "role": PUBLIC_ROLE}]}


def layered(layers: Layers) -> Json:
    """An operator's reservation: in both forms, but for a refined one, which the older form can't tell."""
    refined: list[Json] = [{"type": layer.kind, "role": layer.role, **_marks(layer)} for layer in layers]
    if len(layers) > 1:
        return {"reservations": refined}
    return {"role": layers[0].role, "reservation": _marks(layers[0]), "reservations": refined}


def _marks(layer: Layer) -> Json:
    labels = [{"key": key, "value": value} for key, value in layer.labels]
    principal = {"principal": layer.principal} if layer.principal else {}
    return {**principal, "labels": {"labels": labels}} if labels else principal


def dynamic(volume: Volume, key: str) -> Json:
    """A reservation of an SDK scheduler, in both forms; `key` is service/pod."""
    role, whose = volume.role, {"principal": volume.principal, "labels": _labels(key)}
    return {"role": role, "reservation": whose, "reservations": [{"type": "DYNAMIC", "role": role, **whose}]}


def _labels(key: str) -> Json:
    return {"labels": [{"key": "resource_id", "value": key.replace("/", "__")}]}
