"""Packer, as the roll needs it: a template that is checked first, and one build that outlives us.

The AMI is known by its tag `dcosmaint:roll`, whose value the template takes from its variable `dcosmaint_roll`. So a
resume finds the image of this very roll through EC2, whatever the template calls it; no file of packer's is trusted.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dcosmaint.adapters.children import Children
from dcosmaint.adapters.packer_words import PackerWords, errors
from dcosmaint.adapters.programs import Program, ProgramFailed, last_lines, run
from dcosmaint.errors import DcosmaintError, Usage
from dcosmaint.model import Child

TAG, VARIABLE = "dcosmaint:roll", "dcosmaint_roll"
VALUES = "variables.pkrvars.json"
HCL_LINES = f"""
    variable "{VARIABLE}" {{ type = string }}     # at the top
    "{TAG}" = var.{VARIABLE}     # among the `tags` of the source"""
JSON_LINES = f"""
    "{VARIABLE}": ""     among the `variables`
    "{TAG}": "{{{{user `{VARIABLE}`}}}}"     among the `tags` of the builder"""


@dataclass(frozen=True)
class Template:
    """A template, and what it is told. Relative paths inside of it count from its own folder."""

    path: Path  # a file, or the folder of an HCL template
    vars: Mapping[str, str] = field(repr=False)
    var_files: tuple[Path, ...]
    env: Mapping[str, str] = field(repr=False)  # the operator's own, with the credentials for AWS
    deadline: float = 120.0  # seconds for `packer validate`

    @property
    def folder(self) -> Path:
        return (self.path if self.path.is_dir() else self.path.parent).absolute()

    @property
    def files(self) -> tuple[Path, ...]:
        """What the template is written in."""
        return tuple(sorted(self.path.glob("*.pkr.*"))) if self.path.is_dir() else (self.path,)

    def program(self, command: str, roll: str, vars_file: Path, *flags: str) -> Program:
        """Values of variables go by a file: some are passwords, and arguments are everybody's to read."""
        files = [*self.var_files, vars_file]
        told = [*(f"-var-file={file.absolute()}" for file in files), "-var", f"{VARIABLE}={roll}"]
        argv = ("packer", command, "-machine-readable", *flags, *told, str(self.path.absolute()))
        return Program(argv, self.folder, {**self.env, "CHECKPOINT_DISABLE": "1"})


class Packer:
    """`PackerReads` and `PackerActs`, for one template and the children in one folder."""

    def __init__(self, template: Template, children: Children) -> None:
        self._template, self._children = template, children

    def child(self) -> Child | None:
        child = self._children.newest(PackerWords(), "bake")
        if child and not child.running:
            self._forget_values()
        return child

    def bake(self, roll: str) -> None:
        """Raises `Usage` with the template's own complaints where it is not fit, before anything is built."""
        self._check_tag()
        room = self._children.room("bake")
        values = self._children.write(room, VALUES, json.dumps(dict(self._template.vars)))
        try:
            self._validate(self._template.program("validate", roll, values))
            self._children.begin(room, self._template.program("build", roll, values, "-color=false"), [roll])
        except DcosmaintError:
            values.unlink()
            raise

    def check(self) -> tuple[str, ...]:
        """What keeps a build from being begun, for the operator; () where nothing does. Reads only."""
        if shutil.which("packer", path=self._template.env.get("PATH")) is None:
            return ("packer is not on PATH: install it from its vendor, or roll with --ami.",)
        try:
            self._check_tag()
        except Usage as error:
            return (str(error),)
        return ()

    def interrupt(self) -> None:
        """SIGINT to packer's whole group: to its first process alone it does nothing. Packer then cleans up."""
        self._children.interrupt("bake", group=True)

    def _forget_values(self) -> None:
        """Some are passwords, and the newest build has ended. Also those of earlier rooms, where we died in between."""
        if newest := self._children.newest_room("bake"):
            for values in newest.parent.glob(f"*/{VALUES}"):
                if values.parent.name <= newest.name:
                    values.unlink(missing_ok=True)

    def _check_tag(self) -> None:
        """Found out now, and not after a quarter of an hour: an AMI without the tag is an AMI that nobody finds."""
        template = self._template
        try:
            text = "".join(file.read_text() for file in template.files)
        except (OSError, UnicodeDecodeError) as error:
            raise Usage(f"The template {template.path} can't be read: {error}.") from error
        if TAG not in text or VARIABLE not in text:
            lines = JSON_LINES if template.path.suffix == ".json" else HCL_LINES
            raise Usage(f"The template {template.path} does not tag its AMI with the roll. Add these two lines:{lines}")

    def _validate(self, program: Program) -> None:
        try:
            run(program, self._template.deadline, quotes=True)
        except ProgramFailed as error:
            said = "\n".join(errors(error.said.splitlines())) or error.said
            raise Usage(f"packer finds the template {self._template.path} not fit:\n{last_lines(said)}") from error
