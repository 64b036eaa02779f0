"""Says words to a socket and waits for an answer: `client PATH WORD …`. Ends with 1 where nobody answers."""

import socket
import sys

with socket.socket(socket.AF_UNIX) as to:
    to.settimeout(1)
    try:
        to.connect(sys.argv[1])
        to.sendall(" ".join(sys.argv[2:] or ["-"]).encode())
        answered = bool(to.recv(100))
    except OSError:
        answered = False
sys.exit(not answered)
