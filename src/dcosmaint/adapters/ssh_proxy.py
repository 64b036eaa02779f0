"""`ProxyCommand` of ssh_config: a program whose standard input and output are the connection.

A child process of ours, and not paramiko's own: that one waits without end, is never reaped, and keeps to itself what
the command had to say. It lives exactly as long as its connection, and has no terminal: it can ask nobody anything.
"""

from __future__ import annotations

import os
import re
import shlex
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from tempfile import TemporaryFile
from typing import IO

import paramiko

from dcosmaint.adapters.ssh_config import Hop, split
from dcosmaint.errors import Retryable, Usage

GRACE = 2.0
"""Seconds between a request to end and the end."""

LONGEST = 300
"""Characters of a command's last words that fit into a sentence of ours."""

TAIL = 4096
"""Bytes of its words that are read: it may be told to say everything."""

TOKEN = re.compile("%(.?)")
PLAIN = re.compile(r"[\w.:@+%][\w.:@+%-]*")


def expanded(hop: Hop) -> str:
    """The command that connects to this hop, for a shell; "" for none. Raises `Usage`."""

    def value(token: re.Match[str]) -> str:
        if token[1] not in values:
            raise Usage(f"the ProxyCommand for {hop.name} has {token[0]}: it may have %h, %n, %p, %r and %%")
        if not PLAIN.fullmatch(values[token[1]]):
            raise Usage(f"the ProxyCommand for {hop.name} is not given {values[token[1]]!r}: a shell might obey it")
        return values[token[1]]

    values = {"%": "%", "h": hop.host, "n": hop.name, "p": str(hop.port), "r": hop.user}
    return TOKEN.sub(value, hop.proxy_command)


def hosts(command: str) -> tuple[str, ...]:
    """The words of a command that may name a host, as ssh_config has it: no program, no option, and not the target."""
    try:
        words = shlex.split(command)[1:]
    except ValueError:
        return ()
    named = (split(word)[1] for word in words if not word.startswith("-"))
    return tuple(host for host in named if "%" not in host)


@contextmanager
def proxied(command: str) -> Iterator[socket.socket]:
    """The stream to what a command connects to. What it said is added to whatever goes wrong with the connection."""
    ours, theirs = socket.socketpair()
    with closing(ours), TemporaryFile() as said:
        with closing(theirs):
            process = _begun(command, theirs.fileno(), said)
        try:
            yield ours
        except Retryable as error:
            raise Retryable(f"{error}; {_last_words(said)}") from error
        except (paramiko.AuthenticationException, paramiko.ChannelException):
            raise
        except (paramiko.SSHException, OSError, EOFError) as error:
            raise paramiko.SSHException(f"{str(error) or 'no answer in time'}; {_last_words(said)}") from error
        finally:
            _end(process)


def _begun(command: str, wire: int, said: IO[bytes]) -> subprocess.Popen[bytes]:
    argv = ("/bin/sh", "-c", f"exec {command}")
    return subprocess.Popen(argv, stdin=wire, stdout=wire, stderr=said, start_new_session=True)


def _last_words(said: IO[bytes]) -> str:
    tail = os.pread(said.fileno(), TAIL, max(0, os.fstat(said.fileno()).st_size - TAIL))
    lines = [line.strip() for line in tail.decode(errors="replace").splitlines() if line.strip()]
    return f"its ProxyCommand says: {lines[-1][:LONGEST]}" if lines else "its ProxyCommand says nothing"


def _end(process: subprocess.Popen[bytes]) -> None:
    """The whole group, since a shell may have made several of it: asked first, so that an ssh can say goodbye."""
    _signal(process.pid, signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        process.wait(GRACE)
    _signal(process.pid, signal.SIGKILL)
    process.wait()


def _signal(group: int, number: int) -> None:
    with suppress(ProcessLookupError, PermissionError):  # macOS has the latter for a group that has just ended
        os.killpg(group, number)
