"""Whatever others write or answer: our own error with its place, or a value; never a traceback, never a hang."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dcosmaint.adapters import marathon, mesos_agents, mesos_tasks, sdk_discovery, sdk_pods, terraform_plan
from dcosmaint.adapters.admin_router import AdminRouter
from dcosmaint.adapters.answers import Answer, Call
from dcosmaint.adapters.hcl import block_string, top_string
from dcosmaint.adapters.json_text import json_string
from dcosmaint.adapters.marathon import Marathon
from dcosmaint.adapters.mesos import Mesos
from dcosmaint.adapters.sdk import Sdk
from dcosmaint.adapters.terraform_state import instances
from dcosmaint.adapters.terraform_words import TerraformWords
from dcosmaint.adapters.text_edit import Source
from dcosmaint.config import load
from dcosmaint.errors import DcosmaintError, Refused, Usage
from dcosmaint.journal import Journal, Memory, read
from dcosmaint.lines import Admitted, Done, RollBegun, What, to_json
from dcosmaint.redaction import redacted
from tests.adapters.dcos.canned import recorded
from tests.builders import a_flight, a_node, a_roll
from tests.config.files import SMALLEST
from tests.rolls.stage import Free

FEW = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

ODD = st.sampled_from(
    [None, True, 0, -1, 1e308, "", "\u0000", "\ud800", "☃", [], [None], {}, {"value": 1}, {"value": None}, "1.2.3"]
)


@st.composite
def edits(draw: st.DrawFn, whole: bytes) -> bytes:
    """The text with a few places of it cut out, doubled, or overwritten by any bytes."""
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(whole)))
        end = draw(st.integers(start, min(len(whole), start + 12)))
        instead = draw(st.one_of(st.just(b""), st.just(whole[start:end] * 2), st.binary(max_size=4)))
        whole = whole[:start] + instead + whole[end:]
    return whole


@st.composite
def changed(draw: st.DrawFn, value: Any) -> Any:
    """JSON in which one thing, however deep, is something else."""
    if isinstance(value, dict) and value and draw(st.integers(0, 9)):
        key = draw(st.sampled_from(sorted(value)))
        return {**value, key: draw(changed(value[key]))}
    if isinstance(value, list) and value and draw(st.integers(0, 9)):
        at = draw(st.integers(0, len(value) - 1))
        return [*value[:at], draw(changed(value[at])), *value[at + 1 :]]
    return draw(ODD)


class Router:
    """Admin Router, which gives one answer to every call."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def ask(self, call: Call) -> Answer:
        return Answer(call, 200, self._content, "application/json", "Tue, 24 Nov 2026 20:00:00 GMT")

    def get(self, path: str, *accepts: int) -> Answer:
        return self.ask(Call(path))

    def post(self, path: str, body: object, *accepts: int) -> Answer:
        return self.ask(Call(path, method="POST"))


def routed(content: bytes) -> AdminRouter:
    return cast(AdminRouter, Router(content))


def ours(look: Callable[[], object], kind: type[DcosmaintError] = DcosmaintError) -> str:
    """What our error says; "" for a value. Anything else that is raised is the bug that is looked for."""
    try:
        look()
    except kind as error:
        return str(error)
    return ""


# ---- files of the operator


@FEW
@given(st.data())
def test_a_configuration_with_any_bytes_in_it_is_read_or_refused_with_its_file(
    tmp_path: Path, data: st.DataObject
) -> None:
    path = tmp_path / "dcosmaint.yaml"
    path.write_bytes(data.draw(edits(SMALLEST.encode())))
    said = ours(lambda: load(path), Usage)
    assert not said or str(path) in said


@pytest.mark.parametrize("text", ["[" * 1_000, "a: &a [*a]", "? {a: 1}\n: 2", "!!python/none x", "\x00"])
def test_a_configuration_that_is_made_to_break_a_parser_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "dcosmaint.yaml"
    path.write_text(text)
    assert str(path) in ours(lambda: load(path), Usage)


HCL = b'ami = "ami-1" # the one\nresource "aws_instance" "node" {\n  ami = "ami-1"\n  tags = { a = "${var.b}" }\n}\n'


@FEW
@given(edits(HCL), st.sampled_from(["ami-2", 'x"y', ""]))
def test_hcl_with_any_bytes_in_it_is_edited_or_refused_with_its_line(text: bytes, ami: str) -> None:
    source = Source(Path("agents.tf"), text)

    def in_the_block() -> bytes:
        return block_string(source, ["resource", "aws_instance", "node"], "ami").put(ami)

    for edit in (lambda: top_string(source, "ami").put(ami), in_the_block):
        said = ours(edit, Usage)
        assert not said or re.match(r"agents\.tf(:\d+)?: ", said)


@FEW
@given(edits(b'{"ami": "ami-1", "nested": {"ami": [1, "\\u00e9"]}}'))
def test_json_variables_with_any_bytes_in_them_are_edited_or_refused_with_their_line(text: bytes) -> None:
    source = Source(Path("agents.tfvars.json"), text)
    said = ours(lambda: json_string(source, "ami").put("ami-2"), Usage)
    assert not said or re.match(r"agents\.tfvars\.json:\d+: ", said)


# ---- answers of programs and services


@FEW
@given(st.data(), st.sampled_from(["slaves", "slaves-draining", "slaves-recovered"]))
def test_an_agent_list_in_which_anything_is_something_else_is_read_or_refused(data: st.DataObject, name: str) -> None:
    body = data.draw(changed(json.loads(recorded(name))))
    ours(Mesos(routed(json.dumps(body).encode())).agents)


@FEW
@given(st.data(), st.sampled_from(["tasks", "tasks-unreachable"]))
def test_a_task_list_in_which_anything_is_something_else_is_read_or_refused(data: st.DataObject, name: str) -> None:
    body = data.draw(changed(json.loads(recorded(name))))
    ours(Mesos(routed(json.dumps(body).encode())).tasks)


WORDS = sorted(
    {
        word
        for module in (marathon, mesos_agents, mesos_tasks, sdk_discovery, sdk_pods, terraform_plan)
        for word in re.findall(r'"([\w.-]+)"', Path(str(module.__file__)).read_text())
    }
)
"""Every field that these adapters read, and every value that they compare with."""

LEAVES = st.one_of(ODD, st.sampled_from(WORDS), st.floats(), st.integers())
ANSWERS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(WORDS), inner, max_size=6)),
    max_leaves=30,
)


@FEW
@given(ANSWERS)
def test_any_json_is_an_answer_of_marathon_or_a_scheduler_that_is_read_or_refused(answer: object) -> None:
    router = routed(json.dumps(answer).encode())
    for look in (Marathon(router).apps, Sdk(router).all, Mesos(router).frameworks, Mesos(router).facts):
        ours(look)


@FEW
@given(st.one_of(st.binary(max_size=60), st.sampled_from([b"[" * 100_000, b'{"a":' * 50_000, b"<html>", b"1e999"])))
def test_any_bytes_are_an_answer_that_is_read_or_refused_with_its_call(content: bytes) -> None:
    for look in (Marathon(routed(content)).apps, Sdk(routed(content)).all, Mesos(routed(content)).agents):
        said = ours(look)
        assert not said or "GET " in said


@FEW
@given(ANSWERS)
def test_any_json_is_a_state_a_plan_or_a_line_of_terraform_that_is_read_or_refused(answer: object) -> None:
    text = json.dumps(answer)
    ours(lambda: instances(text, ["aws_instance.node"]))
    ours(lambda: terraform_plan.changes(text))
    words = TerraformWords("terraform")
    assert isinstance(words.says(text) + words.error([text]), str)


DEEP = ["[" * 100_000, '{"a":' * 50_000]


@pytest.mark.parametrize("text", DEEP, ids=["lists", "objects"])
def test_json_that_is_nested_too_deep_is_refused_everywhere(text: str, tmp_path: Path) -> None:
    assert ours(lambda: instances(text, ["aws_instance.node"]))
    assert ours(lambda: terraform_plan.changes(text))
    assert ours(lambda: json_string(Source(tmp_path / "a.tfvars.json", text.encode()), "ami"), Usage)
    assert "line 1" in ours(lambda: Journal(Memory(), Free(), lambda: 0.0).replay([text]), Refused)
    assert TerraformWords("terraform").says(text) == ""


# ---- the journal

LINES: list[What] = [
    RollBegun(a_roll()),
    Admitted((a_flight(a_node(1)),)),
    Done(a_node(1).address, "cordon-agent"),
]
SAID = r"line \d+ of the journal|the journal holds no roll|use a newer dcosmaint"
JOURNAL = "".join(f"{json.dumps(to_json(float(n), line))}\n" for n, line in enumerate(LINES)).encode()


@FEW
@given(edits(JOURNAL))
def test_a_journal_with_any_bytes_in_it_is_read_or_refused_with_the_number_of_its_line(
    tmp_path: Path, text: bytes
) -> None:
    path = tmp_path / "r1.jsonl"
    path.write_bytes(text)
    said = ours(lambda: Journal(Memory(), Free(), lambda: 0.0).replay(read(path)), Refused)
    assert not said or re.search(SAID, said)


@FEW
@given(st.data(), st.integers(0, 2))
def test_a_line_in_which_anything_is_something_else_is_read_or_refused_by_its_number(
    data: st.DataObject, number: int
) -> None:
    lines = [to_json(float(n), line) for n, line in enumerate(LINES)]
    lines[number] = data.draw(changed(lines[number]))
    said = ours(lambda: Journal(Memory(), Free(), lambda: 0.0).replay([json.dumps(line) for line in lines]), Refused)
    assert not said or re.search(SAID, said)


@pytest.mark.parametrize("piece", ["password=", "env: {", "-----BEGIN PRIVATE KEY-----", '"token": "', "://a:", "eyJ"])
def test_a_text_that_is_made_to_stall_a_pattern_is_redacted_in_no_time(piece: str) -> None:
    assert len(redacted(piece * 3_000)) > 0
