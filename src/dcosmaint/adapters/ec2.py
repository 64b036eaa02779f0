"""EC2: instances and AMIs, in as few calls as there can be, however large the cluster is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from dcosmaint.adapters.aws import Account, code_of, translated
from dcosmaint.adapters.load_balancers import LoadBalancers, Reached
from dcosmaint.errors import Fatal, NodeFailed, Retryable, Usage
from dcosmaint.model import Image, Instance

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client

__all__ = ["Account", "Ec2", "outliving"]

CHUNK = 200  # most values that AWS takes in one filter
FEW = 50  # most instances whose termination protection is read: it costs a call each
NOT_FOUND = "InvalidInstanceID.NotFound"
NOT_SHARED = "Not authorized for images"  # with AuthFailure, as of credentials that are not taken
GONE = ("shutting-down", "terminated")
ROLL_TAG = "dcosmaint:roll"
SCALING_TAG = "aws:autoscaling:groupName"


class Ec2:
    """`Ec2Reads` and `Ec2Acts` of one account and region."""

    def __init__(self, account: Account, balancers: LoadBalancers) -> None:
        self._ec2: EC2Client = account.client("ec2")
        self._balancers = balancers

    def instances(self, ids: Sequence[str]) -> tuple[Instance, ...]:
        """Those of `ids` that EC2 knows, in their order. A call for 200 of them."""
        return tuple(map(_instance, self._known(ids)))

    def in_full(self, ids: Sequence[str]) -> tuple[Instance, ...]:
        """A call more for each target group in their networks, and one for the termination protection of each.

        Protection is read for at most 50 at once; in a larger survey nobody is called protected, and `terminate` says
        it.
        """
        known = [(raw, _instance(raw)) for raw in self._known(ids)]
        alive = [Reached(one.id, one.private_ip, raw.get("VpcId", "")) for raw, one in known if one.state not in GONE]
        carried = self._balancers.carrying(alive) if alive else {}
        guarded = {one.id for one in alive if self._is_protected(one.id)} if len(ids) <= FEW else set()
        return tuple(replace(one, protected=one.id in guarded, balancers=carried.get(one.id, ())) for _, one in known)

    def image(self, ami: str) -> Image | None:
        try:
            with translated("ec2:DescribeImages"):
                images = self._ec2.describe_images(ImageIds=[ami])["Images"]
        except Fatal as error:
            if code_of(error.__cause__).startswith("InvalidAMIID") or NOT_SHARED in str(error):
                return None
            raise
        return _image(images[0]) if images else None

    def baked(self, roll: str) -> Image | None:
        with translated("ec2:DescribeImages"):
            tag = f"tag:{ROLL_TAG}"
            images = self._ec2.describe_images(Owners=["self"], Filters=[{"Name": tag, "Values": [roll]}])["Images"]
        newest = max(images, key=lambda raw: raw.get("CreationDate", ""), default=None)
        return _image(newest) if newest else None

    def console(self, instance_id: str) -> str:
        """What the instance's console has shown: "" while that is unknown, or where nobody allows us to read it."""
        try:
            with translated("ec2:GetConsoleOutput"):
                return self._ec2.get_console_output(InstanceId=instance_id).get("Output", "")
        except Usage:
            return ""

    def terminate(self, instance_id: str) -> None:
        """An instance that EC2 has forgotten, or that is on its way out, is terminated."""
        try:
            with translated("ec2:TerminateInstances"):
                self._ec2.terminate_instances(InstanceIds=[instance_id])
        except Fatal as error:
            code = code_of(error.__cause__)
            if code == "OperationNotPermitted":
                raise NodeFailed(
                    f"{instance_id} has termination protection. If it may go: `aws ec2 modify-instance-attribute"
                    f" --instance-id {instance_id} --no-disable-api-termination`, then resume"
                ) from error
            if code != NOT_FOUND:
                raise

    def close(self) -> None:
        """Close the connections that were opened."""
        self._ec2.close()

    def _known(self, ids: Sequence[str]) -> list[Any]:
        found = {raw["InstanceId"]: raw for raw in self._described(ids)}
        return [found[wanted] for wanted in dict.fromkeys(ids) if wanted in found]

    def _described(self, ids: Sequence[str]) -> Iterator[Any]:
        """A filter passes over ids that are unknown, where a plain list of them would make an error of one."""
        pages = self._ec2.get_paginator("describe_instances")
        for start in range(0, len(ids), CHUNK):
            with translated("ec2:DescribeInstances"):
                chunk = list(ids[start : start + CHUNK])
                for page in pages.paginate(Filters=[{"Name": "instance-id", "Values": chunk}]):
                    for reservation in page["Reservations"]:
                        yield from reservation["Instances"]

    def _is_protected(self, instance_id: str) -> bool:
        try:
            with translated("ec2:DescribeInstanceAttribute"):
                said = self._ec2.describe_instance_attribute(InstanceId=instance_id, Attribute="disableApiTermination")
                return bool(said["DisableApiTermination"]["Value"])
        except Fatal as error:
            if code_of(error.__cause__) == NOT_FOUND:  # it went since it was described
                return False
            raise


def _instance(raw: Any) -> Instance:
    tags = {tag["Key"]: tag["Value"] for tag in raw.get("Tags", ())}
    try:
        return Instance(
            id=raw["InstanceId"],
            ami=raw["ImageId"],
            private_ip=raw.get("PrivateIpAddress", ""),  # a terminated instance has none
            zone=raw["Placement"]["AvailabilityZone"],
            state=raw["State"]["Name"],
            launched_at=raw["LaunchTime"].timestamp(),
            architecture=raw["Architecture"],
            scaling_group=tags.get(SCALING_TAG, ""),
            outlived_by=tuple(sorted(outliving(raw))),
        )
    except KeyError as error:
        raise Retryable(f"EC2's answer lacks {error}: it proves nothing") from error


def outliving(raw: Any) -> Iterator[str]:
    """Volumes that are not said to go with the instance. Its root may be kept, but is nobody else's root."""
    for device in raw.get("BlockDeviceMappings", ()):
        volume = device.get("Ebs")
        if (
            volume
            and device["DeviceName"] != raw.get("RootDeviceName")
            and volume.get("DeleteOnTermination") is not True
        ):
            yield volume["VolumeId"]


def _image(raw: Any) -> Image:
    try:
        return Image(raw["ImageId"], raw.get("Name", ""), raw["State"], raw["Architecture"])
    except KeyError as error:
        raise Retryable(f"EC2's answer lacks {error}: it proves nothing") from error
