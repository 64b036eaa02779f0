"""The AWS account that a cluster's instances are in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass

from dcosmaint.adapters.ec2 import Account, Ec2
from dcosmaint.adapters.load_balancers import LoadBalancers
from dcosmaint.config import ClusterConfig


@dataclass(frozen=True)
class Aws:
    """What is asked of one account."""

    ec2: Ec2
    balancers: LoadBalancers


@contextmanager
def account_of(config: ClusterConfig) -> Iterator[Aws]:
    where = account(config)
    with closing(LoadBalancers(where)) as balancers, closing(Ec2(where, balancers)) as ec2:
        yield Aws(ec2, balancers)


def account(config: ClusterConfig) -> Account:
    return Account(config.aws.region, config.aws.profile or "", config.aws.endpoint_url or "")
