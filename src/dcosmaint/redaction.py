"""What must never leave this process, taken out of a text: tokens, passwords, keys, task environments, user data.

Known by their shape (an Authorization header, an AWS key, a PEM block, `password=…`), or because this process was given
them. It is done where words of others become ours (every error, every word of a child), before a table folds them over
two lines, and once more where text leaves: the journal, the screen, a traceback.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

GONE = "[redacted]"

SHORTEST = 6
"""Characters of a known value that is looked for: a shorter one would be found in words that are nobody's secret."""

_known: dict[str, None] = {}  # of this process: any text may carry them, from wherever, so there is one place for them

_END = r"""\\*["']?\s*"""  # of a name, which may stand in quotes, escaped or not
_BARE = r"""[^\s"'\\,;&<>(){}\[\]]+"""
_LOUD = r"(?<!no)passw(?:or)?d|passphrase|user[_-]?data(?:_base64)?"  # in sentences none of them is before a colon
_NAMES = rf"{_LOUD}|(?<![a-z])(?:pass|pwd?)|secret|token|(?:api|access|private|secret)[_-]?key|credentials?"
_QUOTE = r"""\\*["']"""

_ASSIGNED = re.compile(
    rf"""(?P<name>{_NAMES}){_END}(?P<sign>[:=])\s*(?P<quote>{_QUOTE})?"""
    rf"""(?P<value>(?(quote)(?:(?!(?P=quote))(?:\\.|[^\\\n]))+|(?!\[redacted|<<){_BARE}))""",
    re.IGNORECASE,
)
"""A name and what it is set to. A quoted value ends with its quote, at the latest with the line."""

_ENVIRONMENT = r"""\benv(?:ironment)?(?:_variables)?"""

_SHAPES = tuple(
    (re.compile(pattern, re.IGNORECASE | re.DOTALL), kept + GONE)
    for pattern, kept in (
        (r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", ""),
        (rf"(authorization{_END}[:=]\s*(?:{_QUOTE})?)(?!\[redacted)(?:token=|(?:bearer|basic)\s+)?{_BARE}", r"\1"),
        (r"\b(bearer\s+)[\w.~+/-]{8,}=*", r"\1"),
        (r"\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*", ""),
        (r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b", ""),
        (r"(://[^/\s:@\"'\\]*:)[^@/\s\"'\\]+(?=@)", r"\1"),
        (rf"(user[_-]?data(?:_base64)?{_END}[:=]\s*)<<-?(\w+).*?(?:\n\s*\2\b|\Z)", r"\1"),
        (rf"({_ENVIRONMENT}{_END}[:=]\s*)\{{[^{{}}]*(?:\}}|\Z)", r"\1"),
    )
)


def keep_secret(value: str) -> None:
    """Remember a value that this process was given, so that it is taken out of every text from now on."""
    if len(value) >= SHORTEST:
        _known[value] = None
        _known[json.dumps(value, ensure_ascii=False)[1:-1]] = None


def keep_environment(environment: Mapping[str, str]) -> None:
    """Remember what its name says is secret: AWS_SECRET_ACCESS_KEY, TF_VAR_db_password, DCOS_ACS_TOKEN. No paths."""
    for name, value in environment.items():
        if re.search(rf"(?:{_NAMES})$", name, re.IGNORECASE) and not value.startswith(("/", "~", ".")):
            keep_secret(value)


def redacted(text: str) -> str:
    """The text without its secrets, and without what can't be written as UTF-8. Twice is the same as once."""
    text = text.encode(errors="replace").decode()
    for value in sorted(_known, key=len, reverse=True):
        text = text.replace(value, GONE)
    for shape, instead in _SHAPES:
        text = shape.sub(instead, text)
    return _ASSIGNED.sub(_assigned, text)


def redacted_json(text: str) -> str:
    """JSON, each of its texts by itself, so that it stays JSON. What carries nothing comes back as it was.

    Raises `ValueError` for what is no JSON.
    """
    if redacted(text) == text:
        return text
    clean = json.dumps(_values(json.loads(text)), ensure_ascii=False, indent=2 if "\n" in text.strip() else None)
    return clean + "\n" if text.endswith("\n") else clean


def _assigned(match: re.Match[str]) -> str:
    """A colon after a quieter name is punctuation more often than not: `InvalidToken: The security token …`."""
    plain = match["sign"] == ":" and not match["quote"] and not re.search(r"\d", match["value"])
    if match["value"] == GONE or (plain and not re.fullmatch(_LOUD, match["name"], re.IGNORECASE)):
        return match[0]
    return match[0][: match.start("value") - match.start()] + GONE


def _values(value: Any) -> Any:
    match value:
        case str():
            return redacted(value)
        case list():
            return [_values(each) for each in value]
        case dict():
            return {redacted(key): _hidden(key, each) for key, each in value.items()}
    return value


def _hidden(key: str, value: Any) -> Any:
    """A key that names a secret says so of its value, as it would in the text of the line."""
    secret = isinstance(value, str) and value and re.search(rf"(?:{_NAMES})$", key, re.IGNORECASE)
    return GONE if secret else _values(value)
