"""ClusterConfig → Site: the only place that builds an adapter. What it builds knows nothing of a configuration."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import copyfile
from typing import Any, NoReturn, TypeVar, cast
from urllib.parse import urlsplit

from dcosmaint import examination
from dcosmaint.adapters.admin_router import AdminRouter
from dcosmaint.adapters.children import Children
from dcosmaint.adapters.cordoning import Cordoning
from dcosmaint.adapters.diagnostics import Diagnostics
from dcosmaint.adapters.dynamodb_lock import DynamoDbLock, Table
from dcosmaint.adapters.marathon import Marathon
from dcosmaint.adapters.marathon_lock import MarathonLock
from dcosmaint.adapters.mesos import Mesos
from dcosmaint.adapters.packer import Packer, Template
from dcosmaint.adapters.sdk import Sdk
from dcosmaint.adapters.shared_lock import SharedLock
from dcosmaint.adapters.terraform import Terraform
from dcosmaint.adapters.units import NodeUnits
from dcosmaint.adapters.workspace import AmiPlace, Group, Workspace
from dcosmaint.checkup import Patient
from dcosmaint.config import ClusterConfig
from dcosmaint.errors import DcosmaintError, Usage
from dcosmaint.model import Child, Method
from dcosmaint.ports import PackerActs, PackerReads, ServiceReads
from dcosmaint.redaction import keep_environment
from dcosmaint.site import Acts, Site
from dcosmaint.wiring.aws import Aws, account, account_of
from dcosmaint.wiring.cordons import cordons
from dcosmaint.wiring.door import admin_router
from dcosmaint.wiring.nodes import Nodes, reach
from dcosmaint.wiring.services import told

T = TypeVar("T")

KNOWN_HOSTS = "known_hosts"
"""Host keys that the rolls of a cluster have learnt, beside their folders."""


@contextmanager
def connect(config: ClusterConfig, work: Path) -> Iterator[Site]:
    """A cluster, reachable. `work` is the folder for what a roll's programs leave. Raises `Usage` for a bad login."""
    with admin_router(config) as router, account_of(config) as aws:
        router.check()
        with reach(config, aws.ec2, work.parent / KNOWN_HOSTS) as nodes, cordons(router) as ways:
            yield _site(config, Door(router, ways, told(config, router)), aws, nodes, work)


@contextmanager
def examine(config: ClusterConfig, folder: Path, work: Path) -> Iterator[Patient]:
    """A cluster that need not be well: a part that can't be built says why at every call of its ports.

    `folder` holds the host keys that rolls have learnt. They are copied beside `work`, so that no key is added to them.
    """
    if (keys := folder / KNOWN_HOSTS).is_file():
        copyfile(keys, work.parent / KNOWN_HOSTS)
    with ExitStack() as stack:
        router = _or_why(lambda: stack.enter_context(admin_router(config)))
        aws = _or_why(lambda: stack.enter_context(account_of(config)))
        nodes = _or_why(lambda: stack.enter_context(reach(config, aws.ec2, work.parent / KNOWN_HOSTS)))
        packer = _packer(config, _environment(config), work / "packer")
        baker = packer if isinstance(packer, Packer) else None
        place = workspace(config, _environment(config))
        services = _or_why(lambda: told(config, router))
        site = _site(config, Door(router, stack.enter_context(cordons(router)), services), aws, nodes, work)
        own, acts = (
            examination.checks(config, router, place, baker),
            examination.acts(site, account(config), _row(config)),
        )
        yield Patient(site, own, acts)


@contextmanager
def shared_lock(config: ClusterConfig, name: str) -> Iterator[SharedLock | None]:
    """The lock that all machines see; None where the configuration has only this machine's."""
    if config.state.lock == "marathon":
        with admin_router(config) as router:
            yield MarathonLock(router, name)
    elif config.state.lock_table:
        with closing(DynamoDbLock(account(config), _row(config), name)) as lock:
            yield lock
    else:
        yield None


def _row(config: ClusterConfig) -> Table:
    return Table(config.state.lock_table, urlsplit(config.dcos.url).netloc.lower())


def _or_why(build: Callable[[], T]) -> T:
    try:
        return build()
    except DcosmaintError as error:
        return cast(T, _Broken(error))


class _Broken:
    """In the place of a part that can't be built, and of every part of that one."""

    def __init__(self, error: DcosmaintError) -> None:
        self._error = error

    def __getattr__(self, name: str) -> _Broken:
        return self

    def __call__(self, *_: Any, **__: Any) -> NoReturn:
        raise self._error


@dataclass(frozen=True)
class Door:
    """The way to a cluster's APIs, and what was built on it that has an end of its own, or may not be built at all."""

    router: AdminRouter
    cordons: Mapping[Method, Cordoning]
    services: ServiceReads


def _site(config: ClusterConfig, door: Door, aws: Aws, nodes: Nodes, work: Path) -> Site:
    env, router = _environment(config), door.router
    mesos, sdk, marathon = Mesos(router, door.cordons), Sdk(router), Marathon(router)
    terraform = Terraform(workspace(config, env), Children(work / "terraform"))
    packer = _packer(config, env, work / "packer")
    units = NodeUnits(nodes.shell)
    return Site(
        mesos=mesos,
        services=door.services,
        marathon=marathon,
        health=Diagnostics(router),
        units=units,
        ec2=aws.ec2,
        balancers=aws.balancers,
        terraform=terraform,
        packer=packer,
        acts=Acts(mesos, sdk, marathon, units, aws.ec2, aws.balancers, terraform, packer, nodes.keys),
        bastions=nodes.bastions,
    )


def _environment(config: ClusterConfig) -> Mapping[str, str]:
    """What terraform and packer get: the operator's own, pointed at the same account as we are."""
    aws = config.aws
    named = {"AWS_REGION": aws.region, "AWS_PROFILE": aws.profile, "AWS_ENDPOINT_URL": aws.endpoint_url}
    return {**os.environ, **{key: value for key, value in named.items() if value}}


def workspace(config: ClusterConfig, env: Mapping[str, str]) -> Workspace:
    """The Terraform code of a cluster; a configured group of several resources is as many groups."""
    terraform = config.terraform
    groups = tuple(
        Group(resource, AmiPlace(str(group.ami.file), group.ami.variable or "", group.ami.resource or ""))
        for group in terraform.groups
        for resource in group.resources
    )
    return Workspace(terraform.dir, terraform.binary, terraform.workspace, groups, env=env)


def _packer(config: ClusterConfig, env: Mapping[str, str], work: Path) -> Packer | _NoPacker:
    if config.packer is None:
        return _NoPacker()
    keep_environment(config.packer.vars)
    return Packer(Template(config.packer.template, config.packer.vars, config.packer.var_files, env), Children(work))


@dataclass(frozen=True)
class _NoPacker(PackerReads, PackerActs):
    """A cluster whose AMIs are built elsewhere."""

    def child(self) -> Child | None:
        return None

    def bake(self, roll: str) -> None:
        raise Usage("the configuration names no Packer template: set packer.template, or name an AMI with --ami")

    def interrupt(self) -> None: ...
