"""The files of one node, as far as anybody asks for them, and what systemd has read of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

VOLATILE = ("/run", "/tmp")
UNIT_FOLDERS = ("/etc/systemd/system", "/run/systemd/system")
ROLES = "/etc/mesosphere/roles"


class NodeFiles:
    """Paths are absolute and plain. What lies under /run or /tmp does not survive a reboot."""

    def __init__(self, *, public: bool) -> None:
        self.files = {f"{ROLES}/{'slave_public' if public else 'slave'}": ""}
        self.folders = {"/", "/etc", "/run", "/tmp", "/var", "/opt/mesosphere/active"}
        self.loaded: dict[str, str] = {}  # drop-ins that systemd knows, since the last daemon-reload

    def exists(self, path: str) -> bool:
        return path in self.files or path in self.folders or any(name.startswith(f"{path}/") for name in self.files)

    def write(self, path: str, text: str) -> bool:
        """False where its folder is missing."""
        if not self.exists(str(PurePosixPath(path).parent)):
            return False
        self.files[path] = text
        return True

    def make_folders(self, path: str) -> None:
        self.folders.update(map(str, (PurePosixPath(path), *PurePosixPath(path).parents)))

    def reload(self) -> None:
        """What `systemctl daemon-reload` reads: all drop-ins, by name. One in /etc hides its like in /run."""
        found = {_name(path): path for path in sorted(self.files, reverse=True) if _is_drop_in(path)}
        self.loaded = {path: self.files[path] for _, path in sorted(found.items())}

    def reboot(self) -> None:
        gone = tuple(f"{folder}/" for folder in VOLATILE)
        self.files = {path: text for path, text in self.files.items() if not path.startswith(gone)}
        self.folders = {path for path in self.folders if not path.startswith(gone)}
        self.reload()

    def drop_ins(self, unit: str) -> dict[str, str]:
        """Those of one unit that systemd has loaded, by path."""
        return {path: text for path, text in self.loaded.items() if PurePosixPath(path).parent.name == f"{unit}.d"}

    def failed_conditions(self, unit: str) -> tuple[str, ...]:
        """The drop-ins whose start condition does not hold now."""
        conditions = list[tuple[str, str]]()
        for path, text in self.drop_ins(unit).items():
            for value in _values(text, "ConditionPathExists"):
                conditions = [*conditions, (path, value)] if value else []  # an empty one takes back all before it
        return tuple(path for path, value in conditions if not self._condition(value))

    def restarts(self, unit: str) -> bool:
        """Whether the last `Restart=` of the drop-ins leaves the unit's own `always` alone."""
        settings = [value for text in self.drop_ins(unit).values() for value in _values(text, "Restart")]
        return not settings or settings[-1] != "no"

    def _condition(self, value: str) -> bool:
        return not self.exists(value[1:]) if value.startswith("!") else self.exists(value)


def lasts(path: str) -> bool:
    return not path.startswith(VOLATILE)


def _is_drop_in(path: str) -> bool:
    pure = PurePosixPath(path)
    return pure.suffix == ".conf" and pure.parent.suffix == ".d" and str(pure.parent.parent) in UNIT_FOLDERS


def _name(path: str) -> tuple[str, str]:
    """Of a drop-in, as systemd orders and compares them: within its folder."""
    pure = PurePosixPath(path)
    return pure.parent.name, pure.name


def _values(text: str, key: str) -> Iterator[str]:
    return (line.partition("=")[2].strip() for line in text.splitlines() if line.strip().startswith(f"{key}="))
