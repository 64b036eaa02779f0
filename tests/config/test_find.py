"""Which file is read, and which cluster is meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from dcosmaint.config import cluster, find
from dcosmaint.errors import Usage
from tests.config.files import SMALLEST, read

TWO = SMALLEST + SMALLEST.partition("\n")[2].replace("prod", "test")


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def touched(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    return path


def test_the_nearest_naming_of_the_file_wins(work: Path, home: Path) -> None:
    own = touched(home / ".config" / "dcosmaint" / "dcosmaint.yaml")
    assert find(None, {}) == own
    touched(work / "dcosmaint.yaml")
    assert find(None, {}) == Path("dcosmaint.yaml")
    other, third = touched(work / "other.yaml"), touched(work / "third.yaml")
    assert find(None, {"DCOSMAINT_CONFIG": str(other)}) == other
    assert find(third, {"DCOSMAINT_CONFIG": str(other)}) == third


def test_the_users_configuration_folder_may_be_elsewhere(work: Path) -> None:
    own = touched(work / "xdg" / "dcosmaint" / "dcosmaint.yaml")
    assert find(None, {"XDG_CONFIG_HOME": str(work / "xdg")}) == own


@pytest.mark.parametrize(("explicit", "named_by"), [(Path("no.yaml"), "--config"), (None, r"\$DCOSMAINT_CONFIG")])
def test_a_named_file_that_is_not_there_is_never_replaced_by_another(
    work: Path, explicit: Path | None, named_by: str
) -> None:
    touched(work / "dcosmaint.yaml")
    with pytest.raises(Usage, match=f"no.yaml, which {named_by} names, is not there"):
        find(explicit, {"DCOSMAINT_CONFIG": "no.yaml"})


def test_where_there_is_none_the_places_are_named(work: Path, home: Path) -> None:
    with pytest.raises(Usage) as caught:
        find(None, {})
    assert str(work / "dcosmaint.yaml") in str(caught.value)
    assert str(home / ".config/dcosmaint/dcosmaint.yaml") in str(caught.value)
    assert "--cluster sandbox" in str(caught.value)


def test_the_only_cluster_needs_no_name(work: Path) -> None:
    config = read(work)
    assert cluster(config, None, {}) == ("prod", config.clusters["prod"])


def test_of_several_clusters_one_is_named(work: Path) -> None:
    config = read(work, text=TWO)
    assert cluster(config, "test", {"DCOSMAINT_CLUSTER": "prod"})[0] == "test"
    assert cluster(config, None, {"DCOSMAINT_CLUSTER": "prod"})[0] == "prod"
    with pytest.raises(Usage, match=r"Which cluster\? .* The configuration has: prod, test\."):
        cluster(config, None, {})


def test_an_unknown_cluster_is_refused_with_the_names_there_are(work: Path) -> None:
    with pytest.raises(Usage, match=r"has no cluster 'porod'\. It has: prod, test\."):
        cluster(read(work, text=TWO), "porod", {})
