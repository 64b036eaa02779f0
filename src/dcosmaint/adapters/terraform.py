"""Terraform, as the roll needs it: what stands where, a saved plan for named addresses, the apply of that very file.

A plan lives in the room of the child that made it, with the variables it was made with, and is never overwritten: what
was judged is what is applied.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from dcosmaint.adapters import terraform_companions, terraform_plan, terraform_state
from dcosmaint.adapters.children import Children
from dcosmaint.adapters.images import Images
from dcosmaint.adapters.logins import login_lost
from dcosmaint.adapters.programs import ProgramFailed, run
from dcosmaint.adapters.terraform_code import ignores_ami, resource_block
from dcosmaint.adapters.terraform_words import TerraformWords
from dcosmaint.adapters.tfvars import loaded_by_itself
from dcosmaint.adapters.workspace import FLAG, Workspace
from dcosmaint.errors import NO_LOGIN, Fatal, LoginLost
from dcosmaint.model import Change, Child, Placed

PLAN_FILE = "plan.tfplan"
VARIABLES = "images.tfvars.json"


class Terraform:
    """`TerraformReads` and `TerraformActs`, for one workspace and the children in one folder."""

    def __init__(self, workspace: Workspace, children: Children) -> None:
        self._workspace, self._children = workspace, children
        self._images = Images(workspace)
        self._words = TerraformWords(workspace.binary)

    def placed(self) -> tuple[Placed, ...]:
        """From the state as it is stored: `show` would load every provider, and this is asked in every look."""
        return terraform_state.instances(self._state(), (group.resource for group in self._workspace.groups))

    def companions(self, addresses: Sequence[str], types: Sequence[str]) -> tuple[str, ...]:
        if not types:
            return ()
        return terraform_companions.companions(self._state(), addresses, types, self._configuration())

    def child(self) -> Child | None:
        return self._children.newest(self._words, "plan", "apply")

    def changes(self) -> tuple[Change, ...]:
        try:
            return terraform_plan.changes(self._shown())
        except ProgramFailed as error:
            raise Fatal(f"The saved plan can't be read. {error}") from error

    def images(self) -> Mapping[str, str]:
        return self._images.named()

    def exposed(self) -> tuple[str, ...]:
        """A group whose code can't be found, or comes from another place than a local folder, counts as exposed."""
        blocks = ((g.resource, resource_block(self._workspace.dir, g.resource)) for g in self._workspace.groups)
        return tuple(name for name, block in blocks if block is None or not ignores_ami(block))

    def preview(self, group: str, ami: str) -> str:
        """What `swap` would change, as a unified diff."""
        return self._images.preview(group, ami)

    def plan(self, addresses: Sequence[str], companions: Sequence[str], images: Mapping[str, str]) -> None:
        """The AMIs are passed in a file of ours as well: that one counts, whatever other files say.

        What hangs on a node is in no plan for that node alone: terraform plans what its targets depend on.
        """
        if not addresses:
            raise Fatal("A plan without an address would be a plan for everything: it is not begun.")
        variables = self._variables(images)
        room = self._children.room("plan")
        told = self._children.write(room, VARIABLES, json.dumps(variables))
        program = self._workspace.program(
            "plan",
            json=FLAG,
            no_color=FLAG,
            input=False,
            lock_timeout=f"{self._workspace.lock_timeout}s",
            out=str(room / PLAN_FILE),
            target=[*addresses, *companions],
            var_file=[*self._told_files(), str(told)],
        )
        self._children.begin(room, program, addresses)

    def apply(self) -> None:
        child = self.child()
        if child and child.what == "apply" and child.running:
            return
        planned = self._plan_file()
        if child is None or child.what == "apply":
            raise Fatal("The newest plan was applied already: it is not applied twice. A resume plans anew.")
        program = self._workspace.program(
            "apply",
            str(planned),
            json=FLAG,
            no_color=FLAG,
            input=False,
            lock_timeout=f"{self._workspace.lock_timeout}s",
        )
        self._children.begin(self._children.room("apply"), program, child.subject)

    def swap(self, group: str, ami: str) -> None:
        self._images.swap(group, ami)

    def interrupt(self) -> None:
        """One SIGINT to terraform itself, once for each child: it ends what it began and saves its state."""
        self._children.interrupt("plan", "apply", group=False)

    def _state(self) -> str:
        try:
            return run(self._workspace.program("state pull", no_color=FLAG), self._workspace.deadline)
        except ProgramFailed as error:
            if login_lost(error.said):
                raise LoginLost(f"the state can't be read: {NO_LOGIN} {error}") from error
            raise

    def _configuration(self) -> Mapping[str, Any]:
        """The code as the newest plan had it. Where there is none, the state alone has to tell."""
        with suppress(Fatal, ProgramFailed):
            return terraform_plan.configuration(self._shown())
        return {}

    def _shown(self) -> str:
        """The newest plan in JSON."""
        program = self._workspace.program("show", str(self._plan_file()), json=FLAG, no_color=FLAG)
        return run(program, self._workspace.deadline)

    def _plan_file(self) -> Path:
        """The file of the plan that was begun last, once that has ended well."""
        child, room = self._children.newest(self._words, "plan"), self._children.newest_room("plan")
        if child is None or room is None:
            raise Fatal("There is no saved plan.")
        if child.running or child.code != 0:
            raise Fatal(f"The newest plan has not ended well: {child.error or 'it still runs'}.")
        return room / PLAN_FILE

    def _variables(self, images: Mapping[str, str]) -> dict[str, str]:
        """Variable → AMI, for the groups whose AMI is a variable's value."""
        variables: dict[str, str] = {}
        for group, ami in sorted(images.items()):
            variable = self._workspace.group(group).ami.variable
            if variable and variables.setdefault(variable, ami) != ami:
                raise Fatal(f"{variable} can't be both {variables[variable]} and {ami}: {group} shares it.")
        return variables

    def _told_files(self) -> list[str]:
        """Configured files of variables that Terraform reads only where it is told to."""
        files = dict.fromkeys(group.ami.file for group in self._workspace.groups)
        return [file for file in files if not loaded_by_itself(file)]
