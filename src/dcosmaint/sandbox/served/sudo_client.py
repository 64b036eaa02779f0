"""What `sudo` is in a shell on a pretend node: it asks the sandbox, and says and ends as that says.

Begun with `python -I -S`, once for each command of a script: it imports as little as it can.
"""

from __future__ import annotations

import json
import os
import socket
import sys

READERS = ("tee", "cat")
"""Programs that read what is piped into them; any other would wait for an end that may never come."""


def main(words: list[str]) -> int:
    programs = [word for word in words if not word.startswith("-")]
    reads = bool(programs) and programs[0] in READERS
    asked = {
        "secret": os.environ["SANDBOX_SECRET"],
        "instance": os.environ["SANDBOX_INSTANCE"],
        "words": words,
        "stdin": sys.stdin.read() if reads else "",
    }
    with socket.create_connection(("127.0.0.1", int(os.environ["SANDBOX_DOOR"]))) as door, door.makefile("rw") as wire:
        wire.write(json.dumps(asked) + "\n")
        wire.flush()
        said = json.loads(wire.readline())
    sys.stdout.write(said["out"])
    sys.stderr.write(said["error"])
    return int(said["code"])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
