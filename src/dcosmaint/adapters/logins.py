"""Programs whose AWS credentials have run out, or that found none: nothing but a new login helps them."""

from __future__ import annotations

import re

from dcosmaint.adapters.aws import LOGIN

FOUND_NONE = (
    "NoCredentialProviders",  # the AWS SDK for Go, version 1: Packer's plugins, S3 backends up to Terraform 1.5
    "No valid credential sources found",  # Terraform's provider and S3 backend
    "failed to refresh cached credentials",  # the AWS SDK for Go, version 2
    "InvalidGrantException",  # a login by IAM Identity Center that has expired
    "SSO session has expired",
    "Unable to locate credentials",
    "able to validate the provided access credentials",  # EC2's AuthFailure
)
CODES = re.compile(rf"\b({'|'.join(code for code in LOGIN if code != 'AuthFailure')})\b")
"""EC2 says AuthFailure of an AMI that is not shared with us as well: its code alone proves nothing."""


def login_lost(said: str) -> bool:
    """Whether that is what a program of others failed of, by what it said."""
    return bool(CODES.search(said)) or any(words.lower() in said.lower() for words in FOUND_NONE)
