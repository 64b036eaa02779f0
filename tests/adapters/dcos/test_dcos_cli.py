"""The CLI's files name one cluster, or nobody guesses which."""

from __future__ import annotations

from pathlib import Path

import pytest

from dcosmaint.adapters.dcos_cli import Files, choose
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
    found = choose(Files(tmp_path))
    assert (found.id, found.name, found.url, found.token) == ("a", "a-name", "https://a.example.com", "token-a")


@pytest.mark.parametrize("wanted", ["b", "b-name"])
def test_a_named_cluster_wins_over_the_attached_one(tmp_path: Path, wanted: str) -> None:
    add(tmp_path, "a", attached=True)
    add(tmp_path, "b")
    assert choose(Files(tmp_path), wanted).id == "b"


def test_the_attached_cluster_is_meant_where_there_are_more(tmp_path: Path) -> None:
    add(tmp_path, "a")
    add(tmp_path, "b", attached=True)
    assert choose(Files(tmp_path)).id == "b"


def test_the_cluster_of_the_configured_url_wins_over_the_attached_one(tmp_path: Path) -> None:
    add(tmp_path, "a", attached=True)
    add(tmp_path, "b", url="https://B.example.com/#/")
    assert choose(Files(tmp_path), url="https://b.example.com/").id == "b"


def test_a_token_is_not_handed_to_another_url(tmp_path: Path) -> None:
    add(tmp_path, "a")
    with pytest.raises(Usage, match=r"has a-name at .*, and dcos\.url is https://evil.* or run `dcos cluster setup"):
        choose(Files(tmp_path), url="https://evil.example.com")


@pytest.mark.parametrize(("attached", "says"), [(False, "none is attached"), (True, "more than one is attached")])
def test_nobody_guesses_among_several(tmp_path: Path, attached: bool, says: str) -> None:
    add(tmp_path, "a", attached=attached)
    add(tmp_path, "b", attached=attached)
    with pytest.raises(Usage, match=rf"knows a-name \(a\), b-name \(b\), and {says}"):
        choose(Files(tmp_path))


def test_a_name_that_nobody_has_is_refused(tmp_path: Path) -> None:
    add(tmp_path, "a")
    with pytest.raises(Usage, match=r"\$DCOS_CLUSTER is zz, and 0 clusters .* one of a-name \(a\)"):
        choose(Files(tmp_path), "zz")


def test_no_files_at_all_are_named_with_a_way_out(tmp_path: Path) -> None:
    with pytest.raises(Usage, match="dcos cluster setup"):
        choose(Files(tmp_path / "none"))


def test_the_old_layout_counts_where_there_is_no_new_one(tmp_path: Path) -> None:
    (tmp_path / "dcos.toml").write_text('[core]\ndcos_url = "http://old.example.com"\n')
    assert choose(Files(tmp_path)).url == "http://old.example.com"
    add(tmp_path, "a")
    assert choose(Files(tmp_path)).id == "a"


def test_the_old_file_may_lie_elsewhere(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere.toml"
    elsewhere.write_text('[core]\ndcos_url = "http://old.example.com"\n')
    assert choose(Files(tmp_path, elsewhere)).url == "http://old.example.com"


def test_of_two_clusters_of_one_name_only_the_id_tells(tmp_path: Path) -> None:
    for cluster_id in ("a", "b"):
        add(tmp_path, cluster_id)
    both = tmp_path / "clusters" / "b" / "dcos.toml"
    both.write_text(both.read_text().replace("b-name", "a-name"))
    with pytest.raises(Usage, match="2 clusters of the DC/OS CLI are called so"):
        choose(Files(tmp_path), "a-name")
    assert choose(Files(tmp_path), "b").id == "b"


def test_the_variable_that_names_another_cluster_than_the_configuration_is_named(tmp_path: Path) -> None:
    add(tmp_path, "a")
    add(tmp_path, "b", attached=True)
    with pytest.raises(Usage, match=r"\$DCOS_CLUSTER names a-name at .*, or unset it"):
        choose(Files(tmp_path), "a", "https://b.example.com")


def test_among_several_set_up_for_one_url_the_attached_one_is_meant(tmp_path: Path) -> None:
    """As after a second `dcos cluster setup`, when the cluster was made anew under its old name."""
    url = "https://prod.example.com"
    for cluster_id in ("a", "b", "c"):
        add(tmp_path, cluster_id, url=url if cluster_id != "c" else "")
    with pytest.raises(Usage, match=r"knows a-name \(a\), b-name \(b\), and none is attached"):
        choose(Files(tmp_path), url=url)
    (tmp_path / "clusters" / "c" / "attached").touch()
    with pytest.raises(Usage, match="none is attached"):
        choose(Files(tmp_path), url=url)
    (tmp_path / "clusters" / "b" / "attached").touch()
    assert choose(Files(tmp_path), url=url).id == "b"


def test_a_broken_file_is_no_cluster_even_if_it_is_attached(tmp_path: Path) -> None:
    add(tmp_path, "a")
    for name, text in {"cut": "[core", "bare": "", "odd": "core = 1", "bytes": "\udcff"}.items():
        add(tmp_path, name, attached=True)
        (tmp_path / "clusters" / name / "dcos.toml").write_text(text, errors="surrogateescape")
    assert choose(Files(tmp_path)).id == "a"


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("https://dcos.example.com", "https://DCOS.example.com:443/#/"),
        ("http://dcos.example.com:80", "http://dcos.example.com"),
        ("https://dcos.example.com/prod", "https://dcos.example.com/prod/"),
    ],
)
def test_one_url_may_be_written_in_several_ways(tmp_path: Path, ours: str, theirs: str) -> None:
    add(tmp_path, "a", url=theirs)
    add(tmp_path, "b", attached=True)
    assert choose(Files(tmp_path), url=ours).id == "a"


@pytest.mark.parametrize("url", ["http://a.example.com", "https://a.example.com:8443", "https://a.example.com:none"])
def test_another_scheme_or_port_is_another_cluster(tmp_path: Path, url: str) -> None:
    add(tmp_path, "a")
    with pytest.raises(Usage, match=f"and dcos.url is {url}: correct one of them"):
        choose(Files(tmp_path), url=url)


@pytest.mark.parametrize(("word", "ca_cert"), [("true", ""), ("", ""), ("False", ""), ("/ca/prod.crt", "/ca/prod.crt")])
def test_the_ca_that_the_cli_was_told_to_trust_is_known(tmp_path: Path, word: str, ca_cert: str) -> None:
    """A switch is none: that nothing is verified has to be said in our own configuration."""
    add(tmp_path, "a", verify=word)
    assert choose(Files(tmp_path)).ca_cert == ca_cert


def test_a_switch_may_be_no_text(tmp_path: Path) -> None:
    add(tmp_path, "a")
    file = tmp_path / "clusters" / "a" / "dcos.toml"
    file.write_text(file.read_text().replace('ssl_verify = "true"', "ssl_verify = false"))
    assert choose(Files(tmp_path)).ca_cert == ""
