"""A node's systemd units and process table, through a shell on the node. What is said there is in `unit_scripts`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from dcosmaint.adapters import work_dirs
from dcosmaint.adapters.shell import Answer, Shell
from dcosmaint.adapters.unit_scripts import (
    BASES,
    BEGIN,
    BEGUN,
    DROP_INS,
    LASTING,
    LOOK,
    RUNTIME,
    SIGNAL_AGENT,
    START_DOCKER,
    STOP_AGENT,
    STOP_DOCKER,
    hold,
    release,
)
from dcosmaint.errors import NodeFailed, Retryable
from dcosmaint.model import Instance, Units, WorkDir

IDLE = ("inactive", "failed")
REFUSALS = (  # of sudo
    "a password is required",
    "must have a tty",
    "no tty present",
    "not in the sudoers",
    "is not allowed to execute",
)


@dataclass(frozen=True)
class NodeUnits:
    """`UnitReads` and `UnitActs`. `deadline` is the time that one script may take, in seconds."""

    shell: Shell
    deadline: float = 60.0

    def look(self, instance: Instance) -> Units:
        said = self._run(instance, "look at the units", LOOK)
        try:
            return read(said.stdout)
        except (KeyError, ValueError) as error:
            raise Retryable(
                f"{_name(instance)}: systemd's answer proves nothing: {error} {said.stderr.strip()}"
            ) from error
        except NodeFailed as error:
            raise NodeFailed(f"{_name(instance)}: {error}") from error

    def stop_docker(self, instance: Instance) -> None:
        self._run(instance, "stop docker", STOP_DOCKER)

    def start_docker(self, instance: Instance) -> None:
        self._run(instance, "start docker", START_DOCKER)

    def hold_agent(self, instance: Instance, *, lasting: bool) -> None:
        self._run(instance, "hold the agent", hold(LASTING if lasting else RUNTIME))

    def signal_agent(self, instance: Instance) -> None:
        self._run(instance, "signal the agent", SIGNAL_AGENT)

    def stop_agent(self, instance: Instance) -> None:
        self._run(instance, "stop the agent", STOP_AGENT)

    def release_agent(self, instance: Instance) -> None:
        self._run(instance, "release the agent", release())

    def work_dir(self, instance: Instance) -> WorkDir:
        said = self._run(instance, "look at the agent's work dir", work_dirs.LOOK)
        try:
            return work_dirs.read(said.stdout)
        except (KeyError, ValueError) as error:
            raise Retryable(f"{_name(instance)}: nobody knows what {work_dirs.PLACE} lies on: {error}") from error

    def empty_work_dir(self, instance: Instance) -> None:
        self._run(instance, "empty the agent's work dir", work_dirs.EMPTY)

    def _run(self, instance: Instance, what: str, script: str) -> Answer:
        answer = self.shell.run(instance, BEGIN + script, self.deadline)
        if answer.code == 0:
            return replace(answer, stdout=answer.stdout.partition(f"{BEGUN}\n")[2])
        said = answer.stderr.strip() or "(it said nothing)"
        if any(refusal in said for refusal in REFUSALS):
            raise NodeFailed(
                f"{_name(instance)}: sudo refuses to {what} without a password or a terminal: {said}. Give the SSH user"
                " `NOPASSWD: ALL` in a file under /etc/sudoers.d of the AMI, without `requiretty`"
            )
        raise Retryable(f"{_name(instance)}: could not {what}: it ended with {answer.code}: {said}")


def read(text: str) -> Units:
    """What `LOOK` printed. Raises `ValueError` or `KeyError` for what is no whole answer."""
    head, *blocks = text.strip().split("\n\n")
    facts = _pairs(head)
    units = {unit["Id"]: unit for unit in map(_pairs, blocks)}
    name = facts["Unit"]
    marked = set(_markers(head))
    agent, socket = units[f"{name}.service"], units[f"{name}.socket"]
    if agent["LoadState"] != "loaded":
        raise NodeFailed(
            f"{name}.service is {agent['LoadState']} here: no DC/OS agent (a master?), or DC/OS is not installed"
        )
    return Units(
        docker=_busy(units["docker.service"]) or _busy(units["docker.socket"]),
        shims=int(facts["Shims"]),
        unit=name,
        agent=_busy(agent) or _busy(socket),
        process=agent["MainPID"] != "0",
        held=bool(marked & _bases(agent)),
        lasting=LASTING in marked & _bases(agent),
    )


def _busy(unit: Mapping[str, str]) -> bool:
    """Active, on its way in or out, or about to be started again (which systemd calls activating, auto-restart)."""
    return unit["ActiveState"] not in IDLE


def _bases(unit: Mapping[str, str]) -> set[str]:
    """Where the drop-ins of ours lie that systemd has loaded. Old systemd leaves an empty list out."""
    loaded = unit.get("DropInPaths", "").split()
    return {base for base in BASES if any(_is_ours(path, base) for path in loaded)}


def _is_ours(path: str, base: str) -> bool:
    return path.startswith(f"{base}/") and path.endswith(f"/{DROP_INS[base]}")


def _markers(head: str) -> Iterator[str]:
    return (line.removeprefix("Marker=") for line in head.splitlines() if line.startswith("Marker="))


def _pairs(block: str) -> dict[str, str]:
    return {key: value for key, _, value in (line.partition("=") for line in block.splitlines())}


def _name(instance: Instance) -> str:
    return f"{instance.private_ip} ({instance.id})"
