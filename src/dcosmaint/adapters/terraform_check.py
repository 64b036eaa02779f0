"""What is wrong with a Terraform workspace, all at once, each with its remedy. Reads only."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator

from dcosmaint.adapters import terraform_state
from dcosmaint.adapters.images import Images
from dcosmaint.adapters.programs import run
from dcosmaint.adapters.terraform_code import resource_block
from dcosmaint.adapters.workspace import FLAG, Workspace
from dcosmaint.errors import DcosmaintError, Usage

OLDEST = (1, 3)
HOW_TO_GET_IT = (
    "install Terraform >= 1.3 or OpenTofu from its vendor and put it on PATH, or set terraform.binary to where it is."
)


def check(workspace: Workspace) -> tuple[str, ...]:
    """Sentences for the operator; () where nothing is wrong."""
    if first := tuple(_before_anything(workspace)):
        return first
    return (*_images(workspace), *_groups(workspace))


def _before_anything(workspace: Workspace) -> Iterator[str]:
    if not workspace.dir.is_dir():
        yield f"terraform.dir {workspace.dir} is no folder."
        return
    if shutil.which(workspace.binary, path=workspace.env.get("PATH")) is None:
        yield f"{workspace.binary} is not on PATH: {HOW_TO_GET_IT}"
        return
    if not workspace.data_dir.is_dir():
        yield f"{workspace.dir} is not initialised: run `{workspace.binary} init` there."
        return
    try:
        yield from _asked(workspace)
    except DcosmaintError as error:
        yield str(error)


def _asked(workspace: Workspace) -> Iterator[str]:
    """What the binary says of itself and of its workspaces."""
    said = run(workspace.program("version"), workspace.deadline).partition("\n")[0]
    version = re.search(r"v(\d+)\.(\d+)", said)
    if version is None or tuple(map(int, version.groups())) < OLDEST:
        yield f"{workspace.binary} is {said}, whose plans and applies do not answer in JSON: {HOW_TO_GET_IT}"
    known = re.findall(r"^[* ] (\S+)$", run(workspace.program("workspace list"), workspace.deadline), re.MULTILINE)
    if workspace.workspace not in known:
        yield f"terraform.workspace {workspace.workspace} is unknown to Terraform, which has {', '.join(known)}."


def _images(workspace: Workspace) -> Iterator[str]:
    try:
        Images(workspace).named()
    except Usage as error:
        yield f"The AMI can't be swapped. {error}"


def _groups(workspace: Workspace) -> Iterator[str]:
    names = [group.resource for group in workspace.groups]
    try:
        answer = run(workspace.program("state pull", no_color=FLAG), workspace.deadline)
        placed = terraform_state.instances(answer, names)
    except DcosmaintError as error:
        yield str(error)
        return
    for name in names:
        if not any(p.group == name for p in placed):
            where = "neither in the code nor" if resource_block(workspace.dir, name) is None else "not"
            yield f"{name} is {where} in Terraform's state: is it spelt as `{workspace.binary} state list` has it?"
    for address in terraform_state.tainted(answer, names):
        yield f"{address} is tainted, so any apply replaces it: look at it, then `{workspace.binary} untaint` it."
