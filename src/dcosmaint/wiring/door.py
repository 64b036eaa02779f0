"""The door to a cluster: its Admin Router, our login there, and whom we trust to be the cluster."""

from __future__ import annotations

import os
from pathlib import Path

from dcosmaint.adapters import service_key
from dcosmaint.adapters.admin_router import AdminRouter
from dcosmaint.adapters.auth import Auth, DcosCli, GivenToken, NoLogin, Password, ServiceAccount
from dcosmaint.adapters.dcos_cli import Files
from dcosmaint.adapters.tls import Tls
from dcosmaint.config import ClusterConfig
from dcosmaint.config import dcos as dcos_config
from dcosmaint.errors import Usage
from dcosmaint.redaction import keep_secret


def admin_router(config: ClusterConfig) -> AdminRouter:
    auth = _auth(config)
    return AdminRouter(config.dcos.url, auth, _tls(config, auth))


def _auth(config: ClusterConfig) -> Auth:
    match config.dcos.auth:
        case dcos_config.Token(token_env=variable):
            return GivenToken(secret(variable), variable)
        case dcos_config.Password(username=username, password_env=variable):
            return Password(username, secret(variable))
        case dcos_config.ServiceAccount(uid=uid, private_key_file=path):
            return ServiceAccount(service_key.read(path, uid or ""))
        case dcos_config.DcosCli():
            return DcosCli(_cli_files(), os.environ.get("DCOS_CLUSTER", ""), config.dcos.url)
        case dcos_config.NoAuth():
            return NoLogin()


def _cli_files() -> Files:
    root = Path(os.environ.get("DCOS_DIR") or "~/.dcos").expanduser()
    old = os.environ.get("DCOS_CONFIG")
    return Files(root, Path(old).expanduser() if old else None)


def secret(variable: str) -> str:
    """What a variable of the environment holds, kept out of every text. Raises `Usage` where that is nothing."""
    value = os.environ.get(variable, "")
    if not value:
        raise Usage(f"${variable} is empty: the configuration says that it holds the login of this cluster")
    keep_secret(value)
    return value


def _tls(config: ClusterConfig, auth: Auth) -> Tls:
    """A CA that the DC/OS CLI was told to trust is ours as well. That it verifies nothing is not: that is said here."""
    tls = config.dcos.tls
    if tls.verify and not tls.ca_cert and isinstance(auth, DcosCli):
        return Tls(ca_cert=auth.cluster.ca_cert)
    return Tls(ca_cert=str(tls.ca_cert or ""), verify=tls.verify)
