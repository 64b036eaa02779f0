"""One process that is a whole pretend cluster, and its real terraform, until it is told to end."""

from __future__ import annotations

import logging
import os
import shutil
import time
from contextlib import ExitStack
from importlib.metadata import version
from threading import Event

from dcosmaint.sandbox.served import house_lock, kafka_brokers, mirror, network
from dcosmaint.sandbox.served.admin_router import AdminRouter
from dcosmaint.sandbox.served.aws import Aws, Image
from dcosmaint.sandbox.served.colleagues import Colleagues
from dcosmaint.sandbox.served.door import Door
from dcosmaint.sandbox.served.founding import found
from dcosmaint.sandbox.served.front import Settings as FrontSettings
from dcosmaint.sandbox.served.host_keys import HostKeys
from dcosmaint.sandbox.served.kafka_trust import PASSWORD, USER, Trust
from dcosmaint.sandbox.served.pace import Pace
from dcosmaint.sandbox.served.settings import Settings
from dcosmaint.sandbox.served.ssh_nodes import SshNodes
from dcosmaint.sandbox.served.terraform import Terraform, environment, find_terraform, sandbox_environment

SSH_PORT = 2222
NOW, NEXT = Image("ami-0dc05000000202310", "dcos-agent-2023-10"), Image("ami-0dc05000000202311", "dcos-agent-2023-11")

log = logging.getLogger("dcosmaint.sandbox")


class Daemon:
    """Serves within `with`, from a ready `sandbox.json` to the end of the block."""

    def __init__(self, settings: Settings) -> None:
        settings.check()
        self._settings = settings
        self._folder = settings.folder
        self._binary = find_terraform(os.environ)
        self._provider = ""  # where it came from
        self._stack = ExitStack()

    def __enter__(self) -> Daemon:
        with ExitStack() as stack:
            stack.callback(os.close, house_lock.take(self._folder.root))
            self._found(stack)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._folder.record.unlink(missing_ok=True)
        self._stack.close()

    def _found(self, stack: ExitStack) -> None:
        self._folder.prepare()
        public_key = self._folder.write_key_pair()
        number, claimed = network.claim(SSH_PORT)
        stack.enter_context(claimed)
        aws = Aws(number)
        aws.start()
        stack.callback(aws.stop)
        aws.found(self._settings.shape.zones, (NOW, NEXT))
        log.info("AWS at %s, nodes in 127.%s.0.0/16", aws.endpoint, number)
        self._apply(aws)
        if self._settings.shape.volumes:
            aws.attach()
        pace, keys = self._world(aws), HostKeys()
        stack.callback(pace.close)
        aws.follow(pace, keys.console)
        self._open(stack, pace, keys, public_key)
        trust = Trust.found(self._folder.kafka)
        stack.enter_context(kafka_brokers.listeners(pace, trust))
        router = stack.enter_context(AdminRouter(pace, self._front()))
        self._write(aws, router, trust)

    def _apply(self, aws: Aws) -> None:
        """The nodes, made as a team would make them."""
        shape = self._settings.shape
        values = {
            "endpoint": aws.endpoint,
            "subnets": list(aws.subnets.values()),
            "private_nodes": shape.nodes - shape.public,
            "public_nodes": shape.public,
        }
        self._folder.write_infra(values, NOW.id, NEXT.id)
        if self._settings.provider == "real":
            self._provider = mirror.use_real(self._folder, os.environ)
        else:
            mirror.install_builtin(self._folder)
            self._provider = "builtin"
        terraform = Terraform(self._binary, self._folder.infra, environment(self._folder.terraformrc))
        terraform.run("init")
        terraform.run("apply", "-auto-approve", "-parallelism=30")
        log.info("terraform made %d nodes (provider: %s)", shape.nodes, self._provider)

    def _world(self, aws: Aws) -> Pace:
        world = found(self._settings.shape, aws.nodes(), (NOW, NEXT), time.time())
        return Pace(world, self._settings.time_factor).start()

    def _open(self, stack: ExitStack, pace: Pace, keys: HostKeys, public_key: str) -> None:
        colleagues = Colleagues(self._folder.infra)
        stack.callback(colleagues.close)
        door = Door(pace, self._folder.bin)
        door.start()
        stack.callback(door.stop)
        nodes = SshNodes(pace, keys, door, SSH_PORT)
        nodes.start(public_key, self._folder.run)
        stack.callback(nodes.stop)
        with pace as world:
            colleagues.follow(world)
            machines = list(world.ground.machines.values())
        lines = [keys.known_host(machine.id, machine.private_ip, SSH_PORT) for machine in machines]
        self._folder.write_known_hosts(lines)

    def _front(self) -> FrontSettings:
        settings = self._settings
        return FrontSettings(failures=settings.failures, faults=settings.names, seed=settings.seed)

    def _write(self, aws: Aws, router: AdminRouter, trust: Trust) -> None:
        """The configuration, and last of all the record that says: ready."""
        settings = self._settings
        self._folder.write_config(
            url=router.url, endpoint=aws.endpoint, ami=NOW.id, terraform=self._binary, ssh_port=SSH_PORT,
            factor=settings.time_factor, events=_events(settings),
        )  # fmt: skip
        self._folder.write_record(
            {
                "pid": os.getpid(),
                "url": router.url,
                "endpoint": aws.endpoint,
                "config": str(self._folder.config),
                "log": str(self._folder.log),
                "environment": {**sandbox_environment(self._folder.terraformrc), PASSWORD: trust.password},
                "amis": {"now": NOW.id, "next": NEXT.id},
                "factor": settings.time_factor,
                "nodes": settings.nodes,
                "kafka": settings.kafka,
                "jobs": settings.jobs,
                "profile": settings.profile,
                "faults": settings.faults,
                "seed": settings.seed,
                "provider": self._provider,
                "versions": {name: version(name) for name in ("dcosmaint", "moto", "paramiko")},
                "programs": {"terraform": self._binary, "packer": shutil.which("packer") or ""},
            }
        )
        log.info("ready: %s", self._folder.record)


def _events(settings: Settings) -> dict[str, object]:
    """What the configuration says of its first Kafka."""
    login = {"method": "plain", "username": USER, "password_env": PASSWORD}
    secured = {"kafka": {"tls": {"ca_cert": "kafka/ca.crt"}, "auth": login}}
    return {"cap": 1, **(secured if settings.kafka == "secured" else {})}


def serve(settings: Settings, over: Event) -> None:
    """Be a sandbox until `over` is set."""
    with Daemon(settings):
        over.wait()
    log.info("ended")
