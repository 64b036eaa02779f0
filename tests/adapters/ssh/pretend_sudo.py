"""A pretend `sudo`, for the sessions of the farm: the programs behind it act on a folder instead of the machine.

The folder of a node is beside this file and named as the node. `units.json` holds its units; `argv` collects what was
called; a file `refuse` holds what sudo says when it will not. It knows of systemd what matters here: a drop-in counts
from the next daemon-reload on, a failed condition leaves a unit inactive, and Restart=always brings an agent back.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent / os.environ["NODE"]
ABSENT = {"LoadState": "not-found", "ActiveState": "inactive", "SubState": "dead", "MainPID": "0"}


def inside(path: str) -> Path:
    return HERE / "root" / path.lstrip("/")


class Systemctl:
    def __init__(self) -> None:
        self.units: dict[str, dict[str, Any]] = json.loads((HERE / "units.json").read_text())

    def call(self, verb: str, words: list[str]) -> int:
        names = [word for word in words if not word.startswith("-") and "." in word]
        code: int = getattr(self, verb.replace("-", "_"))(words, names)
        (HERE / "units.json").write_text(json.dumps(self.units))
        return code

    def show(self, words: list[str], names: list[str]) -> int:
        wanted = words[words.index("-p") + 1].split(",")
        for name in names:
            unit = {**self.units.get(name, ABSENT), "Id": name}
            unit["DropInPaths"] = " ".join(unit.get("loaded", {}))
            print("\n".join(f"{key}={unit[key]}" for key in wanted if key in unit), end="\n\n")
        return 0

    def is_active(self, words: list[str], names: list[str]) -> int:
        return 0 if self.units.get(names[0], ABSENT)["ActiveState"] == "active" else 3

    def kill(self, words: list[str], names: list[str]) -> int:
        return 1 if self.units[names[0]]["MainPID"] == "0" else 0

    def pkill(self, words: list[str], names: list[str]) -> int:
        """The agent ends, if it is below PID 1 and so the main process, or below the main process."""
        below = words[words.index("-P") + 1].split(",")
        for name, unit in self.units.items():
            if "mesos" in name and unit["MainPID"] != "0" and unit["MainPID"] in below:
                lines = "\n".join(unit["loaded"].values()).splitlines()
                again = [line for line in lines if line.startswith("Restart=")][-1:] != ["Restart=no"]
                self._set(name, *(("activating", "auto-restart", "0") if again else ("inactive", "dead", "0")))
                return 0
        return 1

    def stop(self, words: list[str], names: list[str]) -> int:
        return self._each(names, lambda name: self._set(name, "inactive", "dead", "0"))

    def start(self, words: list[str], names: list[str]) -> int:
        return self._each(names, self._start)

    def daemon_reload(self, words: list[str], names: list[str]) -> int:
        for name, unit in self.units.items():
            folders = [inside(f"{base}/systemd/system/{name}.d") for base in ("etc", "run")]
            found = sorted((path for folder in folders for path in folder.glob("*")), key=lambda path: path.name)
            unit["loaded"] = {f"/{path.relative_to(inside('/'))}": path.read_text() for path in found}
        return 0

    def reset_failed(self, words: list[str], names: list[str]) -> int:
        return 0

    def _start(self, name: str) -> None:
        texts = "\n".join(self.units[name]["loaded"].values()).splitlines()
        needed = [line.partition("=!")[2] for line in texts if line.startswith("ConditionPathExists=!")]
        if not any(inside(path).exists() for path in needed):
            self._set(name, "active", "running", "4711" if name.endswith(".service") else "0")

    def _set(self, name: str, active: str, sub: str, pid: str) -> None:
        self.units[name].update(ActiveState=active, SubState=sub, MainPID=pid)

    def _each(self, names: list[str], act: Any) -> int:
        for name in names:
            if name not in self.units:
                print(f"Failed to stop or start {name}: Unit {name} not loaded.", file=sys.stderr)
                return 5
            act(name)
        return 0


def program(name: str, words: list[str]) -> int:
    match name:
        case "systemctl" | "pkill":
            verb, *rest = words if name == "systemctl" else (name, *words)
            return Systemctl().call(verb, rest)
        case "test":
            return 0 if inside(words[-1]).exists() else 1
        case "pgrep" if (HERE / "shims").exists():
            print(count := int((HERE / "shims").read_text()))
            return 0 if count else 1
        case "tee" | "mkdir" | "rm":
            for word in words:
                change(name, word, deep="-rf" in words)
            return 0
        case "stat" | "find":
            return TOLD[name](words)
    print(f"sudo: {name}: command not found", file=sys.stderr)
    return 1


def stat(_words: list[str]) -> int:
    print((HERE / "devices").read_text(), end="")
    return 0


def find(words: list[str]) -> int:
    """The real one: whether it follows a link is told by how it is called."""
    place, *rest = words
    slash = "/" if place.endswith("/") else ""
    return subprocess.run(["/usr/bin/find", f"{inside(place)}{slash}", *rest], check=False).returncode


TOLD = {"stat": stat, "find": find}


def change(name: str, word: str, *, deep: bool = False) -> None:
    if word.startswith("-"):
        return
    match name:
        case "tee":
            inside(word).write_text(sys.stdin.read())
        case "mkdir":
            inside(word).mkdir(parents=True, exist_ok=True)
        case "rm" if deep:
            shutil.rmtree(inside(word), ignore_errors=True)
        case "rm":
            inside(word).unlink(missing_ok=True)


def main() -> int:
    with (HERE / "argv").open("a") as log:
        print(*sys.argv[1:], file=log)
    if (refusal := HERE / "refuse").exists():
        print(refusal.read_text(), file=sys.stderr)
        return 1
    return program(sys.argv[2], sys.argv[3:])


if __name__ == "__main__":
    sys.exit(main())
