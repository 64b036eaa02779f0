"""Journals that nobody can go on with: another cluster's, damaged, emptied. Unknown is never told as harmless (R2)."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import Result

from dcosmaint import belonging
from dcosmaint.cli.noted import FILE
from dcosmaint.errors import Retryable
from dcosmaint.sandbox.faces import in_process
from dcosmaint.shelf import Unfit
from tests.cli.stage import Stage
from tests.cli.test_locking import FLEET

FIRST = "20240101T000000000Z-aaaa"
COMMANDS = (("status",), ("resume", "--yes"), ("abort", "--yes"))


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path, FLEET)


def stopped(stage: Stage) -> str:
    """A roll with a node in flight. Returns its id."""
    stage.world.faults.apply_fails = "no more capacity"
    assert stage.type("roll", "--ami", stage.new_ami, "--yes").exit_code == 4
    stage.world.faults.apply_fails = ""
    return stage.shelf.ids()[0]


def ended(stage: Stage) -> str:
    assert stage.type("roll", "--ami", stage.new_ami, "--yes", "--limit", "1").exit_code == 0
    return stage.shelf.ids()[0]


def edited(stage: Stage, roll_id: str, old: str, new: str) -> None:
    path = stage.shelf.journal(roll_id)
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def said(result: Result) -> str:
    return " ".join(result.output.split())


# ---- another cluster's


@pytest.mark.parametrize("named", [False, True])
@pytest.mark.parametrize("words", [("resume", "--yes"), ("abort", "--yes"), ("rollback", "--yes")])
def test_r9_a_journal_of_another_cluster_is_not_acted_on(stage: Stage, words: tuple[str, ...], named: bool) -> None:
    roll_id = stopped(stage)
    edited(stage, roll_id, '"cluster": "sandbox"', '"cluster": "staging"')
    log = list(stage.world.log)
    result = stage.type(words[0], *([roll_id] if named else []), *words[1:])
    assert result.exit_code == 3
    assert f"{stage.shelf.journal(roll_id)} is the journal of a roll of cluster staging, and this is sandbox" in said(
        result
    )
    assert "Go on with it at staging" in said(result)
    assert stage.world.log == log


def test_r9_no_other_roll_begins_beside_one_in_flight_that_may_be_of_this_cluster(stage: Stage) -> None:
    """The cluster may only have another name by now."""
    edited(stage, stopped(stage), '"cluster": "sandbox"', '"cluster": "staging"')
    result = stage.type("roll", "--ami", stage.new_ami, "--yes")
    assert (result.exit_code, "if the cluster is the same and has another name now" in said(result)) == (3, True)


@pytest.mark.parametrize("named", [False, True])
def test_status_names_a_roll_of_another_cluster_as_that(stage: Stage, named: bool) -> None:
    roll_id = stopped(stage)
    edited(stage, roll_id, '"cluster": "sandbox"', '"cluster": "staging"')
    words = ("status", *([roll_id] if named else []))
    result = stage.type(*words)
    assert result.exit_code == 0
    assert "it is a roll of ANOTHER cluster, staging, and this is sandbox" in said(result)
    assert "goes on" not in result.stdout
    facts = json.loads(stage.type(*words, "--json").stdout)
    assert (facts["cluster"], facts["foreign"]) == ("staging", True)


def test_an_ended_roll_of_another_cluster_is_passed_over_aloud(stage: Stage) -> None:
    edited(stage, ended(stage), '"cluster": "sandbox"', '"cluster": "staging"')
    result = stage.type("resume", "--yes")
    assert result.exit_code == 0
    assert "note: passed over:" in result.stderr
    assert "of cluster staging" in said(result)
    assert stage.type("roll", "--ami", stage.new_ami, "--yes").exit_code == 0


# ---- damaged


DAMAGED = {
    "emptied": b"",
    "binary": bytes(range(1, 10)) + b"\x80\xff\x00" * 20,
    "its first line cut": b'{"at": 1.0, "event": "roll", "roll": {"id"',
    "nulls": b"\x00" * 4096,
}


@pytest.mark.parametrize("damage", DAMAGED)
@pytest.mark.parametrize("words", COMMANDS)
def test_r2_an_emptied_journal_beside_its_folder_is_told_as_damage(
    stage: Stage, words: tuple[str, ...], damage: str
) -> None:
    roll_id = stopped(stage)
    assert (stage.shelf.workspace(roll_id) / FILE).exists()
    stage.shelf.journal(roll_id).write_bytes(DAMAGED[damage])
    stage.cluster = replace(stage.cluster, holder=lambda: f"ann@laptop (process 7, roll {roll_id})")
    for named in ((), (roll_id,)):
        result = stage.type(words[0], *named, *words[1:])
        assert result.exit_code == 3
        for part in (
            str(stage.shelf.journal(roll_id)), "What its roll has in flight is not known", "lies beside it",
            "Put back a copy", f"The lock of the cluster is held by ann@laptop (process 7, roll {roll_id})",
        ):  # fmt: skip
            assert part in said(result), part
        assert "killed before it did anything" not in said(result)
    assert stage.shelf.journal(roll_id).read_bytes() == DAMAGED[damage]


@pytest.mark.parametrize("words", COMMANDS)
def test_a_first_line_that_was_torn_with_nothing_beside_it_is_harmless(stage: Stage, words: tuple[str, ...]) -> None:
    stage.shelf.journal(FIRST).parent.mkdir()
    stage.shelf.journal(FIRST).write_bytes(DAMAGED["its first line cut"])
    result = stage.type(*words)
    assert result.exit_code == 0
    assert f"the journal of {FIRST} holds no whole line: it was killed before it did anything" in result.stderr


@pytest.mark.parametrize("words", COMMANDS)
def test_r2_a_torn_first_line_is_not_harmless_while_its_roll_has_the_lock(stage: Stage, words: tuple[str, ...]) -> None:
    stage.shelf.journal(FIRST).parent.mkdir()
    stage.shelf.journal(FIRST).write_bytes(b"")
    stage.cluster = replace(stage.cluster, holder=lambda: f"ann@laptop (process 7, roll {FIRST})")
    result = stage.type(*words)
    assert result.exit_code == 3
    assert "Nothing tells whether it had begun" in said(result)
    assert "`dcosmaint unlock` takes the lock away" in said(result)


@pytest.mark.parametrize("words", [*COMMANDS, ("roll", "--ami", "{ami}", "--yes")])
def test_one_bad_line_of_a_roll_that_is_over_stands_in_nobodys_way(stage: Stage, words: tuple[str, ...]) -> None:
    over = ended(stage)
    edited(stage, over, '"event": "done"', '"event": "dome"')
    result = stage.type(*(word.format(ami=stage.new_ami) for word in words))
    assert result.exit_code == 0, result.output
    assert f"note: passed over: {stage.shelf.journal(over)}: line " in result.stderr
    assert "Its last line says that the roll is over (roll-done)" in said(result)


def test_undrain_finds_its_drain_beside_a_damaged_journal_that_is_over(stage: Stage) -> None:
    assert stage.type("drain", stage.address(2), "--yes").exit_code == 0
    over = ended(stage)
    edited(stage, over, '"event": "done"', '"event": "dome"')
    assert stage.type("undrain", stage.address(2), "--yes").exit_code == 0


def test_another_roll_that_is_named_is_shown_and_ended_beside_a_damaged_one(stage: Stage) -> None:
    roll_id = stopped(stage)
    stage.shelf.workspace(FIRST).mkdir()
    stage.shelf.journal(FIRST).write_text("no line of ours\n")
    shown = stage.type("status")
    assert shown.exit_code == 0
    assert (
        f"warning: {stage.shelf.journal(FIRST)}: line 1 of the journal is damaged: it is no whole line" in shown.stderr
    )
    assert stage.type("status", roll_id).exit_code == 0
    assert stage.type("abort", roll_id, "--yes", "--hold").exit_code == 4


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('"event": "done"', '"event": "done', "it is no whole line of JSON"),
        ('"event": "done"', '"event": "dome"', "a line that this version can't read (Input tag 'dome'"),
        ('"event": "admit"', '"event": "paused", "why": ""', "no line before it puts aws_instance.dcos_agent_node["),
    ],
)
def test_r13_a_damaged_journal_says_where_it_is_damaged_and_what_now(
    stage: Stage, old: str, new: str, says: str
) -> None:
    roll_id = stopped(stage)
    edited(stage, roll_id, old, new)
    for words in COMMANDS:
        result = stage.type(*words)
        assert result.exit_code == 3
        assert f"{stage.shelf.journal(roll_id)}: line " in said(result)
        assert says in said(result)
        assert "Put back a copy of that file, or mend it" in said(result)


def test_a_journal_of_a_newer_version_is_not_told_as_damage(stage: Stage) -> None:
    roll_id = stopped(stage)
    edited(stage, roll_id, '"schema": ', '"schema": 9')
    result = stage.type("resume", "--yes")
    assert result.exit_code == 3
    assert "use a newer dcosmaint" in said(result)
    assert "Put back" not in said(result)


def test_a_damaged_journal_of_a_roll_that_may_be_in_flight_is_never_passed_over(stage: Stage) -> None:
    roll_id = stopped(stage)
    edited(stage, roll_id, '"event": "done"', '"event": "dome"')
    with pytest.raises(Unfit) as refused:
        stage.shelf.newest(lambda roll, progress: False)
    assert refused.value.loose
    assert stage.type("roll", "--ami", stage.new_ami, "--yes").exit_code == 3


# ---- nothing there


@pytest.mark.parametrize("holder", ["", "bob@desk (process 9, roll 20240102-cd34)"])
def test_status_names_whoever_has_the_lock_where_no_journal_is_here(stage: Stage, holder: str) -> None:
    stage.cluster = replace(stage.cluster, holder=lambda: holder)
    result = stage.type("status")
    assert result.exit_code == 0
    assert "No roll of this cluster is known here." in result.stdout
    assert ("is being maintained by" in result.stdout) == bool(holder)
    assert holder in result.stdout
    facts = json.loads(stage.type("status", "--json").stdout)
    assert facts == {
        "schema": "dcosmaint/status/v1", "roll": None, "cluster": "sandbox", "state": "none", "lock": holder,
    }  # fmt: skip


def test_status_says_so_where_no_journal_is_here_and_the_lock_can_not_be_read(stage: Stage) -> None:
    def unreadable() -> str:
        raise Retryable("GET marathon/v2/apps/dcosmaint/lock answers 503")

    stage.cluster = replace(stage.cluster, holder=unreadable)
    result = stage.type("status")
    assert result.exit_code == 0
    assert "who holds the lock is not known: GET marathon" in result.stderr


@pytest.mark.parametrize("words", [("resume",), ("abort",), ("resume", "--yes"), ("abort", "--yes")])
def test_json_is_json_where_there_is_nothing_to_do(stage: Stage, words: tuple[str, ...]) -> None:
    result = stage.type(*words, "--json")
    assert result.exit_code == 0
    line = json.loads(result.stdout)
    assert (line["schema"], line["seq"], line["event"]) == ("dcosmaint/event/v1", 1, "nothing-to-do")
    assert line["says"].startswith("Nothing to ")


def test_json_is_json_where_a_roll_has_nothing_to_do(stage: Stage) -> None:
    result = stage.type("roll", "--json", "--yes")
    assert (result.exit_code, json.loads(result.stdout)["event"]) == (0, "nothing-to-do")


def test_an_aborted_roll_is_not_told_as_one_that_is_being_aborted(stage: Stage) -> None:
    roll_id = stopped(stage)
    assert stage.type("abort", roll_id, "--yes", "--hold").exit_code == 4
    result = stage.type("status", roll_id)
    assert "roll-aborted" in result.stdout
    assert "nothing more starts" not in result.stdout
    assert json.loads(stage.type("status", roll_id, "--json").stdout)["paused"] == ""


# ---- the name is the same, and the nodes are another cluster's


def of_others(stage: Stage, roll_id: str) -> None:
    """The journal as a roll of another cluster of the same name would have left it, which terminated nothing yet."""
    path = stage.shelf.journal(roll_id)
    text = path.read_text().replace('"i-', '"i-0ther')
    gone = ('"ec2.terminate"', '"terminate-instance"')
    path.write_text("".join(x for x in text.splitlines(keepends=True) if not any(each in x for each in gone)))


@pytest.mark.parametrize("words", [("resume",), ("abort",), ("resume", "--exclude", "{target}")])
def test_r2_instances_that_nobody_knows_are_not_taken_for_terminated(stage: Stage, words: tuple[str, ...]) -> None:
    roll_id = stopped(stage)
    of_others(stage, roll_id)
    target = next(iter(stage.shelf.load(roll_id).progress.flights.values())).node.instance.id
    others = [each for each in stage.shelf.load(roll_id).roll.targets if each != target]
    log = list(stage.world.log)
    result = stage.type(*(word.format(target=others[0]) for word in words), "--yes")
    assert result.exit_code == 3
    for part in (
        "neither EC2 nor Terraform's state knows any", target, "or somebody else has terminated all of them",
        "correct the configuration", f"`dcosmaint abort --hold {roll_id}`", "Nothing was touched",
    ):  # fmt: skip
        assert part in said(result), part
    assert stage.world.log == log


def test_a_roll_of_instances_that_nobody_knows_can_be_ended(stage: Stage) -> None:
    roll_id = stopped(stage)
    of_others(stage, roll_id)
    log = list(stage.world.log)
    assert stage.type("abort", "--hold", "--yes").exit_code == 4
    assert stage.world.log == log
    assert "roll-aborted" in stage.type("status", roll_id).output


def test_r10_one_node_whose_instance_we_terminated_a_day_ago_is_ended(stage: Stage) -> None:
    """EC2 has forgotten it, and Terraform's state names the one that our own apply has made."""
    stage.world.faults.apply_fails = "no more capacity"
    assert stage.type("replace", stage.address(2), "--yes").exit_code == 4
    stage.world.faults.apply_fails = ""
    (target,) = stage.shelf.load(stage.shelf.ids()[0]).roll.targets
    stage.world.advance(stage.world.now + 86_400.0)
    site = in_process(stage.world, failures=0.0)
    assert not site.ec2.instances([target])
    stage.world.terraform.state[stage.address(2)] = stage.world.node(stage.address(3)).id
    stage.world.terraform.changes += 1
    journal = stage.shelf.load(stage.shelf.ids()[0])
    belonging.check(journal.roll, journal.progress, site)


def test_r10_one_of_several_that_ec2_has_forgotten_is_still_taken_for_terminated(stage: Stage) -> None:
    roll_id = stopped(stage)
    roll, progress = stage.shelf.load(roll_id).roll, stage.shelf.load(roll_id).progress
    waits = next(t for t in roll.targets if all(t != f.node.instance.id for f in progress.flights.values()))
    stage.world.vanish(waits)
    stage.world.advance(stage.world.now + 86_400.0)
    result = stage.type("resume", "--yes", "--exclude", waits)
    assert "neither EC2" not in result.output
    assert result.exit_code in (0, 4)
