"""How the brokers of a Kafka are asked themselves who is in sync: where they listen, whom we trust, who we are."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from dcosmaint.config.strict import Strict
from dcosmaint.config.values import EnvName, RootedPath, Text, later, mistake

Listener = Annotated[
    str,
    Field(
        pattern=r"^([\w.-]+|\[[0-9a-fA-F:]+\]):[0-9]{1,5}$",
        examples=["kafka-0-broker.kafka-events.autoip.dcos.thisdcos.directory:1026"],
    ),
]


class KafkaTls(Strict):
    ca_cert: RootedPath | None = Field(
        default=None,
        description="file with the certificate authority of the brokers; else the CAs of this machine",
        examples=["certs/prod-ca.crt"],
    )
    cert: RootedPath | None = Field(
        default=None,
        description="file with a certificate of ours, where the brokers ask for one",
        examples=["certs/dcosmaint.crt"],
    )
    key: RootedPath | None = Field(
        default=None, description="file with the private key of `cert`, not encrypted", examples=["certs/dcosmaint.key"]
    )

    @model_validator(mode="after")
    def _both_or_none(self) -> Self:
        if (self.cert is None) != (self.key is None):
            raise mistake("a certificate is nothing without its key; write both, cert and key, or none")
        return self


class KafkaLogin(Strict):
    method: Annotated[Literal["plain", "scram-sha-256", "scram-sha-512"], later("kerberos")] = Field(
        description="SASL mechanism that the brokers take", examples=["scram-sha-512"]
    )
    username: Text = Field(description="a user who may describe every topic", examples=["dcosmaint"])
    password_env: EnvName = Field(
        description="name of the environment variable that holds the password", examples=["KAFKA_PASSWORD"]
    )


class Kafka(Strict):
    bootstrap: tuple[Listener, ...] = Field(
        default=(), description="brokers that are asked first, host:port each; else as the service's scheduler shows"
    )
    tls: KafkaTls | None = Field(
        default=None,
        description="whom we trust to be the brokers; without it nothing is encrypted (`{}` trusts this machine's CAs)",
        examples=[{"ca_cert": "certs/prod-ca.crt"}],
    )
    auth: KafkaLogin | None = Field(
        default=None,
        description="who we are there, where a certificate does not say it; only beside `tls`",
        examples=[{"method": "scram-sha-512", "username": "dcosmaint", "password_env": "KAFKA_PASSWORD"}],
    )

    @model_validator(mode="after")
    def _no_password_in_the_open(self) -> Self:
        if self.auth and not self.tls:
            raise mistake("auth without tls would show the login to everybody on the way; write tls as well")
        return self
