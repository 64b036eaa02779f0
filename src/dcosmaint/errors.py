"""Every way to fail, in one place: what may be done about it, and the exit code that says so."""

from __future__ import annotations

from dcosmaint.redaction import redacted

LEFT = "Left at once. What is in flight stays as it is; `dcosmaint resume` goes on."
"""What whoever interrupts a roll reads, whenever that was."""


class DcosmaintError(Exception):
    """The base of all that an operator should read instead of a traceback."""

    exit_code = 4

    def __init__(self, says: str = "") -> None:
        """`says` may quote others, who may have said a secret."""
        super().__init__(redacted(says))


class Retryable(DcosmaintError):
    """Not answered, or not in a form that proves anything. The step begins again and looks first."""


class LeaseUnread(Retryable):
    """The lock can't be read now, for whatever reason: nothing was sent to anybody."""


class StartOver(DcosmaintError):
    """The world took a step back (an agent came back, a member landed late): again from cordon-agent."""


class Vanished(StartOver):
    """Somebody else has terminated the instance, or EC2 has forgotten it: nothing on it can be asked or stopped."""


class LetGo(DcosmaintError):
    """The roll stops, and all that happened to this node is a cordon: it is given back as it was found."""


class NodeFailed(DcosmaintError):
    """Waiting will not help this node. It keeps its slots; a resume tries it again."""


class Fatal(DcosmaintError):
    """Waiting will not help the roll. Nothing more starts; what is in flight goes on where it can."""


class LoginLost(Fatal):
    """Our login ran out, or is taken no more: no other node would fare better until somebody logs in again."""


NO_LOGIN = "its AWS credentials expired, or it found none: log in anew."
"""Said of programs that log in by themselves."""


class Forbidden(Fatal):
    """Our login is good, and its user may not do this."""

    def __init__(self, says: str = "", needs: str = "") -> None:
        """`needs` is the permission that is missing, as it is granted; "" where nobody told."""
        super().__init__(says)
        self.needs = needs


class Usage(DcosmaintError):
    """The command line or the configuration is wrong. Nothing was touched."""

    exit_code = 2


class Refused(DcosmaintError):
    """The cluster is not in a state to be rolled. Nothing was touched."""

    exit_code = 3


class Interrupted(DcosmaintError):
    """The operator said leave, twice. What is in flight stays as it is; a resume goes on."""

    exit_code = 130


class Locked(DcosmaintError):
    """Another roll holds the lock."""

    exit_code = 5


class LeaseLost(Fatal):
    """The lock is no longer ours, or can't be read. Nobody acts without it."""
