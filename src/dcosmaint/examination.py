"""What a checkup of a configured cluster looks at beside its site: the login, the trust, and the programs."""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import partial

from dcosmaint.adapters import permissions, terraform_check
from dcosmaint.adapters.admin_router import AdminRouter
from dcosmaint.adapters.packer import Packer
from dcosmaint.adapters.workspace import Workspace
from dcosmaint.checkup import Check, Remark, ok, red, warning
from dcosmaint.config import ClusterConfig
from dcosmaint.config import dcos as dcos_config

RENEWED = (dcos_config.Password, dcos_config.ServiceAccount)

SHORT = 86_400.0
"""Seconds that a login which we can't renew should still be good for: a roll takes hours."""


def configuration(config: ClusterConfig) -> Iterator[Remark]:
    groups = ", ".join(resource for group in config.terraform.groups for resource in group.resources)
    yield ok(f"{config.dcos.url}, AWS {config.aws.region}, {config.terraform.dir} with {groups}")
    if config.dcos.cordon == "reserve":
        yield ok(
            "dcos.cordon is reserve, which is best effort: docs/operating.md says what it keeps away, and what not"
        )


def trust(config: ClusterConfig) -> Iterator[Remark]:
    remedy = "set dcos.url to https:// and dcos.tls.ca_cert to the cluster's CA"
    if config.dcos.url.startswith("http://"):
        yield warning(f"{config.dcos.url} is not encrypted: everybody on the way can read the login", remedy)
    elif not config.dcos.tls.verify:
        yield warning(f"the certificate of {config.dcos.url} is not verified: anybody may answer in its place", remedy)
    else:
        cli = "the CA that the DC/OS CLI has for it, or " if config.dcos.auth.method == "dcos-cli" else ""
        yield ok(f"certificates are verified against {config.dcos.tls.ca_cert or f'{cli}the CAs of this machine'}")


def door(config: ClusterConfig, router: AdminRouter) -> Iterator[Remark]:
    router.check()
    method = config.dcos.auth.method
    login = "no login is configured" if method == "none" else f"our login by {method} is taken"
    yield ok(f"{config.dcos.url} answers, and {login}")
    until = router.good_until()
    if until is not None and not isinstance(config.dcos.auth, RENEWED):
        yield _login(until - time.time())


def _login(left: float) -> Remark:
    if left >= SHORT:
        return ok(f"the login is good for {left / 86_400:.1f} more days")
    return warning(f"the login is good for {left / 3600:.1f} more hours", "log in anew before a roll begins")


def rights(router: AdminRouter) -> Iterator[Remark]:
    if permissions.is_open(router):
        yield ok("this is open DC/OS: whoever is logged in may do everything")
        return
    lacks = permissions.lacking(router)
    for lack in lacks:
        grant = f"`dcos security org users grant {router.uid() or 'USER'} {lack.needs}`"
        yield red(f"{lack.purpose}: {lack.says}", grant if lack.needs else "grant our user what that service asks for")
    if not lacks:
        unseen = " and ".join(permissions.UNSEEN)
        yield ok(f"no door that a roll goes through is shut; only acts will show whether our user has {unseen}")


def terraform(workspace: Workspace) -> Iterator[Remark]:
    found = terraform_check.check(workspace)
    yield from map(red, found)
    if not found:
        groups = ", ".join(group.resource for group in workspace.groups)
        yield ok(f"{workspace.binary} reads workspace {workspace.workspace}, and knows {groups}")


def packer(packer: Packer) -> Iterator[Remark]:
    found = packer.check()
    yield from map(red, found)
    if not found:
        yield ok("packer is there, and the template tags its AMI with the roll")


def checks(config: ClusterConfig, router: AdminRouter, workspace: Workspace, baker: Packer | None) -> tuple[Check, ...]:
    made = (
        Check("configuration", partial(configuration, config)),
        Check("tls", partial(trust, config)),
        Check("admin-router", partial(door, config, router), "see whether dcos.url is right, and open from here"),
        Check("permissions", partial(rights, router), "see why the cluster does not answer", needs="admin-router"),
        Check("terraform", partial(terraform, workspace)),
    )
    return (*made, Check("packer", partial(packer, baker))) if baker else made
