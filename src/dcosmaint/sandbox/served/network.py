"""Which of the loopback's networks a sandbox has for itself."""

from __future__ import annotations

import socket

from dcosmaint.errors import Usage


def claim(port: int) -> tuple[int, socket.socket]:
    """The second byte of a free 127.x.0.0/16, and the socket that keeps it ours as long as it is open.

    It stands on 127.x.20.1, which EC2 keeps for itself and no node ever gets.
    """
    for number in range(255):
        try:
            return number, socket.create_server((f"127.{number}.20.1", port))
        except OSError:
            continue
    raise Usage(
        f"No address of the loopback network lets anybody listen on port {port}. On macOS each must be added first:"
        " `sudo ifconfig lo0 alias 127.0.20.4`, and so on."
    )
