"""What a checkup of a configured cluster looks at beside its site: the login, the trust, and the programs."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import partial

from dcosmaint.adapters import permissions, terraform_check, trials
from dcosmaint.adapters.admin_router import AdminRouter
from dcosmaint.adapters.aws import Account
from dcosmaint.adapters.aws_trials import AwsTrials, Target
from dcosmaint.adapters.dynamodb_lock import Table
from dcosmaint.adapters.mesos import Mesos
from dcosmaint.adapters.packer import Packer
from dcosmaint.adapters.trials import Trial
from dcosmaint.adapters.workspace import Workspace
from dcosmaint.checkup import Check, Remark, ok, red, warning
from dcosmaint.checkup.fleet import ACTS
from dcosmaint.config import ClusterConfig
from dcosmaint.config import dcos as dcos_config
from dcosmaint.model.capabilities import DEACTIVATE
from dcosmaint.redaction import redacted
from dcosmaint.site import Site

RENEWED = (dcos_config.Password, dcos_config.ServiceAccount)

SHORT = 86_400.0
"""Seconds that a login which we can't renew should still be good for: a roll takes hours."""


def configuration(config: ClusterConfig) -> Iterator[Remark]:
    groups = ", ".join(resource for group in config.terraform.groups for resource in group.resources)
    yield ok(f"{config.dcos.url}, AWS {config.aws.region}, {config.terraform.dir} with {groups}")
    if config.dcos.cordon in ("reserve", "maintenance"):
        what = "docs/operating.md says what it keeps away, and what not"
        yield ok(f"dcos.cordon is {config.dcos.cordon}, which is best effort: {what}")


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


def rights(config: ClusterConfig, router: AdminRouter) -> Iterator[Remark]:
    if permissions.is_open(router):
        yield ok("this is open DC/OS: whoever is logged in may do everything")
        return
    lacks = permissions.lacking(router)
    for lack in lacks:
        yield red(f"{lack.purpose}: {lack.says}", _grant(router, lack.needs))
    if lacks:
        return
    yield ok("no door that a roll goes through is shut")
    for trial in _acts(config, router):
        yield _tried(router, trial)


def _acts(config: ClusterConfig, router: AdminRouter) -> Iterator[Trial]:
    """Those that a roll would come to."""
    if config.dcos.cordon == "reserve":
        yield trials.RESERVE
    elif config.dcos.cordon == "maintenance":
        yield trials.SCHEDULE
    elif config.dcos.cordon != "none" and Mesos(router).facts().can(DEACTIVATE):
        yield trials.cordon(router)
    if config.policy.move_apps:
        yield trials.move_apps(router)
    if config.state.lock == "marathon":
        yield trials.keep_lock(router)
    yield from trials.replace_members(router)


def _tried(router: AdminRouter, trial: Trial) -> Remark:
    says = redacted(f"{trial.act}: {trial.state} ({trial.why})")
    return red(says, _grant(router, trial.needs)) if trial.state is trials.State.REFUSED else ok(says)


def _grant(router: AdminRouter, needs: str) -> str:
    if not needs:
        return "grant our user what that service asks for"
    return f"`dcos security org users grant {router.uid() or 'USER'} {needs}`"


def aws_rights(site: Site, asks: AwsTrials, row: Table) -> Iterator[Remark]:
    """One node that runs stands for all: a policy that goes by the tags of instances may treat others otherwise."""
    if row.name:
        yield _aws(asks.lock(row), red)
    known = site.ec2.in_full([placed.instance_id for placed in site.terraform.placed()])
    running = next((instance for instance in known if instance.state == "running"), None)
    if running is None:
        yield ok("no instance runs that an act could be rehearsed with")
        return
    terminate, run = asks.ec2(running.id)
    yield _aws(terminate, red)
    yield _aws(run, warning)  # terraform may log in as somebody else
    found = sorted({each.balancer for instance in known for each in instance.balancers})
    for newer, acts in ACTS.items():
        if targets := [Target(each.name, each.arn) for each in found if bool(each.arn) is newer]:
            yield from (_aws(trial, warning) for trial in asks.balancers(acts, targets))  # a simulation is not all


def _aws(trial: Trial, refused: Callable[[str, str], Remark]) -> Remark:
    says = redacted(f"{trial.act}: {trial.state} ({trial.why})")
    remedy = "give these credentials that permission, or see that whoever does it has it"
    return refused(says, remedy) if trial.state is trials.State.REFUSED else ok(says)


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
        Check("permissions", partial(rights, config, router), "see why the cluster does not answer", "admin-router"),
        Check("terraform", partial(terraform, workspace)),
    )
    return (*made, Check("packer", partial(packer, baker))) if baker else made


def acts(site: Site, account: Account, row: Table) -> tuple[Check, ...]:
    """`row`: the lock in DynamoDB, without a name where it is kept elsewhere."""
    login = "see what AWS says, and to the permissions of these credentials"
    return (Check("aws-permissions", partial(aws_rights, site, AwsTrials(account), row), login, needs="aws"),)
