"""The tests' own guards work."""

from __future__ import annotations

import os
import socket
import urllib.request
from pathlib import Path

import pytest

from tests.no_network import NoSocketLeavesThisMachine


@pytest.mark.parametrize("host", ["192.0.2.1", "10.0.0.1", "2001:db8::1", "dcos.example.com"])
def test_no_socket_leaves_this_machine(host: str) -> None:
    with pytest.raises(NoSocketLeavesThisMachine):
        socket.create_connection((host, 443), timeout=1)


def test_a_library_that_would_go_out_is_stopped_too() -> None:
    with pytest.raises(NoSocketLeavesThisMachine):
        urllib.request.urlopen("http://192.0.2.1/", timeout=1)


def test_the_loopback_is_open() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as listening,
        socket.create_connection(listening.getsockname(), timeout=5) as ours,
    ):
        theirs, _ = listening.accept()
        theirs.close()
        assert ours.recv(1) == b""


def test_every_test_has_an_empty_home(home: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    assert Path.home() == home
    assert home.is_relative_to(tmp_path_factory.getbasetemp())
    assert list(home.iterdir()) == []


def test_nothing_of_the_callers_environment_steers_other_tools() -> None:
    assert os.environ["AWS_ACCESS_KEY_ID"] == "test"
    assert "AWS_CA_BUNDLE" not in os.environ
    assert "TF_CLI_CONFIG_FILE" not in os.environ
    assert not [name for name in os.environ if name.lower().endswith("_proxy")]


@pytest.mark.parametrize(("ci", "code"), [("true", 1), ("", 0)])
def test_a_skip_fails_the_suite_in_ci_and_is_named(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, ci: str, code: int
) -> None:
    monkeypatch.setenv("CI", ci)
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent.parent))
    pytester.makeconftest("from tests.no_skips import pytest_sessionfinish, pytest_terminal_summary")
    pytester.makepyfile("import pytest\ndef test_real():\n    pytest.skip('terraform is not on PATH')")
    result = pytester.runpytest_subprocess()
    assert result.ret == code
    assert ("CI=true forbids it" in result.stdout.str()) == bool(ci)
    assert "terraform is not on PATH" in result.stdout.str() or not ci
