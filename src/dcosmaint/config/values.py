"""Values that an operator writes in one form and the code reads in another: durations, batch sizes, paths, names."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, ValidationInfo, WithJsonSchema
from pydantic_core import PydanticCustomError

from dcosmaint.errors import Usage

_UNITS = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}
_DURATION = r"(\d+d)?(\d+h)?(\d+m)?(\d+s)?"
_SHARE = r"(100|[1-9][0-9]?)%"


Below = tuple[str | int, ...]


def mistake(sentence: str, *below: str | int) -> PydanticCustomError:
    """A refusal in our own words, of what is validated, or of a key somewhere below it."""
    return mistakes([(below, sentence)])


def mistakes(told: Sequence[tuple[Below, str]]) -> PydanticCustomError:
    """Several at once. Their words are no template: braces in them stay as they are."""
    return PydanticCustomError("mistake", "a mistake", {"told": tuple(told)})


def seconds(given: object) -> float:
    """ "1h30m", "90s" or plain seconds → seconds. Raises `Usage`."""
    found = _counted(given)
    if found is None or not 0 <= found <= LONGEST:
        raise Usage(f"{_shown(given)} is no duration; write 90s, 15m, 2h, 1h30m or a number of seconds, up to 30d")
    return found


LONGEST = 30.0 * 86_400
"""Seconds. Whoever writes more than a month has written something else than was meant."""


def _counted(given: object) -> float | None:
    if isinstance(given, str) and given and re.fullmatch(_DURATION, given):
        return float(sum(int(count) * _UNITS[unit] for count, unit in re.findall(r"(\d+)([dhms])", given)))
    if isinstance(given, str) and re.fullmatch(r"\d{1,9}", given):
        return float(given)
    if isinstance(given, int | float) and not isinstance(given, bool):
        return float(given)
    return None


def batch_size(given: int | str, fleet: int) -> int:
    """How many nodes go together in a fleet of so many: a share is rounded down, and is at least 1. Raises `Usage`."""
    size = sized(given)
    return size if isinstance(size, int) else max(1, fleet * int(size[:-1]) // 100)


def sized(given: object) -> int | str:
    """A batch size in a form that `batch_size` takes; "3" is 3. Raises `Usage`, a size of 0 included."""
    if isinstance(given, str) and re.fullmatch(_SHARE, given):
        return given
    if isinstance(given, str) and re.fullmatch(r"[0-9]{1,6}", given):
        given = int(given)
    if isinstance(given, int) and not isinstance(given, bool) and given >= 1:
        return given
    raise Usage(f"{_shown(given)} is no batch size; write a number of nodes from 1 up, or a share from 1% to 100%")


def _shown(given: object) -> str:
    """A switch as YAML has it."""
    return repr(given) if isinstance(given, str) else str(given).lower()


def _seconds(given: object) -> float:
    try:
        return seconds(given)
    except Usage as error:
        raise mistake(str(error)) from error


def _positive(value: float) -> float:
    if not value:
        raise mistake("0 would hold every node at its first look; write the longest time without progress, such as 15m")
    return value


def _sized(given: object) -> int | str:
    try:
        return sized(given)
    except Usage as error:
        raise mistake(str(error)) from error


def _share(given: object) -> float:
    """ "10%" → 0.1."""
    if isinstance(given, str) and re.fullmatch(r"(100|[1-9]?[0-9])%", given):
        return int(given[:-1]) / 100
    raise mistake(f"{_shown(given)} is no share; write 0% to 100%, in whole percents")


def _rooted(path: Path, info: ValidationInfo) -> Path:
    """Relative to the folder of the configuration file, wherever the command is typed."""
    base: Path = (info.context or {}).get("base", Path())
    try:
        return base / path.expanduser()
    except RuntimeError as error:
        raise mistake(f"{path}: {error} Write the whole path.") from error


def _program(command: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
    """A program that is named with its folder is found from the configuration file, any other one on PATH."""
    program, *arguments = command
    return (str(_rooted(Path(program), info)) if "/" in program else program, *arguments)


def _text(given: object) -> object:
    """Numbers and switches as packer's command line has them."""
    if isinstance(given, bool):
        return str(given).lower()
    return str(given) if isinstance(given, int | float) else given


def _service(name: str) -> str:
    if name != name.strip("/") or not name:
        raise mistake(f"write the service's name without outer slashes: {name.strip('/') or 'prod/kafka'}")
    return name


def later(*words: str, instead: str) -> BeforeValidator:
    """Words that have a meaning in the plan of this project and no code behind them yet: refused by name."""

    def refuse(given: Any) -> Any:
        if isinstance(given, str) and given.lower() in words:
            raise mistake(f"{given} is not built yet; {instead}")
        return given

    return BeforeValidator(refuse)


_DURATION_SCHEMA = {
    "anyOf": [{"type": "string", "pattern": f"^(?=.){_DURATION}$"}, {"type": "number", "minimum": 0}],
}
_SIZE_SCHEMA = {
    "anyOf": [{"type": "string", "pattern": f"^({_SHARE}|[1-9][0-9]*)$"}, {"type": "integer", "minimum": 1}]
}

HIGHEST = 65_535  # of ports

Seconds = Annotated[float, BeforeValidator(_seconds), WithJsonSchema(_DURATION_SCHEMA)]
Patience = Annotated[float, AfterValidator(_positive), BeforeValidator(_seconds), WithJsonSchema(_DURATION_SCHEMA)]
BatchSize = Annotated[int | str, BeforeValidator(_sized), WithJsonSchema(_SIZE_SCHEMA)]
Share = Annotated[float, BeforeValidator(_share), WithJsonSchema({"type": "string", "pattern": "^(100|[1-9]?[0-9])%$"})]
Count = Annotated[int, Field(strict=True, ge=1)]
CountOrNone = Annotated[int, Field(strict=True, ge=0)]
Port = Annotated[int, Field(strict=True, ge=1, le=HIGHEST)]
Switch = Annotated[bool, Field(strict=True)]
Text = Annotated[str, StringConstraints(min_length=1)]
Given = Annotated[str, BeforeValidator(_text)]
RootedPath = Annotated[Path, AfterValidator(_rooted)]
Command = Annotated[tuple[Text, ...], Field(min_length=1), AfterValidator(_program)]
ServiceName = Annotated[str, AfterValidator(_service)]

EnvName = Annotated[str, Field(pattern=r"^[A-Z_][A-Z0-9_]*$")]  # strict, so that a pasted secret is refused
