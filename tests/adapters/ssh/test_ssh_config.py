"""ssh_config with its includes, as OpenSSH itself reads it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from dcosmaint.adapters.ssh_config import SshConfig, split
from dcosmaint.errors import Usage


def write(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / name).write_text(text)
    return folder / "config"


@pytest.mark.parametrize(
    ("target", "parts"),
    [
        ("bastion", ("", "bastion", "")),
        ("me@bastion:2222", ("me", "bastion", "2222")),
        ("me@[fe80::1]:22", ("me", "fe80::1", "22")),
        ("fe80::1", ("", "fe80::1", "")),
        ("a@b@host", ("a@b", "host", "")),
    ],
)
def test_a_target_is_split_into_user_host_and_port(target: str, parts: tuple[str, str, str]) -> None:
    assert split(target) == parts


def test_no_file_says_nothing(tmp_path: Path) -> None:
    hop = SshConfig(tmp_path / "missing").hop("core@10.0.0.13:2222")
    assert (hop.user, hop.host, hop.port, hop.identities) == ("core", "10.0.0.13", 2222, ())


def test_the_words_of_a_block_are_applied(tmp_path: Path) -> None:
    (tmp_path / "key").touch()
    config = write(
        tmp_path,
        config=f"Host node\n HostName 10.0.0.13\n User core\n Port 2222\n IdentityFile {tmp_path}/key\n"
        f" IdentityFile {tmp_path}/absent\n IdentitiesOnly yes\n UserKnownHostsFile ~/one {tmp_path}/two\n"
        " ProxyJump first, me@second:23\n",
    )
    hop = SshConfig(config).hop("node")
    assert (hop.host, hop.user, hop.port, hop.identities_only) == ("10.0.0.13", "core", 2222, True)
    assert hop.identities == (tmp_path / "key",)
    assert hop.known_hosts == (Path.home() / "one", tmp_path / "two")
    assert hop.jumps == ("first", "me@second:23")


INCLUDES = {
    "first word wins": {"config": "Include {0}/a\nUser late\n", "a": "User early\n"},
    "a glob, in order": {"config": "Include {0}/part*\n", "part1": "User one\n", "part2": "User two\n"},
    "several names": {"config": "Include {0}/a {0}/b\n", "a": "Host other\n User a\n", "b": "User b\n"},
    "a block behind an include goes on": {
        "config": "Host 10.*\n Include {0}/a\n User outer\n",
        "a": "Host other\n User a\n",
    },
    "skipped below another host": {"config": "Host other\n Include {0}/a\nHost *\n User rest\n", "a": "User a\n"},
    "a block inside ends with its file": {"config": "Include {0}/a\nUser outer\n", "a": "Host other\n Port 23\n"},
    "excluded by name": {"config": "Host * !10.0.0.13\n Include {0}/a\nHost *\n User rest\n", "a": "User a\n"},
    "below Match all": {"config": "Match all\n Include {0}/a\n", "a": "User a\n"},
    "equals sign": {"config": "Include={0}/a\n", "a": "User=a\n"},
    "nothing found": {"config": "Include {0}/none*\nUser rest\n"},
    "nested": {"config": "Include {0}/a\n", "a": "Include {0}/b\n", "b": "Host 10.*\n User deep\n"},
}


@pytest.mark.real
@pytest.mark.parametrize("files", INCLUDES.values(), ids=INCLUDES.keys())
def test_includes_mean_what_they_mean_to_openssh(tmp_path: Path, files: dict[str, str]) -> None:
    ssh = shutil.which("ssh")
    if ssh is None:
        pytest.skip("ssh is not on PATH")
    config = write(tmp_path, **{name: text.format(tmp_path) for name, text in files.items()})
    said = subprocess.run([ssh, "-G", "-F", config, "10.0.0.13"], capture_output=True, text=True, check=True).stdout
    truth = dict(line.split(" ", 1) for line in said.splitlines() if " " in line)
    hop = SshConfig(config).hop("10.0.0.13")
    assert (hop.user, hop.port) == (truth["user"], int(truth["port"]))


PROXIES = {
    "the jump comes first": "ProxyJump jump\nProxyCommand nc %h\n",
    "the command comes first": "ProxyCommand nc %h\nProxyJump jump\n",
    "a block before another": "Host 10.*\n ProxyCommand nc %h\nHost *\n ProxyJump jump\n",
    "no command, and so no jump": "ProxyCommand none\nProxyJump jump\n",
    "no jump, and so no command": "ProxyJump none\nProxyCommand nc %h\n",
    "neither": "ProxyCommand none\n",
    "a shell's own words": "ProxyCommand=sh -c 'nc ~ %%h -X=5 \"$HOME\"' %r\n",
    "several jumps": "ProxyJump one,me@two:23\n",
}


@pytest.mark.real
@pytest.mark.parametrize("text", PROXIES.values(), ids=PROXIES.keys())
def test_of_jumps_and_commands_those_count_that_count_for_openssh(tmp_path: Path, text: str) -> None:
    ssh = shutil.which("ssh")
    if ssh is None:
        pytest.skip("ssh is not on PATH")
    config = write(tmp_path, config=text)
    said = subprocess.run([ssh, "-G", "-F", config, "10.0.0.13"], capture_output=True, text=True, check=True).stdout
    truth = dict(line.split(" ", 1) for line in said.splitlines() if " " in line)
    hop = SshConfig(config).hop("10.0.0.13")
    assert ",".join(hop.jumps) == truth.get("proxyjump", "none").replace("none", "")
    assert hop.proxy_command == truth.get("proxycommand", "none").replace("none", "")


def test_a_command_that_hands_a_descriptor_over_is_refused(tmp_path: Path) -> None:
    config = write(tmp_path, config="ProxyCommand nc -F %h %p\nProxyUseFdpass yes\n")
    with pytest.raises(Usage, match=r"ProxyUseFdpass \(ssh_config, for 10\.0\.0\.13\) is not supported"):
        SshConfig(config).hop("10.0.0.13")


def test_an_include_is_looked_for_in_the_users_own_folder(home: Path, tmp_path: Path) -> None:
    (home / ".ssh").mkdir()
    (home / ".ssh/mine").write_text("User mine\n")
    assert SshConfig(write(tmp_path, config="Include mine\n")).hop("10.0.0.13").user == "mine"


def test_a_file_that_includes_itself_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Usage, match="Include goes deeper than 16 files; does one include itself"):
        SshConfig(write(tmp_path, config=f"Include {tmp_path}/config\n")).hop("10.0.0.13")


def test_an_include_below_a_match_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(Usage, match="an Include below `Match user core` is not supported"):
        SshConfig(write(tmp_path, config="Match user core\n Include other\n")).hop("10.0.0.13")


@pytest.mark.parametrize("text", ["word\n", 'Host "10.0\n  Include a\n'])
def test_a_file_that_is_no_ssh_config_is_the_users_fault(tmp_path: Path, text: str) -> None:
    with pytest.raises(Usage, match="can't be read"):
        SshConfig(write(tmp_path, config=text)).hop("10.0.0.13")
