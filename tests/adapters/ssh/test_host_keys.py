"""R12: whose key is taken, whose is refused, and what is kept of it."""

from __future__ import annotations

import base64
from pathlib import Path

import paramiko
import pytest

from dcosmaint.adapters.host_keys import Enrolment, HostKeys, Peer, console_keys
from dcosmaint.errors import NodeFailed, Usage
from dcosmaint.model import Instance
from tests.adapters.ssh.conftest import Connect
from tests.adapters.ssh.sshd import Farm
from tests.builders import an_instance

ADDRESS = "10.0.0.13"


def a_key(number: int = 0) -> paramiko.PKey:
    return paramiko.Ed25519Key(data=_blob(number))


def _blob(number: int) -> bytes:
    message = paramiko.Message()
    message.add_string("ssh-ed25519")
    message.add_string(bytes([number]) * 32)
    return message.asbytes()


def line(key: paramiko.PKey, name: str = ADDRESS) -> str:
    return f"{name} {key.get_name()} {key.get_base64()}\n"


def peer(number: int = 3, name: str = ADDRESS) -> Peer:
    return Peer(f"i-{number}", name)


def knowing(tmp_path: Path, users: str = "", *, strict: bool = False) -> HostKeys:
    (tmp_path / "users").write_text(users)
    return HostKeys(tmp_path / "state/own", (tmp_path / "users",), strict)


def never(instance: Instance) -> paramiko.PKey:
    raise AssertionError(f"{instance.id} was contacted")


def test_a_key_seen_first_is_pinned_to_the_instance(tmp_path: Path) -> None:
    keys = knowing(tmp_path)
    keys.check(peer(), a_key())
    assert (tmp_path / "state/own").read_text() == line(a_key(), "i-3")


def test_strict_refuses_an_unknown_key_with_the_remedy(tmp_path: Path) -> None:
    keys = knowing(tmp_path, strict=True)
    with pytest.raises(
        NodeFailed, match=r"i-3 at \[10\.0\.0\.13\]:2222 is not known.*ssh-keyscan -p 2222 10\.0\.0\.13 >>"
    ):
        keys.check(peer(name=f"[{ADDRESS}]:2222"), a_key())
    assert not keys.knows("i-3")


def test_strict_takes_a_key_that_the_user_knows(tmp_path: Path) -> None:
    keys = knowing(tmp_path, line(a_key()), strict=True)
    keys.check(peer(), a_key())
    assert keys.knows("i-3")


@pytest.mark.parametrize("strict", [True, False])
def test_a_key_that_changes_under_the_same_id_is_refused_with_both_fingerprints(tmp_path: Path, strict: bool) -> None:
    keys = knowing(tmp_path, line(a_key(1)), strict=strict)
    keys.pin("i-3", [a_key(0)])
    with pytest.raises(NodeFailed, match="has changed") as failed:
        keys.check(peer(), a_key(1))
    assert a_key(0).fingerprint in str(failed.value)
    assert a_key(1).fingerprint in str(failed.value)
    assert "take the lines of i-3 out of" in str(failed.value)


def test_an_instance_nobody_enrolled_is_held_to_the_users_key(tmp_path: Path) -> None:
    with pytest.raises(NodeFailed, match=r"has changed.*ssh-keygen -R '10\.0\.0\.13'"):
        knowing(tmp_path, line(a_key(1))).check(peer(), a_key(0))


def test_a_revoked_key_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NodeFailed, match="marked as revoked"):
        knowing(tmp_path, f"@revoked {line(a_key())}").check(peer(), a_key())


def test_a_certificate_authority_does_not_make_the_file_unusable(tmp_path: Path) -> None:
    users = f"@cert-authority * {line(a_key(7)).partition(' ')[2]}not a line\n# a word\n\n{line(a_key())}"
    with pytest.raises(NodeFailed, match="has changed"):
        knowing(tmp_path, users).check(peer(), a_key(1))


@pytest.mark.parametrize(
    ("name", "about"),
    [
        (ADDRESS, True),
        ("10.0.0.*", True),
        ("10.0.0.*,!10.0.0.13", False),
        ("10.0.0.1", False),
        ("other,10.0.0.13", True),
        ("[10.0.0.13]:2222", False),
        (paramiko.HostKeys.hash_host(ADDRESS), True),
        (paramiko.HostKeys.hash_host("10.0.0.14"), False),
        ("|1|damaged", False),
    ],
)
def test_names_are_read_as_openssh_writes_them(tmp_path: Path, name: str, about: bool) -> None:
    assert bool(knowing(tmp_path, line(a_key(), name)).kinds(peer())) is about


def test_an_id_is_pinned_once_and_the_other_lines_stay(tmp_path: Path) -> None:
    keys = knowing(tmp_path)
    keys.pin("i-1", [a_key(1)])
    keys.pin("i-3", [a_key(3), a_key(4)])
    keys.pin("i-1", [a_key(2)])
    expected = line(a_key(1), "i-1") + line(a_key(3), "i-3") + line(a_key(4), "i-3")
    assert (tmp_path / "state/own").read_text() == expected
    assert [path.name for path in (tmp_path / "state").iterdir()] == ["own"]


def test_a_file_that_cant_be_kept_is_said(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("in the way")
    with pytest.raises(Usage, match=r"state/own can't be"):
        HostKeys(tmp_path / "state/own").check(peer(), a_key())


def console(*keys: paramiko.PKey) -> str:
    shown = "".join(f"[   12.3] cloud-init[812]: {key.get_name()} {key.get_base64()} root@ip\r\n" for key in keys)
    return f"noise\r\n-----BEGIN SSH HOST KEY KEYS-----\r\n{shown}-----END SSH HOST KEY KEYS-----\r\nlogin:"


def test_the_console_shows_the_keys_of_the_newest_boot() -> None:
    text = console(a_key(1)) + console(a_key(2), a_key(3))
    assert console_keys(text) == [a_key(2), a_key(3)]


@pytest.mark.parametrize("text", ["", "-----BEGIN SSH HOST KEY KEYS-----\nssh-ed25519 AAAA", "ssh-ed25519 AAAAC3Nz"])
def test_a_console_without_a_whole_section_shows_nothing(text: str) -> None:
    assert console_keys(text) == []


def test_what_we_created_is_enrolled_from_its_console_whatever_the_user_knows_of_its_address(tmp_path: Path) -> None:
    keys = knowing(tmp_path, line(a_key(9)), strict=True)
    Enrolment(keys, lambda _: console(a_key(1)), never).enrol(an_instance(3))
    keys.check(peer(), a_key(1))
    with pytest.raises(NodeFailed, match="has changed"):
        keys.check(peer(), a_key(9))


def test_an_instance_that_is_known_stays_as_it_is(tmp_path: Path) -> None:
    keys = knowing(tmp_path)
    keys.pin("i-3", [a_key(1)])
    Enrolment(keys, lambda _: console(a_key(2)), never).enrol(an_instance(3))
    keys.check(peer(), a_key(1))


@pytest.mark.real
def test_a_silent_console_leaves_it_to_first_contact(nodes: Farm, connect: Connect, tmp_path: Path) -> None:
    users = tmp_path / "users"
    users.write_text(nodes.known(0, of=1))  # the instance that had this address before
    keys = HostKeys(tmp_path / "own", (users,), strict=True)
    Enrolment(keys, lambda _: "", connect().first_contact).enrol(nodes.instance(0, "i-new"))
    keys.check(Peer("i-new", f"[{nodes.addresses[0]}]:{nodes.port}"), nodes.host_key(0))
    assert base64.b64decode((tmp_path / "own").read_text().split()[2]) == nodes.host_key(0).asbytes()
