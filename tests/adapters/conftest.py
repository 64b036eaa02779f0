"""Real parts for the adapters: an EC2 that moto serves on loopback, programs on PATH, a mirror of Terraform providers.

A part that is missing on this machine is skipped by name.
"""

from __future__ import annotations

import logging
import os
import pwd
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.request import Request, urlopen

import boto3
import pytest

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client

MIRROR = "DCOSMAINT_TERRAFORM_MIRROR"
"""Environment variable that names a filesystem mirror of providers: the folder that holds registry.terraform.io."""


@pytest.fixture(scope="session")
def moto_server() -> Iterator[str]:
    """The address of a moto server that knows its AMIs, and says so where one is unknown."""
    from moto.server import ThreadedMotoServer  # slow to import, and few tests need it

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MOTO_ENABLE_AMI_VALIDATION", "1")
        server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        server.start()
        host, port = server.get_host_and_port()
        yield f"http://{host}:{port}"
        server.stop()


@pytest.fixture
def moto(moto_server: str) -> str:
    """The address of an AWS in which nothing has happened yet."""
    with urlopen(Request(f"{moto_server}/moto-api/reset", method="POST")) as answer:
        assert answer.status == 200
    return moto_server


@pytest.fixture
def ec2(moto: str) -> Iterator[EC2Client]:
    """A client of that AWS, for what a test arranges and looks up by itself."""
    client = boto3.client("ec2", endpoint_url=moto, region_name="us-east-1")
    yield client
    client.close()


def on_path(program: str) -> str:
    found = shutil.which(program)
    if found is None:
        pytest.skip(f"{program} is not on PATH")
    return found


@pytest.fixture(scope="session")
def terraform() -> str:
    return on_path("terraform")


@pytest.fixture(scope="session")
def packer() -> str:
    return on_path("packer")


@pytest.fixture(scope="session")
def aws_provider() -> Path:
    """A filesystem mirror with the real hashicorp/aws provider."""
    for folder in _mirrors():
        if any(folder.glob("registry.terraform.io/hashicorp/aws/*/*")):
            return folder
    pytest.skip(f"no mirror holds the real provider hashicorp/aws: {MIRROR} may name one")


def _mirrors() -> Iterator[Path]:
    """Where it may be: named by the caller, where terraform looks by itself, one level below the system's folders."""
    if named := os.environ.get(MIRROR):
        yield Path(named)
    home = Path(pwd.getpwuid(os.getuid()).pw_dir)
    for implied in (home / ".terraform.d", home / ".local/share/terraform", Path("/usr/local/share/terraform")):
        yield implied / "plugins"
    for system in ("/opt", "/usr/local/share"):
        yield from sorted(found.parent for found in Path(system).glob("*/registry.terraform.io"))
