"""The CLI's files name one cluster, or nobody guesses which."""

from __future__ import annotations

from pathlib import Path

import pytest

from dcosmaint.adapters.dcos_cli import choose
from dcosmaint.adapters.tls import Tls
from dcosmaint.errors import Usage


def add(root: Path, cluster_id: str, *, attached: bool = False, verify: str = "true", url: str = "") -> None:
    folder = root / "clusters" / cluster_id
    folder.mkdir(parents=True)
    (folder / "dcos.toml").write_text(
        f'[cluster]\nname = "{cluster_id}-name"\n[core]\ndcos_url = "{url or f"https://{cluster_id}.example.com/"}"\n'
        f'dcos_acs_token = "token-{cluster_id}"\nssl_verify = "{verify}"\n'
    )
    if attached:
        (folder / "attached").touch()


def test_the_only_cluster_is_meant(tmp_path: Path) -> None:
    add(tmp_path, "a")
    (tmp_path / "clusters" / "broken").mkdir()
    (tmp_path / "clusters" / "broken" / "dcos.toml").write_text("[core")
    (tmp_path / "clusters" / "stray").write_text("")
    found = choose(tmp_path)
    assert (found.id, found.name, found.url, found.token) == ("a", "a-name", "https://a.example.com", "token-a")


@pytest.mark.parametrize("wanted", ["b", "b-name"])
def test_a_named_cluster_wins_over_the_attached_one(tmp_path: Path, wanted: str) -> None:
    add(tmp_path, "a", attached=True)
    add(tmp_path, "b")
    assert choose(tmp_path, wanted).id == "b"


def test_the_attached_cluster_is_meant_where_there_are_more(tmp_path: Path) -> None:
    add(tmp_path, "a")
    add(tmp_path, "b", attached=True)
    assert choose(tmp_path).id == "b"


def test_the_cluster_of_the_configured_url_wins_over_the_attached_one(tmp_path: Path) -> None:
    add(tmp_path, "a", attached=True)
    add(tmp_path, "b", url="https://B.example.com/#/")
    assert choose(tmp_path, url="https://b.example.com/").id == "b"


def test_a_token_is_not_handed_to_another_url(tmp_path: Path) -> None:
    add(tmp_path, "a")
    with pytest.raises(Usage, match=r"is https://a\.example\.com, not https://evil\.example\.com"):
        choose(tmp_path, url="https://evil.example.com")


@pytest.mark.parametrize(("attached", "says"), [(False, "none is attached"), (True, "more than one is attached")])
def test_nobody_guesses_among_several(tmp_path: Path, attached: bool, says: str) -> None:
    add(tmp_path, "a", attached=attached)
    add(tmp_path, "b", attached=attached)
    with pytest.raises(Usage, match=f"knows a-name, b-name, and {says}"):
        choose(tmp_path)


def test_a_name_that_nobody_has_is_refused(tmp_path: Path) -> None:
    add(tmp_path, "a")
    with pytest.raises(Usage, match="0 clusters of the DC/OS CLI"):
        choose(tmp_path, "zz")


def test_no_files_at_all_are_named_with_a_way_out(tmp_path: Path) -> None:
    with pytest.raises(Usage, match="dcos cluster setup"):
        choose(tmp_path / "none")


def test_the_old_layout_counts_where_there_is_no_new_one(tmp_path: Path) -> None:
    (tmp_path / "dcos.toml").write_text('[core]\ndcos_url = "http://old.example.com"\n')
    assert choose(tmp_path).url == "http://old.example.com"
    add(tmp_path, "a")
    assert choose(tmp_path).id == "a"


@pytest.mark.parametrize(
    ("word", "tls"),
    [
        ("true", Tls()),
        ("", Tls()),
        ("False", Tls(verify=False)),
        ("/ca/prod.crt", Tls(ca_cert="/ca/prod.crt")),
    ],
)
def test_what_the_cli_trusts_is_taken_over(tmp_path: Path, word: str, tls: Tls) -> None:
    add(tmp_path, "a", verify=word)
    assert choose(tmp_path).tls == tls
