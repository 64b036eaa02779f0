"""The programs of a node that `sudo` can run there. Few, but each as the real one: words, exit codes and silence."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from dcosmaint.sandbox.served.node_units import NO_SUCH_UNIT, Node, Units
from dcosmaint.sandbox.world import Rejected, World
from dcosmaint.sandbox.world.state import Machine

Words = Sequence[str]
SUDO_FLAGS = ("-n", "-E", "-H", "--")
PROPERTIES = ("Id", "LoadState", "ActiveState", "SubState", "MainPID", "DropInPaths")
JOB_FAILED = 1
IGNORED = ("--no-block", "--quiet", "-q", "--no-pager", "--force")
MAIN = ("--kill-who=main", "--kill-whom=main")
WORK_DIR = "/var/lib/mesos/slave"
ROOT, DISK = 64512, 66305
"""Numbers of devices."""

SIGUSR1 = ("SIGUSR1", "USR1", "10")


@dataclass(frozen=True)
class Said:
    code: int = 0
    out: str = ""
    error: str = ""


class NodeShell:
    """Runs one command line on one node, in no time: the caller keeps the World still."""

    def __init__(self, world: World, machine: Machine, node: Node) -> None:
        self._files = node.files
        self._units = Units(world, machine, node)

    def sudo(self, words: Words, stdin: str) -> Said:
        """What `sudo WORDS` says, `stdin` being what is piped into it."""
        while words and words[0] in SUDO_FLAGS:
            words = words[1:]
        if not words:
            return Said(1, error="usage: sudo [-n] command [arg ...]\n")
        program = self._PROGRAMS.get(words[0])
        if program is None:
            return Said(1, error=f"sudo: {words[0]}: command not found\n")
        said = program(self, words[1:], stdin)
        self._units.settle()
        return said

    # ---- files

    def _test(self, words: Words, _stdin: str) -> Said:
        if len(words) != 2 or words[0] not in ("-e", "-f", "-d"):
            return Said(2, error=f"test: {' '.join(words)}: this pretend node knows -e, -f and -d\n")
        found = {"-e": self._files.exists, "-f": self._files.files.__contains__, "-d": self._is_folder}[words[0]]
        return Said(0 if found(words[1]) else 1)

    def _is_folder(self, path: str) -> bool:
        return self._files.exists(path) and path not in self._files.files

    def _tee(self, words: Words, stdin: str) -> Said:
        missing = [path for path in words if not self._files.write(path, stdin)]
        return Said(int(bool(missing)), stdin, "".join(f"tee: {path}: No such file or directory\n" for path in missing))

    def _mkdir(self, words: Words, _stdin: str) -> Said:
        for path in _paths(words):
            self._files.make_folders(path)
        return Said()

    def _rm(self, words: Words, _stdin: str) -> Said:
        missing = [path for path in _paths(words) if self._files.files.pop(path, None) is None]
        if {"-f", "-rf"} & {*words} or not missing:
            return Said()
        return Said(1, error="".join(f"rm: cannot remove '{path}': No such file or directory\n" for path in missing))

    def _cat(self, words: Words, stdin: str) -> Said:
        missing = [path for path in words if path not in self._files.files]
        out = "".join(self._files.files.get(path, "") for path in words) if words else stdin
        return Said(int(bool(missing)), out, "".join(f"cat: {path}: No such file or directory\n" for path in missing))

    def _stat(self, words: Words, _stdin: str) -> Said:
        """`stat -L -c %d PATH…`: the number of the device that each of them lies on."""
        devices = (DISK if self._units.apart and path.startswith(WORK_DIR) else ROOT for path in _paths(words)[1:])
        return Said(out="".join(f"{device}\n" for device in devices))

    def _find(self, words: Words, _stdin: str) -> Said:
        """In the agent's work dir alone, the first thing that is there, or all of it to be deleted."""
        if words[0] != f"{WORK_DIR}/":
            return Said(1, error=f"find: '{words[0]}': this pretend node looks nowhere but in {WORK_DIR}\n")
        if "-delete" in words:
            return self._empty()
        return Said(out=f"{WORK_DIR}/meta\n" if self._units.full else "")

    def _empty(self) -> Said:
        """A World has no such thing as an agent without its work dir."""
        try:
            self._units.empty_work_dir()
        except Rejected as error:
            return Said(1, error=f"find: {error}\n")
        return Said()

    # ---- processes

    def _pgrep(self, words: Words, _stdin: str) -> Said:
        """`pgrep -c -f PATTERN`: the only processes there are to be counted are the shims of containers."""
        count = self._units.shims() if words and "containerd-shim" in words[-1] else 0
        return Said(0 if count else 1, f"{count}\n" if "-c" in words else "900\n" * count)

    def _pkill(self, words: Words, _stdin: str) -> Said:
        """`pkill -USR1 … mesos-agent`: there is one while its unit has a main process."""
        if words[0] != "-USR1" or words[-1] != "mesos-agent":
            return Said(2, error="pkill: this pretend node knows -USR1 and mesos-agent\n")
        if not self._units.main(self._units.agent):
            return Said(1)
        self._units.signal(self._units.agent)
        return Said()

    def _reboot(self, _words: Words, _stdin: str) -> Said:
        self._units.reboot()
        return Said()

    def _true(self, _words: Words, _stdin: str) -> Said:
        return Said()

    # ---- systemctl

    def _systemctl(self, words: Words, _stdin: str) -> Said:
        given = [word for word in words if word not in IGNORED]
        if not given:
            return Said(1, error="this pretend node has no list of its units; name one\n")
        act = self._VERBS.get(given[0])
        if act is None:
            return Said(1, error=f"Unknown command verb {given[0]}.\n")
        said = act(self, given[1:])
        return Said() if said.code == JOB_FAILED and "--no-block" in words else said

    def _daemon_reload(self, _words: Words) -> Said:
        self._units.reload()
        return Said()

    def _reboot_verb(self, _words: Words) -> Said:
        return self._reboot((), "")

    def _reset_failed(self, words: Words) -> Said:
        return self._each("reset-failed state of", words, lambda _unit: None, code=1)

    def _start(self, words: Words) -> Said:
        failed = list[str]()

        def start(unit: str) -> None:
            failed.extend([] if self._units.start(unit) else [unit])

        said = self._each("start", words, start)
        return Said(JOB_FAILED, error="".join(f"Job for {unit} failed.\n" for unit in failed)) if failed else said

    def _stop(self, words: Words) -> Said:
        return self._each("stop", words, self._units.stop)

    def _restart(self, words: Words) -> Said:
        def restart(unit: str) -> None:
            self._units.stop(unit)
            self._units.start(unit)

        return self._each("restart", words, restart)

    def _kill(self, words: Words) -> Said:
        signal, units = _signal(words)
        if signal not in SIGUSR1:
            return Said(1, error=f"Failed to kill unit: a pretend node knows no other signal than SIGUSR1: {signal}\n")
        ended = [unit for unit in map(_unit, units) if set(MAIN) & set(words) and not self._units.main(unit)]
        if ended:
            return Said(1, error=f"Failed to kill unit {ended[0]}: No main process to kill\n")
        return self._each("kill", units, self._units.signal, code=1)

    def _is_active(self, words: Words) -> Said:
        states = [self._units.active(_unit(word)) for word in words]
        return Said(0 if "active" in states else 3, "".join(f"{state}\n" for state in states))

    def _show(self, words: Words) -> Said:
        wanted, units, values = list[str](), list[str](), False
        rest = iter(words)
        for word in rest:
            if word in ("-p", "--property"):
                wanted += next(rest, "").split(",")
            elif word.startswith("--property="):
                wanted += word.partition("=")[2].split(",")
            elif word == "--value":
                values = True
            else:
                units.append(_unit(word))
        return Said(out="\n".join(self._block(unit, wanted or PROPERTIES, values=values) for unit in units))

    def _block(self, unit: str, wanted: Words, *, values: bool) -> str:
        shown = {key: value for key, value in self._units.properties(unit).items() if key in wanted}
        return "".join(f"{value}\n" if values else f"{key}={value}\n" for key, value in shown.items())

    def _cat_unit(self, words: Words) -> Said:
        drop_ins = {path: text for word in words for path, text in self._files.drop_ins(_unit(word)).items()}
        return Said(out="\n".join(f"# {path}\n{text}" for path, text in drop_ins.items()))

    def _each(self, verb: str, words: Words, act: Callable[[str], None], code: int = NO_SUCH_UNIT) -> Said:
        units = [_unit(word) for word in words]
        missing = [unit for unit in units if not self._units.known(unit)]
        for unit in units:
            if unit not in missing:
                act(unit)
        says = "".join(f"Failed to {verb} {unit}: Unit {unit} not loaded.\n" for unit in missing)
        return Said(code if missing else 0, error=says)

    _VERBS: ClassVar[dict[str, Callable[[NodeShell, Words], Said]]] = {
        "cat": _cat_unit, "daemon-reload": _daemon_reload, "is-active": _is_active, "kill": _kill,
        "reboot": _reboot_verb, "reset-failed": _reset_failed, "restart": _restart, "show": _show, "start": _start,
        "stop": _stop,
    }  # fmt: skip

    _PROGRAMS: ClassVar[dict[str, Callable[[NodeShell, Words, str], Said]]] = {
        "cat": _cat, "find": _find, "mkdir": _mkdir, "pgrep": _pgrep, "pkill": _pkill, "reboot": _reboot, "rm": _rm,
        "stat": _stat,
        "systemctl": _systemctl, "tee": _tee, "test": _test, "true": _true,
    }  # fmt: skip


def _unit(word: str) -> str:
    return word if word.endswith((".service", ".socket")) else f"{word}.service"


def _signal(words: Words) -> tuple[str, list[str]]:
    """Which signal `systemctl kill` is to send, and to which units."""
    signal, units = "SIGTERM", []
    rest = iter(word for word in words if word not in MAIN)
    for word in rest:
        if word in ("-s", "--signal"):
            signal = next(rest, "")
        elif word.startswith("--signal="):
            signal = word.partition("=")[2]
        else:
            units.append(word)
    return signal, units


def _paths(words: Words) -> list[str]:
    return [word for word in words if not word.startswith("-")]
