"""Who is in sync, as a command of the operator's tells: the proof for services that show none of their own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from dcosmaint.adapters.gather import gather
from dcosmaint.adapters.programs import Program, ProgramFailed, run
from dcosmaint.errors import Retryable, Usage
from dcosmaint.model import Member, Pod, Service
from dcosmaint.ports import ServiceReads
from dcosmaint.redaction import redacted

DEADLINE = 30.0
"""Seconds for one member. A command that takes longer proves nothing, and is killed."""

SERVICE, MEMBER = "DCOSMAINT_SERVICE", "DCOSMAINT_MEMBER"
"""The variables that tell a command whom it is asked about."""


@dataclass(frozen=True)
class Asked(ServiceReads):
    """Every service as its scheduler shows it, and each running member of those with a command as that one does."""

    services: ServiceReads
    commands: Mapping[str, tuple[str, ...]]  # service → argv
    env: Mapping[str, str] = field(repr=False)
    deadline: float = DEADLINE

    def all(self) -> tuple[Service, ...]:
        return tuple(self._asked(service) for service in self.services.all())

    def one(self, name: str) -> Service:
        return self._asked(self.services.one(name))

    def rejected(self, member: Member) -> tuple[str, ...]:
        return self.services.rejected(member)

    def _asked(self, service: Service) -> Service:
        command = self.commands.get(service.name)
        if command is None:
            return service
        return replace(service, pods=gather(lambda pod: self._pod(command, pod), service.pods), asked=True)

    def _pod(self, command: tuple[str, ...], pod: Pod) -> Pod:
        """One that does not run, or is about to end, is lost whatever anybody says of it."""
        return replace(pod, out_of_sync=self._answer(command, pod)) if pod.running and not pod.marked else pod

    def _answer(self, command: tuple[str, ...], pod: Pod) -> str:
        """Exit code 0 is in sync. A command that can't be run any more proves nothing (R2)."""
        names = {SERVICE: pod.member.service, MEMBER: pod.member.pod}
        program = Program(command, Path.cwd(), {**self.env, **names})
        try:
            run(program, self.deadline)
        except ProgramFailed as failed:
            return _says(failed)
        except Usage as wrong:
            return f"its command can't be run: {wrong}".rstrip(".")
        except Retryable:
            return f"its command did not end within {self.deadline:g} s"
        return ""


def _says(failed: ProgramFailed) -> str:
    """The last line of its standard error: what a command says is left, it says there.

    It reaches a terminal, which takes no orders from it.
    """
    lines = [line.strip() for line in redacted(failed.said).splitlines() if line.strip()]
    if not lines:
        return f"its command ended with {failed.code}"
    return "".join(each if each.isprintable() else "?" for each in lines[-1][:200])
