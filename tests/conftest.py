"""What every test stands on: an empty home, an empty environment, and no network but the loopback.

The real cloud, the real home and the real configuration of whoever runs the tests are out of reach, for the tests and
for the programs that they start.
"""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from dcosmaint import redaction
from tests.no_network import guarded_connect, guarded_getaddrinfo
from tests.no_skips import pytest_sessionfinish, pytest_terminal_summary

__all__ = ["pytest_sessionfinish", "pytest_terminal_summary"]

pytest_plugins = ["pytester"]

settings.register_profile("dev", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", settings.get_profile("dev"), derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") == "true" else "dev")

signal.signal(signal.SIGINT, signal.default_int_handler)  # which a shell has its background jobs ignore

FOREIGN = ("AWS_", "BOTO", "TF_", "PACKER_", "PKR_", "DCOS_", "KAFKA_", "MOTO_")  # environment of other tools
OWN = ("DCOSMAINT_CONFIG", "DCOSMAINT_CLUSTER", "SSH_AUTH_SOCK")
HARMLESS = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "CHECKPOINT_DISABLE": "1",  # terraform and packer ask home for newer versions otherwise
    "TF_IN_AUTOMATION": "1",
}


@pytest.fixture(scope="session", autouse=True)
def clean_environment() -> Iterator[None]:
    """Nothing of the caller's environment steers boto3, terraform, packer or dcosmaint, nor a proxy the loopback."""
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.startswith(FOREIGN) or name in OWN or name.lower().endswith("_proxy"):
                patch.delenv(name)
        for name, value in HARMLESS.items():
            patch.setenv(name, value)
        yield


@pytest.fixture(scope="session", autouse=True)
def no_network() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded_connect(socket.socket.connect))
        patch.setattr(socket.socket, "connect_ex", guarded_connect(socket.socket.connect_ex))
        patch.setattr(socket, "getaddrinfo", guarded_getaddrinfo(socket.getaddrinfo))
        yield


@pytest.fixture(scope="session")
def homes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """One folder after another for the homes: cheaper than a `tmp_path` for each of thousands of tests."""
    base = tmp_path_factory.mktemp("homes")
    return (base / str(number) for number in count())


@pytest.fixture(autouse=True)
def home(homes: Iterator[Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home for each test, so that nobody's own files are read or written."""
    folder = next(homes)
    folder.mkdir()
    monkeypatch.setenv("HOME", str(folder))
    for name in ("CONFIG", "STATE", "DATA", "CACHE"):
        monkeypatch.delenv(f"XDG_{name}_HOME", raising=False)
    return folder


@pytest.fixture
def nothing_known() -> Iterator[None]:
    """For a test that gives this process secrets of its own: none is known before, and none stays."""
    before = dict(redaction._known)
    redaction._known.clear()
    yield
    redaction._known.clear()
    redaction._known.update(before)
