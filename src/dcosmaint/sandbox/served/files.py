"""The folder of one sandbox: what an operator of the pretend cluster has on the laptop, and what the sandbox needs."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from string import Template

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

OURS = (
    "infra", "packer", "ssh", "kafka", "mirror", "bin", "run", "state", "dcosmaint.yaml", "terraformrc", "sandbox.json",
)  # fmt: skip
"""All that a sandbox leaves in its folder, but for its log."""


@dataclass(frozen=True)
class Folder:
    root: Path

    @classmethod
    def default(cls, env: Mapping[str, str]) -> Folder:
        state = Path(env.get("XDG_STATE_HOME") or Path.home() / ".local" / "state")
        return cls(state / "dcosmaint" / "sandbox")

    @property
    def infra(self) -> Path:
        return self.root / "infra"

    @property
    def key(self) -> Path:
        return self.root / "ssh" / "id_ed25519"

    @property
    def config(self) -> Path:
        return self.root / "dcosmaint.yaml"

    @property
    def terraformrc(self) -> Path:
        return self.root / "terraformrc"

    @property
    def mirror(self) -> Path:
        return self.root / "mirror"

    @property
    def kafka(self) -> Path:
        """Whom clients of the secured Kafka trust."""
        return self.root / "kafka"

    @property
    def bin(self) -> Path:
        """The only folder on the PATH of a shell on a node."""
        return self.root / "bin"

    @property
    def run(self) -> Path:
        """Where shells on nodes stand, and sockets."""
        return self.root / "run"

    @property
    def record(self) -> Path:
        return self.root / "sandbox.json"

    @property
    def log(self) -> Path:
        return self.root / "sandbox.log"

    def clear(self) -> None:
        """Remove what an earlier sandbox left, its journals included: none of it means anything without its cluster."""
        for name in OURS:
            path = self.root / name
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)

    def prepare(self) -> None:
        """Empty folders, for a sandbox that begins."""
        self.clear()
        for folder in (self.infra, self.root / "packer", self.key.parent, self.bin, self.run, self.root / "state"):
            folder.mkdir(parents=True, mode=0o700)

    def write_key_pair(self) -> str:
        """A key pair for the nodes; returns the public half, as authorized_keys has it."""
        key = Ed25519PrivateKey.generate()
        private = key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()).decode()
        public = key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
        write(self.key, private, mode=0o600)
        write(self.key.with_suffix(".pub"), f"{public} sandbox\n")
        for name in ("config", "known_hosts"):
            write(self.key.parent / name, "")
        return public

    def write_known_hosts(self, lines: Sequence[str]) -> None:
        write(self.key.parent / "known_hosts", "".join(f"{line}\n" for line in lines))

    def write_infra(self, values: Mapping[str, object], ami: str, next_ami: str) -> None:
        write(self.infra / "main.tf", template("main.tf"))
        write(self.infra / "sandbox.auto.tfvars.json", json.dumps(values, indent=2) + "\n")
        write(self.infra / "agents.auto.tfvars", filled("agents.auto.tfvars", ami=ami, next_ami=next_ami))
        write(self.root / "packer" / "agent.pkr.hcl", template("agent.pkr.hcl"))

    def write_config(self, **values: object) -> None:
        write(self.config, filled("dcosmaint.yaml", **{name: json.dumps(value) for name, value in values.items()}))

    def write_record(self, record: Mapping[str, object]) -> None:
        """Aside, and moved into place: whoever sees it sees it whole."""
        write(self.record, json.dumps(record, indent=2) + "\n", mode=0o600)

    def read_record(self) -> Mapping[str, object] | None:
        try:
            record = json.loads(self.record.read_text())
        except (FileNotFoundError, ValueError):
            return None
        return record if isinstance(record, dict) else None


def template(name: str) -> str:
    return (files("dcosmaint.sandbox.served") / "templates" / name).read_text()


def filled(name: str, **values: object) -> str:
    return Template(template(name)).substitute(values)


def write(path: Path, text: str, *, mode: int = 0o644) -> None:
    aside = path.with_name(f".{path.name}.new")
    aside.unlink(missing_ok=True)
    with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w") as file:
        file.write(text)
    aside.replace(path)


def terraformrc(sources: Sequence[str]) -> str:
    return filled("terraformrc", source="\n".join(sources))
