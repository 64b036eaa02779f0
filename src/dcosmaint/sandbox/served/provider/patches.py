"""What `tf` 1.2 does otherwise than terraform's own plugins, put right."""

from __future__ import annotations

from pathlib import Path
from threading import Event
from typing import Any

from tf import runner

STOP = "/tfplugin6.Provider/StopProvider"


def apply(cache: Path) -> Event:
    """Patch `tf` in this process, and return the event that terraform's wish to stop sets."""
    stop = Event()
    runner._ShutdownInterceptor = _interceptor(stop)
    runner._get_cert_cache_path = lambda: cache  # otherwise it writes into the user's home
    return stop


def _interceptor(stop: Event) -> type[Any]:
    class Interceptor(runner._ShutdownInterceptor):
        """`StopProvider` (a Ctrl-C) only asks for an end: `tf` would cut off the create that is running, and with it
        the instance would be lost from the state. `Shutdown` comes later, and means it."""

        def intercept_service(self, continuation: Any, details: Any) -> Any:
            if details.method == STOP:
                stop.set()
                return continuation(details)
            return super().intercept_service(continuation, details)

    return Interceptor
