"""How one DC/OS cluster is reached: its Admin Router, who we are there, and whom we trust."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from dcosmaint.config.present import Certificates, File, Secret
from dcosmaint.config.strict import Strict
from dcosmaint.config.values import Switch, Text, mistake


class DcosCli(Strict):
    method: Literal["dcos-cli"] = Field(description="the login that `dcos auth login` left for this cluster")


class Token(Strict):
    method: Literal["token"] = Field(description="an authentication token from the environment")
    token_env: Secret = Field(
        description="name of the environment variable that holds the token", examples=["DCOS_TOKEN"]
    )


class Password(Strict):
    method: Literal["password"] = Field(description="a login by name and password, renewed when it expires")
    username: Text = Field(description="the DC/OS user", examples=["maintenance"])
    password_env: Secret = Field(
        description="name of the environment variable that holds the password", examples=["DCOS_PASSWORD"]
    )


class ServiceAccount(Strict):
    method: Literal["service-account"] = Field(
        description="a login for programs, by a private key; renewed when it expires"
    )
    uid: Text | None = Field(
        default=None, description="the service account; else the one that the file names", examples=["dcosmaint"]
    )
    private_key_file: File = Field(
        description="file with its RSA private key, or with the JSON of its secret; nobody else may read it",
        examples=["~/.dcos/dcosmaint.pem"],
    )


class NoAuth(Strict):
    method: Literal["none"] = Field(description="the cluster asks for no login")


Auth = Annotated[DcosCli | Token | Password | ServiceAccount | NoAuth, Field(discriminator="method")]


class Tls(Strict):
    ca_cert: Certificates | None = Field(
        default=None, description="file with the certificate authority of the cluster", examples=["certs/prod-ca.crt"]
    )
    verify: Switch = Field(
        default=True, description="`false` trusts anybody who answers, and is said aloud at every start"
    )

    @model_validator(mode="after")
    def _one_or_the_other(self) -> Self:
        if self.ca_cert and not self.verify:
            raise mistake("ca_cert means nothing beside verify: false; leave one of them out")
        return self


class Dcos(Strict):
    url: str = Field(
        description="the cluster's Admin Router; no name or password in it",
        pattern=r"^https?://[^/@\s?#]+[^@\s?#]*$",
        examples=["https://dcos.prod.example.com"],
    )
    auth: Auth = Field(
        default=DcosCli(method="dcos-cli"),
        description="who we are there",
        examples=[{"method": "token", "token_env": "DCOS_TOKEN"}],
    )
    tls: Tls = Field(default_factory=Tls, description="whom we trust to be the cluster")
    cordon: Literal["auto", "deactivate", "reserve", "maintenance", "none"] = Field(
        default="auto",
        description="how new work is kept off a node: by Mesos's own deactivation, which needs Mesos 1.9 (DC/OS 2.0);"
        " by setting apart what is free of it, which is best effort and works everywhere; by a maintenance window,"
        " which Marathon alone looks at; or not at all; `auto` is the first where it is there, else the last",
    )

    @field_validator("url", mode="after")
    @classmethod
    def _bare(cls, url: str) -> str:
        return url.rstrip("/")
