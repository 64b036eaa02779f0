"""moto's EC2 of one region, whose nodes are the World's machines.

moto owns ids, subnets, tags and images, and speaks the API. Once it is bound to a World, an instance with a Terraform
address in its tags is a node: the World decides what becomes of it, and moto says what the World says. Every other
instance (packer's builder) stays moto's own.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models import EC2Backend
from moto.ec2.models.amis import Ami
from moto.ec2.models.instances import Instance

from dcosmaint.sandbox.served.due import due
from dcosmaint.sandbox.served.pace import Pace
from dcosmaint.sandbox.world import NodeShape, World
from dcosmaint.sandbox.world.state import Machine

ADDRESS_TAG = "dcosmaint:address"
PUBLIC_TAG = "dcosmaint:public"
ROLL_TAG = "dcosmaint:roll"
DEVICE = "/dev/xvdf"
"""Where a node's own volume is attached."""

STATE_CODES = {"pending": 0, "running": 16, "shutting-down": 32, "terminated": 48}


class WorldEc2(EC2Backend):
    """Bind it by setting `pace`; before that it is plain moto, with no images of its own."""

    __module__ = EC2Backend.__module__  # moto derives the module of a service's URLs from it

    pace: Pace | None = None
    console: Callable[[str], str] = staticmethod(lambda _instance_id: "")  # what an instance wrote while it booted

    def _load_amis(self) -> None:
        """None of the 1300 that moto knows: they cost a second, and nobody may roll to one."""

    def add_image(self, ami_id: str, name: str) -> None:
        """An AMI of this account that has always been there."""
        self.amis[ami_id] = Ami(
            self, ami_id, name=name, architecture="x86_64", virtualization_type="hvm", hypervisor="xen",
            root_device_type="ebs", owner_id=self.account_id,
        )  # fmt: skip

    # ---- what moto asks itself before it answers

    def all_reservations(self, filters: Any = None) -> Any:
        if self.pace:
            with self.pace as world:
                _throttle(world)
                self._follow(world)
        return super().all_reservations(filters)

    def _follow(self, world: World) -> None:
        for reservation in self.reservations.values():
            for instance in reservation.instances:
                machine = world.ground.machines.get(instance.id)
                if machine:
                    _mirror(machine, instance)

    # ---- what changes something

    def run_instances(self, image_id: str, count: int, *args: Any, **kwargs: Any) -> Any:
        self.describe_images(ami_ids=[image_id])  # moto itself takes any id for an image, AWS does not
        if not self.pace:
            return super().run_instances(image_id, count, *args, **kwargs)
        with self.pace as world:
            _have_capacity(world, kwargs)
            tags = kwargs.get("tags", {}).get("instance", {})
            kwargs["private_ip"] = kwargs.get("private_ip") or self._same_ip(world, tags, kwargs.get("subnet_id"))
            reservation = super().run_instances(image_id, count, *args, **kwargs)
            for instance in reservation.instances:
                if ADDRESS_TAG in tags:
                    machine = _launch(world, instance, tags)
                    self._attach(machine)
            self._follow(world)
            return reservation

    def _same_ip(self, world: World, tags: dict[str, str], subnet_id: str | None) -> str | None:
        """The address of its predecessor, as often as the World gives it back; None: one that nobody had."""
        old = world.ground.machines.get(world.terraform.state.get(tags.get(ADDRESS_TAG, ""), ""))
        if old is None or subnet_id is None or world.cloud.next_ip(old) != old.private_ip:
            return None
        subnet = self.get_subnet(subnet_id)
        if subnet.availability_zone != old.zone:
            return None
        subnet.del_subnet_ip(old.private_ip)  # moto keeps it for the instance that is gone
        return old.private_ip

    def _attach(self, machine: Machine) -> None:
        """What its boot script does: it looks for the volume of its predecessor."""
        if machine.volume:
            self.attach_volume(machine.volume, machine.id, DEVICE, delete_on_termination=False)

    def terminate_instances(self, instance_ids: list[str]) -> Any:
        if not self.pace:
            return super().terminate_instances(instance_ids)
        with self.pace as world:
            terminated = super().terminate_instances(instance_ids)
            for instance, _ in terminated:
                if instance.id in world.ground.machines:
                    world.cloud.terminate(instance.id)
            self._follow(world)
            return terminated

    def reboot_instances(self, instance_ids: list[str]) -> Any:
        rebooted = super().reboot_instances(instance_ids)
        if self.pace:
            with self.pace as world:
                for instance in rebooted:
                    if instance.id in world.ground.machines:
                        world.systemd.reboot(world.machine(instance.id))
        return rebooted

    def modify_instance_attribute(self, instance_id: str, key: str, value: Any) -> Any:
        if self.pace and key == "disable_api_termination":
            with self.pace as world:
                if machine := world.ground.machines.get(instance_id):
                    machine.protected = bool(value)
        return super().modify_instance_attribute(instance_id, key, value)

    def create_image(self, *args: Any, **kwargs: Any) -> Any:
        image = super().create_image(*args, **kwargs)
        self._tell_images()
        return image

    def create_tags(self, resource_ids: list[str], tags: dict[str, str]) -> bool:
        done: bool = super().create_tags(resource_ids, tags)
        self._tell_images()
        return done

    def _tell_images(self) -> None:
        """The World knows each AMI too, and the roll that baked it."""
        if not self.pace:
            return
        with self.pace as world:
            for image in self.amis.values():
                ami = world.cloud.amis.get(image.id) or world.cloud.add_ami(image.name or image.id, image.id)
                ami.roll = next((tag["value"] for tag in image.get_tags() if tag["key"] == ROLL_TAG), "")


def _mirror(machine: Machine, instance: Instance) -> None:
    instance.instance_state.name = machine.state
    instance.instance_state.code = STATE_CODES[machine.state]
    instance.launch_time = datetime.fromtimestamp(machine.launched_at, UTC).replace(tzinfo=None)
    instance.disable_api_termination = machine.protected


def _launch(world: World, instance: Instance, tags: dict[str, str]) -> Machine:
    address = tags[ADDRESS_TAG]
    old = world.ground.machines.get(world.terraform.state.get(address, ""))
    world.terraform.state[address] = instance.id
    return world.cloud.launch(node_shape(instance, tags), old)


def node_shape(instance: Instance, tags: dict[str, str]) -> NodeShape:
    """The node that an instance with these tags is."""
    return NodeShape(
        zone=instance.placement.zone or "",
        public=tags.get(PUBLIC_TAG) == "true",
        address=tags[ADDRESS_TAG],
        private_ip=instance.private_ip or "",
        instance_id=instance.id,
        ami=instance.image_id,
        volume=instance.block_device_mapping[DEVICE].volume_id if DEVICE in instance.block_device_mapping else "",
    )


def _throttle(world: World) -> None:
    if due(world, "ec2"):
        raise EC2ClientError("RequestLimitExceeded", "Request limit exceeded.")


def _have_capacity(world: World, wanted: dict[str, Any]) -> None:
    if due(world, "capacity") or world.faults.apply_fails:
        kind = wanted.get("instance_type", "")
        raise EC2ClientError(
            "InsufficientInstanceCapacity",
            f"We currently do not have sufficient {kind} capacity in the Availability Zone you requested.",
        )
