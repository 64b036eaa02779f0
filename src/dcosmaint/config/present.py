"""What a configuration names and this machine has to have: files, folders, programs, variables of the environment.

It is looked for where the context of a validation has an environment (`env`): for the cluster that is meant. Whoever
rolls one cluster needs neither the certificates nor the passwords of the next.
"""

from __future__ import annotations

import os
import shutil
import ssl
from collections.abc import Callable, Mapping
from configparser import ConfigParser, Error
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, ValidationInfo

from dcosmaint.config.values import Command, EnvName, RootedPath, Text, mistake

Look = Callable[[Any, Mapping[str, str]], str]
"""What is wrong with a value on this machine, whose environment is the second; "" where nothing is."""


def looked(info: ValidationInfo) -> bool:
    """Whether this machine is looked at, and not the file alone."""
    return "env" in (info.context or {})


def here(look: Look) -> AfterValidator:
    def validate(value: Any, info: ValidationInfo) -> Any:
        if looked(info) and (wrong := look(value, (info.context or {})["env"])):
            raise mistake(wrong)
        return value

    return AfterValidator(validate)


def no_file(path: Path) -> str:
    if path.is_dir():
        return f"{path} is a folder; write the path of a file in it"
    if not path.exists():
        return f"there is no file {path}; {_near(path)}"
    return "" if os.access(path, os.R_OK) else f"{path} may not be read by you: see to its mode and its owner"


def _file(path: Path, _env: Mapping[str, str]) -> str:
    return no_file(path)


def _folder(path: Path, _env: Mapping[str, str]) -> str:
    if path.is_file():
        return f"{path} is a file; write the folder that it is in"
    return "" if path.exists() else f"there is no folder {path}; {_near(path)}"


def _near(path: Path) -> str:
    """A path that is not there is often a misspelt one."""
    beside = [each.name for each in path.parent.iterdir()] if os.access(path.parent, os.R_OK) else []
    guess = next(iter(get_close_matches(path.name, beside, n=1)), "")
    return (
        f"did you mean {guess}?" if guess else "write one that is there, relative to the folder of this configuration"
    )


def _certificates(path: Path, _env: Mapping[str, str]) -> str:
    if wrong := no_file(path):
        return wrong
    try:
        ssl.create_default_context(cafile=path)
    except (OSError, ValueError):
        return (
            f"{path} holds no certificate that can be read: write a PEM file (-----BEGIN CERTIFICATE-----){_der(path)}"
        )
    return ""


def _der(path: Path) -> str:
    whole = path.read_bytes()[:1] == b"\x30"
    return f"; `openssl x509 -inform der -in {path}` makes one of it" if whole else ""


def _key(path: Path, _env: Mapping[str, str]) -> str:
    if wrong := no_file(path):
        return wrong
    text = path.read_text(errors="replace")
    if "PRIVATE KEY-----" not in text:
        return f"{path} holds no private key: write a PEM file (-----BEGIN PRIVATE KEY-----)"
    if "ENCRYPTED" in text:
        return f"{path} has a passphrase, which nobody is there to type: `openssl pkey -in {path}` takes it off"
    return ""


def pair(cert: Path, key: Path) -> str:
    """Why these two files are no certificate and its key; "" where they are."""
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_cert_chain(cert, key, password="")
    except (OSError, ValueError):
        return f"{key} is not the key of {cert}; write two that belong together"
    return ""


def _program(program: str, env: Mapping[str, str]) -> str:
    """As it is started: named with its folder, or found on PATH."""
    if shutil.which(program, path=env.get("PATH", os.defpath)):
        return ""
    apart = ", and each argument as an item of its own" if " " in program else ""
    if "/" not in program:
        return f"{program} is not on PATH, or is not executable; install it, or write its whole path{apart}"
    if Path(program).is_file():
        return f"{program} is not executable: `chmod +x {program}`"
    return f"there is no program {program}; write the path of one that is there{apart}"


def _command(command: tuple[str, ...], env: Mapping[str, str]) -> str:
    return _program(command[0], env)


def _variable(name: str, env: Mapping[str, str]) -> str:
    if env.get(name):
        return ""
    lacks = "is empty" if name in env else "is not set"
    return (
        f"${name} {lacks}: `read -rs {name} && export {name}` takes it from the keyboard, or name the one that holds it"
    )


def _profile(name: str, env: Mapping[str, str]) -> str:
    """AWS's own tools say it as well, once they are used."""
    there = _profiles(env)
    if there is None or name in there:
        return ""
    guess = next(iter(get_close_matches(name, there, n=1)), "")
    has = f"it has: {', '.join(sorted(there))}" if there else "it has none"
    return f"the AWS configuration of this machine has no profile {name}; {f'did you mean {guess}?' if guess else has}"


def _profiles(env: Mapping[str, str]) -> set[str] | None:
    """None where a file is of a form that only AWS's tools can judge."""
    read = ConfigParser(interpolation=None, strict=False, default_section="")
    places = {"AWS_CONFIG_FILE": "~/.aws/config", "AWS_SHARED_CREDENTIALS_FILE": "~/.aws/credentials"}
    try:
        read.read([Path(env.get(variable) or place).expanduser() for variable, place in places.items()])
    except (Error, OSError, UnicodeDecodeError):
        return None
    return {section.removeprefix("profile ").strip(' "') for section in read.sections()}


File = Annotated[RootedPath, here(_file)]
Folder = Annotated[RootedPath, here(_folder)]
Certificates = Annotated[RootedPath, here(_certificates)]
PrivateKey = Annotated[RootedPath, here(_key)]
Program = Annotated[Text, here(_program)]
Asked = Annotated[Command, here(_command)]
Secret = Annotated[EnvName, here(_variable)]
Profile = Annotated[Text, here(_profile)]
