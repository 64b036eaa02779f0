"""What paramiko and the network throw, in our words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import paramiko

from dcosmaint.errors import DcosmaintError, NodeFailed, Retryable

FORBIDDEN = 1  # SSH_OPEN_ADMINISTRATIVELY_PROHIBITED
PASSING = ("timeout", "transport shut down", "EOF")  # how paramiko words an authentication that was never answered


@contextmanager
def translated(who: str) -> Iterator[None]:
    """Let only our own errors out, each naming `who` could not be spoken to."""
    try:
        yield
    except DcosmaintError:
        raise
    except paramiko.AuthenticationException as error:
        raise _not_let_in(who, error) from error
    except paramiko.ChannelException as error:
        raise _not_forwarded(who, error) from error
    except (paramiko.SSHException, OSError, EOFError) as error:
        raise Retryable(f"{who}: no SSH connection: {str(error) or 'no answer in time'}") from error


def _not_let_in(who: str, error: paramiko.AuthenticationException) -> DcosmaintError:
    if any(word in str(error) for word in PASSING):
        return Retryable(f"{who}: the login was not answered: {error}")
    return NodeFailed(
        f"{who}: our SSH key was refused ({error}). Check nodes.ssh.user and nodes.ssh.key, unlock the key or"
        " put it into ssh-agent, and see that its public half is in the instance's authorized_keys"
    )


def _not_forwarded(who: str, error: paramiko.ChannelException) -> DcosmaintError:
    if error.code == FORBIDDEN:
        return NodeFailed(f"{who} forbids to go on from there: set `AllowTcpForwarding yes` in its sshd_config")
    return Retryable(f"{who}: the way on is closed: {error}")
