"""AWS on the loopback: moto's server, and in it one region with a network whose addresses are loopback addresses."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from moto.core.responses import ActionResult
from moto.core.types import Base64EncodedString
from moto.core.utils import utcnow
from moto.ec2.models import ec2_backends
from moto.ec2.responses.general import General
from moto.elb.models import elb_backends
from moto.elbv2.models import elbv2_backends
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import make_server

from dcosmaint.sandbox.served.aws_faults import Befallen
from dcosmaint.sandbox.served.balancers import WorldElb, WorldElbV2, sentences_of_instances
from dcosmaint.sandbox.served.ec2 import ADDRESS_TAG, DEVICE, WorldEc2, node_shape
from dcosmaint.sandbox.served.pace import Pace
from dcosmaint.sandbox.world import NodeShape

ACCOUNT, REGION = "123456789012", "us-east-1"


@dataclass(frozen=True)
class Image:
    id: str
    name: str


class Aws:
    """Serves from `start` to `stop`. One at a time in a process: moto keeps its accounts in globals."""

    def __init__(self, network: int = 0) -> None:
        """`network` is the second byte of every private IP: 127.NETWORK.20.x in the first zone, 21 in the next."""
        self._network = network
        self.ec2 = WorldEc2(REGION, ACCOUNT)
        self._elb, self._elbv2 = WorldElb(REGION, ACCOUNT), WorldElbV2(REGION, ACCOUNT)
        self.subnets: dict[str, str] = {}  # zone → subnet id
        self._end: Callable[[], None] | None = None
        self.endpoint = ""

    def start(self) -> None:
        ec2_backends[ACCOUNT][REGION] = self.ec2
        elb_backends[ACCOUNT][REGION], elbv2_backends[ACCOUNT][REGION] = self._elb, self._elbv2
        answers = Befallen(DomainDispatcherApplication(create_backend_app), lambda: self.ec2.pace)
        server = make_server("127.0.0.1", 0, answers, threaded=True, request_handler=_Silent)
        self.endpoint = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, name="aws", daemon=True)
        thread.start()
        hooks = ExitStack()
        hooks.enter_context(_console_of_instances())
        hooks.enter_context(sentences_of_instances())

        def end() -> None:
            hooks.close()
            server.shutdown()
            thread.join()
            server.server_close()
            del ec2_backends[ACCOUNT][REGION], elb_backends[ACCOUNT][REGION], elbv2_backends[ACCOUNT][REGION]

        self._end = end

    def stop(self) -> None:
        if self._end:
            self._end()
            self._end = None

    def found(self, zones: tuple[str, ...], images: tuple[Image, ...]) -> None:
        """A network with a subnet a zone, and the AMIs that have always been there."""
        vpc = self._vpc = self.ec2.create_vpc(f"127.{self._network}.0.0/16")
        for number, zone in enumerate(zones):
            cidr = f"127.{self._network}.{20 + number}.0/24"
            self.subnets[zone] = self.ec2.create_subnet(vpc.id, cidr, availability_zone=zone).id
        for image in images:
            self.ec2.add_image(image.id, image.name)

    def nodes(self) -> list[NodeShape]:
        """Every instance with a Terraform address, in the order of the addresses' numbers."""
        found = []
        for instance in self.ec2.all_instances():
            tags = {tag["key"]: tag["value"] for tag in instance.get_tags()}
            if ADDRESS_TAG in tags and instance.state == "running":
                found.append(node_shape(instance, tags))
        return sorted(found, key=lambda shape: (shape.public, _number(shape.address)))

    def attach(self) -> None:
        """A volume for each of them, that outlives the instance."""
        for shape in self.nodes():
            volume = self.ec2.create_volume(100, shape.zone)
            self.ec2.attach_volume(volume.id, shape.instance_id, DEVICE, delete_on_termination=False)

    def follow(self, pace: Pace, console: Callable[[str], str]) -> None:
        """From now on the World decides; `console` gives what an instance wrote while it booted."""
        with pace as world:
            for balancer in world.balancers.all.values():
                if balancer.arn:
                    self._elbv2.add(balancer, self._vpc.id)
                else:
                    self._elb.add(balancer, list(self.subnets.values()))
        self.ec2.console = console
        self.ec2.pace = self._elb.pace = self._elbv2.pace = pace


class _Silent(MotoRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:
        """Not a word of each request: the log is for what goes wrong."""


@contextmanager
def _console_of_instances() -> Iterator[None]:
    """moto answers GetConsoleOutput with a constant; ours comes from the instance."""
    before = General.get_console_output

    def get_console_output(self: General) -> ActionResult:
        backend = self.ec2_backend
        if not isinstance(backend, WorldEc2):
            return before(self)
        instance = backend.get_instance(self._get_param("InstanceId"))
        output = Base64EncodedString.from_raw_string(backend.console(instance.id))
        return ActionResult({"InstanceId": instance.id, "Timestamp": utcnow(), "Output": output})

    General.get_console_output = get_console_output  # type: ignore[method-assign]  # moto has no other hook for it
    try:
        yield
    finally:
        General.get_console_output = before  # type: ignore[method-assign]  # for whoever else uses moto in this process


def _number(address: str) -> int:
    number = address.rpartition("[")[2].rstrip("]")
    return int(number) if number.isdigit() else 0
