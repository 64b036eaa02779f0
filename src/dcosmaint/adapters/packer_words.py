"""How `packer -machine-readable` talks: `time,builder,type,data…` a line, with its own escapes inside the data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dcosmaint.adapters.programs import last_lines


class PackerWords:
    """Progress and failures of a build."""

    def says(self, line: str) -> str:
        match fields(line):
            case [_, _, "ui", _, text] if text.strip():
                return " ".join(text.split())
            case [_, _, "artifact", _, "id", images]:
                return f"built {images}"
            case _:
                return ""

    def error(self, lines: Sequence[str]) -> str:
        said = dict.fromkeys(errors(lines))
        return "\n".join(said) or "it said:\n" + last_lines("\n".join(lines), count=5)


def errors(lines: Sequence[str]) -> Iterator[str]:
    """What packer itself calls an error, a line of it at a time, as its author wrote it."""
    for line in lines:
        match fields(line):
            case [_, _, "ui", "error", text]:
                yield from (part.strip() for part in text.splitlines() if part.strip())


def fields(line: str) -> list[str]:
    """The fields of a line, unescaped. A comma inside of one is written %!(PACKER_COMMA), a line's end \\n."""
    return [_unescaped(field) for field in line.rstrip("\n").split(",")]


def _unescaped(field: str) -> str:
    return field.replace("%!(PACKER_COMMA)", ",").replace("\\r", "\r").replace("\\n", "\n")
