"""How gdata speaks HTTP to Google: connections kept, the system's trust, no passwords of others, whole answers only.

And the token that all threads share: fetched before they start, and renewed once when it ends half way.
"""

from __future__ import annotations

import ssl
import threading
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import requests
from google.auth.credentials import Credentials
from google.auth.transport.requests import Request as TokenRequest
from requests.adapters import HTTPAdapter

from gdata.language import say
from gdata.sources.google.credentials import describe_login
from gdata.sources.google.endpoint import is_loopback
from gdata.sources.google.failures import failure_of_answer, failure_of_exception
from gdata.sources.google.words import Circumstances, explain
from gdata.sources.waiting import Failure, OnWait, Patience, persist

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


def check_whole(answer: requests.Response, body: bytes) -> bytes:
    """The body, if it is JSON to its end; a portal's page or half a body isn't.

    Half of an answer with values may end in `}`, but not in `}]}`, so that decoding it all can wait.

    Raises:
        Failure: it isn't.
    """
    if body[:64].lstrip()[:1] != b"{":
        kind = answer.headers.get("Content-Type", "no type").split(";")[0]
        raise Failure("not_google", say("it answered with {kind}", kind=kind[:60]), transient=True)
    end = b"".join(body[-64:].split())
    if not end.endswith(b"}]}" if b'"valueRanges"' in body[:256] else b"}"):
        raise Failure("cut", transient=True)
    return body


class TokenKeeper:
    """Holds one identity's token. Safe to use from many threads; `stop` ends its waits."""

    def __init__(
        self, credentials: Credentials, session: requests.Session, patience: Patience, stop: threading.Event
    ) -> None:
        self.who = describe_login(credentials)
        self._credentials, self._session, self._patience, self._stop = credentials, session, patience, stop
        self._renewing = threading.Lock()

    @property
    def token(self) -> str | None:
        """The token to send; None before the first renewal."""
        token: str | None = self._credentials.token
        return token

    def renew(self, stale: str | None, on_wait: OnWait) -> None:
        """Get a new token, unless another thread has already replaced the stale one.

        Raises:
            SourceError: the login isn't taken, or Google isn't reached.
            Stopped: the pull was given up.
        """
        with self._renewing:
            if self.token != stale:
                return
            transport = _OnceOnly(self._session, min(self._patience.read_timeout, 30.0))
            try:
                persist(partial(self._try_renewal, transport), self._patience, self._stop, on_wait)
            except Failure as failure:
                raise explain(failure, Circumstances(self.who, transport.host)) from failure

    def _try_renewal(self, transport: _OnceOnly) -> None:
        credentials: Any = self._credentials  # google-auth's methods have no types
        try:
            credentials.refresh(transport)
        except Failure:
            raise
        except Exception as error:
            raise failure_of_exception(error) from error


class _OnceOnly(TokenRequest):
    """google-auth's transport, with a time-out and without its retries, which know nothing of our budget.

    `host` is where the last request went: not every login goes to the same.
    """

    def __init__(self, session: requests.Session, timeout: float) -> None:
        super().__init__(session)
        self._timeout, self.host = timeout, "Google's login"

    def __call__(
        self, url: str, method: str = "GET", body: Any = None, headers: Any = None, timeout: Any = None, **rest: Any
    ) -> Any:
        del timeout, rest
        self.host = urlsplit(url).netloc
        options: Any = {"data": body, "headers": headers, "timeout": self._timeout, "allow_redirects": False}
        answer = self.session.request(method, url, **options)
        refused = answer.status_code in range(400, 500) and answer.status_code not in (408, 429)
        if not refused and answer.status_code != 200:
            raise failure_of_answer(answer)
        if method == "POST" and answer.status_code == 200:
            check_whole(answer, answer.content)
        return _TokenAnswer(answer)

    def __del__(self) -> None:
        """The session isn't ours to close."""


class _TokenAnswer:
    """What google-auth wants to see of an answer."""

    def __init__(self, answer: requests.Response) -> None:
        self.status, self.headers, self.data = answer.status_code, answer.headers, answer.content
