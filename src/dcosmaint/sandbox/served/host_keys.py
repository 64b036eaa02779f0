"""SSH host keys: each instance makes its own when it boots, and writes the public half on its console."""

from __future__ import annotations

from io import StringIO
from threading import Lock

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from paramiko import Ed25519Key

CONSOLE = """\
[    0.000000] Linux version 3.10.0-1160.el7.x86_64
         Starting Initial cloud-init job (metadata service crawler)...
-----BEGIN SSH HOST KEY KEYS-----
{key} root@pretend
-----END SSH HOST KEY KEYS-----
"""


class HostKeys:
    def __init__(self) -> None:
        self._keys: dict[str, Ed25519Key] = {}
        self._lock = Lock()

    def of(self, instance_id: str) -> Ed25519Key:
        with self._lock:
            if instance_id not in self._keys:
                self._keys[instance_id] = _new()
            return self._keys[instance_id]

    def other(self, instance_id: str) -> Ed25519Key:
        """What it shows once somebody has made it a new one: none that it ever wrote on its console."""
        return self.of(f"{instance_id} anew")

    def known_host(self, instance_id: str, address: str, port: int) -> str:
        """The line that a known_hosts file has of it."""
        key = self.of(instance_id)
        return f"[{address}]:{port} {key.get_name()} {key.get_base64()}"

    def console(self, instance_id: str) -> str:
        """What the instance wrote while it booted, in the form that cloud-init gives it."""
        key = self.of(instance_id)
        return CONSOLE.format(key=f"{key.get_name()} {key.get_base64()}")


def _new() -> Ed25519Key:
    pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
    return Ed25519Key(file_obj=StringIO(pem.decode()))
