"""Where terraform finds hashicorp/aws: the builtin stand-in in a mirror of the sandbox's own, or the real one."""

from __future__ import annotations

import platform
import shlex
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from dcosmaint.sandbox.served.files import Folder, terraformrc, write

NAME = Path("registry.terraform.io") / "hashicorp" / "aws"
VERSION = "5.99.99"
"""What the builtin stand-in says it is: no release has this number, and `~> 5.0` takes it."""

ARCHITECTURES = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}
SYSTEM_FOLDERS = (Path("/opt"), Path("/usr/local/share"))


def install_builtin(folder: Folder) -> None:
    """The stand-in, as an unpacked mirror that only this folder's CLI configuration names."""
    home = folder.mirror / NAME / VERSION / _platform()
    home.mkdir(parents=True)
    # -P: terraform runs it in the folder of the code, where a file of the user's might be named like a module of ours.
    words = (sys.executable, "-P", "-m", "dcosmaint.sandbox.served.provider", str(folder.mirror / "certificate.json"))
    write(home / f"terraform-provider-aws_v{VERSION}", f'#!/bin/sh\nexec {shlex.join(words)} "$@"\n', mode=0o755)
    write(folder.terraformrc, terraformrc(_mirrored(folder.mirror)))


def use_real(folder: Folder, env: Mapping[str, str]) -> str:
    """The real provider, from a mirror where there is one, else from the registry. Returns where from."""
    mirror = find_mirror(env)
    write(folder.terraformrc, terraformrc(_mirrored(mirror) if mirror else ["  direct {}"]))
    return str(mirror) if mirror else "registry.terraform.io"


def find_mirror(env: Mapping[str, str]) -> Path | None:
    """The first folder with a copy of the real provider."""
    return next((place for place in _places(env) if (place / NAME).is_dir()), None)


def _places(env: Mapping[str, str]) -> Iterator[Path]:
    if named := env.get("DCOSMAINT_TERRAFORM_MIRROR"):
        yield Path(named)
    home = Path(env.get("HOME") or Path.home())
    yield home / ".terraform.d" / "plugins"
    yield Path(env.get("XDG_DATA_HOME") or home / ".local" / "share") / "terraform" / "plugins"
    for data in (env.get("XDG_DATA_DIRS") or "/usr/local/share:/usr/share").split(":"):
        yield Path(data) / "terraform" / "plugins"
    for folder in SYSTEM_FOLDERS:
        yield from sorted(place.parent for place in folder.glob("*/registry.terraform.io"))


def _mirrored(mirror: Path) -> list[str]:
    """Nothing but this one provider may come from it, and nothing else from it but this."""
    ours = "registry.terraform.io/hashicorp/aws"
    return [
        f'  filesystem_mirror {{\n    path    = "{mirror}"\n    include = ["{ours}"]\n  }}',
        f'  direct {{\n    exclude = ["{ours}"]\n  }}',
    ]


def _platform() -> str:
    machine = platform.machine().lower()
    return f"{sys.platform}_{ARCHITECTURES.get(machine, machine)}"
