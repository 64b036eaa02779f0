"""How the brokers of a Kafka are asked themselves who is in sync: where they listen, whom we trust, who we are."""

from __future__ import annotations

import re
from importlib.util import find_spec
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, ValidationInfo, WithJsonSchema, model_validator

from dcosmaint.config.present import Certificates, PrivateKey, Secret, looked, pair
from dcosmaint.config.strict import Strict
from dcosmaint.config.values import HIGHEST, Text, later, mistake, mistakes

_LISTENER = r"^([\w.-]+|\[[0-9a-fA-F:]+\]):([0-9]{1,5})$"


def _listener(given: str) -> str:
    """host:port. What is written otherwise is not repeated: it may hold a login."""
    if "://" in given:
        raise mistake("write host:port alone, without a scheme (`tls` says whether it is encrypted)")
    if "," in given:
        raise mistake("write each broker as an item of its own: [host:port, host:port]")
    if not (fits := re.fullmatch(_LISTENER, given)):
        raise mistake("write host:port, such as broker.kafka-events.l4lb.thisdcos.directory:9092")
    if not 1 <= int(fits[2]) <= HIGHEST:
        raise mistake(f"{fits[2]} is no port; write one from 1 to {HIGHEST}")
    return given


def _each_once(given: tuple[str, ...]) -> tuple[str, ...]:
    if twice := [number for number, each in enumerate(given) if each in given[:number]]:
        raise mistakes([((number,), f"{given[number]} is named already; leave one of them") for number in twice])
    return given


Listener = Annotated[
    str,
    AfterValidator(_listener),
    WithJsonSchema({"type": "string", "pattern": _LISTENER}),
]


class KafkaTls(Strict):
    ca_cert: Certificates | None = Field(
        default=None,
        description="file with the certificate authority of the brokers; else the CAs of this machine",
        examples=["certs/prod-ca.crt"],
    )
    cert: Certificates | None = Field(
        default=None,
        description="file with a certificate of ours, where the brokers ask for one",
        examples=["certs/dcosmaint.crt"],
    )
    key: PrivateKey | None = Field(
        default=None, description="file with the private key of `cert`, not encrypted", examples=["certs/dcosmaint.key"]
    )

    @model_validator(mode="after")
    def _both_or_none(self, info: ValidationInfo) -> Self:
        if (self.cert is None) != (self.key is None):
            raise mistake("a certificate is nothing without its key; write both, cert and key, or none")
        if looked(info) and self.cert and self.key and (wrong := pair(self.cert, self.key)):
            raise mistake(wrong, "key")
        return self


INSTEAD = (
    "log in by a certificate (tls.cert and tls.key, and no auth), or have the brokers open a listener that takes plain,"
    " scram-sha-256 or scram-sha-512"
)


class KafkaLogin(Strict):
    method: Annotated[
        Literal["plain", "scram-sha-256", "scram-sha-512"], later("kerberos", "gssapi", instead=INSTEAD)
    ] = Field(description="SASL mechanism that the brokers take", examples=["scram-sha-512"])
    username: Text = Field(description="a user who may describe every topic", examples=["dcosmaint"])
    password_env: Secret = Field(
        description="name of the environment variable that holds the password", examples=["KAFKA_PASSWORD"]
    )


class Kafka(Strict):
    bootstrap: Annotated[tuple[Listener, ...], AfterValidator(_each_once)] = Field(
        default=(),
        description="brokers that are asked first, host:port each; else as the service's scheduler shows",
        examples=[["broker-tls.kafka-events.l4lb.thisdcos.directory:9093"]],
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
    def _with_its_client(self, info: ValidationInfo) -> Self:
        if looked(info) and find_spec("confluent_kafka") is None:
            raise mistake("needs Kafka's own client: `pip install 'dcosmaint[kafka]'`")
        return self

    @model_validator(mode="after")
    def _no_password_in_the_open(self) -> Self:
        if self.auth and not self.tls:
            raise mistake("auth without tls would show the login to everybody on the way; write tls as well")
        return self
