"""Who tells what is in sync: the schedulers, the brokers of a Kafka themselves, a command of the operator's."""

from __future__ import annotations

import os
from functools import partial

from dcosmaint.adapters import kafka_client
from dcosmaint.adapters.admin_router import AdminRouter
from dcosmaint.adapters.brokers import ByBrokers, endpoints
from dcosmaint.adapters.in_sync import Asked
from dcosmaint.adapters.kafka_client import Access
from dcosmaint.adapters.sdk import Sdk
from dcosmaint.config import ClusterConfig
from dcosmaint.config.kafka import Kafka
from dcosmaint.ports import ServiceReads
from dcosmaint.wiring.door import secret


def told(config: ClusterConfig, router: AdminRouter) -> ServiceReads:
    """Raises `Usage` where Kafka's own client is wanted and not installed, or a password is not there."""
    kafkas = {name: service.kafka for name, service in config.services.items() if service.kafka}
    commands = {name: service.in_sync for name, service in config.services.items() if service.in_sync}
    reads: ServiceReads = Sdk(router)
    if kafkas:
        kafka_client.installed(next(iter(kafkas)))
        access = {name: _access(name, kafka) for name, kafka in kafkas.items()}
        reads = ByBrokers(reads, access, partial(endpoints, router))
    return Asked(reads, commands, os.environ) if commands else reads


def _access(service: str, kafka: Kafka) -> Access:
    tls, auth = kafka.tls, kafka.auth
    return Access(
        service,
        bootstrap=kafka.bootstrap,
        tls=tls is not None,
        ca_cert=str((tls and tls.ca_cert) or ""),
        cert=str((tls and tls.cert) or ""),
        key=str((tls and tls.key) or ""),
        mechanism=auth.method.upper() if auth else "",
        username=auth.username if auth else "",
        password=secret(auth.password_env) if auth else "",
    )
