"""Edits of HCL and JSON: only the bytes of the one value change, whatever stands around it."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcosmaint.adapters.hcl import block_string, top_string
from dcosmaint.adapters.json_text import json_string
from dcosmaint.adapters.text_edit import Literal, Source
from dcosmaint.errors import Fatal, Usage

NEW = "ami-0fedcba9876543210"
WORDS = st.text(alphabet="abcåß日 xyz#/*'=-", max_size=12)
NAMES = st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True).filter(lambda name: name != "ami")
AMIS = st.from_regex(r"(ami-[0-9a-f]{8,17})?", fullmatch=True)


def a_source(text: str) -> Source:
    return Source(Path("agents.tf"), text.encode())


# ---- HCL that a person might have written -------------------------------------------------------------------------

SPACES = st.sampled_from(["", " ", "   ", "\t"])
COMMENTS = st.builds("{}{}".format, st.sampled_from(["# ", "// "]), WORDS)
HEREDOCS = st.builds('{} = <<EOT\nami = "no"\n{}\nEOT'.format, NAMES, WORDS)
MAPS = st.builds('{} = {{\n  ami = "no" # {}\n  "ami" = "no", x = ["ami"]\n}}'.format, NAMES, WORDS)
VALUES = st.builds('{} = "{}"'.format, NAMES, WORDS)
TEMPLATES = st.builds('{} = "${{var.{}}}-ami"'.format, NAMES, NAMES)
NESTED = st.just('other "x" "y" {\n  ami = "no"\n}')
ELSEWHERE = st.one_of(COMMENTS, HEREDOCS, MAPS, VALUES, TEMPLATES, NESTED, st.just(""), st.just("/* ami = \n */"))
AROUND = st.lists(ELSEWHERE, max_size=5)
ENDS = st.sampled_from(["\n", "\r\n"])


@st.composite
def bodies(draw: st.DrawFn) -> tuple[str, str]:
    """The lines of a body with `ami` once among them, and its value."""
    value = draw(AMIS)
    line = (
        f'{draw(SPACES)}ami{draw(SPACES)}={draw(SPACES)}"{value}"{draw(st.sampled_from(["", " # the AMI", " // x"]))}'
    )
    return "\n".join([*draw(AROUND), line, *draw(AROUND), ""]), value


def in_a_block(text: str) -> str:
    return f'# one\nresource "aws_instance" "other" {{\n ami = "no"\n}}\nresource "aws_instance" "node" {{\n{text}}}\n'


def at_the_top(source: Source) -> Literal:
    return top_string(source, "ami")


def in_the_resource(source: Source) -> Literal:
    return block_string(source, ("resource", "aws_instance", "node"), "ami")


def in_the_json(source: Source) -> Literal:
    return json_string(source, "ami")


def assert_only_the_value_changes(text: str, find: Callable[[Source], Literal], old: str) -> None:
    source = a_source(text)
    found = find(source)
    assert found.value == old
    put = found.put(NEW)
    assert put[: found.start] == source.data[: found.start]
    assert put[len(put) - len(source.data) + found.end :] == source.data[found.end :]
    assert put[found.start :].startswith(NEW.encode())
    again = find(Source(source.path, put))
    assert again.value == NEW
    assert again.put(NEW) == put


@given(bodies(), ENDS)
def test_only_the_value_of_a_top_level_attribute_changes(body: tuple[str, str], end: str) -> None:
    assert_only_the_value_changes(body[0].replace("\n", end), at_the_top, body[1])


@given(bodies(), ENDS)
def test_only_the_value_of_a_resources_attribute_changes(body: tuple[str, str], end: str) -> None:
    assert_only_the_value_changes(in_a_block(body[0]).replace("\n", end), in_the_resource, body[1])


JSONS = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text()),
    lambda inner: st.one_of(st.lists(inner), st.dictionaries(st.one_of(st.just("ami"), st.text()), inner)),
    max_leaves=8,
)


@given(
    before=st.dictionaries(st.text().filter("ami".__ne__), JSONS, max_size=3),
    old=st.text(),
    indent=st.sampled_from([None, 0, 2, "\t"]),
    ascii_only=st.booleans(),
    end=ENDS,
)
def test_only_the_value_of_a_json_key_changes(
    before: dict[str, object], old: str, indent: int | str | None, ascii_only: bool, end: str
) -> None:
    members = {**before, "ami": old, "more": {"ami": "no"}}
    text = json.dumps(members, indent=indent, ensure_ascii=ascii_only)
    if "\n" not in json.dumps(members, ensure_ascii=ascii_only):
        text = text.replace("\n", end)
    if any(0xD800 <= ord(letter) <= 0xDFFF for letter in text):
        return  # half a surrogate pair is no text that a file could hold
    source = a_source(text)
    found = in_the_json(source)
    assert found.value == old
    assert_only_the_value_changes(text, in_the_json, old)
    assert json.loads(found.put(NEW)) == {**members, "ami": NEW}


# ---- refusals, each with its file and line ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("# nothing\nx = 1\n", "`ami` has no value"),
        ("", "`ami` has no value"),
        ('m = {\n  ami = "ami-1"\n}\n', "`ami` has no value"),
        ('ami = "a"\nami = "b"\n', "agents.tf:2: `ami` stands here for a second time"),
        ("\nami = var.ami\n", "agents.tf:2: `ami` is no plain string but `var.ami`"),
        ('ami = "x-${var.ami}"', "agents.tf:1: `ami` is no plain string"),
        ('ami = "a\\"b"', "is no plain string"),
        ('ami = "$${x}"', "is no plain string"),
        ('ami = ("ami-1")', "is no plain string"),
        ('ami = ["ami-1"]', "is no plain string"),
        ("ami = <<E\nami-1\nE\n", "is no plain string"),
        ('x = 1\n\nami = "ami-1', "agents.tf:3: this can't be read as HCL"),
        ("x = {\n", "can't be read as HCL"),
    ],
)
def test_a_top_level_attribute_that_is_not_one_plain_string_is_refused(text: str, says: str) -> None:
    with pytest.raises(Usage) as caught:
        at_the_top(a_source(text))
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('ami = "ami-1"\n', 'agents.tf: there is no `resource "aws_instance" "node"`'),
        (in_a_block('ami = "a"\n') + in_a_block('ami = "a"\n'), "stands here for a second time"),
        (in_a_block("x = 1\n"), "`ami` has no value"),
        (in_a_block(""), "`ami` has no value"),
        (in_a_block('lifecycle {\n ami = "x"\n}\n'), "`ami` has no value"),
        (in_a_block("ami = local.ami\n"), "agents.tf:6: `ami` is no plain string but `local.ami`"),
    ],
)
def test_a_resource_without_one_plain_string_is_refused(text: str, says: str) -> None:
    with pytest.raises(Usage) as caught:
        in_the_resource(a_source(text))
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{}", "`ami` has no value"),
        ('{"a": {"ami": "x"}}', "`ami` has no value"),
        ('{\n"ami": "a",\n"ami": "b"}', "agents.tf:3: `ami` stands here for a second time"),
        ('{\n\n"ami": ["a"]}', 'agents.tf:3: `ami` is no string but `["a"]`'),
        ('{"ami": null}', "is no string"),
        ('{\n"ami": "a",}', "agents.tf:2: this can't be read as JSON"),
        ("[]", "is no JSON object"),
        ("", "can't be read as JSON"),
    ],
)
def test_a_json_key_that_is_not_one_string_is_refused(text: str, says: str) -> None:
    with pytest.raises(Usage) as caught:
        in_the_json(a_source(text))
    assert says in str(caught.value)


@pytest.mark.parametrize("find", [at_the_top, in_the_json])
def test_a_file_that_is_not_utf_8_is_refused(find: Callable[[Source], Literal]) -> None:
    with pytest.raises(Usage, match=r"agents.tf:2: this is not UTF-8"):
        find(Source(Path("agents.tf"), b'\n# \xff\nami = "a"'))


@pytest.mark.parametrize("value", ["", 'a"b', "a\\b", "${x}", "a b", "a\nb", "é"])
def test_a_value_that_would_need_an_escape_is_never_written(value: str) -> None:
    with pytest.raises(Usage, match="can't be written here"):
        at_the_top(a_source('ami = "ami-1"\n')).put(value)


# ---- files --------------------------------------------------------------------------------------------------------


def a_file(tmp_path: Path, mode: int = 0o640) -> Path:
    path = tmp_path / "agents.auto.tfvars"
    path.write_bytes(b'# prod\r\nami = "ami-1"\r\n')
    path.chmod(mode)
    return path


def test_a_file_is_replaced_whole_and_keeps_its_mode(tmp_path: Path) -> None:
    path = a_file(tmp_path)
    at_the_top(Source.read(path)).write(NEW)
    assert path.read_bytes() == f'# prod\r\nami = "{NEW}"\r\n'.encode()
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    link = tmp_path / "link.tfvars"
    link.symlink_to(a_file(tmp_path))
    at_the_top(Source.read(link)).write(NEW)
    assert link.is_symlink()
    assert NEW in a_file_text(link)


def a_file_text(path: Path) -> str:
    return path.read_bytes().decode()


def test_a_value_that_is_there_already_is_not_written(tmp_path: Path) -> None:
    path = a_file(tmp_path)
    before = path.stat()
    at_the_top(Source.read(path)).write("ami-1")
    assert path.stat() == before


def test_a_file_that_somebody_else_changed_meanwhile_is_left_alone(tmp_path: Path) -> None:
    path = a_file(tmp_path)
    found = at_the_top(Source.read(path))
    path.write_text('ami = "ami-2"\n')
    with pytest.raises(Fatal, match="changed by somebody else"):
        found.write(NEW)
    assert path.read_text() == 'ami = "ami-2"\n'


def test_a_diff_shows_the_one_line(tmp_path: Path) -> None:
    found = at_the_top(Source.read(a_file(tmp_path)))
    changed = [line for line in found.diff(NEW).splitlines() if line[:1] in "+-" and line[:3] not in ("+++", "---")]
    assert changed == ['-ami = "ami-1"', f'+ami = "{NEW}"']
    assert found.diff("ami-1") == ""


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(Usage, match=r"nowhere.tfvars can't be read: No such file"):
        Source.read(tmp_path / "nowhere.tfvars")
