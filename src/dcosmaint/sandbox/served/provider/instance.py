"""aws_instance."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar, cast

from tf.iface import Resource
from tf.schema import Attribute, Schema
from tf.types import Bool, Map, Set, String, Unknown

if TYPE_CHECKING:
    from dcosmaint.sandbox.served.provider.provider import Aws

State = dict[str, Any]
F = TypeVar("F", bound=Callable[..., Any])

GONE = ("shutting-down", "terminated")
WAIT = 600.0
LOOK_EVERY = 0.1

FIXED = ("ami", "subnet_id", "availability_zone", "key_name", "private_ip")  # computed, and forcing a replacement
READ_ONLY = ("id", "arn", "public_ip", "private_dns", "public_dns", "instance_state")
REQUEST = {"subnet_id": "SubnetId", "key_name": "KeyName", "user_data": "UserData", "private_ip": "PrivateIpAddress"}


def said(act: F) -> F:
    """What goes wrong becomes a diagnostic of terraform's; without it, it would be a gRPC error without words."""

    @wraps(act)
    def guarded(self: Any, context: Any, *arguments: Any) -> Any:
        try:
            return act(self, context, *arguments)
        except Exception as error:
            context.diagnostics.add_error(f"{act.__name__} {context.type_name}: {error}")
            return None if act.__name__ in ("create", "import_") else arguments[0]

    return cast(F, guarded)  # it takes what `act` takes


class Instance(Resource):
    def __init__(self, provider: Aws) -> None:
        self._provider = provider

    @classmethod
    def get_name(cls) -> str:
        return "instance"

    @classmethod
    def get_schema(cls) -> Schema:
        text, texts = String(), Set(String())
        return Schema(
            version=1,
            attributes=[
                *(Attribute(name, text, computed=True) for name in READ_ONLY),
                *(Attribute(name, text, optional=True, computed=True, requires_replace=True) for name in FIXED),
                Attribute("instance_type", text, optional=True, computed=True, requires_replace=True),
                Attribute("user_data", text, optional=True, requires_replace=True),
                Attribute("iam_instance_profile", text, optional=True, requires_replace=True),
                Attribute("vpc_security_group_ids", texts, optional=True, computed=True, requires_replace=True),
                Attribute("associate_public_ip_address", Bool(), optional=True, computed=True, requires_replace=True),
                Attribute("tags", Map(text), optional=True),
                Attribute("tags_all", Map(text), computed=True),
            ],
        )

    @said
    def create(self, context: Any, planned: State) -> State | None:
        ec2 = self._provider.ec2
        created = ec2.run_instances(**_request(planned, self._tags(planned)))["Instances"][0]["InstanceId"]
        found, why = self._await(created, "running")
        if why:
            context.diagnostics.add_error(f"waiting for EC2 Instance ({created}) create: {why}")
        # With an error beside it, terraform keeps the instance as tainted: it exists, and must not be forgotten.
        return self._state(found, planned) if found else None

    @said
    def read(self, _context: Any, current: State) -> State | None:
        found = self._find(current["id"])
        return self._state(found, current) if found and found["State"]["Name"] not in GONE else None

    def plan(self, context: Any, _current: State | None, planned: State) -> State:
        if "tags" in context.changed_fields:
            planned["tags_all"] = Unknown if planned["tags"] is Unknown else self._tags(planned)
        return planned

    @said
    def update(self, _context: Any, current: State, planned: State) -> State | None:
        """Only tags change in place."""
        ec2, instance_id = self._provider.ec2, current["id"]
        before, after = current["tags_all"] or {}, self._tags(planned)
        if gone := [{"Key": key} for key in before if key not in after]:
            ec2.delete_tags(Resources=[instance_id], Tags=gone)
        if after:
            ec2.create_tags(Resources=[instance_id], Tags=_tag_list(after))
        found = self._find(instance_id)
        return self._state(found, planned) if found else None

    @said
    def delete(self, context: Any, current: State) -> None:
        self._provider.ec2.terminate_instances(InstanceIds=[current["id"]])
        _, why = self._await(current["id"], "terminated")
        if why:
            context.diagnostics.add_error(f"waiting for EC2 Instance ({current['id']}) delete: {why}")

    @said
    def import_(self, context: Any, id: str) -> State | None:
        found = self._find(id)
        if not found:
            context.diagnostics.add_error("Cannot import non-existent remote object", id)
            return None
        return self._state(found, {})

    def _tags(self, planned: State) -> dict[str, str]:
        return {**self._provider.default_tags, **(planned.get("tags") or {})}

    def _find(self, instance_id: str) -> Mapping[str, Any] | None:
        filters = [{"Name": "instance-id", "Values": [instance_id]}]  # by id it would be an error where there is none
        reservations = self._provider.ec2.describe_instances(Filters=filters)["Reservations"]
        return next((instance for reservation in reservations for instance in reservation["Instances"]), None)

    def _await(self, instance_id: str, state: str) -> tuple[Mapping[str, Any] | None, str]:
        """The instance once it is in that state; else what is known of it, and why nobody waits any longer."""
        end = time.monotonic() + WAIT
        while True:
            found = self._find(instance_id)
            now = found["State"]["Name"] if found else "terminated"
            if now == state:
                return found, ""
            if self._provider.stop.is_set():
                return found, "context canceled"
            if now in GONE and state not in GONE:
                return found, f"it is {now}"
            if time.monotonic() > end:
                return found, f"it is {now} after {WAIT:g} s"
            self._provider.stop.wait(LOOK_EVERY)

    def _state(self, found: Mapping[str, Any], planned: State) -> State:
        tags = {tag["Key"]: tag["Value"] for tag in found.get("Tags", [])}
        own, default = planned.get("tags") or {}, self._provider.default_tags
        return {
            "id": found["InstanceId"],
            "arn": f"arn:aws:ec2:{self._provider.region}::instance/{found['InstanceId']}",
            "ami": found["ImageId"],
            "instance_type": found["InstanceType"],
            "subnet_id": found.get("SubnetId"),
            "availability_zone": found["Placement"]["AvailabilityZone"],
            "key_name": found.get("KeyName", ""),
            "private_ip": found.get("PrivateIpAddress", ""),
            "public_ip": found.get("PublicIpAddress", ""),
            "private_dns": found.get("PrivateDnsName", ""),
            "public_dns": found.get("PublicDnsName", ""),
            "associate_public_ip_address": bool(found.get("PublicIpAddress")),
            "vpc_security_group_ids": sorted(group["GroupId"] for group in found.get("SecurityGroups", [])),
            "instance_state": found["State"]["Name"],
            "user_data": _known(planned, "user_data"),
            "iam_instance_profile": _known(planned, "iam_instance_profile"),
            "tags": {key: tags[key] for key in tags if key in own or default.get(key) != tags[key]} or None,
            "tags_all": tags,
        }


def _request(planned: State, tags: Mapping[str, str]) -> State:
    request: State = {"ImageId": _known(planned, "ami"), "MinCount": 1, "MaxCount": 1}
    request["InstanceType"] = _known(planned, "instance_type") or "m5.xlarge"
    request.update({key: planned[name] for name, key in REQUEST.items() if _known(planned, name)})
    if zone := _known(planned, "availability_zone"):
        request["Placement"] = {"AvailabilityZone": zone}
    if groups := _known(planned, "vpc_security_group_ids"):
        request["SecurityGroupIds"] = groups
    if tags:
        request["TagSpecifications"] = [{"ResourceType": "instance", "Tags": _tag_list(tags)}]
    return request


def _tag_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def _known(planned: State, name: str) -> Any:
    value = planned.get(name)
    return None if value is Unknown else value
