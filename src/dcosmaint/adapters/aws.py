"""One AWS account in one region: its clients, and its errors in our words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
    HTTPClientError,
    InvalidRegionError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
    ProfileNotFound,
    SSLError,
    SSOError,
    TokenRetrievalError,
)
from botocore.exceptions import ConnectionError as ConnectionFailed
from botocore.parsers import ResponseParserError

from dcosmaint.errors import DcosmaintError, Fatal, LoginLost, Retryable, Usage

PATIENCE = Config(retries={"mode": "adaptive", "total_max_attempts": 3}, connect_timeout=5, read_timeout=20)
"""Few attempts: what fails for longer is looked at again by whoever asked, and said meanwhile."""

PASSING = (
    "Throttl",
    "ProvisionedThroughputExceeded",
    "RequestLimitExceeded",
    "TooManyRequests",
    "ServiceUnavailable",
    "Unavailable",
    "Internal",
)
DENIED = ("UnauthorizedOperation", "AccessDenied", "AccessDeniedException")
LOGIN = (
    "AuthFailure",
    "ExpiredToken",
    "ExpiredTokenException",
    "InvalidClientTokenId",
    "RequestExpired",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
)
NO_LOGIN = (
    CredentialRetrievalError,
    NoCredentialsError,
    PartialCredentialsError,
    SSOError,
    TokenRetrievalError,
)
NO_PLACE = (InvalidRegionError, NoRegionError, ProfileNotFound)


@dataclass(frozen=True)
class Account:
    """ "" leaves the profile to what AWS's own tools would use, and the endpoint to AWS."""

    region: str
    profile: str = ""
    endpoint_url: str = ""

    def client(self, service: str) -> Any:
        with translated("a session"):
            session = boto3.Session(profile_name=self.profile or None, region_name=self.region)
            made: Any = session.client
            return made(service, endpoint_url=self.endpoint_url or None, config=PATIENCE)


@contextmanager
def translated(action: str) -> Iterator[None]:
    """Let only our own errors out. `action` is named as IAM names it: ec2:DescribeInstances."""
    try:
        yield
    except ClientError as error:
        raise _answered(action, error) from error
    except (ConnectionFailed, HTTPClientError, ResponseParserError) as error:  # the last one: a body that is no XML
        raise _unanswered(action, error) from error
    except NO_LOGIN as error:
        raise LoginLost(f"AWS can't be asked ({action}): {error}. Log in to AWS, or correct aws.profile") from error
    except NO_PLACE as error:
        raise Usage(f"AWS can't be asked ({action}): {error}. Correct aws.profile or aws.region") from error
    except KeyError as error:  # of the caller, or of a parser that was sent something else
        raise Retryable(f"AWS's answer to {action} lacks {error}: it proves nothing") from error
    except BotoCoreError as error:
        raise Fatal(f"AWS can't be asked ({action}): {error}") from error


def code_of(error: BaseException | None) -> str:
    """AWS's own word for what went wrong, behind one of our errors."""
    return str(error.response.get("Error", {}).get("Code", "")) if isinstance(error, ClientError) else ""


def _answered(action: str, error: ClientError) -> DcosmaintError:
    code, status = code_of(error), error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if code.startswith(PASSING) or status >= 500:
        return Retryable(f"AWS did not do {action} now: {error}")
    if code in DENIED:
        return Usage(f"AWS does not allow {action} to these credentials: give them that permission ({error})")
    if code in LOGIN:
        return LoginLost(
            f"AWS does not take these credentials for {action}: log in again, or check the clock ({error})"
        )
    return Fatal(f"AWS refused {action}: {error}")


def _unanswered(action: str, error: Exception) -> DcosmaintError:
    if isinstance(error, SSLError):
        return Usage(f"AWS is not asked for {action}: its certificate can't be verified ({error}). See AWS_CA_BUNDLE")
    return Retryable(f"AWS did not answer {action}: {error}")
