"""A service account shows that it holds a key, again and again; a file that is no good one says why."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from dcosmaint.adapters.admin_router import AdminRouter
from dcosmaint.adapters.auth import ServiceAccount
from dcosmaint.adapters.service_key import ServiceKey, read
from dcosmaint.adapters.tls import Tls
from dcosmaint.errors import Fatal, LoginLost, Usage
from dcosmaint.redaction import redacted
from dcosmaint.sandbox.served.known import Known, claimed
from tests.adapters.dcos.canned import Canned, Reply, page
from tests.adapters.dcos.keys import elliptic, private, public, rsa_key

LOGIN = "POST acs/api/v1/auth/login"


def stored(folder: Path, text: str, mode: int = 0o600) -> Path:
    path = folder / "robot.pem"
    path.write_text(text)
    path.chmod(mode)
    return path


def secret(**changed: str) -> str:
    """A secret of DC/OS Enterprise."""
    endpoint = "https://leader.mesos/acs/api/v1/auth/login"
    return json.dumps(
        {"scheme": "RS256", "uid": "robot", "login_endpoint": endpoint, "private_key": private(), **changed}
    )


@pytest.mark.parametrize("text", [private(), private(old=True), secret(), f"\n{secret()}"])
def test_each_form_of_the_file_signs_what_the_public_key_proves(tmp_path: Path, text: str) -> None:
    token = read(stored(tmp_path, text), "robot").login_token(time.time())
    assert Known(accounts={"robot": public()}).signed("robot", token)
    assert not Known(accounts={"robot": public(rsa_key(1))}).signed("robot", token)


def test_a_login_token_names_its_account_and_is_good_for_five_minutes(tmp_path: Path) -> None:
    key = read(stored(tmp_path, secret()))
    assert key.uid == "robot"
    assert claimed(key.login_token(1000.5)) == {"uid": "robot", "exp": 1300}


@pytest.mark.parametrize(
    ("text", "uid", "says"),
    [
        (private(), "", "does not name its service account: set dcos.auth.uid"),
        (secret(), "human", "is the key of the service account robot, but dcos.auth.uid is human"),
        (secret(scheme="HS256"), "", "its scheme is not RS256"),
        (secret(private_key=""), "", "holds no private key that can be read"),
        ("{", "robot", "holds no private key that can be read"),
        ("", "robot", "holds no private key that can be read"),
        (public(), "robot", "holds no private key that can be read"),
        (private().replace("A", "!"), "robot", "holds no private key that can be read"),
        (private(elliptic()), "robot", "is no RSA key"),
        (private(passphrase="hunter22"), "robot", "has a passphrase"),
    ],
)
def test_a_file_that_is_no_good_says_why(tmp_path: Path, text: str, uid: str, says: str) -> None:
    with pytest.raises(Usage, match=says):
        read(stored(tmp_path, text), uid)


def test_a_key_that_others_may_read_is_refused_with_the_command_that_shuts_it(tmp_path: Path) -> None:
    path = stored(tmp_path, private(), 0o640)
    with pytest.raises(Usage, match=rf"others may read {path} \(mode 0640\).*`chmod 600 {path}`"):
        read(path, "robot")


def test_a_file_that_is_not_there_or_holds_no_text_is_named(tmp_path: Path) -> None:
    with pytest.raises(Usage, match=r"private_key_file: .*none\.pem can't be read: No such file"):
        read(tmp_path / "none.pem", "robot")
    with pytest.raises(Usage, match="can't be read: Is a directory"):
        read(tmp_path, "robot")
    path = stored(tmp_path, "")
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(Usage, match="holds no private key"):
        read(path, "robot")


def test_neither_the_key_nor_a_login_token_is_ever_told(tmp_path: Path) -> None:
    key = read(stored(tmp_path, private()), "robot")
    token = key.login_token(time.time())
    assert private().splitlines()[1] not in repr([key, ServiceAccount(key)])
    assert redacted(f"said {private()} and {token}.") == "said [redacted]\n and [redacted]."


@pytest.fixture
def key() -> ServiceKey:
    return ServiceKey("robot", rsa_key())


def test_a_refused_token_is_renewed_with_a_login_token_of_its_own(canned: Canned, key: ServiceKey) -> None:
    canned.on(LOGIN, {"token": "t1"}, {"token": "t2"})
    canned.on("GET metadata", page(401), {})
    with AdminRouter(canned.url, ServiceAccount(key), Tls()) as router:
        router.get("metadata")
    logins = [json.loads(call.body) for call in canned.calls(LOGIN)]
    assert [set(login) for login in logins] == [{"uid", "token"}] * 2
    assert all(Known(accounts={"robot": public()}).signed("robot", login["token"]) for login in logins)
    assert [call.token for call in canned.calls("GET metadata")] == ["t1", "t2"]


@pytest.mark.parametrize(
    ("reply", "kind", "says"),
    [
        (Reply({"code": "ERR_INVALID_CREDENTIALS"}, 401), LoginLost, "robot is no service account of the cluster, or"),
        (page(404), Fatal, "no login by service account here"),
    ],
)
def test_a_login_that_is_refused_says_what_may_be_wrong(
    canned: Canned, key: ServiceKey, reply: Reply, kind: type[Exception], says: str
) -> None:
    canned.on(LOGIN, reply)
    with AdminRouter(canned.url, ServiceAccount(key), Tls()) as router, pytest.raises(kind, match=says):
        router.get("metadata")


def test_a_cluster_that_takes_no_fresh_login_either_names_the_account(canned: Canned, key: ServiceKey) -> None:
    canned.on(LOGIN, {"token": "t1"}, {"token": "t2"})
    canned.on("GET metadata", page(401))
    with (
        AdminRouter(canned.url, ServiceAccount(key), Tls()) as router,
        pytest.raises(LoginLost, match="a fresh login of robot did not help"),
    ):
        router.get("metadata")
