"""Another server in place of Google's hosts: an emulator on this machine, or one that the environment allows."""

from __future__ import annotations

import os
from ipaddress import ip_address
from urllib.parse import urlsplit

from gdata.errors import ConfigError
from gdata.language import sentence


def check_endpoint(endpoint: str) -> None:
    """Make sure that a token isn't sent to a stranger: an endpoint is on this machine, or allowed by the environment.

    Raises:
        ConfigError: it is neither, or no address.
    """
    parts = urlsplit(endpoint)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConfigError(
            sentence("google.endpoint {endpoint} is no address", endpoint=endpoint),
            hint=sentence("write it as http://127.0.0.1:9000"),
        )
    if not is_loopback(parts.hostname) and os.environ.get("GDATA_ALLOW_ENDPOINT") != "1":
        raise ConfigError(
            sentence(
                "google.endpoint {endpoint} isn't on this machine, and would be sent your Google login",
                endpoint=endpoint,
            ),
            hint=sentence("remove google.endpoint, or set GDATA_ALLOW_ENDPOINT=1 if you trust that server"),
        )


def is_loopback(host: str) -> bool:
    """Whether a host name is this machine's own."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
