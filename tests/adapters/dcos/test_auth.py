"""A token is renewed before it ends and once when it is refused; what can't be renewed is said with its cure."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from dcosmaint.adapters.admin_router import AdminRouter
from dcosmaint.adapters.answers import Call
from dcosmaint.adapters.auth import Auth, DcosCli, GivenToken, Password
from dcosmaint.adapters.dcos_cli import Files
from dcosmaint.adapters.renewed import expiry
from dcosmaint.adapters.tls import Tls
from dcosmaint.errors import Fatal, LoginLost, Retryable
from tests.adapters.dcos.canned import Canned, Reply, page

LOGIN = "POST acs/api/v1/auth/login"


def a_token(name: str, seconds: float) -> str:
    """A JWT that ends in so many seconds."""
    claims = json.dumps({"uid": name, "exp": time.time() + seconds}).encode()
    return f"h.{base64.urlsafe_b64encode(claims).decode().rstrip('=')}.{name}"


@contextmanager
def opened(canned: Canned, auth: Auth) -> Iterator[AdminRouter]:
    with AdminRouter(canned.url, auth, Tls()) as router:
        yield router


def tokens(canned: Canned) -> list[str]:
    return [request.token for request in canned.calls("GET metadata")]


def test_a_password_is_sent_once_and_its_token_is_kept(canned: Canned) -> None:
    canned.on(LOGIN, {"token": "t1"})
    canned.on("GET metadata", {})
    with opened(canned, Password("ann", "hunter2")) as router:
        router.get("metadata")
        router.get("metadata")
    (login,) = canned.calls(LOGIN)
    assert json.loads(login.body) == {"uid": "ann", "password": "hunter2"}
    assert "Authorization" not in login.headers
    assert tokens(canned) == ["t1", "t1"]


@pytest.mark.trap("a token may end before a re-sync does")
def test_a_refused_token_is_renewed_once_and_the_call_repeated_once(canned: Canned) -> None:
    """Tokens last days, and a re-sync may last longer."""
    canned.on(LOGIN, {"token": "t1"}, {"token": "t2"})
    canned.on("GET metadata", page(401), {})
    with opened(canned, Password("ann", "hunter2")) as router:
        router.get("metadata")
    assert tokens(canned) == ["t1", "t2"]


def test_a_fresh_token_that_is_refused_too_ends_it(canned: Canned) -> None:
    canned.on(LOGIN, {"token": "t1"}, {"token": "t2"})
    canned.on("GET metadata", page(401))
    with opened(canned, Password("ann", "hunter2")) as router, pytest.raises(Fatal, match="login of ann did not help"):
        router.get("metadata")
    assert tokens(canned) == ["t1", "t2"]


@pytest.mark.trap("a token may end before a re-sync does")
def test_a_token_that_ends_soon_is_renewed_before_it_is_refused(canned: Canned) -> None:
    soon, later = a_token("soon", 300), a_token("later", 3600)
    canned.on(LOGIN, {"token": soon}, {"token": later})
    canned.on("GET metadata", {})
    with opened(canned, Password("ann", "hunter2", pause=0.0)) as router:
        for _ in range(3):
            router.get("metadata")
    assert tokens(canned) == [soon, later, later]


def test_a_cluster_whose_tokens_are_short_from_birth_is_not_flooded_with_logins(canned: Canned) -> None:
    canned.on(LOGIN, {"token": a_token("soon", 300)})
    canned.on("GET metadata", {})
    with opened(canned, Password("ann", "hunter2")) as router:
        for _ in range(3):
            router.get("metadata")
    assert len(canned.calls(LOGIN)) == 1


def test_threads_that_are_refused_together_log_in_once(canned: Canned) -> None:
    canned.on(LOGIN, {"token": "t1"}, {"token": "t2"}, {"token": "t3"})
    canned.on("GET metadata", *[Reply({}, 401, late=0.2)] * 4, {})
    with opened(canned, Password("ann", "hunter2")) as router, ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: router.get("metadata"), range(4)))
    assert len(canned.calls(LOGIN)) == 2
    assert sorted(tokens(canned)) == ["t1"] * 4 + ["t2"] * 4


@pytest.mark.parametrize(
    ("reply", "kind", "says"),
    [
        (Reply({"code": "ERR_INVALID_CREDENTIALS"}, 401), Fatal, "user ann or its password is wrong"),
        (page(404), Fatal, "no login by password here"),
        (page(502), Retryable, "502"),
        (Reply("", 301, headers={"Location": "https://dcos.example.com/"}), Fatal, "make it dcos.url"),
        (Reply({"nothing": 1}), Retryable, "token is missing"),
    ],
)
def test_a_login_that_fails_is_told_without_the_password(
    canned: Canned, reply: Reply, kind: type[Exception], says: str
) -> None:
    canned.on(LOGIN, reply)
    with opened(canned, Password("ann", "hunter2")) as router, pytest.raises(kind, match=says) as caught:
        router.get("metadata")
    assert "hunter2" not in str(caught.value)
    assert len(canned.asked) == 1


def test_a_call_that_may_be_sent_once_only_is_not_repeated_after_a_renewal(canned: Canned) -> None:
    """Whoever asked looks at the world first."""
    canned.on(LOGIN, {"token": "t1"}, {"token": "t2"})
    canned.on("POST service/kafka/v1/pod/kafka-0/replace", page(401))
    call = Call("service/kafka/v1/pod/kafka-0/replace", method="POST", once=True)
    with (
        opened(canned, Password("ann", "hunter2")) as router,
        pytest.raises(Retryable, match="kept out by an old token"),
    ):
        router.ask(call)
    assert len(canned.calls("POST service/kafka/v1/pod/kafka-0/replace")) == 1


def test_a_given_token_says_where_a_fresh_one_belongs_and_when_it_ended(canned: Canned) -> None:
    canned.on("GET metadata", page(401))
    token = a_token("ann", -5)
    words = r"fresh token into \$DCOS_TOKEN \(it is good until 20\d\d-"
    with opened(canned, GivenToken(token, "DCOS_TOKEN")) as router, pytest.raises(Fatal, match=words) as caught:
        router.get("metadata")
    assert token not in str(caught.value)


def test_the_clis_token_is_read_again_when_it_is_refused(canned: Canned, tmp_path: Path) -> None:
    """Whoever runs `dcos auth login` in another terminal lets a roll go on."""
    write(tmp_path, canned.url, "t1")
    canned.on("GET metadata", {}, page(401), {})
    with opened(canned, DcosCli(Files(tmp_path))) as router:
        router.get("metadata")
        write(tmp_path, canned.url, "t2")
        router.get("metadata")
    assert tokens(canned) == ["t1", "t1", "t2"]


def test_the_clis_token_that_stays_the_same_is_refused_with_its_cure(canned: Canned, tmp_path: Path) -> None:
    write(tmp_path, canned.url, "t1")
    canned.on("GET metadata", page(401))
    with (
        opened(canned, DcosCli(Files(tmp_path))) as router,
        pytest.raises(Fatal, match="`dcos auth login` for the cluster prod"),
    ):
        router.get("metadata")
    assert tokens(canned) == ["t1"]


def test_a_login_of_the_cli_that_is_gone_ends_the_roll_and_blames_no_configuration(
    canned: Canned, tmp_path: Path
) -> None:
    write(tmp_path, canned.url, "t1")
    canned.on("GET metadata", page(401))
    with opened(canned, DcosCli(Files(tmp_path), url=canned.url)) as router:
        (tmp_path / "clusters" / "c1" / "dcos.toml").write_text("[core")
        with pytest.raises(LoginLost, match="can't be read any more: the DC/OS CLI knows no cluster"):
            router.get("metadata")


def write(root: Path, url: str, token: str) -> None:
    folder = root / "clusters" / "c1"
    folder.mkdir(parents=True, exist_ok=True)
    lines = ["[cluster]", 'name = "prod"', "[core]", f'dcos_url = "{url}"', f'dcos_acs_token = "{token}"']
    (folder / "dcos.toml").write_text("\n".join(lines))


@pytest.mark.parametrize("token", ["", "no-jwt", "a.b.c", "a.e30.c", "a.bnVsbA.c"])
def test_a_token_without_an_end_has_none(token: str) -> None:
    assert expiry(token) is None


def test_no_secret_is_in_the_words_of_a_login(tmp_path: Path) -> None:
    write(tmp_path, "https://dcos.example.com", "secret-token")
    cli = DcosCli(Files(tmp_path))
    said = repr([Password("ann", "hunter2"), GivenToken("secret-token", "T"), cli, cli.cluster])
    assert "hunter2" not in said
    assert "secret-token" not in said
