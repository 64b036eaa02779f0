"""Scripts on nodes by AWS Systems Manager (Run Command), where no SSH gets there. They run as root.

A command is sent, and its end is asked for until it is known. One that we stopped asking about may still run.
https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetCommandInvocation.html names the statuses.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from dcosmaint.adapters.aws import Account, code_of, translated
from dcosmaint.adapters.shell import Answer
from dcosmaint.errors import DcosmaintError, Fatal, Retryable
from dcosmaint.model import Instance
from dcosmaint.ports import KeyActs

DOCUMENT = "AWS-RunShellScript"

AS_ROOT = 'sudo() { shift; "$@"; }\n'
"""In front of every script: a `sudo -n` from root to root may still want a terminal."""

SHORTEST = 30
"""Seconds that AWS takes as the least for a command to reach its node."""

UNDER_WAY = ("Unseen", "Pending", "InProgress", "Delayed", "Cancelling")
ENDED = ("Success", "Failed")  # by itself, with an exit code
UNMANAGED = "InvalidInstanceId"
UNSEEN = "InvocationDoesNotExist"  # for a moment after it was sent


@dataclass(frozen=True)
class NoKeys(KeyActs):
    """AWS says who a node is: there is no host key to learn."""

    def enrol(self, instance: Instance) -> None: ...


@dataclass(frozen=True)
class _Seen:
    """What AWS says of a command on one node."""

    status: str = "Unseen"  # ours, while AWS does not know it yet
    details: str = ""
    code: int = -1
    stdout: str = ""
    stderr: str = ""

    @property
    def said(self) -> str:
        return f"Systems Manager calls it {self.details or self.status}"


class Ssm:
    """`Shell` over Run Command of one account and region."""

    def __init__(self, account: Account, pause: float = 1.0) -> None:
        """`pause`: seconds between two questions whether a command has ended."""
        self._ssm: Any = account.client("ssm")
        self._pause = pause

    def run(self, instance: Instance, script: str, deadline: float) -> Answer:
        until = time.monotonic() + deadline
        command = self._send(instance, script, deadline)
        while (seen := self._look(command, instance)).status in UNDER_WAY:
            if time.monotonic() > until:
                self._cancel(command)
                raise Retryable(
                    f"{_who(instance)}: no answer within {deadline:g} s ({seen.said}): the command may still run,"
                    " whether it did its work is not known"
                )
            time.sleep(self._pause)
        if seen.status not in ENDED or seen.code < 0:
            raise Retryable(f"{_who(instance)}: the command did not end by itself ({seen.said})")
        return Answer(seen.code, seen.stdout, seen.stderr)

    def close(self) -> None:
        self._ssm.close()

    def _send(self, instance: Instance, script: str, deadline: float) -> str:
        seconds = max(1, int(deadline))
        try:
            with translated("ssm:SendCommand"):
                sent = self._ssm.send_command(
                    InstanceIds=[instance.id],
                    DocumentName=DOCUMENT,
                    Comment="dcosmaint",
                    Parameters={"commands": [AS_ROOT + script], "executionTimeout": [str(seconds)]},
                    TimeoutSeconds=max(SHORTEST, seconds),
                )
                return str(sent["Command"]["CommandId"])
        except Fatal as error:
            if code_of(error.__cause__) != UNMANAGED:
                raise
            raise Retryable(
                f"{_who(instance)} is not managed by Systems Manager now: see that amazon-ssm-agent runs there, and"
                " that its instance profile has the policy AmazonSSMManagedInstanceCore"
            ) from error

    def _look(self, command: str, instance: Instance) -> _Seen:
        try:
            with translated("ssm:GetCommandInvocation"):
                return _seen(self._ssm.get_command_invocation(CommandId=command, InstanceId=instance.id))
        except Fatal as error:
            if code_of(error.__cause__) == UNSEEN:
                return _Seen()
            raise

    def _cancel(self, command: str) -> None:
        """As well as can be: AWS promises nothing, and neither do we."""
        with suppress(DcosmaintError), translated("ssm:CancelCommand"):
            self._ssm.cancel_command(CommandId=command)


def _seen(answer: Mapping[str, Any]) -> _Seen:
    return _Seen(
        status=answer["Status"],
        details=answer.get("StatusDetails", ""),
        code=answer.get("ResponseCode", -1),
        stdout=answer.get("StandardOutputContent", ""),
        stderr=answer.get("StandardErrorContent", ""),
    )


def _who(instance: Instance) -> str:
    return f"{instance.private_ip} ({instance.id})"
