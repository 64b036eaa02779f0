"""How far a cluster's certificate is trusted."""

from __future__ import annotations

import ssl
from dataclasses import dataclass

from dcosmaint.errors import Usage


@dataclass(frozen=True)
class Tls:
    """Certificates are verified, unless somebody switched that off in so many words."""

    ca_cert: str = ""  # path of a PEM bundle; "" means the CAs of this machine
    verify: bool = True

    @property
    def trust(self) -> bool | str:
        """What `requests` takes as `verify`. Raises `Usage` for a bundle that can't be used."""
        if not self.verify:
            return False
        if not self.ca_cert:
            return True
        try:
            ssl.create_default_context(cafile=self.ca_cert)
        except (OSError, ValueError) as error:
            raise Usage(f"tls.ca_cert: {self.ca_cert} is no readable PEM bundle of certificates ({error})") from None
        return self.ca_cert

    @property
    def anchors(self) -> str:
        """Whom we trust, for a sentence."""
        return self.ca_cert or "the CAs of this machine"
