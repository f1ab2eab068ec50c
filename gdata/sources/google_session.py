"""How gdata speaks HTTP to Google: connections kept, the system's trust, no passwords of others, whole answers only."""

from __future__ import annotations

import ssl
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter

from gdata.sources.google_endpoint import is_loopback
from gdata.sources.google_patience import Failure

WIDTH = 32
"""Requests under way at once, and connections kept."""
_USER_AGENT = "gdata (gzip)"
"""Google compresses only for agents that say so."""


class _TrustedAdapter(HTTPAdapter):
    """Trusts what the system trusts, so that a company's inspecting proxy works where its certificate is installed."""

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **kwargs: Any) -> None:
        """Make the pool of direct connections."""
        super().init_poolmanager(connections, maxsize, block, ssl_context=_system_trust(), **kwargs)

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        """Make the pool of connections through a proxy."""
        return super().proxy_manager_for(proxy, ssl_context=_system_trust(), **kwargs)


def open_session(endpoint: str) -> requests.Session:
    """A session for all threads; `endpoint` takes the place of Google's hosts, "" leaves them."""
    on_this_machine = bool(endpoint) and is_loopback(urlsplit(endpoint).hostname or "")
    session = requests.Session()
    session.headers["User-Agent"] = _USER_AGENT
    session.auth = _keep_headers
    session.trust_env = not on_this_machine  # an emulator isn't behind the company's proxy
    session.mount("http://", HTTPAdapter(pool_maxsize=WIDTH))
    if not on_this_machine:
        session.mount("https://", _TrustedAdapter(pool_maxsize=WIDTH))
    return session


def _keep_headers(request: Any) -> Any:
    """In place of a password from ~/.netrc, which requests would put over our token."""
    return request


def _system_trust() -> ssl.SSLContext:
    import truststore

    return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def check_whole(answer: requests.Response) -> bytes:
    """The body, if it is JSON to its end; a portal's page or half a body isn't.

    Half of an answer with values may end in `}`, but not in `}]}`, so that decoding it all can wait.

    Raises:
        Failure: it isn't.
    """
    body = answer.content
    if body[:64].lstrip()[:1] != b"{":
        kind = answer.headers.get("Content-Type", "no type").split(";")[0]
        raise Failure("not_google", f"it answered with {kind[:60]}", transient=True)
    end = b"".join(body[-64:].split())
    if not end.endswith(b"}]}" if b'"valueRanges"' in body[:256] else b"}"):
        raise Failure("cut", transient=True)
    return body
